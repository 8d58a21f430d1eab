"""What is out over time, stacked by fuel, with what is said of it under the pointer."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache

import altair as alt

from dashboard import outages
from dashboard.colours import NEUTRAL
from dashboard.connection import Row
from dashboard.drawing import TIME, Spec, frame, grey_form, hover_form, layered, over_time, power_axis
from dashboard.kept import kept
from dashboard.local_time import moment_text
from dashboard.marts import common
from dashboard.marts import outages as marts
from dashboard.points import Points, grey_points, hover_points, no_data
from dashboard.text import megawatts
from dashboard.windows import Slot, Span, half_hour_slots


def colours(fuels: Sequence[Row]) -> dict[str, str]:
    """Each group's colour, which is its fuel's in dim_fuels."""
    by_code = {fuel["fuel_code"]: fuel["colour"] for fuel in fuels}
    return {name: by_code.get(code) or NEUTRAL for name, code in (*outages.GROUPS.values(), outages.OTHER)}


@kept
def drawn(at_utc: datetime, known_utc: datetime | None, oldest_utc: datetime) -> tuple[list[Row], Spec, str]:
    """The rows of the figure around a moment, the figure, and what it shows in words."""
    span = outages.window(at_utc)
    rows = outages.by_half_hour(marts.spans(span.start_utc, span.end_utc, known_utc), span, oldest_utc)
    most = max(rows, key=lambda row: row["unavailable_mw"] or 0)
    said = (
        f"From {moment_text(span.start_utc)} to {moment_text(span.end_utc)}, by half-hour. Most is out at "
        f"{moment_text(most['period_start_utc'])}: {megawatts(most['unavailable_mw'])}. What is not announced yet is "
        "not in it."
    )
    return rows, out_over_time(rows, span, at_utc, common.fuels(), f"Capacity out of use by fuel. {said}"), said


def out_over_time(rows: Sequence[Row], span: Span, at_utc: datetime, fuels: Sequence[Row], description: str) -> Spec:
    """The figure: the rows that outages.by_half_hour makes."""
    slots = half_hour_slots(span, rows)
    names = tuple(name for name in outages.groups() if rows and outages.column_of(name) in rows[0])
    greys = [grey for grey in [no_data(slots, ["unavailable_mw"])] if grey.runs]
    of = colours(fuels)
    form = _form(names, tuple(of[name] for name in names), tuple((grey.label, grey.opacity) for grey in greys))
    frames = {
        "areas": _areas(slots, names),
        "slots": hover_points(slots, lambda slot: _told(slot, names)),
        "now": [{"start": at_utc, "text": "as published until here"}],
    }
    if greys:
        frames["greys"] = grey_points(greys)
    return over_time(form, span, description, frames)


def _areas(slots: Sequence[Slot], names: Sequence[str]) -> Points:
    """Where each fuel's area runs; points only where something changes, and breaks where nothing is known."""
    points: Points = []
    before: list[float] | None = None
    segment = 0
    for slot in slots:
        if slot.number("unavailable_mw") is None:
            segment, before = segment + 1, None
            continue
        numbers = [float(slot.number(outages.column_of(name))) for name in names]
        if numbers != before:
            points += _stack(slot.start_utc, names, numbers, segment)
            before = numbers
    if before is not None:
        points += _stack(slots[-1].end_utc, names, before, segment)
    return points


def _stack(start: datetime, names: Sequence[str], numbers: Sequence[float], segment: int) -> Points:
    points: Points = []
    low = 0.0
    for name, number in zip(names, numbers, strict=True):
        points.append({"start": start, "fuel": name, "low": low, "high": low + number, "segment": f"{name} {segment}"})
        low += number
    return points


def _told(slot: Slot, names: Sequence[str]) -> Iterator[str]:
    for column in ("unavailable_mw", "planned_mw", "unplanned_mw", *map(outages.column_of, names)):
        has_row = slot.row is not None and slot.row["unavailable_mw"] is not None
        number = slot.row.get(column, 0) if slot.row else None
        yield megawatts(number) if has_row else "no data"


@lru_cache(maxsize=32)
def _form(names: tuple[str, ...], fills: tuple[str, ...], greys: tuple[tuple[str, float], ...]) -> Spec:
    legend = alt.Legend(
        title=None, orient="bottom", symbolType="square", columns=alt.ExprRef(expr="width < 500 ? 2 : 6"), offset=6
    )
    area = (
        frame("areas")
        .mark_area(interpolate="step-after", line=False, strokeWidth=0)
        .encode(
            x=TIME,
            y=alt.Y("low:Q", axis=power_axis("MW out of use", 1, 5)),
            y2="high:Q",
            color=alt.Color("fuel:N", scale=alt.Scale(domain=[*names], range=[*fills]), legend=legend, sort=[*names]),
            detail="segment:N",
        )
    )
    now = frame("now").encode(x=TIME)
    rule = now.mark_rule(color=NEUTRAL, strokeDash=[2, 2], strokeWidth=1.5)
    word = now.mark_text(align="left", baseline="top", dx=4, y=2, color=NEUTRAL).encode(text="text:N")
    hover = hover_form(["Out of use", "Planned", "Unplanned", *names])
    return layered([*grey_form(greys), area, rule, word, hover], 340)
