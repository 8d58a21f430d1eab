"""Advice for an evening: what to do with a few standard loads until next morning. Pure: prices and carbon come in.

It is made of what was known at one moment, and of nothing else; what was given stays as it was given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from ingestion.settlement import DAY, HOUR, LONDON, settlement_date_of
from planner.choose import plan
from planner.model import Load, Plan, Slot, Step, Wishes

# UK local, far from the hour at which clocks change, and on the half-hour, as the scores in SQL expect.
EVENING, MORNING = time(18), time(7)
# Given later than this after the evening's moment it is not called live: somebody would have waited for it.
LIVE_WITHIN = HOUR
# What is assumed of Agile where nobody wrote down when prices came: those of a day, 23:00 to 23:00, at 16:00.
PUBLISHED_AT, PUBLISHED_UNTIL = time(16), time(23)

Given = Literal["live", "reconstructed", "assumed"]
Objective = Literal["cheapest", "greenest"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Standard:
    """A load that advice is given for every evening. It never changes: another load is another name."""

    id: str
    load: Load
    in_one_go: bool


DISHWASHER = (Step(timedelta(minutes=15), 1.8), Step(timedelta(minutes=60), 0.2), Step(timedelta(minutes=15), 1.8))
STANDARDS = (
    Standard("van_overnight", Load(energy_kwh=30, power_kw=7.4, efficiency=0.9), in_one_go=False),
    Standard("car_in_one_go", Load(energy_kwh=20, power_kw=7.4, efficiency=0.9), in_one_go=True),
    Standard("dishwasher", Load(profile=DISHWASHER), in_one_go=True),
)


@dataclass(frozen=True)
class Known:
    """Prices and carbon of a night as known at a moment: where green is asked for, slots of carbon at no price.

    region_code and tariff_code are empty where there is none.
    """

    objective: Objective
    slots: tuple[Slot, ...]
    price_basis: str
    carbon_basis: str
    region_code: str = ""
    tariff_code: str = ""
    prices_known_until_utc: datetime | None = None
    carbon_known_until_utc: datetime | None = None


def asked_at(evening: date) -> datetime:
    """The moment of an evening whose knowledge its advice is made from, in UTC."""
    return _instant(evening, EVENING)


def deadline_of(evening: date) -> datetime:
    """When everything has to be done: the next morning."""
    return _instant(evening + DAY, MORNING)


def newest_evening(now_utc: datetime) -> date:
    """The newest evening whose moment has passed."""
    day = settlement_date_of(now_utc)
    return day if asked_at(day) <= now_utc else day - DAY


def evenings(first: date, last: date) -> Sequence[date]:
    """Every evening from one to another."""
    return [first + DAY * n for n in range((last - first).days + 1)]


def how_given(evening: date, now_utc: datetime) -> Given:
    """Live, or reconstructed where it is given too late for anybody to have acted on it."""
    return "live" if now_utc - asked_at(evening) <= LIVE_WITHIN else "reconstructed"


def published_until(moment_utc: datetime) -> datetime:
    """How far Agile prices are taken to be published at a moment, where nobody wrote down when they came."""
    local = moment_utc.astimezone(LONDON)
    return _instant(local.date() + DAY if local.time() >= PUBLISHED_AT else local.date(), PUBLISHED_UNTIL)


def next_published_at(known_until_utc: datetime) -> datetime:
    """When the Agile prices that follow those known until then are taken to come, by the same rule."""
    day = settlement_date_of(known_until_utc + HOUR)  # a day of prices begins at 23:00
    return _instant(day - DAY, PUBLISHED_AT)


def wishes_of(evening: date, standard: Standard, objective: Objective) -> Wishes:
    """From the evening's moment to next morning; a gram of carbon counts for a penny where green is asked for."""
    return Wishes(
        asked_at(evening),
        deadline_of(evening),
        in_one_go=standard.in_one_go,
        carbon_weight_p_per_kg=1000.0 if objective == "greenest" else 0.0,
    )


def rows(evening: date, known: Iterable[Known], given: Given, given_at_utc: datetime) -> Iterator[Row]:
    """A row of raw.advice for each standard load and each of `known`; without pieces where there are no slots."""
    for one in known:
        for standard in STANDARDS:
            yield _row(evening, standard, one, given, given_at_utc)


def _row(evening: date, standard: Standard, known: Known, given: Given, given_at_utc: datetime) -> Row:
    load, wishes = standard.load, wishes_of(evening, standard, known.objective)
    inside = [slot for slot in known.slots if slot.start_utc < wishes.deadline_utc]
    done = plan(load, wishes, inside) if inside else None
    asked = load.energy_at_meter_kwh if load.profile else load.energy_kwh
    return {
        "evening": evening.isoformat(),
        "load": standard.id,
        "objective": known.objective,
        "region_code": known.region_code,
        "asked_at_utc": _text(asked_at(evening)),
        "tariff_code": known.tariff_code or None,
        "price_basis": known.price_basis,
        "carbon_basis": known.carbon_basis,
        "prices_known_until_utc": _text(known.prices_known_until_utc),
        "carbon_known_until_utc": _text(known.carbon_known_until_utc),
        "earliest_utc": _text(wishes.earliest_utc),
        "deadline_utc": _text(wishes.deadline_utc),
        "in_one_go": standard.in_one_go,
        "energy_kwh": asked,
        "efficiency": load.efficiency,
        "power_kw": max((step.power_kw for step in load.profile), default=load.power_kw),
        "profile": [{"hours": step.length / HOUR, "power_kw": step.power_kw} for step in load.profile],
        "pieces": _pieces(done) if done else [],
        "shortfall_kwh": done.shortfall_kwh if done else asked,
        "expected_cost_p": done.cost_p if done and known.objective == "cheapest" else None,
        "expected_carbon_g": done.carbon_g if done else None,
        "given": given,
        "given_at_utc": _text(given_at_utc),
    }


def _pieces(done: Plan) -> list[Mapping[str, Any]]:
    return [
        {"start_utc": _text(piece.start_utc), "end_utc": _text(piece.end_utc), "power_kw": piece.power_kw}
        for piece in done.pieces
    ]


def _instant(day: date, clock: time) -> datetime:
    """The instant of a clock that no change of the clocks skips or doubles."""
    return datetime.combine(day, clock, tzinfo=LONDON).astimezone(UTC)


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
