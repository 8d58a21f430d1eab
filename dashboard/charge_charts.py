"""Charts of a plan: price and carbon by half-hour with the planned runs marked, and the trade between the two."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import altair as alt

from dashboard.charge_words import Run
from dashboard.colours import CARBON_FORECAST, HEADLINE_PRICE, NEUTRAL
from dashboard.drawing import TIME, Spec, filled, frame, grey_form, hover_form, layered, over_time, power_axis
from dashboard.points import Grey, Points, grey_points, hover_points
from dashboard.windows import Slot, Span
from ingestion.settlement import HALF_HOUR

AXIS_PX = 44  # of the y axis, the same in both charts, so that their times stand above each other
HEADROOM = 0.24  # above the highest bar, for the marks of runs
MOST_LABELS = 4
WORD = 0.09  # of a chart's width on a phone, which the word "now" takes


@dataclass(frozen=True)
class Kind:
    """What a chart of half-hours shows. label: of the planned part. titles: of what is told under the pointer."""

    unit: str
    colour: str
    height: int
    label: str
    titles: tuple[str, ...]


PRICE = Kind("p per kWh", HEADLINE_PRICE, 300, "price", ("Price", "Carbon", "Planned"))
CARBON = Kind("gCO₂ per kWh", CARBON_FORECAST, 220, "carbon", PRICE.titles)


def half_hours(
    kind: Kind,
    values: Mapping[datetime, float],
    span: Span,
    runs: Sequence[Run],
    greys: Sequence[Grey],
    tell: Callable[[Slot], Sequence[str]],
    description: str,
    *,
    verb: str,
    now_utc: datetime | None = None,
) -> Spec:
    """Bars of a number per half-hour over a span; what is used in the runs is filled, outlined and named above."""
    bars: Points = [{"start": start, "end": start + HALF_HOUR, "value": value} for start, value in values.items()]
    used: Points = [
        {"start": max(bar["start"], first), "end": min(bar["end"], last), "value": bar["value"]}
        for first, last in runs
        for bar in bars
        if bar["start"] < last and bar["end"] > first
    ]
    at = now_utc if now_utc and span.start_utc < now_utc < span.end_utc else None
    # An end of a run would go through the word; a short run that begins now says it itself.
    word_ends = at + (span.end_utc - span.start_utc) * WORD if at else span.start_utc
    is_crowded = any(at < end < word_ends for run in runs for end in run) if at else False
    now = [{"start": at, "text": "" if is_crowded else "now"}] if at else []
    named = len(runs) <= MOST_LABELS
    marks: Points = [
        {
            "start": first,
            "end": last,
            "middle": first + (last - first) / 2,
            "text": (f"{verb} now" if is_crowded and first == at else verb) if named else "",
        }
        for first, last in runs
    ]
    found = [grey for grey in greys if grey.runs]
    form = _half_hours_form(kind, tuple((grey.label, grey.opacity) for grey in found), bool(now))
    slots = [
        Slot(start, start + HALF_HOUR, None)
        for start in (span.start_utc + HALF_HOUR * n for n in range((span.end_utc - span.start_utc) // HALF_HOUR))
    ]
    frames = {
        "bars": bars,
        "used": used,
        "marks": marks,
        "greys": grey_points(found),
        "zero": [{"zero": 0.0}],
        "now": now,
        "slots": hover_points(slots, tell),
    }
    named_frames = {layer["data"]["name"] for layer in form["layer"]}
    spec = over_time(form, span, description, {name: points for name, points in frames.items() if name in named_frames})
    low, high = min([0.0, *values.values()]), max([0.0, *values.values()])
    for layer in spec["layer"]:
        if layer["encoding"].get("y", {}).get("field") == "value":
            layer["encoding"]["y"]["scale"] = {"domain": [low, high + (high - low or 1) * HEADROOM], "nice": False}
    return spec


@lru_cache(maxsize=32)
def _half_hours_form(kind: Kind, greys: tuple[tuple[str, float], ...], has_now: bool) -> Spec:
    y = alt.Y("value:Q", axis=power_axis(kind.unit, tick_count=5 if kind.height > 200 else 3))
    zero, top = alt.YDatum(0), alt.value(9)
    layers: list[alt.Chart] = [
        *grey_form(greys),
        frame("bars").mark_rect(color=kind.colour, opacity=0.38).encode(x=TIME, x2="end:T", y=y, y2=alt.Y2Datum(0)),
        frame("used")
        .mark_rect(color=kind.colour, opacity=1, stroke=kind.colour, strokeWidth=1)
        .encode(x=TIME, x2="end:T", y=y, y2=alt.Y2Datum(0)),
        frame("zero").mark_rule(color=NEUTRAL, strokeWidth=1, aria=False).encode(y=zero),
    ]
    marks = frame("marks")
    ends = marks.mark_rule(color=kind.colour, strokeWidth=1.5, strokeDash=[4, 3])
    layers += [
        ends.encode(x=TIME, y=top, y2=alt.value("height")),
        ends.encode(x=alt.X("end:T"), y=top, y2=alt.value("height")),
        marks.mark_rule(color=kind.colour, strokeWidth=4).encode(x=TIME, x2="end:T", y=top),
        marks.mark_text(color=NEUTRAL, baseline="bottom", dy=-5, fontWeight=600).encode(
            x=alt.X("middle:T"), y=top, text="text:N"
        ),
    ]
    if has_now:
        now = frame("now").encode(x=TIME)
        layers.append(now.mark_rule(color=NEUTRAL, strokeDash=[2, 2], strokeWidth=1.5))
        word = now.mark_text(align="left", baseline="middle", dx=4, color=NEUTRAL)
        layers.append(word.encode(y=alt.value(20), text="text:N"))
    layers.append(hover_form(kind.titles))
    form = layered(layers, kind.height)
    form["config"]["axisY"] = {"minExtent": AXIS_PX, "maxExtent": AXIS_PX}
    return form


@dataclass(frozen=True)
class Point:
    """A plan on the chart of the trade: its cost in pounds and its carbon in kilograms."""

    cost_gbp: float
    carbon_kg: float
    kind: str
    words: str
    label: str = ""


def trade(points: Sequence[Point], description: str) -> Spec:
    """What less carbon costs: the plans that none beats in both, and charging at once beside them."""
    costs = [point.cost_gbp for point in points]
    rows: Points = [
        {
            "cost": point.cost_gbp,
            "carbon": point.carbon_kg,
            "kind": point.kind,
            "words": point.words,
            "label": point.label,
            "is_right": 2 * point.cost_gbp > min(costs) + max(costs),
        }
        for point in points
    ]
    return filled(_trade_form(), description, {"plans": rows})


BEST, ONCE = "none is both cheaper and greener", "at once"


@lru_cache(maxsize=1)
def _trade_form() -> Spec:
    base = frame("plans").encode(
        x=alt.X(
            "cost:Q",
            scale=alt.Scale(zero=False, padding=36),
            axis=alt.Axis(title="cost, £", titleAnchor="start", titleFontWeight="normal", format=".2f", tickCount=5),
        ),
        y=alt.Y("carbon:Q", scale=alt.Scale(zero=False, padding=22), axis=power_axis("kg CO₂", tick_count=4)),
        tooltip=[
            alt.Tooltip("words:N", title="When"),
            alt.Tooltip("cost:Q", title="Cost, £", format=".2f"),
            alt.Tooltip("carbon:Q", title="kg CO₂", format=".2f"),
        ],
    )
    kinds = alt.Scale(domain=[BEST, ONCE], range=["circle", "diamond"])
    colours = alt.Scale(domain=[BEST, ONCE], range=[HEADLINE_PRICE, "#d9822b"])
    legend = alt.Legend(title=None, orient="top", labelLimit=320, offset=20)
    line = base.transform_filter(alt.datum.kind == BEST).mark_line(color=NEUTRAL, strokeWidth=1.5, strokeDash=[3, 3])
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        shape=alt.Shape("kind:N", scale=kinds, legend=legend), color=alt.Color("kind:N", scale=colours, legend=legend)
    )
    # On the side of a point on which there is room, and on which the line between the points is not.
    left, right = base.transform_filter("!datum.is_right"), base.transform_filter("datum.is_right")
    labels = [
        left.mark_text(align="left", dx=8, dy=-8, color=NEUTRAL).encode(text="label:N"),
        right.mark_text(align="right", dx=-8, dy=12, color=NEUTRAL).encode(text="label:N"),
    ]
    return layered([line, points, *labels], 240)
