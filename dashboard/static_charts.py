"""Drawings of the page that is published: inline SVG that is as wide as its place, with text of one size everywhere.

What is stretched is an inner SVG without text; words stand at a share of the width. Each drawing has a title and a
description for who cannot see it, and the page has the numbers behind it in a table.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from math import ceil, floor, log10

from dashboard.local_time import ticks
from dashboard.parts import Bar
from dashboard.text import MINUS
from dashboard.windows import Slot, Span
from ingestion.settlement import LONDON

BAR_PX = 26
LABELS, ROOM = 35.0, 41.0  # of a bar's row in percent: where bars begin, and what the longest has
NARROWEST_PX = 290  # of a drawing: what is written on an axis has room even then
LETTER_PX = 6.4
AT_THE_END = 97  # percent: what is written there ends there
_DASHED = ' stroke-dasharray="5 4"'
TOP_PX, BOTTOM_PX = 22, 36  # of a drawing over time: above for the unit, below for the hours


@dataclass(frozen=True)
class Line:
    """A column over time. `words` are of its number, for the description."""

    column: str
    label: str
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """What the drawing is called, its unit and how many of the column's make one of it."""

    title: str
    unit: str
    divisor: float = 1
    height: int = 220
    from_zero: bool = False


def image(key: str, title: str, description: str, height: int, inside: str, style: str = "") -> str:
    """A drawing with its name and its description."""
    return (
        f'<svg role="img"{f" class={style}" if style else ""} width="100%" height="{height}" '
        f'aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(description)}</desc>{inside}</svg>'
    )


def bars(key: str, title: str, rows: Sequence[Bar]) -> str:
    """A bar in each row, with its label before it and its number behind; uses go to the other side of zero."""
    most = max((bar["mw"] for bar in rows), default=0)
    least = min((bar["mw"] for bar in rows), default=0)
    least, most = min(least, 0), max(most, 0)
    whole = (most - least) or 1

    def place(mw: float) -> float:
        return LABELS + (mw - least) / whole * ROOM

    zero, drawn = place(0), []
    for n, bar in enumerate(rows):
        y = n * BAR_PX
        left, right = sorted((zero, place(bar["mw"])))
        drawn.append(
            f'<text x="0" y="{y + 17}">{escape(bar["label"])}</text>'
            f'<rect x="{left:.1f}%" y="{y + 4}" width="{right - left:.1f}%" height="18" rx="2" '
            f'fill="{escape(bar["colour"])}"/>'
            f'<text x="{right:.1f}%" dx="6" y="{y + 17}">{escape(bar["text"])}</text>'
        )
    height = max(len(rows), 1) * BAR_PX
    axis = f'<line class="zero" x1="{zero:.1f}%" x2="{zero:.1f}%" y2="{height}"/>'
    description = "; ".join(f"{bar['label']} {bar['text']}" for bar in rows)
    return image(key, title, description, height, "".join(drawn) + axis)


def over_time(
    key: str, axis: Axis, span: Span, slots: Sequence[Slot], lines: Sequence[Line], now_utc: datetime | None, said: str
) -> str:
    """Stepped lines with gaps where numbers lack; grey where there is none at all. `said` describes it."""
    numbers = {line.column: [_float(slot, line.column) for slot in slots] for line in lines}
    there = [value for of in numbers.values() for value in of if value is not None]
    marks = y_ticks(min(there), max(there), axis) if there else [0.0, axis.divisor]
    low, high = marks[0], marks[-1]
    plot = axis.height - TOP_PX - BOTTOM_PX
    places = {mark: TOP_PX + plot * (high - mark) / (high - low) for mark in marks}
    grid = "".join(
        f'<line class="{"zero" if mark == 0 and low < 0 else "grid"}" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{_label(mark / axis.divisor)}</text>'
        for mark, y in places.items()
    )
    drawn = "".join(
        f'<path d="{path}" stroke="{line.colour}"{_DASHED if line.dashed else ""}/>'
        for line in reversed(lines)
        if (path := _steps(numbers[line.column], low, high, plot))
    )
    below = _below_zero(numbers[lines[0].column], low, high, plot) if low < 0 else ""
    empty = [all(of[n] is None for of in numbers.values()) for n in range(len(slots))]
    greys = "".join(f'<rect class="none" x="{a}" width="{b - a}" height="{plot}"/>' for a, b in _runs(empty))
    stretched = (
        f'<svg y="{TOP_PX}" width="100%" height="{plot}" viewBox="0 0 {len(slots)} {plot}" preserveAspectRatio="none">'
        f"{greys}{below}{drawn}</svg>"
    )
    unit = f'<text x="100%" y="10" text-anchor="end">{escape(axis.unit)}</text>'
    words = "".join(_hours(span, axis.height - BOTTOM_PX + 15))
    now = _now(span, now_utc, axis.height - BOTTOM_PX) if now_utc else ""
    return image(key, axis.title, said, axis.height, grid + stretched + unit + words + now, "plot")


def y_ticks(low: float, high: float, axis: Axis) -> list[float]:
    """Round numbers from below the least to above the most, some three to six of them."""
    low, high = low / axis.divisor, high / axis.divisor
    if axis.from_zero:
        low, high = min(low, 0), max(high, 0)
    rough = (high - low or abs(high) or 1) / 4
    power = 10.0 ** floor(log10(rough))
    step = next(power * of for of in (1, 2, 2.5, 5, 10) if power * of >= rough)
    first, last = floor(low / step), ceil(high / step)
    return [n * step * axis.divisor for n in range(first, max(last, first + 1) + 1)]


def _label(value: float) -> str:
    return f"{round(value, 6):,g}".replace("-", MINUS)


def _float(slot: Slot, column: str) -> float | None:
    value = slot.number(column)
    return None if value is None else float(value)


def _steps(values: Sequence[float | None], low: float, high: float, plot: int) -> str:
    """The path of a stepped line: each value from its half-hour's start to its end."""
    path: list[str] = []
    before: str | None = None
    for n, value in enumerate(values):
        if value is None:
            before = None
            continue
        y = f"{plot * (high - value) / (high - low):.1f}".removesuffix(".0")
        if before is None:
            path.append(f"M{n} {y}")
        elif y != before:
            path.append(f"V{y}")
        elif path[-1].startswith("H"):
            path.pop()  # one step as long as both
        path.append(f"H{n + 1}")
        before = y
    return "".join(path)


def _below_zero(values: Sequence[float | None], low: float, high: float, plot: int) -> str:
    zero = plot * high / (high - low)
    return "".join(
        f'<rect class="below" x="{n}" width="1" y="{zero:.1f}" height="{plot * -value / (high - low):.1f}"/>'
        for n, value in enumerate(values)
        if value is not None and value < 0
    )


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    for is_set, run in groupby(enumerate(flags), key=lambda one: one[1]):
        places = [n for n, _ in run]
        if is_set:
            yield places[0], places[-1] + 1


def _share(span: Span, instant: datetime) -> float:
    """Where an instant stands in a span, in percent."""
    return 100 * ((instant - span.start_utc) / (span.end_utc - span.start_utc))


def _hours(span: Span, y: int) -> Iterator[str]:
    """Days and hours below the axis, as many as have room on a phone."""
    for share, label in _labels(span):
        anchor = "end" if share > AT_THE_END else "middle"
        lines = f'<tspan x="{share:.1f}%">{escape(label[0])}</tspan>' + "".join(
            f'<tspan x="{share:.1f}%" dy="1.2em">{escape(line)}</tspan>' for line in label[1:]
        )
        yield (
            f'<line class="tick" x1="{share:.1f}%" x2="{share:.1f}%" y1="{y - 15}" y2="{y - 11}"/>'
            f'<text y="{y}" text-anchor="{anchor}">{lines}</text>'
        )


def _labels(span: Span) -> list[tuple[float, list[str]]]:
    """Midnights, and every third, sixth or twelfth hour beside them, whichever has room."""
    marks = [
        (instant.astimezone(LONDON).hour, _share(span, instant), label if isinstance(label, list) else [label])
        for instant, label in ticks(span.start_utc, span.end_utc)
    ]
    for step in (3, 6, 12, 24):
        labels = [(share, label) for hour, share, label in marks if hour % step == 0]
        halves = [max(map(len, label)) * LETTER_PX / NARROWEST_PX * 50 for _, label in labels]
        ends = [share + half for (share, _), half in zip(labels, halves, strict=True)]
        starts = [
            share - half * (2 if share > AT_THE_END else 1) for (share, _), half in zip(labels, halves, strict=True)
        ]
        if all(end + 1 < start for end, start in zip(ends, starts[1:], strict=False)):
            break
    return labels


def _now(span: Span, now_utc: datetime, height: int) -> str:
    if not span.start_utc < now_utc < span.end_utc:
        return ""
    x, anchor = _share(span, now_utc), "start"
    if x > 88:
        anchor = "end"
    return (
        f'<line class="now" x1="{x:.1f}%" x2="{x:.1f}%" y1="{TOP_PX - 6}" y2="{height}"/>'
        f'<text x="{x:.1f}%" y="10" dx="{-4 if anchor == "end" else 4}" text-anchor="{anchor}">now</text>'
    )


def legend(lines: Sequence[Line], has_gaps: bool) -> str:
    """Each line's name beside a piece of it."""
    parts = [
        f'<span><svg width="22" height="8" aria-hidden="true"><path d="M0 4H22" stroke="{line.colour}" '
        f'stroke-width="2.5"{_DASHED if line.dashed else ""}/></svg> {escape(line.label)}</span>'
        for line in lines
    ]
    if has_gaps:
        parts.append(
            '<span><svg width="14" height="10" aria-hidden="true"><rect class="none" width="14" height="10"/>'
            "</svg> no data</span>"
        )
    return f'<p class="legend">{"".join(parts)}</p>'


def table(caption: str, slots: Sequence[Slot], columns: Sequence[tuple[str, Callable[[Slot], str]]]) -> str:
    """Half-hours as a table, day by day. Ends of rows and cells are left out, as HTML lets one: they are a third."""
    heads = "".join(f"<th scope=col>{escape(head)}" for head, _ in columns)
    days = []
    for day, of_day in groupby(slots, key=lambda slot: slot.start_utc.astimezone(LONDON).date()):
        rows = list(of_day)
        zones = {slot.start_utc.astimezone(LONDON).strftime("%Z") for slot in rows}
        clock = "%H:%M" if len(zones) == 1 else "%H:%M %Z"
        name = f"{day:%a} {day.day} {day:%b %Y}" + (f", {zones.pop()}" if len(zones) == 1 else "")
        days.append(f"<tbody><tr><th scope=rowgroup colspan={len(columns) + 1}>{name}")
        for slot in rows:
            cells = "".join(f"<td>{escape(cell(slot))}" for _, cell in columns)
            days.append(f"<tr><th>{slot.start_utc.astimezone(LONDON):{clock}}{cells}")
    return (
        f"<details><summary>The numbers</summary><table><caption>{escape(caption)}</caption>"
        f"<thead><tr><th scope=col>Half-hour from{heads}{''.join(days)}</table></details>"
    )


def has_gaps(slots: Sequence[Slot], lines: Sequence[Line]) -> bool:
    return any(all(slot.number(line.column) is None for line in lines) for slot in slots)
