"""A plan in words, as text without markup: for the command line, the calendar, and the dashboard. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dashboard.local_time import clock_text, day_text, is_in_one_day, moment_text, zone_word
from energy_monitor.ahead import Ahead, Series, Spans
from energy_monitor.planned import SAME_KWH, Kind, Offer, Planned, Run, runs_of
from ingestion.settlement import settlement_date_of as local_date
from planner.model import Plan

TITLES: dict[Kind, str] = {"cheapest": "cheapest", "greenest": "greenest", "at_once": "at once"}
TITLES |= {"balanced": "by price and carbon"}
MOST_NAMED = 6
MINUTE = timedelta(minutes=1)
HALF_A_MINUTE = timedelta(seconds=30)


def to_minute(instant: datetime) -> datetime:
    """The nearest whole minute."""
    return (instant + HALF_A_MINUTE).replace(second=0, microsecond=0)


def span_text(start: datetime, end: datetime) -> str:
    """As Thu 29 Oct, 02:00–05:30 GMT; the zone and the day of each end where they differ."""
    day, rest, _ = _span_parts(start, end)
    return f"{day}, {rest}"


def _span_parts(start: datetime, end: datetime) -> tuple[str, str, str]:
    """The day on which it begins, the times with the other day if there is one, and the day that was named last."""
    first, last = to_minute(start), to_minute(end)
    day = day_text(local_date(first), with_year=False)
    if first == last:
        return day, f"{clock_text(first)} for {max(1, round((end - start).total_seconds()))} seconds", day
    begins = clock_text(first)[:5] if zone_word(first) == zone_word(last) else clock_text(first)
    if is_in_one_day(first, last):
        return day, f"{begins}–{clock_text(last)}", day
    other = day_text(local_date(last), with_year=False)
    return day, f"{begins} – {other}, {clock_text(last)}", other


def run_text(run: Run) -> str:
    return span_text(run.start_utc, run.end_utc)


def runs_text(plan: Plan) -> str:
    """All runs of a plan in a sentence's part; the day is said once for runs of one."""
    return spans_text((run.start_utc, run.end_utc) for run in runs_of(plan))


def spans_text(spans: Iterable[tuple[datetime, datetime]], most: int | None = None) -> str:
    """As Thu 29 Oct, 02:00–02:30 GMT and 04:00–05:30 GMT."""
    told: list[str] = []
    last_day = ""
    spans = list(spans)
    for start, end in spans[:most]:
        day, rest, ends_on = _span_parts(start, end)
        told.append(rest if day == last_day else f"{day}, {rest}")
        last_day = ends_on
    if most is not None and len(spans) > most:
        told.append(f"{len(spans) - most} more")
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}" if told else ""


def pounds(amount: float | None, signed: bool = False) -> str:
    """As £4.20 or −£0.35; fractions of a penny below ten pence."""
    if amount is None:
        return "not known"
    digits = 2 if abs(amount) >= 0.1 or amount == 0 else 3
    minus = "−" if round(amount, digits) < 0 else "+" if signed and round(amount, digits) > 0 else ""
    return f"{minus}£{abs(amount):.{digits}f}"


def kilograms(amount: float | None) -> str:
    if amount is None:
        return "not known"
    digits = 2 if abs(amount) < 10 else 1
    return f"{'−' if round(amount, digits) < 0 else ''}{abs(amount):.{digits}f} kg"


def grams(amount: float | None) -> str:
    return "not known" if amount is None else f"{amount:.0f}"


def energy_text(kwh: float) -> str:
    return f"{kwh:.{2 if kwh < 10 else 1}f} kWh"


def headline(planned: Planned, offer: Offer) -> str:
    """What to do, what it costs and what it saves, in two sentences."""
    plan = offer.plan
    if not plan.pieces:
        nothing = (
            "all is left for later prices" if plan.left_for_later_kwh > SAME_KWH else "nothing can run in this time"
        )
        return f"{_begin(offer)}: {nothing}."
    runs = len(offer.runs)
    parts = [f"{energy_text(plan.energy_at_meter_kwh)} from the meter"]
    if offer.cost_gbp is not None:
        parts.append(pounds(offer.cost_gbp))
    if offer.carbon_kg is not None:
        parts.append(f"{kilograms(offer.carbon_kg)} CO2")
    times = f" in {runs} runs," if runs > 1 else ""
    return f"{_begin(offer)}:{times} {runs_text(plan)}: {', '.join(parts)}.{_saving(planned, offer)}"


def _begin(offer: Offer) -> str:
    return TITLES[offer.kind].capitalize()


def _saving(planned: Planned, offer: Offer) -> str:
    """The sentence of what is saved against charging at once; empty where nothing can be compared."""
    gbp, kg = planned.saving_gbp(offer), planned.saving_kg(offer)
    if offer.kind == "at_once" or (gbp is None and kg is None):
        return ""
    if not round(gbp or 0, 3) and not round(kg or 0, 2):
        return " It is no better than charging at once."
    saved: list[str] = []
    more: list[str] = []
    if gbp is not None and round(gbp, 3):
        (saved if gbp >= 0 else more).append(pounds(abs(gbp)))
    if kg is not None and round(kg, 2):
        (saved if kg >= 0 else more).append(f"{kilograms(abs(kg))} CO2")
    told = [
        f"{verb} {' and '.join(parts)}{end}"
        for verb, parts, end in (("saves", saved, ""), ("takes", more, " more"))
        if parts
    ]
    return f" Against charging at once it {', but '.join(told)}."


def remarks(planned: Planned) -> list[str]:
    """What has to be known of the plans: what lacks, what falls short, and where the data end."""
    told = []
    kind = "price" if planned.ahead.prices.values else "carbon forecast"
    if missing := planned.lacking:
        told.append(f"There is no {kind} for {spans_text(missing, MOST_NAMED)}: nothing is planned there.")
    until, deadline = planned.known_until_utc, planned.wishes.deadline_utc
    if until and until < deadline:
        is_left = planned.wishes.beyond_data == "expect_later"
        then = "what the time after that can take is left for it" if is_left else "nothing is planned after that"
        told.append(
            f"The {kind}s end at {moment_text(until)}, before the deadline at {moment_text(deadline)}: {then}. A "
            "better plan may come when more is published, so ask again then."
        )
    told += shortfall_texts(planned)
    if planned.ahead.prices.values and (blind := _blind(planned)):
        told.append(f"Of {spans_text(blind, MOST_NAMED)} the carbon is not known: the greenest plan leaves them out.")
    if (weight := planned.wishes.carbon_weight_p_per_kg) and planned.best.kind == "cheapest":
        told.append(f"In the cheapest plan a kilogram of CO2 counts for {weight:g} p beside the cost.")
    if ties := planned.best.plan.ties:
        others = " or ".join(clock_text(tie) for tie in ties if tie != planned.best.plan.start_utc)
        if others:
            told.append(f"As good is a start at {others}.")
    return told


def shortfall_texts(planned: Planned) -> list[str]:
    """What plans cannot bring in time, or leave for later; once where it is the same of all."""
    texts = {offer.kind: shortfall_text(planned, offer) for offer in planned.offers}
    if len(set(texts.values())) == 1:
        return [text[0].upper() + text[1:] for text in set(texts.values()) if text]
    return [f"{TITLES[kind].capitalize()}: {text}" for kind, text in texts.items() if text]


def shortfall_text(planned: Planned, offer: Offer) -> str:
    """What a plan cannot bring in time, or leaves for later; empty where it brings all."""
    plan, load = offer.plan, planned.load
    asked = load.energy_at_meter_kwh if load.profile else load.energy_kwh
    where = "at the meter" if load.profile else "at the battery"
    limit = planned.wishes.price_cap_p_per_kwh
    cap = f" at up to {limit:g} p/kWh" if limit is not None and offer.has_price and offer.kind != "at_once" else ""
    if plan.shortfall_kwh > SAME_KWH:
        return f"{energy_text(plan.shortfall_kwh)} of {energy_text(asked)} {where} cannot be had in this time{cap}."
    if plan.left_for_later_kwh > SAME_KWH:
        return f"{energy_text(plan.left_for_later_kwh)} of {energy_text(asked)} {where} is left for later prices."
    return ""


def _blind(planned: Planned) -> Spans:
    """Slots with a price and without carbon, merged."""
    spans: list[tuple[datetime, datetime]] = []
    for slot in planned.ahead.slots:
        if slot.carbon_gco2_per_kwh is None:
            begun = spans.pop()[0] if spans and spans[-1][1] == slot.start_utc else slot.start_utc
            spans.append((begun, slot.end_utc))
    return tuple(spans)


def price_words(ahead: Ahead) -> str:
    """Which prices a plan is made of, or why there are none."""
    series = ahead.prices
    if series.basis == "agile":
        return f"Prices: Octopus Agile in {ahead.region_name} ({series.name}), with VAT; {_known(ahead, series)}."
    if series.basis == "market_index":
        return (
            "Prices: the wholesale market index, which no household pays, as no Agile price is known here; "
            f"{_known(ahead, series)}."
        )
    if ahead.region_code is None:
        return "Prices: none, as retail prices are a region's, and a wholesale price is not published ahead."
    return f"Prices: none are known for {ahead.region_name} in this time."


def carbon_words(ahead: Ahead) -> str:
    """Which carbon intensity a plan is made of, or that there is none."""
    series = ahead.carbon
    if series.basis == "regional":
        return f"Carbon: the Carbon Intensity API's forecast for {series.name}; {_known(ahead, series)}."
    if series.basis == "national":
        for_region = f", as there is none for {ahead.region_name}" if ahead.region_code else ""
        return f"Carbon: the Carbon Intensity API's figures for Great Britain{for_region}; {_known(ahead, series)}."
    return "Carbon: none is known for this time."


def _known(ahead: Ahead, series: Series) -> str:
    """Until when, and when that was fetched; a series that has any value."""
    until, fetched = series.known_until_utc, series.fetched_at_utc
    assert until is not None
    assert fetched is not None
    known = "known for all of this time" if until >= ahead.to_utc else f"known until {moment_text(until)}"
    return f"{known}, fetched {moment_text(fetched)}"
