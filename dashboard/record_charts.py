"""How a record moved: a line that steps wherever it was beaten, with a point at each step."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal

import altair as alt

from dashboard.colours import HEADLINE_PRICE
from dashboard.connection import Row
from dashboard.drawing import TIME, Spec, frame, hover_form, layered, over_time, power_axis
from dashboard.local_time import moment_text
from dashboard.points import Points
from dashboard.record_words import beat_text, confirmed_text, of_record, ties_text, when_text
from dashboard.windows import Span

_AXES = {"MW": ("GW", 1000.0), "MWh": ("GWh", 1000.0), "1": ("%", 0.01), "h": ("hours", 1.0)}
_AXES |= {"GBP/MWh": ("£ per MWh", 1.0), "gCO2/kWh": ("gCO₂ per kWh", 1.0)}


def stepped(history: Sequence[Row], record: Row, description: str) -> Spec:
    """The holders of a record, each until it was beaten, and the last until the end of what is known.

    history: of marts.records; ties are told of their holder and are no steps. A run is the record from when it is
    longer than the one before, and grows until it ends.
    """
    holders = [row for row in history if not row["is_tie"]]
    end = max(record["known_to_utc"], holders[-1]["held_from_utc"])
    untils: list[datetime] = [row["held_until_utc"] or end for row in holders]
    is_run = record["span"] == "run"
    points: Points = [
        {"start": row["period_end_utc"] if is_run else row["held_from_utc"], "value": float(row["value"])}
        for row in holders
    ]
    begins = [{"start": row["held_from_utc"], "value": float(row["beaten_value"] or 0)} for row in holders]
    line = [p for pair in zip(begins, points, strict=True) for p in pair] if is_run else points
    frames: dict[str, Points] = {
        "line": [*line, {"start": end, "value": points[-1]["value"]}],
        "points": points,
        "slots": [
            {
                "start": row["held_from_utc"],
                "end": until,
                "t0": moment_text(row["held_from_utc"]),
                "t1": of_record(record, row["value"]),
                "t2": when_text(record | row),
                "t3": beat_text(record | row),
                "t4": confirmed_text(row["state"]),
                "t5": ties_text(row) or "not equalled",
            }
            for row, until in zip(holders, untils, strict=True)
        ],
    }
    unit, divisor = _AXES.get(record["unit"], (str(record["unit"]), 1.0))
    return over_time(_form(unit, divisor, is_run), Span(record["known_since_utc"], end), description, frames)


@lru_cache(maxsize=16)
def _form(unit: str, divisor: float, is_run: bool) -> Spec:
    y = alt.Y("value:Q", axis=power_axis(unit, divisor), scale=alt.Scale(zero=False, nice=True))
    how: Literal["linear", "step-after"] = "linear" if is_run else "step-after"
    line = frame("line").mark_line(interpolate=how, strokeWidth=2, color=HEADLINE_PRICE).encode(x=TIME, y=y)
    points = frame("points").mark_point(filled=True, size=36, opacity=1, color=HEADLINE_PRICE).encode(x=TIME, y=y)
    return layered([line, points, hover_form(["Record", "Set", "It was", "State", "Ties"])], 320)
