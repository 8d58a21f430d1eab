"""A plan in words: when, what it costs, what it emits, and against charging at once. Plain text."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from dashboard import text
from dashboard.local_time import clock_text, day_text, is_in_one_day, zone_word
from energy_monitor.plan_words import to_minute
from energy_monitor.planned import runs_of
from ingestion.settlement import DAY, LONDON
from ingestion.settlement import settlement_date_of as local_date
from planner.model import Plan

Run = tuple[datetime, datetime]
ALIKE_P, ALIKE_G = 0.5, 5.0  # differences that nobody would see
MOST_NAMED = 3  # runs that a sentence names one by one


def runs(plan: Plan) -> list[Run]:
    """From when to when there is power."""
    return [(run.start_utc, run.end_utc) for run in runs_of(plan)]


def money(pence: float) -> str:
    """As £3.12, or −£0.40."""
    number = text.rounded(pence / 100, 2)
    return f"{text.MINUS}£{number[1:]}" if number.startswith(text.MINUS) else f"£{number}"


def rate(pence_per_kwh: float | None) -> str:
    return text.NONE if pence_per_kwh is None else f"{text.rounded(pence_per_kwh, 1)}{text.NBSP}p/kWh"


def kilograms(grams: float | None) -> str:
    """As 0.84 kg CO₂; with one digit from ten on."""
    if grams is None:
        return text.NONE
    return f"{text.rounded(grams / 1000, 1 if abs(grams) >= 10_000 else 2)}{text.NBSP}kg{text.NBSP}CO₂"


def energy(kwh: float) -> str:
    return f"{text.rounded(kwh, 1 if kwh >= 10 else 2)}{text.NBSP}kWh"


def duration(length: timedelta) -> str:
    """As 3 h 30 min."""
    minutes = round(length.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours}{text.NBSP}h"] if hours else []
    return " ".join([*parts, f"{rest}{text.NBSP}min"] if rest or not hours else parts)


def day(instant: datetime, now_utc: datetime) -> str:
    """Today, tomorrow, or the day by its name."""
    of, today = local_date(instant), local_date(now_utc)
    if of == today:
        return "today"
    return "tomorrow" if of == today + DAY else f"on {day_text(of, with_year=of.year != today.year)}"


def minute(instant: datetime) -> str:
    return f"{to_minute(instant).astimezone(LONDON):%H:%M}"


def when(plan: Plan, now_utc: datetime) -> str:
    """As from 01:30 to 05:00 GMT tomorrow; of many runs, how many and between when."""
    of = runs(plan)
    if not of:
        return "not at all"
    if len(of) > MOST_NAMED:
        return f"in {len(of)} runs, {dated((of[0][0], of[-1][1]), now_utc)}"
    zones = {zone_word(instant) for run in of for instant in run}
    if is_in_one_day(to_minute(of[0][0]), to_minute(of[-1][1])) and len(zones) == 1:
        spans = [f"{minute(start)} to {minute(end)}" for start, end in of]
        return f"from {_listed(spans)} {zones.pop()} {day(to_minute(of[0][0]), now_utc)}"
    return _listed(dated(run, now_utc) for run in of)


def dated(run: Run, now_utc: datetime) -> str:
    """As from 01:30 to 05:00 GMT tomorrow; the day and the zone of each end where they differ."""
    start, end = (to_minute(instant) for instant in run)
    begins = minute(start) if zone_word(start) == zone_word(end) else clock_text(start)
    if is_in_one_day(start, end):
        return f"from {begins} to {clock_text(end)} {day(start, now_utc)}"
    return f"from {begins} {day(start, now_utc)} to {clock_text(end)} {day(end, now_utc)}"


def _listed(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def pauses(plan: Plan) -> timedelta:
    """How long the pauses between runs are, together."""
    return sum((later[0] - earlier[1] for earlier, later in pairwise(runs(plan))), timedelta(0))


def is_like(plan: Plan, other: Plan) -> bool:
    """Whether two plans have the same energy, so that what they cost can be compared."""
    return abs(plan.energy_at_meter_kwh - other.energy_at_meter_kwh) < 1e-6


def against_once(plan: Plan, once: Plan, has_price: bool) -> str:
    """As saves £1.90 and 0.84 kg CO₂, or costs £0.20 more but saves 0.84 kg CO₂; what is not known is left out."""
    told: list[tuple[bool | None, str]] = []  # whether it is less, the same (None), or more
    if has_price:
        cheaper = once.cost_p - plan.cost_p
        told.append((None if abs(cheaper) < ALIKE_P else cheaper > 0, money(abs(cheaper))))
    if plan.carbon_g is not None and once.carbon_g is not None:
        greener = once.carbon_g - plan.carbon_g
        told.append((None if abs(greener) < ALIKE_G else greener > 0, kilograms(abs(greener))))
    saves, more = ([what for is_less, what in told if is_less is wanted] for wanted in (True, False))
    if not saves and not more:
        return "saves nothing" if told else ""
    parts = [f"saves {_listed(saves)}"] if saves else []
    if more:
        verb = "costs" if has_price and told[0][0] is False else "emits"
        parts.append(f"{verb} {_listed(more)} more")
    return " but ".join(parts)


def mean_price(plan: Plan) -> float | None:
    return plan.cost_p / plan.energy_at_meter_kwh if plan.energy_at_meter_kwh else None


def mean_carbon(plan: Plan) -> float | None:
    if plan.carbon_g is None or not plan.energy_at_meter_kwh:
        return None
    return plan.carbon_g / plan.energy_at_meter_kwh
