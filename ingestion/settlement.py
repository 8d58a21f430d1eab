"""The clock of the GB electricity market, once: UTC instants and UK-local settlement dates and periods.

A settlement date is a day in UK local time; its half-hours ("settlement periods") are numbered from 1 at local
midnight, by elapsed time. The day on which the clocks go forward has 46, the day on which they go back has 50.
The SQL twins of these functions are in `dbt_project/macros/settlement.sql`; tests hold them against each other.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@lru_cache(maxsize=4096)
def local_midnight_utc(settlement_date: date) -> datetime:
    """The instant at which a settlement date begins. UK clocks never change at midnight, so there is just one."""
    return datetime.combine(settlement_date, time(), tzinfo=LONDON).astimezone(UTC)


def periods_in(settlement_date: date) -> int:
    """How many half-hours a settlement date has: 46, 48 or 50."""
    return (local_midnight_utc(settlement_date + DAY) - local_midnight_utc(settlement_date)) // HALF_HOUR


def period_start_utc(settlement_date: date, settlement_period: int) -> datetime:
    """The instant at which a settlement period begins. Raises ValueError for a period that the date lacks."""
    if not 1 <= settlement_period <= periods_in(settlement_date):
        raise ValueError(
            f"{settlement_date} has {periods_in(settlement_date)} settlement periods, and no period {settlement_period}"
        )
    return local_midnight_utc(settlement_date) + HALF_HOUR * (settlement_period - 1)


@lru_cache(maxsize=65536)
def settlement_date_of(instant: datetime) -> date:
    """The settlement date that holds an instant. Raises ValueError for an instant without a zone."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone, so its settlement date is not known")
    return instant.astimezone(LONDON).date()


def half_hour_start(instant: datetime) -> datetime:
    """The start, in UTC, of the half-hour that holds an instant. Raises ValueError for an instant without a zone."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone, so its half-hour is not known")
    utc = instant.astimezone(UTC)
    return utc.replace(minute=utc.minute // 30 * 30, second=0, microsecond=0)


def settlement_period_of(instant: datetime) -> int:
    """The settlement period, 1 to 50, that holds an instant."""
    return (instant - local_midnight_utc(settlement_date_of(instant))) // HALF_HOUR + 1
