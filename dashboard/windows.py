"""The windows that a page can show, and the complete row of half-hours or days in one: so that gaps stay gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dashboard.connection import Row
from ingestion.settlement import DAY, HALF_HOUR, LONDON, local_midnight_utc, periods_in
from ingestion.settlement import settlement_date_of as local_date

DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}
DATES = "dates"  # the first and the last are chosen
WINDOWS = (*DAYS_OF, "all", DATES)
MOST_DAYS_BY_HALF_HOUR = 31
MOST_DAYS_AS_KNOWN = 14
# Whole weeks, so that the same day of the week is compared.
AGAINST = {"week before": 7, "year before": 364}


@dataclass(frozen=True)
class Choice:
    """What a page over time is asked to show; all of it is in the address.

    dates: of the window `dates`, both included. against: what to compare with, a name of AGAINST, or nothing.
    known_utc: the moment as of which everything is shown; None is now.
    """

    window: str = "day"
    dates: tuple[date, date] | None = None
    against: str | None = None
    known_utc: datetime | None = None

    @property
    def days(self) -> int | None:
        """How many days the window has; None where it has all."""
        if self.window == DATES and self.dates:
            return (self.dates[1] - self.dates[0]).days + 1
        return DAYS_OF.get(self.window)


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


def span_of_dates(first: date, last: date) -> Span:
    """Whole local days, both included."""
    return Span(local_midnight_utc(first), local_midnight_utc(last + DAY))


def suspect_slots(slots: Sequence[Slot]) -> list[Slot]:
    """Those of which a number came that cannot be right: it is shown, and counts for nothing."""
    columns = next((slot.row.keys() for slot in slots if slot.row), ())
    states = [column for column in columns if column.endswith("state")]  # rows of a window are alike
    return [slot for slot in slots if any(slot.number(state) == "suspect" for state in states)]


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


def local_label(start_utc: datetime) -> datetime:
    """The UK's date and clock without its zone, by which half-hours of two days are compared."""
    return start_utc.astimezone(LONDON).replace(tzinfo=None, fold=0)


def by_label(rows: Sequence[Row]) -> dict[datetime, Row]:
    """Half-hours by the UK's date and clock; of an hour that comes twice, the first."""
    found: dict[datetime, Row] = {}
    for row in rows:
        found.setdefault(local_label(row["period_start_utc"]), row)
    return found


def beside(
    slots: Sequence[Slot], before: Sequence[Row], days: int, columns: Sequence[str], compared: Sequence[str]
) -> list[Slot]:
    """Slots with the numbers of so many days before, at the same time on the UK's clock.

    before: the rows of half-hours or of days. columns: all that a row has. compared: those of which the number of
    before is added as `before_…`. An hour that one of the two days lacks is compared with nothing; of an hour that it
    has twice, the first counts.
    """
    are_days = bool(before) and "settlement_date" in before[0]
    earlier: Mapping[Any, Row] = {row["settlement_date"]: row for row in before} if are_days else by_label(before)
    found = []
    for slot in slots:
        is_day = slot.end_utc - slot.start_utc > HALF_HOUR
        then = earlier.get((local_date(slot.start_utc) if is_day else local_label(slot.start_utc)) - DAY * days, {})
        row = {**(slot.row or dict.fromkeys(columns)), **{f"before_{name}": then.get(name) for name in compared}}
        found.append(Slot(slot.start_utc, slot.end_utc, row))
    return found


def half_hours_in(span: Span) -> int:
    """How many half-hours the local days of a span have."""
    return sum(periods_in(span.first_day + DAY * n) for n in range((span.last_day - span.first_day).days + 1))
