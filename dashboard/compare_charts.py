"""Two periods over one axis of places, and months by year."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt

from dashboard import text
from dashboard.colours import BEFORE, INDO
from dashboard.comparable import Comparable, Words
from dashboard.connection import Row
from dashboard.drawing import Spec, filled, frame, hover_fields, layered, power_axis
from dashboard.points import Points

FIRST, SECOND = "First period", "Second period"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_YEARS, LEAST_YEARS = 11, 6  # columns; a few years leave room for those before them


@dataclass(frozen=True)
class Spot:
    """A place on the axis, from `start` to `end`: what is said of it, and each period's number and words."""

    start: float
    end: float
    label: str
    first: Any
    second: Any
    first_of: str
    second_of: str


def overlay(spots: Sequence[Spot], unit: str, divisor: float, words: Words, place: str, description: str) -> Spec:
    """Both periods as stepped lines over the number of the place: a day, a week or a month. Gaps stay gaps."""
    count = int(max((spot.end for spot in spots), default=1))
    names = ((FIRST, "first", "first_of"), (SECOND, "second", "second_of"))
    lines: Points = []
    for series, name, _ in reversed(names):  # the first is drawn last, on top
        for spot, following in zip(spots, [*spots[1:], None], strict=True):
            number = getattr(spot, name)
            value = None if number is None else float(number)
            lines.append({"series": series, "at": spot.start, "value": value})
            if value is not None and (following is None or getattr(following, name) is None):
                lines += [{"series": series, "at": spot.end, "value": value}]
                lines += [{"series": series, "at": spot.end, "value": None}]
    slots: Points = [
        {"at": spot.start, "end": spot.end, "t0": spot.label}
        | {f"t{n}": _told(getattr(spot, name), getattr(spot, of), words) for n, (_, name, of) in enumerate(names, 1)}
        | {"t3": _less(spot, words)}
        for spot in spots
    ]
    spec = filled(_overlay_form(unit, divisor, place, count), description, {"lines": lines, "slots": slots})
    values = {point["value"] for point in lines if point["value"] is not None}
    if len(values) == 1:  # which has no range of its own
        (value,) = values
        spec["layer"][0]["encoding"]["y"]["scale"]["domain"] = sorted((0.0, 1.25 * value)) if value else [0.0, divisor]
    return spec


def _told(number: Any, of: str, words: Words) -> str:
    return f"{'no complete number' if number is None else words(number)}{f' ({of})' if of else ''}"


def _less(spot: Spot, words: Words) -> str:
    if spot.first is None or spot.second is None:
        return text.NONE
    change = float(spot.first) - float(spot.second)
    return f"{'+' if change > 0 else text.MINUS if change < 0 else ''}{words(abs(change))}"


@lru_cache(maxsize=64)
def _overlay_form(unit: str, divisor: float, place: str, count: int) -> Spec:
    step = max(1, round(count / 14))
    marks = [number - 0.5 for number in range(1, count + 1, step)]
    axis = alt.Axis(
        title=place,
        values=marks,
        labelExpr="format(datum.value + 0.5, 'd')",
        grid=False,
        labelOverlap="greedy",
        titleAnchor="start",
        titleFontWeight="normal",
    )
    x = alt.X("at:Q", axis=axis, scale=alt.Scale(domain=[0, count], nice=False, zero=False))
    domain = [FIRST, SECOND]
    line = (
        frame("lines")
        .mark_line(interpolate="step-after", strokeWidth=1.8 if count < 200 else 1.1)
        .encode(
            x=x,
            y=alt.Y("value:Q", axis=power_axis(unit, divisor), scale=alt.Scale(zero=False, nice=True)),
            color=alt.Color(
                "series:N",
                scale=alt.Scale(domain=domain, range=[INDO, BEFORE]),
                legend=alt.Legend(title=None, orient="top", symbolType="stroke", symbolStrokeWidth=3, offset=22),
            ),
            strokeDash=alt.StrokeDash("series:N", scale=alt.Scale(domain=domain, range=[[1, 0], [5, 3]])),
        )
    )
    titles = (place.capitalize(), FIRST, SECOND, "Difference")
    hover = hover_fields(titles, x, key="at", x2="end:Q")
    return layered([line, hover], 360)


def by_year(months: Sequence[Row], measure: Comparable, description: str) -> Spec:
    """A row a month and a column a year, each with its number; the darker, the higher. A part of a month has a star."""
    numbers = [(month, measure.mean_power(month)) for month in months]
    known = [number for _, number in numbers if number is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    digits = 0 if measure.kind == "share" or high / measure.divisor >= 100 else 1
    cells: Points = []
    for month, number in numbers:
        if number is None:
            continue
        start, share = month["month_start_date"], (number - low) / ((high - low) or 1)
        star = "" if measure.is_complete(month) else "*"
        cells.append(
            {
                "year": f"{start:%Y}",
                "month": MONTHS[start.month - 1],
                "value": number,
                "text": f"{text.rounded(number / measure.divisor, digits)}{star}",
                "ink": "#ffffff" if share > 0.6 else "#1c2733",
                "name": f"{start:%B %Y}",
                "words": measure.mean_words(number),
                "made_of": f"{month[measure.periods]:,} of {month['periods_in_month']:,}",
            }
        )
    shown = [int(cell["year"]) for cell in cells] or [months[-1]["month_start_date"].year]
    years = tuple(map(str, range(min(*shown, max(shown) - LEAST_YEARS + 1), max(shown) + 1)))
    spec = filled(_by_year_form(years), description, {"cells": cells})
    spec["layer"][0]["encoding"]["color"]["scale"]["domain"] = [low, high if high > low else low + 1]
    return spec


@lru_cache(maxsize=32)
def _by_year_form(years: tuple[str, ...]) -> Spec:
    base = frame("cells").encode(
        x=alt.X(
            "year:O",
            scale=alt.Scale(domain=list(years)),
            axis=alt.Axis(title=None, orient="top", labelAngle=0, ticks=False),
        ),
        y=alt.Y("month:O", scale=alt.Scale(domain=list(MONTHS)), axis=alt.Axis(title=None, ticks=False)),
        tooltip=[
            alt.Tooltip("name:N", title="Month"),
            alt.Tooltip("words:N", title="Mean"),
            alt.Tooltip("made_of:N", title="Half-hours"),
        ],
    )
    cell = base.mark_rect(stroke=None).encode(
        color=alt.Color(
            "value:Q",
            scale=alt.Scale(range=["#dbe7f6", "#1f4f96"], zero=False, nice=False),
            legend=None,
        )
    )
    words = base.mark_text(fontSize=alt.ExprRef(expr="width < 500 ? 9 : 12")).encode(
        text="text:N", color=alt.Color("ink:N", scale=None, legend=None)
    )
    spec = layered([cell, words], 24 * len(MONTHS))
    spec["resolve"] = {"scale": {"color": "independent"}}
    return spec
