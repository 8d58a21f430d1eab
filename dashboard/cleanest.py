"""Three hours on end with the least carbon, which is as long as a dishwasher runs, or a good part of a charge."""

from collections.abc import Mapping
from datetime import datetime

from ingestion.settlement import HALF_HOUR

BEST_OF = 6  # half-hours


def means(by_start: Mapping[datetime, float]) -> dict[datetime, float]:
    """The mean of the three hours that begin with each half-hour; none where one of them lacks."""
    found = {}
    for first in by_start:
        window = [by_start.get(first + n * HALF_HOUR) for n in range(BEST_OF)]
        there = [value for value in window if value is not None]
        if len(there) == BEST_OF:
            found[first] = sum(there) / BEST_OF
    return found


def best(of: Mapping[datetime, float]) -> tuple[datetime, datetime]:
    """From when to when the least of some means goes; of equal ones the soonest."""
    start = min(of, key=lambda first: (of[first], first))
    return start, start + BEST_OF * HALF_HOUR
