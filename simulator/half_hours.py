"""Half-hours as whole numbers, counted from 1970 in UTC, and their labels. The clock is `ingestion.settlement`."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import ceil

from ingestion.settlement import (
    DAY,
    HALF_HOUR,
    LONDON,
    local_midnight_utc,
    periods_in,
    settlement_date_of,
    settlement_period_of,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
PER_DAY = 48
PER_YEAR = 365.2425 * PER_DAY


def index_of(instant: datetime) -> int:
    """The number of the half-hour that holds an instant."""
    return (instant - EPOCH) // HALF_HOUR


def first_index_from(instant: datetime) -> int:
    """The number of the first half-hour that starts at an instant or later."""
    return ceil((instant - EPOCH) / HALF_HOUR)


@lru_cache(maxsize=1 << 16)
def start_of(index: int) -> datetime:
    """The instant at which a half-hour begins, in UTC."""
    return EPOCH + index * HALF_HOUR


def indices_of_days(first: date, last: date) -> range:
    """The half-hours of the settlement dates from one to another, both included."""
    return range(index_of(local_midnight_utc(first)), index_of(local_midnight_utc(last + DAY)))


@lru_cache(maxsize=1 << 16)
def label_of(index: int) -> tuple[str, int]:
    """The settlement date, as text, and the settlement period of a half-hour."""
    start = start_of(index)
    return settlement_date_of(start).isoformat(), settlement_period_of(start)


def index_of_period(settlement_date: date, settlement_period: int) -> int | None:
    """The half-hour of a settlement period; None where the date has no such period."""
    if not 1 <= settlement_period <= periods_in(settlement_date):
        return None
    return index_of(local_midnight_utc(settlement_date)) + settlement_period - 1


def year_of(index: float) -> float:
    """The year with its fraction, as 2024.5, good to a day."""
    return 1970 + index / PER_YEAR


@lru_cache(maxsize=1 << 16)
def clock_of(index: int) -> tuple[date, float, bool]:
    """A half-hour's local date, the local clock hour of its middle, and whether British Summer Time holds."""
    local = start_of(index).astimezone(LONDON)
    return local.date(), local.hour + local.minute / 60 + 0.25, bool(local.utcoffset())


@lru_cache(maxsize=1 << 16)
def utc_text(instant: datetime) -> str:
    """An instant as Elexon writes it: `2024-08-13T22:30:00Z`."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
