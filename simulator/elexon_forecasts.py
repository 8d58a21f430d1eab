"""NDF, TSDF and WINDFOR: the operator's forecasts of demand and of wind, issue by issue."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ingestion.settlement import DAY, settlement_date_of
from simulator.elexon_requests import FIRST_UTC, Query, first, instants
from simulator.forecasts import (
    Demand,
    demand_issue_utc,
    demand_issues,
    demand_mw,
    wind_hours,
    wind_issues,
    wind_mw,
)
from simulator.half_hours import indices_of_days, label_of, start_of, utc_text

Rows = list[dict[str, Any]]
LARGEST = DAY
NATIONAL = "N"
# The system's zones and what part of transmission demand each uses: round numbers, none published.
ZONES = {
    "B1": 0.012, "B2": 0.018, "B3": 0.006, "B4": 0.035, "B5": 0.022, "B6": 0.055, "B7": 0.075, "B8": 0.13, "B9": 0.12,
    "B10": 0.045, "B11": 0.06, "B12": 0.085, "B13": 0.04, "B14": 0.13, "B15": 0.05, "B16": 0.07, "B17": 0.047,
}  # fmt: skip


def ndf(seed: int, query: Query, now_utc: datetime, largest: timedelta | None = LARGEST) -> Rows:
    """Rows of NDF, newest issue first, each from its own half-hour on."""
    return [_row("NDF", found.national_mw, times, NATIONAL) for times, found in _demand(seed, query, now_utc, largest)]


def tsdf(seed: int, query: Query, now_utc: datetime, largest: timedelta | None = LARGEST) -> Rows:
    """Rows of TSDF: of each issue and half-hour, the whole system's and each zone's."""
    asked = first(query, "boundary")
    parts = {NATIONAL: 1.0, **ZONES}
    wanted = {name: part for name, part in parts.items() if asked in (None, name)}
    return [
        _row("TSDF", round(found.transmission_mw * part), times, boundary)
        for times, found in _demand(seed, query, now_utc, largest)
        for boundary, part in wanted.items()
    ]


def windfor(seed: int, query: Query, now_utc: datetime) -> Rows:
    """Rows of WINDFOR, newest issue first, each in the order of its hours."""
    window = instants(query, "publishDateTimeFrom", "publishDateTimeTo", now_utc, None)
    if window is None:
        issues = list(wind_issues(now_utc - DAY, now_utc))[-1:]
    else:
        issues = list(wind_issues(max(window[0], FIRST_UTC), min(window[1], now_utc)))
    return [
        {
            "dataset": "WINDFOR",
            "publishTime": utc_text(issue),
            "startTime": utc_text(start),
            "generation": wind_mw(seed, start, issue),
        }
        for issue in reversed(issues)
        for start in wind_hours(issue)
    ]


Times = tuple[str, str, str, int]


def _demand(seed: int, query: Query, now_utc: datetime, largest: timedelta | None) -> Iterator[tuple[Times, Demand]]:
    window = instants(query, "publishDateTimeFrom", "publishDateTimeTo", now_utc, largest)
    if window is None:
        issues = demand_issues(now_utc - DAY, now_utc)[-1:]
    else:
        issues = demand_issues(max(window[0], FIRST_UTC), min(window[1], now_utc))
    for issue in reversed(issues):
        published = utc_text(demand_issue_utc(issue))
        today = settlement_date_of(start_of(issue))
        for index in range(issue, indices_of_days(today, today + DAY).stop):
            yield (published, utc_text(start_of(index)), *label_of(index)), demand_mw(seed, index, issue)


def _row(dataset: str, demand_mw: int, times: Times, boundary: str) -> dict[str, Any]:
    publish_time, start_time, settlement_date, period = times
    return {
        "dataset": dataset,
        "demand": demand_mw,
        "publishTime": publish_time,
        "startTime": start_time,
        "settlementDate": settlement_date,
        "settlementPeriod": period,
        "boundary": boundary,
    }
