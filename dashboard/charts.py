"""Lines over time: stepped, with gaps where numbers lack, and with bands of least and most."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import altair as alt

from dashboard.colours import NEUTRAL
from dashboard.drawing import TIME, Spec, frame, grey_form, hover_form, layered, over_time, power_axis
from dashboard.points import Points, grey_points, hover_points, no_data, steps, suspect
from dashboard.windows import Slot, Span
from ingestion.settlement import HALF_HOUR

BELOW_ZERO = "#d0463b"
Words = Callable[[Any], str]


@dataclass(frozen=True)
class Series:
    """A column as a line. `band`: the columns of its least and most; `made_of`: how many half-hours a day has of it."""

    column: str
    label: str
    colour: str
    dashed: bool = False
    band: tuple[str, str] | None = None
    made_of: str | None = None


@dataclass(frozen=True)
class Look:
    """What a chart's form depends on. `unit` is the y axis's title; its labels are the numbers divided by `divisor`."""

    unit: str
    divisor: float = 1
    height: int = 400
    zero_line: bool = False
    stroke_width: float = 1.8


def lines(
    slots: Sequence[Slot],
    span: Span,
    series: Sequence[Series],
    look: Look,
    words: Words,
    description: str,
    *,
    now_utc: datetime | None = None,
    note: Callable[[Slot], str] | None = None,
) -> Spec:
    """Series over time. `words` writes a number in a tooltip, `note` adds a word on the slot's state."""
    greys = [grey for grey in (no_data(slots, [s.column for s in series]), suspect(slots)) if grey.runs]
    now = [{"start": now_utc, "text": "now"}] if now_utc and span.start_utc < now_utc < span.end_utc else []
    form = _form(tuple(series), look, tuple((g.label, g.opacity) for g in greys), bool(now), note is not None)
    frames = {
        "lines": [point for s in reversed(series) for point in _points(slots, s)],  # the first is drawn last, on top
        "slots": hover_points(slots, lambda slot: _told(slot, series, words, note)),
        "greys": grey_points(greys),
        "now": now,
        "zero": [{"zero": 0.0}],
    }
    used = {layer["data"]["name"] for layer in form["layer"]}
    return over_time(form, span, description, {name: points for name, points in frames.items() if name in used})


@lru_cache(maxsize=64)
def _form(
    series: tuple[Series, ...], look: Look, greys: tuple[tuple[str, float], ...], has_now: bool, has_note: bool
) -> Spec:
    labels = [s.label for s in series]
    legend = alt.Legend(
        title=None,
        orient="top",
        symbolType="stroke",
        symbolStrokeWidth=3,
        symbolOpacity=1,
        offset=22,
        labelLimit=320,
        columns=alt.ExprRef(expr=f"width < 500 ? {2 if max(map(len, labels)) < 16 else 1} : 3"),
    )
    colour = alt.Color("series:N", scale=alt.Scale(domain=labels, range=[s.colour for s in series]), legend=legend)
    dashes = alt.Scale(domain=labels, range=[[5, 4] if s.dashed else [1, 0] for s in series])
    axis = power_axis(look.unit, look.divisor, 5 if look.height > 250 else 4)
    scale = alt.Scale(zero=False, nice=True)
    has_band = any(s.band for s in series)
    layers: list[alt.Chart] = grey_form(greys)
    if look.zero_line:
        lowest = "low" if has_band else "value"
        layers.append(frame("zero").mark_rule(color=NEUTRAL, strokeWidth=1.5).encode(y="zero:Q"))
        layers.append(
            frame("lines")
            .transform_calculate(below=f"isValid(datum.{lowest}) ? min(0, datum.{lowest}) : null")
            .mark_area(interpolate="step-after", opacity=0.35, color=BELOW_ZERO, line=False)
            .encode(x=TIME, y=alt.Y("below:Q", stack=None, axis=axis), detail="series:N")
        )
    if has_band:
        y = alt.Y("low:Q", axis=axis, scale=scale)
        layers.append(
            frame("lines")
            .mark_area(interpolate="step-after", opacity=0.18)
            .encode(x=TIME, y=y, y2="high:Q", color=colour)
        )
    layers.append(
        frame("lines")
        .mark_line(interpolate="step-after", strokeWidth=look.stroke_width)
        .encode(
            x=TIME,
            y=alt.Y("value:Q", axis=axis, scale=scale),
            color=colour,
            strokeDash=alt.StrokeDash("series:N", scale=dashes),
        )
    )
    if has_now:
        now = frame("now").encode(x=TIME)
        layers.append(now.mark_rule(color=NEUTRAL, strokeDash=[2, 2], strokeWidth=1.5))
        word = now.mark_text(align="left", baseline="top", dx=4, y=6, color=NEUTRAL)
        layers.append(word.encode(text="text:N"))
    titles = [title for s in series for title in (s.label, f"{s.label}: half-hours")[: 2 if s.made_of else 1]]
    layers.append(hover_form([*titles, "State"] if has_note else titles))
    return layered(layers, look.height)


def _points(slots: Sequence[Slot], series: Series) -> Points:
    columns = (series.column, *(series.band or ()))
    names = dict(zip(columns, ("value", "low", "high"), strict=False))
    return [
        {"series": series.label} | {names.get(key, key): value for key, value in point.items()}
        for point in steps(slots, columns)
    ]


def _told(slot: Slot, series: Sequence[Series], words: Words, note: Callable[[Slot], str] | None) -> Iterator[str]:
    for s in series:
        number = slot.number(s.column)
        said = "no data" if number is None else words(number)
        if s.band and number is not None:
            said += f" (from {words(slot.number(s.band[0]))} to {words(slot.number(s.band[1]))})"
        yield said
        if s.made_of:
            yield f"{slot.number(s.made_of) or 0} of {(slot.end_utc - slot.start_utc) // HALF_HOUR}"
    if note:
        yield note(slot)
