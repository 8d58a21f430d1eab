"""The windows that a page can show, and the complete row of half-hours or days in one: so that gaps stay gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dashboard.connection import Row
from ingestion.settlement import DAY, HALF_HOUR, local_midnight_utc, periods_in
from ingestion.settlement import settlement_date_of as local_date

DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}
WINDOWS = (*DAYS_OF, "all")


@dataclass(frozen=True)
class Span:
    """From start_utc up to before end_utc."""

    start_utc: datetime
    end_utc: datetime

    @property
    def first_day(self) -> date:
        return local_date(self.start_utc)

    @property
    def last_day(self) -> date:
        return local_date(self.end_utc - HALF_HOUR)


@dataclass(frozen=True)
class Slot:
    """A half-hour or a day of a window, and its row in the mart; None where it was never asked for."""

    start_utc: datetime
    end_utc: datetime
    row: Row | None

    def number(self, column: str) -> Any:
        return None if self.row is None else self.row[column]


def span_by_half_hours(window: str, newest_utc: datetime) -> Span:
    """The last 24 hours, or so many times 24, by elapsed time, ending with the newest half-hour."""
    end = newest_utc + HALF_HOUR
    return Span(end - DAYS_OF[window] * DAY, end)


def span_by_days(window: str, oldest_utc: datetime, newest_utc: datetime) -> Span:
    """Whole local days, ending with that of the newest half-hour."""
    last = local_date(newest_utc)
    first = local_date(oldest_utc) if window == "all" else last - (DAYS_OF[window] - 1) * DAY
    return Span(local_midnight_utc(first), local_midnight_utc(last + DAY))


def half_hour_slots(span: Span, rows: Sequence[Row]) -> list[Slot]:
    """Every half-hour of a span."""
    by_start: Mapping[datetime, Row] = {row["period_start_utc"]: row for row in rows}
    count = (span.end_utc - span.start_utc) // HALF_HOUR
    starts = (span.start_utc + HALF_HOUR * n for n in range(count))
    return [Slot(start, start + HALF_HOUR, by_start.get(start)) for start in starts]


def day_slots(span: Span, rows: Sequence[Row]) -> list[Slot]:
    """Every local day of a span."""
    by_day: Mapping[date, Row] = {row["settlement_date"]: row for row in rows}
    days = [span.first_day + DAY * n for n in range((span.last_day - span.first_day).days + 1)]
    return [Slot(local_midnight_utc(day), local_midnight_utc(day + DAY), by_day.get(day)) for day in days]


def half_hours_in(span: Span) -> int:
    """How many half-hours the local days of a span have."""
    return sum(periods_in(span.first_day + DAY * n) for n in range((span.last_day - span.first_day).days + 1))
