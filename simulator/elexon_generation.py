"""FUELHH and FUELINST: generation by fuel, half-hourly and five-minutely."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ingestion.settlement import DAY
from simulator.elexon_requests import FIRST_UTC, BadRequest, Query, days, first, instants, periods
from simulator.five_minutes import LATEST, five_minute_mw, half_hour_mw, listed_fuels, published_at
from simulator.grid import FUELS
from simulator.half_hours import (
    EPOCH,
    FIVE_MINUTES,
    first_index_from,
    index_of,
    indices_of_days,
    label_of,
    start_of,
    utc_text,
)

Rows = list[dict[str, Any]]
LARGEST = 7 * DAY


def fuelhh(seed: int, query: Query, now_utc: datetime, largest: timedelta | None = LARGEST) -> Rows:
    """Rows of FUELHH, newest first: what was published by now, at the end of each half-hour."""
    published = _publish_window(query, now_utc, largest)
    dates = None if published else days(query, now_utc, largest)
    newest = index_of(now_utc) - 1
    if published:
        indices = range(first_index_from(published[0]) - 1, index_of(published[1]))
    elif dates:
        indices = indices_of_days(*dates)
    else:
        indices = range(newest, newest + 1)
    indices = range(max(indices.start, index_of(FIRST_UTC)), min(indices.stop, newest + 1))
    wanted_periods, wanted_fuels = periods(query) if dates else None, _fuels(query)
    rows: Rows = []
    for index in reversed(indices):
        settlement_date, period = label_of(index)
        if wanted_periods is not None and period not in wanted_periods:
            continue
        values = zip(FUELS, half_hour_mw(seed, index), strict=True)
        times = utc_text(start_of(index + 1)), utc_text(start_of(index))
        rows += _rows("FUELHH", times, settlement_date, period, _listed(index, wanted_fuels), values)
    return rows


def fuelinst(seed: int, query: Query, now_utc: datetime, largest: timedelta | None = LARGEST) -> Rows:
    """Rows of FUELINST, newest first: what was published by now."""
    published = _publish_window(query, now_utc, largest)
    dates = None if published else days(query, now_utc, largest)
    newest = (now_utc - EPOCH) // FIVE_MINUTES - 1
    if published:
        intervals = range((published[0] - LATEST - EPOCH) // FIVE_MINUTES - 1, (published[1] - EPOCH) // FIVE_MINUTES)
    elif dates:
        half_hours = indices_of_days(*dates)
        intervals = range(half_hours.start * 6, half_hours.stop * 6)
    else:
        intervals = range(_newest_published(seed, newest, now_utc), newest + 1)
    intervals = range(max(intervals.start, index_of(FIRST_UTC) * 6), min(intervals.stop, newest + 1))
    wanted_periods, wanted_fuels = periods(query) if dates else None, _fuels(query)
    rows: Rows = []
    for interval in reversed(intervals):
        out = published_at(seed, interval)
        if out > now_utc or (published and not published[0] <= out <= published[1]):
            continue
        index, place = divmod(interval, 6)
        settlement_date, period = label_of(index)
        if wanted_periods is not None and period not in wanted_periods:
            continue
        values = zip(FUELS, (six[place] for six in five_minute_mw(seed, index)), strict=True)
        times = utc_text(out), utc_text(EPOCH + interval * FIVE_MINUTES)
        rows += _rows("FUELINST", times, settlement_date, period, _listed(index, wanted_fuels), values)
    return rows


def _newest_published(seed: int, newest: int, now_utc: datetime) -> int:
    while published_at(seed, newest) > now_utc:
        newest -= 1
    return newest


def _publish_window(query: Query, now_utc: datetime, largest: timedelta | None) -> tuple[datetime, datetime] | None:
    window = instants(query, "publishDateTimeFrom", "publishDateTimeTo", now_utc, largest)
    if window and (first(query, "settlementDateFrom") or first(query, "settlementDateTo")):
        raise BadRequest("Settlement Date parameters cannot be set when a Publish Date parameter is set")
    return window


def _fuels(query: Query) -> frozenset[str] | None:
    wanted = frozenset(text.upper() for text in query.get("fuelType", ()) if text)
    return wanted or None


def _listed(index: int, wanted: frozenset[str] | None) -> frozenset[str]:
    listed = frozenset(listed_fuels(index))
    return listed if wanted is None else listed & wanted


def _rows(
    dataset: str,
    times: tuple[str, str],
    settlement_date: str,
    period: int,
    fuels: frozenset[str],
    values: Iterable[tuple[str, int]],
) -> Rows:
    publish_time, start_time = times
    return [
        {
            "dataset": dataset,
            "publishTime": publish_time,
            "startTime": start_time,
            "settlementDate": settlement_date,
            "settlementPeriod": period,
            "fuelType": fuel,
            "generation": mw,
        }
        for fuel, mw in values
        if fuel in fuels
    ]
