"""Small drawings as inline SVG, for tiles and for the page that needs no script."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote

Number = float | None


def sparkline(values: Sequence[Number], colour: str, width: int = 120, height: int = 28) -> str:
    """A line over equal steps of time, with gaps where values lack; nothing of fewer than two.

    It says nothing that is not beside it in words, and so is hidden from screen readers.
    """
    there = [value for value in values if value is not None]
    if len(there) < 2:
        return ""
    low, high = min(there), max(there)
    if low >= 0 and low < (high - low) * 2:
        low = 0.0  # a measure that may be zero is shown from there
    room = (high - low) or 1.0
    step = width / max(len(values) - 1, 1)

    def place(index: int, value: float) -> str:
        return f"{index * step:.1f},{2 + (height - 4) * (high - value) / room:.1f}"

    runs = [
        [place(index, value) for index, value in run if value is not None]
        for is_there, run in groupby(enumerate(values), key=lambda one: one[1] is not None)
        if is_there
    ]
    kept_thin = 'vector-effect="non-scaling-stroke"'  # however wide it is drawn
    lines = "".join(f'<polyline points="{" ".join(run)}" {kept_thin}/>' for run in runs if len(run) > 1)
    zero = ""
    if low < 0 < high:
        y = 2 + (height - 4) * high / room
        zero = f'<line x1="0" x2="{width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8b939c" stroke-width="0.6"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="100%" height="{height}" '
        f'preserveAspectRatio="none" aria-hidden="true" fill="none" stroke="{escape(colour)}" stroke-width="1.5">'
        f"{zero}{lines}</svg>"
    )


def as_image(svg: str) -> str:
    """A drawing for a place that takes images and no SVG; it is decoration, so without an alternative text."""
    return f'<img alt="" class="sparkline" src="data:image/svg+xml,{quote(svg)}">'
