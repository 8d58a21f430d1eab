"""The plans that the page Charge shows, from what is asked and what is known ahead. Pure, and quick."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from dashboard.charge_choice import Choice
from dashboard.charge_words import is_like
from dashboard.connection import Row
from dashboard.windows import Span
from energy_monitor.ahead import Ahead
from energy_monitor.planned import CARBON_ALONE_P_PER_KG, Kind, Offer, Planned
from ingestion.settlement import HALF_HOUR, half_hour_start
from planner.choose import at_once, plan
from planner.front import front
from planner.model import Load, Plan, Slot, Slots, Wishes

CLEANER = 0.1  # a tenth less carbon is worth a word
WORTH_PAUSES = 0.03  # so much less of cost or carbon is worth a word


@dataclass(frozen=True)
class Answer:
    """All plans over the same half-hours. has_price: else by carbon alone, at a cost that is not known.

    best: what is advised. with_pauses: what would be advised if pauses were allowed; None where they are, or cannot be.
    beyond: the greenest plan of all, where it is much greener and lies where prices are not published.
    """

    choice: Choice
    ahead: Ahead
    span: Span
    has_price: bool
    best: Plan
    cheapest: Plan | None
    greenest: Plan | None
    once: Plan
    front: tuple[Plan, ...] = ()
    with_pauses: Plan | None = None
    beyond: Plan | None = None

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What stands side by side: what is advised first, charging at once last."""
        is_weighed = bool(self.choice.wishes.carbon_weight_p_per_kg) and self.has_price
        kinds: tuple[tuple[Kind, Plan | None], ...] = (
            ("balanced", self.best if is_weighed else None),
            ("cheapest", self.cheapest),
            ("greenest", self.greenest),
            ("at_once", self.once),
        )
        return tuple(Offer(kind, of, self.has_price) for kind, of in kinds if of is not None)

    @property
    def planned(self) -> Planned:
        """The same, as what can be written to a calendar."""
        return Planned(self.choice.preset.name, self.choice.load, self.choice.wishes, self.ahead, self.offers)

    @property
    def is_now(self) -> bool:
        """Whether nothing is better than beginning at once."""
        return self.best.pieces == self.once.pieces

    @property
    def rows(self) -> list[Row]:
        """Every half-hour of the span: its price and carbon, and what each plan takes in it at the meter."""
        count = (self.span.end_utc - self.span.start_utc) // HALF_HOUR
        starts = [self.span.start_utc + HALF_HOUR * n for n in range(count)]
        prices = self.ahead.prices.values if self.has_price else {}
        return [
            {
                "period_start_utc": start,
                "price_inc_vat_p_per_kwh": prices.get(start),
                "carbon_gco2_per_kwh": self.ahead.carbon.values.get(start),
                **{f"{offer.kind}_kwh": energy_within(offer.plan, start) for offer in self.offers},
            }
            for start in starts
        ]


def energy_within(of: Plan, start_utc: datetime, length: timedelta = HALF_HOUR) -> float:
    """What a plan takes within a half-hour, in kWh at the meter."""
    end = start_utc + length
    hours = (
        (min(piece.end_utc, end) - max(piece.start_utc, start_utc)) / timedelta(hours=1) * piece.power_kw
        for piece in of.pieces
        if piece.start_utc < end and piece.end_utc > start_utc
    )
    return sum(hours, 0.0)


def span_of(choice: Choice) -> Span:
    """The half-hours in which something may run."""
    first, last = choice.wishes.earliest_utc, choice.wishes.deadline_utc
    start = half_hour_start(first)
    return Span(start, start + HALF_HOUR * -((start - last) // HALF_HOUR))  # rounded up


def answer(choice: Choice, ahead: Ahead) -> Answer | None:
    """All plans; None where neither price nor carbon is known. Raises PlanError where the planner refuses."""
    has_price = bool(ahead.slots)
    slots = tuple(ahead.slots if has_price else ahead.carbon_slots)
    if not slots:
        return None
    if not has_price:
        wishes = replace(choice.wishes, price_cap_p_per_kwh=None, carbon_weight_p_per_kg=CARBON_ALONE_P_PER_KG)
        greenest, once, pausing = _plan(choice.load, wishes, slots), _once(choice.load, wishes, slots), None
        if choice.can_pause and wishes.in_one_go:
            pausing = _plan(choice.load, replace(wishes, in_one_go=False), slots)
            pausing = _if_worth(pausing, greenest, greenest.carbon_g or 0, pausing.carbon_g or 0)
        return Answer(choice, ahead, span_of(choice), False, greenest, None, greenest, once, with_pauses=pausing)
    return _by_price(choice, ahead, slots)


def _by_price(choice: Choice, ahead: Ahead, slots: tuple[Slot, ...]) -> Answer:
    load, wishes = choice.load, choice.wishes
    by_cost = replace(wishes, carbon_weight_p_per_kg=0.0)
    by_carbon = replace(wishes, carbon_weight_p_per_kg=CARBON_ALONE_P_PER_KG)
    cheapest = _plan(load, by_cost, slots)
    best = _plan(load, wishes, slots) if wishes.carbon_weight_p_per_kg else cheapest
    greenest = _plan(load, by_carbon, slots) if any(slot.carbon_gco2_per_kwh is not None for slot in slots) else None
    pausing = None
    if choice.can_pause and wishes.in_one_go:
        pausing = _plan(load, replace(wishes, in_one_go=False), slots)
        pausing = _if_worth(pausing, best, best.cost_p, pausing.cost_p)
    return Answer(
        choice,
        ahead,
        span_of(choice),
        True,
        best,
        cheapest,
        greenest,
        _once(load, wishes, slots),
        with_pauses=pausing,
        front=_front(load, by_cost, slots) if greenest is not None else (),
        beyond=_beyond(load, by_carbon, ahead, greenest),
    )


def _if_worth(pausing: Plan, best: Plan, of_best: float, of_pausing: float) -> Plan | None:
    saved = of_best - of_pausing
    return pausing if is_like(pausing, best) and saved > max(abs(of_best) * WORTH_PAUSES, 1.0) else None


def _beyond(load: Load, by_carbon: Wishes, ahead: Ahead, greenest: Plan | None) -> Plan | None:
    if greenest is None or not greenest.is_data_short or not greenest.carbon_g:
        return None
    found = _plan(load, replace(by_carbon, price_cap_p_per_kwh=None), tuple(ahead.carbon_slots))
    if not is_like(found, greenest) or found.carbon_g is None:
        return None
    return found if found.carbon_g < greenest.carbon_g * (1 - CLEANER) else None


# The same is asked again with each change of what does not matter to it
@lru_cache(maxsize=256)
def _plan(load: Load, wishes: Wishes, slots: Slots) -> Plan:
    return plan(load, wishes, slots)


@lru_cache(maxsize=64)
def _front(load: Load, wishes: Wishes, slots: Slots) -> tuple[Plan, ...]:
    return front(load, wishes, slots)


@lru_cache(maxsize=256)
def _once(load: Load, wishes: Wishes, slots: Slots) -> Plan:
    return at_once(load, wishes, slots)
