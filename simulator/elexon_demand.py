"""INDO and ITSDO: demand on the transmission system, half-hourly."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ingestion.settlement import DAY, HALF_HOUR
from simulator.elexon_requests import FIRST_UTC, Query, days, instants, periods
from simulator.grid import state
from simulator.half_hours import first_index_from, index_of, indices_of_days, label_of, start_of, utc_text

Rows = list[dict[str, Any]]
LARGEST = 28 * DAY
LAG = timedelta(minutes=15)  # after the half-hour's end; the stamp in the row is the half-hour's end all the same


def newest_index(now_utc: datetime) -> int:
    """The newest half-hour whose demand is out."""
    return index_of(now_utc - LAG) - 1


def outturn(seed: int, query: Query, now_utc: datetime) -> Rows:
    """Rows of `/demand/outturn`, oldest first."""
    window = days(query, now_utc, LARGEST)
    newest = newest_index(now_utc)
    wanted = periods(query) if window else None
    indices = indices_of_days(*window) if window else range(newest, newest + 1)
    return [
        {
            **_times(index),
            "initialDemandOutturn": round(state(seed, index).indo_mw),
            "initialTransmissionSystemDemandOutturn": round(state(seed, index).itsdo_mw),
        }
        for index in range(indices.start, min(indices.stop, newest + 1))
        if wanted is None or label_of(index)[1] in wanted
    ]


def dataset(code: str, seed: int, query: Query, now_utc: datetime) -> Rows:
    """Rows of `/datasets/INDO` or `/datasets/ITSDO`, newest first. They know publish times only."""
    return [
        {
            "dataset": code,
            **_times(index),
            "demand": round(state(seed, index).indo_mw if code == "INDO" else state(seed, index).itsdo_mw),
        }
        for index in _published(query, now_utc)
    ]


def _published(query: Query, now_utc: datetime) -> Iterator[int]:
    window = instants(query, "publishDateTimeFrom", "publishDateTimeTo", now_utc, None)
    newest = newest_index(now_utc)
    if window is None:
        yield newest
        return
    start = max(window[0], FIRST_UTC) - HALF_HOUR
    end = min(window[1] - HALF_HOUR, start_of(newest))
    yield from reversed(range(first_index_from(start), index_of(end) + 1))


def _times(index: int) -> dict[str, Any]:
    settlement_date, period = label_of(index)
    return {
        "publishTime": utc_text(start_of(index + 1)),
        "startTime": utc_text(start_of(index)),
        "settlementDate": settlement_date,
        "settlementPeriod": period,
    }
