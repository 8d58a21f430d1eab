"""What charts share: how a form and its numbers become a chart, the time axis, grey spans, and tooltips.

A chart's form is worked out once and kept; a request puts its own numbers, times and words into a copy. Instants
stand on a UTC scale, under labels in UK local time.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import altair as alt

from dashboard.colours import NEUTRAL
from dashboard.local_time import axis_title, label_expression, ticks
from dashboard.points import Points, arrow
from dashboard.windows import Span

TIME = alt.X("start:T")  # stands for the time axis in a form; `over_time` puts the real one there

Spec = dict[str, Any]


def over_time(form: Spec, span: Span, description: str, frames: Mapping[str, Points]) -> Spec:
    """A form with its numbers, over a span of time. The last layer sets the domain, as equal ones cannot be merged."""
    spec = filled(form, description, frames)
    axis = _time_axis(span)
    for layer in spec["layer"]:
        if layer["encoding"].get("x", {}).get("field") == "start":
            layer["encoding"]["x"] = {"field": "start", "type": "temporal", "axis": axis, "scale": {"type": "utc"}}
    bounds = [_vega_utc(span.start_utc), _vega_utc(span.end_utc)]
    spec["layer"][-1]["encoding"]["x"]["scale"] = {"type": "utc", "nice": False, "domain": bounds}
    return spec


def filled(form: Spec, description: str, frames: Mapping[str, Points]) -> Spec:
    """A copy of a form with its numbers and with the words that a screen reader says."""
    datasets = {name: arrow(points) for name, points in frames.items()}
    return copy.deepcopy(form) | {"description": description, "datasets": datasets}


def layered(layers: Iterable[Any], height: int) -> Spec:
    """Layers as one form, as wide as there is room."""
    whole = (
        alt.LayerChart(layer=list(layers))
        .properties(height=height, width="container", padding={"bottom": 4, "right": 4})
        .configure_view(stroke=None)
        .configure_axis(domain=False, gridOpacity=0.6, labelPadding=6, titlePadding=8)
    )
    form: Spec = whole.to_dict()
    return form


def frame(name: str) -> alt.Chart:
    """A layer's data, by the name under which a request gives it."""
    return alt.Chart(alt.NamedData(name))


def power_axis(unit: str, divisor: float = 1, tick_count: int = 5) -> alt.Axis:
    """A y axis with its unit on top, whose labels are the numbers divided."""
    return alt.Axis(
        title=unit,
        titleAnchor="end",
        titleAngle=0,
        titleAlign="left",
        titleY=-12,
        titleX=0,
        titleFontWeight="normal",
        tickCount=tick_count,
        labelExpr=f"replace(format(datum.value / {divisor}, ',~f'), '-', '−')",
    )


def grey_form(greys: Sequence[tuple[str, float]]) -> list[alt.Chart]:
    """Grey over the chart's whole height, named in the legend; nothing where there is none."""
    if not greys:
        return []
    red, green, blue = (int(NEUTRAL[at : at + 2], 16) for at in (1, 3, 5))
    fill = alt.Fill(
        "what:N",
        scale=alt.Scale(
            domain=[label for label, _ in greys],
            range=[f"rgba({red},{green},{blue},{opacity})" for _, opacity in greys],
        ),
        legend=alt.Legend(
            title=None,
            orient="top",
            symbolType="square",
            symbolStrokeWidth=0,
            labelLimit=300,
            offset=22,
            columns=alt.ExprRef(expr="width < 500 ? 1 : 3"),
        ),
    )
    return [frame("greys").mark_rect().encode(x=TIME, x2="end:T", fill=fill)]


def hover_form(titles: Sequence[str]) -> alt.Chart:
    """Fields over time, one for each slot, that can also be picked; titles of what is told beside the time."""
    picked = alt.selection_point(on="click", fields=["start"], empty=False, name="picked")
    return hover_fields(("UK local time", *titles), x=TIME, x2="end:T", picked=picked)


def hover_fields(
    titles: Sequence[str],
    x: alt.X,
    *,
    key: str = "start",
    x2: str | None = None,
    lit: float = 0.22,
    picked: alt.Parameter | None = None,
) -> alt.Chart:
    """An unseen field for each of the slots that lights up under the pointer and says what is there.

    titles: of t0, t1 and so on. key: what tells slots apart. lit: the opacity under the pointer.
    """
    over = alt.selection_point(on="pointerover", clear="pointerout", fields=[key], empty=False, name="over")
    shown = alt.when(over).then(alt.value(lit))
    fields: alt.Chart = (
        frame("slots")
        .mark_rect(color=NEUTRAL)
        .encode(
            x=x,
            **({"x2": x2} if x2 else {}),
            opacity=(shown.when(picked).then(alt.value(0.3)) if picked else shown).otherwise(alt.value(0)),
            tooltip=[alt.Tooltip(f"t{n}:N", title=title) for n, title in enumerate(titles)],
        )
        .add_params(over, *([picked] if picked else []))
    )
    return fields


def _time_axis(span: Span) -> Spec:
    marks = ticks(span.start_utc, span.end_utc)
    return {
        "values": [_vega_utc(instant) for instant, _ in marks],
        "labelExpr": label_expression(marks),
        "labelOverlap": "greedy",
        "labelSeparation": 8,
        "grid": False,
        "ticks": True,
        "title": axis_title(span.start_utc, span.end_utc),
        "titleAnchor": "start",
        "titleFontWeight": "normal",
    }


def _vega_utc(instant: datetime) -> Spec:
    utc = instant.astimezone(UTC)
    return {
        "year": utc.year,
        "month": utc.month,
        "date": utc.day,
        "hours": utc.hour,
        "minutes": utc.minute,
        "utc": True,
    }
