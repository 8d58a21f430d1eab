"""What an answer covers: which periods of which settlement dates it would have held, had the source had them all."""

from collections.abc import Mapping
from datetime import date, datetime

from ingestion.dataset import INSTANT_STEP, Dataset, Window
from ingestion.settlement import DAY, local_midnight_utc, settlement_date_of

Span = tuple[datetime | None, datetime | None]  # half-open, of period starts; (None, None): nothing was due


def days_covered(dataset: Dataset, window: Window | None, fetched_at: datetime) -> Mapping[date, Span]:
    """For each settlement date that a window touches, the span of period starts that were due by `fetched_at`.

    Forecasts are due at once. Measurements are due when their period and the publication lag are over. A request
    without a window covers nothing but the rows that came.
    """
    if window is None:
        return {}
    start, end = window.start_utc, window.end_utc
    is_due_later = dataset.kind == "measurement"
    due_before = fetched_at - dataset.period - dataset.publication_lag if is_due_later else end
    days: dict[date, Span] = {}
    day = settlement_date_of(start)
    while (midnight := local_midnight_utc(day)) < end:
        first, last = max(start, midnight), min(end, local_midnight_utc(day + DAY), due_before)
        days[day] = (first, last) if first < last else (None, None)
        day += DAY
    return days


def is_whole_day(dataset: Dataset, day: date, span: Span | None) -> bool:
    """Whether a span of days_covered holds the start of every period of a settlement date."""
    if span is None or span[0] is None or span[1] is None:
        return False
    last_start = local_midnight_utc(day + DAY) - max(dataset.period, INSTANT_STEP)
    return span[0] <= local_midnight_utc(day) and span[1] > last_start
