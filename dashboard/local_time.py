"""UTC instants as people in the UK read them, and time axes that mean the same in every browser.

Vega knows UTC and the browser's own zone, and neither is the UK's. So charts are drawn on a UTC scale, with ticks at
instants worked out here, and labels that are looked up.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from ingestion.settlement import DAY, HALF_HOUR, LONDON, local_midnight_utc, period_start_utc, periods_in
from ingestion.settlement import settlement_date_of as local_date

HOUR = timedelta(hours=1)
Tick = tuple[datetime, str | list[str]]  # a list is written in lines


def zone_word(instant: datetime) -> str:
    """GMT or BST."""
    return instant.astimezone(LONDON).strftime("%Z")


def clock_text(instant: datetime) -> str:
    """As 12:30 GMT."""
    return instant.astimezone(LONDON).strftime("%H:%M %Z")


def day_text(day: date, with_year: bool = True) -> str:
    """As Sun 22 Nov 2026."""
    return f"{day:%a} {day.day} {day:%b %Y}" if with_year else f"{day:%a} {day.day} {day:%b}"


def moment_text(instant: datetime) -> str:
    """As Sun 22 Nov 2026, 12:30 GMT."""
    return f"{day_text(local_date(instant))}, {clock_text(instant)}"


def is_in_one_day(start: datetime, end: datetime) -> bool:
    """Whether a span begins and ends on one local day; midnight ends a day."""
    return local_date(end - timedelta(microseconds=1)) <= local_date(start)


def local_iso(instant: datetime) -> str:
    """ISO 8601 with the UK's offset, as 2026-07-01T12:30:00+01:00."""
    return instant.astimezone(LONDON).isoformat()


def utc_iso(instant: datetime) -> str:
    """ISO 8601 in UTC, as 2026-07-01T11:30:00Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def axis_title(start: datetime, end: datetime) -> str:
    """Says whose time it is, and which zone words hold from start to end (exclusive)."""
    words = [zone_word(instant) for instant in (start, *_midnights(start, end), end - HALF_HOUR)]
    changes = sum(a != b for a, b in pairwise(words))
    if changes == 0:
        return f"UK local time ({words[0]})"
    return f"UK local time ({words[0]}, then {words[-1]})" if changes == 1 else "UK local time (GMT and BST)"


def ticks(start: datetime, end: datetime) -> list[Tick]:
    """Where an axis from start to end has its ticks, and what is written there."""
    span = end - start
    if span <= 9 * HOUR:
        return list(_hour_ticks(start, end, every=1))
    if span <= 2 * DAY:
        return list(_hour_ticks(start, end, every=3))
    if span <= 4 * DAY:
        return list(_hour_ticks(start, end, every=12))
    midnights = list(_midnights(start, end))
    days = [(midnight, local_date(midnight)) for midnight in midnights]
    if span <= 9 * DAY:
        return [(midnight, day_text(day, with_year=False)) for midnight, day in days]
    if span <= 62 * DAY:
        return [(midnight, f"{day.day} {day:%b}") for midnight, day in days if day.weekday() == 0]
    if span <= 800 * DAY:
        return [
            (midnight, f"{day:%b %Y}" if day.month == 1 or i == 0 else f"{day:%b}")
            for i, (midnight, day) in enumerate((m, d) for m, d in days if d.day == 1)
        ]
    return [(midnight, f"{day:%Y}") for midnight, day in days if (day.day, day.month) == (1, 1)]


def label_expression(marks: list[Tick]) -> str:
    """The Vega expression that looks a tick's label up by its instant."""
    labels = {str(int(instant.timestamp() * 1000)): label for instant, label in marks}
    return f"({json.dumps(labels)})['' + time(datum.value)]"


def _midnights(start: datetime, end: datetime) -> Iterator[datetime]:
    day = local_date(start)
    while (midnight := local_midnight_utc(day)) <= end:
        if midnight >= start:
            yield midnight
        day += DAY


def _hour_ticks(start: datetime, end: datetime, every: int) -> Iterator[Tick]:
    """Full local hours; where the clocks change also the hours before and after, with their zone words."""
    day = local_date(start)
    while local_midnight_utc(day) <= end:
        for period in range(1, periods_in(day), 2):
            instant = period_start_utc(day, period)
            if not start <= instant <= end:
                continue
            zones = [zone_word(instant + step) for step in (-HOUR, 0 * HOUR, HOUR)]
            local = instant.astimezone(LONDON)
            if len(set(zones)) > 1:
                yield instant, [f"{local:%H:%M}", f"{local:%Z}"]
            elif local.hour % every == 0:
                yield instant, f"{local:%H:%M}" if local.hour else [f"{local:%a}", f"{local.day} {local:%b}"]
        day += DAY
