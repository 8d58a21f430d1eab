"""What is drawn, from the slots of a window: points of stepped lines, grey spans, and words under the pointer.

Drawing alone turns exact numbers into floats; where a number lacks there is no point.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa

from dashboard.local_time import day_text, zone_word
from dashboard.windows import Slot, suspect_slots
from ingestion.settlement import HALF_HOUR, LONDON
from ingestion.settlement import settlement_date_of as local_date

Points = list[dict[str, Any]]


@dataclass(frozen=True)
class Grey:
    """Spans of time to grey out, and what the legend calls them."""

    label: str
    opacity: float
    runs: list[tuple[datetime, datetime]]


def steps(slots: Sequence[Slot], columns: Sequence[str]) -> Points:
    """Points for a stepped line: each number holds for its slot, and where one lacks the line breaks."""
    points: Points = []
    nothing = dict.fromkeys(columns)
    for slot, following in zip(slots, [*slots[1:], None], strict=True):
        row = slot.row or nothing
        point = {name: None if (number := row[name]) is None else float(number) for name in columns}
        points.append({"start": slot.start_utc, **point})
        if row[columns[0]] is not None and (following is None or following.number(columns[0]) is None):
            points.append({"start": slot.end_utc, **point})
            points.append({"start": slot.end_utc, **nothing})
    return points


def missing_runs(slots: Sequence[Slot], is_missing: Callable[[Slot], bool]) -> list[tuple[datetime, datetime]]:
    """Where something lacks, as spans from start to end."""
    runs: list[tuple[datetime, datetime]] = []
    for slot in slots:
        if not is_missing(slot):
            continue
        if runs and runs[-1][1] == slot.start_utc:
            runs[-1] = (runs[-1][0], slot.end_utc)
        else:
            runs.append((slot.start_utc, slot.end_utc))
    return runs


def no_data(slots: Sequence[Slot], columns: Sequence[str]) -> Grey:
    """Where no column has a number."""
    return Grey("no data", 0.3, missing_runs(slots, lambda slot: all(slot.number(c) is None for c in columns)))


def suspect(slots: Sequence[Slot]) -> Grey:
    """Where a number came that cannot be right."""
    return Grey("suspect", 0.45, missing_runs(suspect_slots(slots), lambda _: True))


def grey_points(greys: Sequence[Grey]) -> Points:
    return [{"start": start, "end": end, "what": grey.label} for grey in greys for start, end in grey.runs]


def hover_points(slots: Sequence[Slot], tell: Callable[[Slot], Iterable[str]]) -> Points:
    """For each slot its time and what `tell` says, in the order of the form's titles."""
    return [
        {"start": slot.start_utc, "end": slot.end_utc, "t0": slot_text(slot.start_utc, slot.end_utc)}
        | {f"t{n}": words for n, words in enumerate(tell(slot), start=1)}
        for slot in slots
    ]


@lru_cache(maxsize=20_000)
def slot_text(start_utc: datetime, end_utc: datetime) -> str:
    """A half-hour or an hour as Sun 22 Nov 2026, 12:30–13:00 GMT; a day as its date."""
    if end_utc - start_utc > 2 * HALF_HOUR:
        return day_text(local_date(start_utc))
    start, end = start_utc.astimezone(LONDON), end_utc.astimezone(LONDON)
    same_zone = zone_word(start_utc) == zone_word(end_utc)
    return f"{day_text(start.date())}, {start:{'%H:%M' if same_zone else '%H:%M %Z'}}–{end:%H:%M %Z}"


def arrow(points: Points) -> bytes:
    """Points as an Arrow stream, which is what goes to the browser."""
    table = pa.Table.from_pylist(points)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
