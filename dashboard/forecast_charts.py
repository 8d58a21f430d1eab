"""Errors of forecasts in steps, of horizons or of hours of the day: lines of their size, bars of their mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt

from dashboard.colours import BEFORE, HEADLINE_PRICE, IMBALANCE_PRICE, NEUTRAL
from dashboard.drawing import Spec, filled, frame, hover_fields, layered, power_axis
from dashboard.points import Points

FORECAST = "Off by, forecast"
SERIES = {
    FORECAST: ("mae", HEADLINE_PRICE, "circle", [1, 0]),
    "Off by, no change": ("persistence_mae", IMBALANCE_PRICE, "square", [5, 3]),
    "Off by, week before": ("week_before_mae", BEFORE, "triangle-up", [2, 2]),
}
BIAS, BIAS_COLOUR = "Too high (above 0) or too low", "#8a7fb5"


@dataclass(frozen=True)
class Step:
    """A horizon or an hour: how it is written, what it is called, its numbers by column, and what else is told of it.

    numbers: of the columns of SERIES, and `bias`; null is drawn as a gap. told: titles and words of the tooltip.
    """

    label: str
    numbers: dict[str, Any]
    told: tuple[tuple[str, str], ...]


def errors(
    steps: Sequence[Step], columns: tuple[str, ...], unit: str, axis_title: str, description: str, chosen: str | None
) -> Spec:
    """Errors by step. columns: those of SERIES to draw. chosen: the label of the step to mark."""
    titles = tuple(title for title, _ in steps[0].told) if steps else ()
    form = _form(tuple(step.label for step in steps), columns, unit, axis_title, titles, chosen is not None)
    lines = [
        {"step": step.label, "series": label, "value": _float(step.numbers[column])}
        for label, (column, *_) in SERIES.items()
        if column in columns
        for step in steps
    ]
    frames: dict[str, Points] = {
        "lines": lines,
        "bias": [{"step": s.label, "what": BIAS, "value": _float(s.numbers["bias"])} for s in steps],
        "zero": [{"zero": 0.0}],
        "slots": [{"step": s.label} | {f"t{n}": words for n, (_, words) in enumerate(s.told)} for s in steps],
    }
    if chosen is not None:
        frames["chosen"] = [{"step": chosen}]
    return filled(form, description, frames)


@lru_cache(maxsize=32)
def _form(
    labels: tuple[str, ...],
    columns: tuple[str, ...],
    unit: str,
    axis_title: str,
    titles: tuple[str, ...],
    has_chosen: bool,
) -> Spec:
    drawn = {label: look for label, look in SERIES.items() if look[0] in columns}
    axis = alt.Axis(title=axis_title, labelAngle=0, labelOverlap="greedy", ticks=False, titleFontWeight="normal")
    x = alt.X("step:N", sort=list(labels), scale=alt.Scale(domain=list(labels)), axis=axis)
    y = alt.Y("value:Q", axis=power_axis(unit, 1, 5), scale=alt.Scale(zero=True, nice=True))
    legend = alt.Legend(
        title=None,
        orient="top",
        offset=22,
        labelLimit=320,
        columns=alt.ExprRef(expr="width < 400 ? 1 : 3"),
        symbolOpacity=1,
        symbolStrokeWidth=0,  # dashes round a small symbol are no dashes
    )
    names = list(drawn)
    lines = (
        frame("lines")
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(filled=True, size=46, opacity=1))
        .encode(
            x=x,
            y=y,
            color=alt.Color("series:N", scale=alt.Scale(domain=names, range=[c for _, c, _, _ in drawn.values()])),
            shape=alt.Shape("series:N", scale=alt.Scale(domain=names, range=[s for _, _, s, _ in drawn.values()])),
            strokeDash=alt.StrokeDash(
                "series:N", scale=alt.Scale(domain=names, range=[d for _, _, _, d in drawn.values()]), legend=None
            ),
        )
    )
    for channel in ("color", "shape"):
        lines.encoding[channel].legend = legend
    bias = (
        frame("bias")
        .mark_bar(cornerRadius=2, width={"band": 0.5}, opacity=0.75)
        .encode(
            x=x,
            y=y,
            fill=alt.Fill(
                "what:N",
                scale=alt.Scale(domain=[BIAS], range=[BIAS_COLOUR]),
                legend=alt.Legend(title=None, orient="top", symbolType="square", labelLimit=320, offset=22),
            ),
        )
    )
    chosen = [frame("chosen").mark_rect(color=NEUTRAL, opacity=0.16).encode(x=x)] if has_chosen else []
    zero = frame("zero").mark_rule(color=NEUTRAL).encode(y="zero:Q")
    hover = hover_fields(titles, x, key="step", lit=0.2)
    return layered([*chosen, bias, zero, lines, hover], 300)


def _float(number: Any) -> float | None:
    return None if number is None else float(number)
