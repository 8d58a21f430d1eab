"""Bars with their numbers beside them: the mix of one half-hour, and flows by country."""

from collections.abc import Sequence
from functools import lru_cache

import altair as alt

from dashboard import parts
from dashboard.colours import NEUTRAL
from dashboard.connection import Row
from dashboard.drawing import Spec, filled, frame, layered
from dashboard.parts import Bar, Part, mix_bars
from dashboard.text import NONE, percent


def now_bars(half_hour: Row, mix: Sequence[Part], title: str) -> Spec:
    """Where power comes from in one half-hour, largest first; uses are below zero."""
    return _bars(mix_bars(half_hour, mix), title)


def flow_bars(flows: Sequence[Row], colour: str, title: str) -> Spec:
    """Net flow by country: import to the right, export to the left. A bar that lacks has a word in its place."""
    return _bars(parts.flow_bars(flows, colour), title)


def share_bars(shares: Sequence[tuple[Part, float]], title: str) -> Spec:
    """Parts of one whole, from 0 to 1, largest first; a part of nothing is left out."""
    rows: list[Bar] = [
        {"label": part.label, "mw": share, "text": percent(share), "colour": part.colour, "also": ""}
        for part, share in shares
        if share > 0
    ]
    return _bars(sorted(rows, key=lambda row: -float(row["mw"])), title, "Share")


def _bars(rows: Sequence[Bar], title: str, number: str = "Power") -> Spec:
    most = max((abs(row["mw"]) for row in rows), default=1) or 1
    least = min((row["mw"] for row in rows), default=0)
    form = _bars_form(
        tuple(row["label"] for row in rows), "also" in rows[0] and bool(rows[0]["also"]) if rows else False, number
    )
    said = "; ".join(f"{row['label']} {row['text']}" for row in rows)
    spec = filled(form, f"{title} {said or NONE}", {"bars": list(rows), "zero": [{"zero": 0.0}]})
    domain = [least - most * 0.45 if least < 0 else 0, most * 1.35]  # with room for the numbers
    for layer in spec["layer"]:
        layer["encoding"]["x"]["scale"] = {"domain": domain, "nice": False}
    return spec


@lru_cache(maxsize=64)
def _bars_form(labels: tuple[str, ...], has_cables: bool, number: str) -> Spec:
    tooltips = [alt.Tooltip("label:N", title="Where"), alt.Tooltip("text:N", title=number)]
    if has_cables:
        tooltips.append(alt.Tooltip("also:N", title="Cables"))
    base = frame("bars").encode(
        y=alt.Y("label:N", sort=list(labels), axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=170)),
        x=alt.X("mw:Q", axis=None),
        tooltip=tooltips,
    )
    bar = base.mark_bar(cornerRadius=2, height={"band": 0.72}).encode(color=alt.Color("colour:N", scale=None))
    right = base.transform_filter("datum.mw >= 0").mark_text(align="left", dx=5, color=NEUTRAL).encode(text="text:N")
    left = base.transform_filter("datum.mw < 0").mark_text(align="right", dx=-5, color=NEUTRAL).encode(text="text:N")
    zero = frame("zero").mark_rule(color=NEUTRAL).encode(x=alt.X("zero:Q"))
    return layered([bar, right, left, zero], max(27 * len(labels), 60))
