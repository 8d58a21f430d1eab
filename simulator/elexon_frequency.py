"""FREQ and `/system/frequency`: the same samples under two names for their window."""

from datetime import datetime, timedelta
from typing import Any

from ingestion.settlement import DAY
from simulator.elexon_requests import FIRST_UTC, Query, instants
from simulator.frequency import STEP, hz, measured_utc, newest_sample, sample_at

Rows = list[dict[str, Any]]
LARGEST = DAY
NEWEST = DAY // STEP + 1  # so many samples come where no window is given


def freq(seed: int, query: Query, now_utc: datetime, largest: timedelta | None = LARGEST) -> Rows:
    """Rows of `/datasets/FREQ`, newest first."""
    names = "measurementDateTimeFrom", "measurementDateTimeTo"
    return [{"dataset": "FREQ", **row} for row in reversed(_samples(seed, query, names, now_utc, largest))]


def system_frequency(seed: int, query: Query, now_utc: datetime) -> Rows:
    """Rows of `/system/frequency`, oldest first. It declares no limit."""
    return _samples(seed, query, ("from", "to"), now_utc, None)


def _samples(seed: int, query: Query, names: tuple[str, str], now_utc: datetime, largest: timedelta | None) -> Rows:
    window = instants(query, *names, now_utc, largest)
    newest = newest_sample(now_utc)
    first, last = newest + 1 - NEWEST, newest
    if window is not None:
        begin = max(window[0], FIRST_UTC)
        first, last = sample_at(begin - timedelta(microseconds=1)) + 1, min(newest, sample_at(window[1]))
    return [
        {"measurementTime": measured_utc(sample).strftime("%Y-%m-%dT%H:%M:%SZ"), "frequency": hz(seed, sample)}
        for sample in range(first, last + 1)
    ]
