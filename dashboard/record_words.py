"""Records in words: values with their units, what was beaten, and what is broken or near."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dashboard import text
from dashboard.connection import Row
from dashboard.local_time import day_text, moment_text
from dashboard.points import slot_text
from dashboard.record_kinds import NEAR_BY, Near
from ingestion.settlement import HALF_HOUR
from ingestion.settlement import settlement_date_of as local_date

NEAR = Decimal("0.03")  # of the record's value
YOUNG_PERIODS = 60 * 48  # of less than 60 days of half-hours every other day sets a record
MOST_LINES = 5


def value_text(unit: str, value: Any, *, is_mean: bool = False) -> str:
    """A value with its unit: power to the megawatt, shares to a tenth of a percent; of means carbon has a digit."""
    match unit:
        case "MW":
            return text.megawatts(value)
        case "MWh":
            return text.gigawatt_hours(value)
        case "GBP/MWh":
            return text.price(value)
        case "gCO2/kWh":
            return f"{text.rounded(value, 1 if is_mean else 0)}{text.NBSP}gCO₂/kWh"
        case "1":
            return text.percent(Decimal(str(value)), 1)
        case "h":
            days = f" ({text.rounded(value / 24, 1)}{text.NBSP}days)" if value >= 48 else ""
            return f"{text.rounded(value, 1 if value % 1 else 0)}{text.NBSP}h{days}"
        case _:
            return f"{value} {unit}"


def of_record(record: Row, value: Any) -> str:
    return value_text(record["unit"], value, is_mean=record["span"] == "day")


def difference_text(record: Row) -> str | None:
    """By how much it beat the one before, as 15 MW more; None for the first, which beat nothing."""
    if record["beaten_value"] is None:
        return None
    size = abs(record["value"] - record["beaten_value"])
    word = {"h": "longer"}.get(record["unit"], "more" if record["direction"] == "highest" else "less")
    if record["unit"] == "1":
        return f"{text.rounded(size * 100, 1)}{text.NBSP}percentage points {word}"
    return f"{of_record(record, size)} {word}"


def when_text(record: Row) -> str:
    """When it was set: a half-hour, a day, or from when to when a run went."""
    start, end = record["period_start_utc"], record["period_end_utc"]
    if record["span"] != "run":
        return slot_text(start, end)
    began = "from" if record["is_start_known"] else "known from"
    until = f"to {moment_text(end)}" if record["is_end_known"] else f"and not known to have ended by {moment_text(end)}"
    return f"{began} {moment_text(start)} {until}"


def span_word(record: Row) -> str:
    return {"half_hour": "half-hour", "day": "day", "run": "run"}.get(record["span"], str(record["span"]))


def beat_text(record: Row) -> str:
    """What it beat, and by how much."""
    difference = difference_text(record)
    if difference is None:
        return "the first that is known here: it beat nothing"
    before = record["beaten_period_start_utc"]
    then = day_text(local_date(before)) if record["span"] == "day" else moment_text(before)
    return f"{difference} than the {of_record(record, record['beaten_value'])} of {then}"


def confirmed_text(state: str) -> str:
    """A record is only confirmed once its numbers are settled."""
    return "confirmed (settled)" if state == "settled" else f"not confirmed yet ({state})"


def ties_text(record: Row) -> str:
    """How often it was equalled; nothing where it was not."""
    if not record["ties"]:
        return ""
    times = "once" if record["ties"] == 1 else f"{record['ties']:,} times"
    last = record.get("last_tied_period_start_utc")
    return f"equalled {times} since" + (f", last {moment_text(last)}" if last else "")


def known_text(record: Row) -> str:
    """Among how many half-hours it is the record, and since when."""
    since = day_text(local_date(record["known_since_utc"]))
    known, of = record["known_periods"], record["periods_in_span"]
    holes = "" if known >= of else f"; {of - known:,} in between are not known or not complete"
    return f"among {known:,} half-hours known here since {since}{holes}"


def is_young(record: Row) -> bool:
    return bool(record["known_periods"] < YOUNG_PERIODS)


# ---------------------------------------------------------------- broken and near


def broken_sentence(record: Row) -> str:
    """As: Highest national demand: 38,421 MW, Mon …, 15 MW more than the … of …; not confirmed yet (provisional)."""
    return (
        f"{record['record_name']}: {of_record(record, record['value'])}, {when_text(record)}: {beat_text(record)}; "
        f"{confirmed_text(record['state'])}."
    )


def gap_to(record: Row, value: Any) -> Decimal | None:
    """How far a number is from the record, as a part of the record's size; below 0 it is beyond. None: size is 0."""
    held = Decimal(str(record["value"]))
    if not held:
        return None
    gap = held - Decimal(str(value)) if record["direction"] == "highest" else Decimal(str(value)) - held
    return gap / abs(held)


def near_sentence(record: Row, newest: Row, near: Near) -> str | None:
    """As: Wind is at 21.4 GW, 2 % below its record of 21.9 GW, …; None where it is not near, or is the record."""
    if newest["period_start_utc"] == record["period_start_utc"]:
        return None
    gap = gap_to(record, newest["value"])
    if gap is None or abs(gap) > NEAR:
        return None
    is_high = record["direction"] == "highest"
    size = f"less than 1{text.NBSP}%" if abs(gap) < Decimal("0.005") else text.percent(abs(gap))
    place = f"{size} {'below' if is_high == (gap > 0) else 'above'}" if gap else "equal to"
    is_many = near.noun.endswith(" are")
    of = ("their" if is_many else "its") + (" record" if is_high else " lowest")
    part = ", part of it NESO’s forecast" if newest["is_forecast"] else ""
    return (
        f"{near.noun}{'' if is_many else ' is'} at {_short(record, newest['value'])}{part}, {place} {of} of "
        f"{_short(record, record['value'])}, {moment_text(record['period_start_utc'])}."
    )


def _short(record: Row, value: Any) -> str:
    """Power in gigawatts where both are to be read at a glance."""
    return text.gigawatts(value) if record["unit"] == "MW" else of_record(record, value)


def lines(records: Sequence[Row], broken: Sequence[Row], newest: dict[str, Row], now_utc: datetime) -> list[str]:
    """At most five sentences on what is broken or near; what is known for too short a time is left out.

    Where that is all, one sentence says how short it is; where there is nothing, one says so.
    """
    if not records:
        return ["No record is known here yet."]
    old = {record["record_id"] for record in records if not is_young(record)}
    if not old:
        longest = max(record["known_periods"] for record in records)
        days = longest * HALF_HOUR.total_seconds() / 86400
        since = day_text(local_date(min(record["known_since_utc"] for record in records)))
        return [
            f"No series has more than {text.rounded(days, 0)} days of numbers here, since {since}: in so short a time "
            "nearly every day sets a record, so they are told from 60 days on."
        ]
    said = [broken_sentence(record) for record in broken if record["record_id"] in old]
    told = {record["record_id"] for record in broken}
    near = []
    for record in records:
        name = record["record_id"]
        if name not in old or name in told or name not in newest or record["span"] != "half_hour":
            continue
        if record["period_start_utc"] > now_utc:
            continue
        if sentence := near_sentence(record, newest[name], NEAR_BY[name]):
            near.append((abs(gap_to(record, newest[name]["value"]) or 0), sentence))
    said += [sentence for _, sentence in sorted(near)]
    if len(said) > MOST_LINES:
        more = len(said) - MOST_LINES + 1
        said = [*said[: MOST_LINES - 1], f"And {more:,} more: they are among all records."]
    return said or ["No record was broken within seven days, and no newest number is within 3 % of one."]
