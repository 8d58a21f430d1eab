"""Half-hours of two short periods at the same place: the day's number and the UK's clock."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from dashboard.connection import Row
from dashboard.periods import Period
from dashboard.windows import by_label
from ingestion.settlement import DAY, HALF_HOUR, local_midnight_utc


def bounds(period: Period) -> tuple[datetime, datetime]:
    """From its first local midnight up to the one after its last day, in UTC."""
    return local_midnight_utc(period.first), local_midnight_utc(period.last + DAY)


def aligned(first: Period, second: Period, one: Sequence[Row], other: Sequence[Row], column: str) -> list[Row]:
    """A row per place: day, clock, and each side's start and number.

    A day has 48 places. Of an hour that comes twice the first counts; one that is left out has no number.
    """
    sides = [(period.first, by_label(rows)) for period, rows in ((first, one), (second, other))]
    found = []
    for day in range(max(len(first.days), len(second.days))):
        for half_hour in range(48):
            since = DAY * day + HALF_HOUR * half_hour
            row: Row = {"day": day + 1, "uk_clock": _clock(half_hour)}
            for name, (start, labelled) in zip(("first", "second"), sides, strict=True):
                found_row = labelled.get(_midnight(start) + since, {})
                row |= {
                    f"{name}_period_start_utc": found_row.get("period_start_utc"),
                    f"{name}_{column}": found_row.get(column),
                }
            found.append(row)
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _clock(half_hour: int) -> str:
    minutes = timedelta(minutes=30) * half_hour // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"
