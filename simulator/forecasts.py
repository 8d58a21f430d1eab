"""What the system operator expects: demand, reissued twice an hour, and wind, reissued eight times a day. In MW.

An issue of demand has the number of the half-hour in which it comes out; one of wind is known by its instant.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from math import exp
from typing import NamedTuple

from ingestion.settlement import DAY, HALF_HOUR
from simulator import trends
from simulator.carbon import forecast_error
from simulator.grid import need, state, station_load_mw
from simulator.half_hours import EPOCH, first_index_from, index_of, start_of, year_of

DEMAND_ISSUE_LAG = timedelta(minutes=17)  # after the full and the half hour
WIND_ISSUES = tuple(timedelta(hours=hour, minutes=30) for hour in (3, 5, 8, 10, 12, 16, 19, 23))  # after midnight UTC
WIND_BEHIND, WIND_HOURS = timedelta(hours=27), 73  # an issue begins so long before its own hour, and is so long
HOUR = timedelta(hours=1)


class Demand(NamedTuple):
    """A forecast of demand in whole MW: as INDO counts it, and as ITSDO does."""

    national_mw: int
    transmission_mw: int


@lru_cache(maxsize=1 << 15)
def demand_mw(seed: int, index: int, issue: int) -> Demand:
    """The demand of a half-hour as an issue expects it; what cables and pumps will take is the harder part."""
    truth = state(seed, index)
    national = truth.indo_mw * (1 + forecast_error(seed, "demand forecast", index, issue, 0.009, 0.026))
    uses = max(0.0, truth.itsdo_mw - truth.indo_mw - station_load_mw(index))
    uses *= exp(forecast_error(seed, "exports forecast", index, issue, 0.1, 0.3))
    return Demand(round(national), round(national + station_load_mw(index) + uses))


def demand_issue_utc(issue: int) -> datetime:
    """When an issue of the demand forecast comes out."""
    return start_of(issue) + DEMAND_ISSUE_LAG


def demand_issues(first_utc: datetime, last_utc: datetime) -> range:
    """The issues of the demand forecast from one instant to another, both included."""
    return range(first_index_from(first_utc - DEMAND_ISSUE_LAG), index_of(last_utc - DEMAND_ISSUE_LAG) + 1)


@lru_cache(maxsize=1 << 14)
def wind_mw(seed: int, start: datetime, issue: datetime) -> int:
    """Wind on the transmission system in an hour as an issue expects it: what it could give, before it is held back."""
    index, issued = index_of(start), (issue - EPOCH) / HALF_HOUR
    truth = (need(seed, index).wind_mw + need(seed, index + 1).wind_mw) / 2
    expected = truth * exp(forecast_error(seed, "wind forecast", index, issued, 0.05, 0.2))
    return round(min(expected, 0.97 * trends.at(trends.WIND_CAPACITY_MW, year_of(index))))


def wind_issues(first_utc: datetime, last_utc: datetime) -> Iterator[datetime]:
    """The issues of the wind forecast from one instant to another, both included, oldest first."""
    day = EPOCH + (first_utc - EPOCH) // DAY * DAY
    while day <= last_utc:
        yield from (issue for after in WIND_ISSUES if first_utc <= (issue := day + after) <= last_utc)
        day += DAY


def wind_hours(issue: datetime) -> Iterator[datetime]:
    """The starts of an issue's 73 hours: 27 hours back, 45 ahead."""
    first = EPOCH + (issue - EPOCH) // HOUR * HOUR - WIND_BEHIND
    yield from (first + hour * HOUR for hour in range(WIND_HOURS))
