"""What the page Charge says: the answer in a sentence, what stands behind it, and what is not known. Plain text."""

from collections.abc import Iterator
from datetime import timedelta

from dashboard import text
from dashboard.charge_answer import Answer
from dashboard.charge_choice import OWN
from dashboard.charge_words import (
    against_once,
    day,
    duration,
    energy,
    is_like,
    kilograms,
    mean_carbon,
    mean_price,
    minute,
    money,
    pauses,
    rate,
    runs,
    when,
)
from dashboard.local_time import moment_text
from energy_monitor.advice import next_published_at
from energy_monitor.plan_words import MOST_NAMED, carbon_words, price_words, spans_text
from energy_monitor.planned import Kind, Offer
from planner.model import Plan

PUBLISHED = (
    "Agile prices are published for a day ahead, in the afternoon; before that, nothing is known of what comes after "
    "them. They are those of Octopus Agile, with VAT and without the standing charge: another tariff has other prices."
)
FORECAST = "Carbon is a forecast, and nobody publishes what that of a region was. It changes until the half-hour comes."
TITLES: dict[Kind, str] = {
    "balanced": "Your balance",
    "cheapest": "Cheapest",
    "greenest": "Greenest",
}
NO_LIMITS = "Your charger, your fuse and your battery may allow less than is planned here."


def headline(answer: Answer) -> str:
    """The answer."""
    plan, now = answer.best, answer.choice.now_utc
    if not plan.pieces:
        return _nothing(answer)
    doing = _doing(answer)
    at = f"now, {when(plan, now)}" if answer.is_now and answer.choice.is_from_now else when(plan, now)
    return f"{doing} {at}: {_worth(answer)}{_saving(answer)}"


def _doing(answer: Answer) -> str:
    return f"Run the {answer.choice.preset.name.lower()}" if answer.choice.load.profile else "Charge"


def _worth(answer: Answer) -> str:
    plan, once = answer.best, answer.once
    known = [money(plan.cost_p)] if answer.has_price else []
    if plan.shortfall_kwh and not answer.choice.load.profile:
        asked = answer.choice.load.energy_kwh
        known = [f"{energy(asked - plan.shortfall_kwh)} of the {asked:g}{text.NBSP}kWh", *known]
    if plan.carbon_g is not None and (answer.is_now or not answer.has_price or not is_like(plan, once)):
        known.append(kilograms(plan.carbon_g))
    return f"{', '.join(known)}."


def _saving(answer: Answer) -> str:
    """A sentence of its own, where it can be compared."""
    if answer.is_now or not is_like(answer.best, answer.once):
        return ""
    saves = against_once(answer.best, answer.once, answer.has_price)
    return f" That {saves} compared with {_at_once(answer)}." if saves else ""


def _at_once(answer: Answer) -> str:
    """What is compared with: beginning as early as may be."""
    doing = "starting" if answer.choice.load.profile else "charging"
    return (
        f"{doing} at once" if answer.choice.is_from_now else f"{doing} at {minute(answer.choice.wishes.earliest_utc)}"
    )


def _nothing(answer: Answer) -> str:
    wishes = answer.choice.wishes
    if wishes.price_cap_p_per_kwh is not None and answer.has_price:
        return (
            f"No half-hour before {moment_text(wishes.deadline_utc)} costs at most {rate(wishes.price_cap_p_per_kwh)}."
        )
    if answer.best.left_for_later_kwh:
        return "Wait: all of it still fits in after the published prices end, and may then cost less."
    return f"Nothing can be planned before {moment_text(wishes.deadline_utc)}."


def remarks(answer: Answer) -> Iterator[str]:
    """What has to be known with the answer, the weightiest first."""
    plan, choice = answer.best, answer.choice
    yield from choice.notes
    if not answer.has_price:
        yield _without_price(answer)
    if plan.shortfall_kwh:
        yield _short(answer)
    if plan.left_for_later_kwh:
        yield (
            f"{text.sentence(energy(plan.left_for_later_kwh))} is left for after {_known_until(answer)}, when there is "
            "still time for it: look again once those prices are published."
        )
    elif plan.is_data_short and answer.has_price:
        yield f"Prices are published until {_known_until(answer)}. {_due(answer)}, as it may be cheaper."
    elif plan.is_data_short:
        yield f"The carbon forecast ends at {_known_until(answer)}: what comes after is not known yet."
    if answer.beyond is not None:
        yield (
            f"Greener, at a price that is not published yet: {when(answer.beyond, choice.now_utc)}, with "
            f"{kilograms(answer.beyond.carbon_g)}."
        )
    if answer.is_now and plan.pieces and not plan.shortfall_kwh:
        known = " whose price is published" if answer.has_price and plan.is_data_short else ""
        yield f"No later time{known} is {'cheaper' if answer.has_price else 'greener'}."
    if answer.with_pauses is not None:
        yield _pausing(answer, answer.with_pauses)


def _without_price(answer: Answer) -> str:
    if answer.choice.region is None:
        return "By the carbon forecast alone: choose where you are, and prices count too."
    return (
        f"By the carbon forecast alone: no Agile price is known for {answer.choice.region} in this time, so what it "
        "costs cannot be said."
    )


def _short(answer: Answer) -> str:
    plan, wishes, load = answer.best, answer.choice.wishes, answer.choice.load
    of = "" if load.profile else f" of {energy(load.energy_kwh)}"
    said = f"{text.sentence(energy(plan.shortfall_kwh))}{of} cannot be had by {moment_text(wishes.deadline_utc)}"
    length = timedelta(hours=load.energy_at_meter_kwh / load.power_kw) if load.power_kw else None
    if length and length > wishes.deadline_utc - wishes.earliest_utc:
        return f"{said}: all of it takes {duration(length)} at {load.power_kw:g}{text.NBSP}kW. This is as much as fits."
    if wishes.price_cap_p_per_kwh is not None and answer.has_price:
        return f"{said} at no more than {rate(wishes.price_cap_p_per_kwh)}. This is as much as there is."
    if plan.is_data_short:
        what = "prices" if answer.has_price else "carbon forecast"
        return (
            f"{text.sentence(energy(plan.shortfall_kwh))}{of} does not fit in before the published {what} end"
            f"{'' if answer.has_price else 's'}, at {_known_until(answer)}. What comes after is not known yet."
        )
    return f"{said}. This is as much as fits."


def _due(answer: Answer) -> str:
    """When the prices come that follow those that are known."""
    until = answer.ahead.prices.known_until_utc
    assert until is not None
    now = answer.choice.now_utc
    comes = next_published_at(until)
    if comes <= now:
        return f"Those of the time after have been due since {minute(comes)} {day(comes, now)}: look again soon"
    return f"Those of the time after usually come soon after {minute(comes)} {day(comes, now)}: look again then"


def _known_until(answer: Answer) -> str:
    until = (answer.ahead.prices if answer.has_price else answer.ahead.carbon).known_until_utc
    return text.NONE if until is None else moment_text(until)


def _pausing(answer: Answer, plan: Plan) -> str:
    paused = pauses(plan)
    saved = kilograms((answer.best.carbon_g or 0) - (plan.carbon_g or 0))
    if answer.has_price:
        saved = money(answer.best.cost_p - plan.cost_p)
    return (
        f"With pauses it would be {saved} less: {when(plan, answer.choice.now_utc)}, with {duration(paused)} of pauses."
    )


# Side by side ---------------------------------------------------------------------------------------------------------


def title(offer: Offer, answer: Answer) -> str:
    return text.sentence(_at_once(answer)) if offer.kind == "at_once" else TITLES[offer.kind]


def card_value(offer: Offer, has_price: bool) -> str:
    """Cost and carbon."""
    plan = offer.plan
    if not plan.pieces:
        return text.NONE
    known = [money(plan.cost_p)] if has_price else []
    return " · ".join([*known, kilograms(plan.carbon_g)] if plan.carbon_g is not None else known)


def card_lines(offer: Offer, answer: Answer) -> list[str]:
    """What a card says below its number: when, per kWh, carbon, and the difference."""
    plan, once = offer.plan, answer.once
    if not plan.pieces:
        return ["Nothing can be planned."]
    carbon = mean_carbon(plan)
    each = [rate(mean_price(plan))] if answer.has_price else []
    each.append(text.carbon(carbon) if carbon is not None else "carbon not known")
    lines = [text.sentence(when(plan, answer.choice.now_utc)), " · ".join(each)]
    if plan.shortfall_kwh:
        lines.append(f"{energy(plan.shortfall_kwh)} short")
    if offer.kind == "at_once":
        return lines
    if plan.pieces == once.pieces:
        return [*lines, f"The same as {_at_once(answer)}"]
    if answer.cheapest is not None and offer.kind == "greenest" and plan.pieces == answer.cheapest.pieces:
        return [*lines, "The same as the cheapest"]
    if is_like(plan, once):
        lines.append(text.sentence(against_once(plan, once, answer.has_price)))
    return [line for line in lines if line]


# What it is made of ---------------------------------------------------------------------------------------------------


def made_of(answer: Answer) -> Iterator[str]:
    """What is run, tariff and region, until when what is known and when it was fetched, and what lacks."""
    choice, ahead = answer.choice, answer.ahead
    if choice.load == choice.preset.load and choice.preset is not OWN:
        yield f"{choice.preset.name}: {choice.preset.figures}. {choice.preset.origin}"
    yield f"{text.sentence(energy(choice.load.energy_at_meter_kwh))} at the meter."
    yield price_words(ahead)
    yield carbon_words(ahead)
    for what, series in (("price", ahead.prices), ("carbon forecast", ahead.carbon)):
        if series.missing:
            yield f"There is no {what} for {spans_text(series.missing, MOST_NAMED)}."


def chart_words(answer: Answer) -> str:
    """The plan for who does not see the chart."""
    count = len(runs(answer.best))
    return f"{count} planned {'run' if count == 1 else 'runs'}: {when(answer.best, answer.choice.now_utc)}."
