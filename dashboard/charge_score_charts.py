"""What advice saved on the last evenings, and what it lacked of the best there was: bars and marks by evening."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt

from dashboard import charge_score_words as words
from dashboard.colours import HEADLINE_PRICE, IMBALANCE_PRICE, NEUTRAL
from dashboard.connection import Row
from dashboard.drawing import Spec, filled, frame, hover_fields, layered, power_axis

SAVED, MISSED, UNJUDGED = "Saved against charging at once", "Missed of the best there was", "Not judged"
UNITS = {"cheapest": ("£", 100.0), "greenest": ("kg CO₂", 1000.0)}


def evenings(rows: Sequence[Row], description: str) -> Spec:
    """One load and one objective, oldest first."""
    objective = rows[0]["objective"]
    unit, divisor = UNITS[objective]
    number = words.NUMBERS[objective]
    points: dict[str, list[dict[str, Any]]] = {"saved": [], "missed": [], "unjudged": [], "slots": []}
    for row in rows:
        label = f"{row['settlement_date'].day} {row['settlement_date']:%b}"
        points["slots"].append({"evening": label} | _told(row))
        if row["state"] != "scored":
            points["unjudged"].append({"evening": label, "what": UNJUDGED})
            continue
        points["saved"].append({"evening": label, "what": SAVED, "value": row[f"saving_{number}"] / divisor})
        points["missed"].append({"evening": label, "what": MISSED, "value": row[f"regret_{number}"] / divisor})
    form = _form(tuple(point["evening"] for point in points["slots"]), unit, bool(points["unjudged"]))
    drawn = {layer["data"]["name"] for layer in form["layer"]}
    frames = {name: found for name, found in (points | {"zero": [{"zero": 0.0}]}).items() if name in drawn}
    return filled(form, description, frames)


def _told(row: Row) -> dict[str, str]:
    objective, number = row["objective"], words.NUMBERS[row["objective"]]
    told = [
        words.night(row),
        words.GIVEN[row["given"]].partition(":")[0],
        *(words.amount(objective, row[f"{run}_{number}"]) for run in ("advised", "at_once", "hindsight")),
        words.STATES.get(row["state"], "judged"),
    ]
    return {f"t{n}": value for n, value in enumerate(told)}


TITLES = ("Night", "Advice", "It came to", "At once", "Best there was", "State")


@lru_cache(maxsize=16)
def _form(labels: tuple[str, ...], unit: str, has_unjudged: bool) -> Spec:
    axis = alt.Axis(title="Evening", labelAngle=0, labelOverlap="greedy", ticks=False, titleFontWeight="normal")
    x = alt.X("evening:N", sort=list(labels), scale=alt.Scale(domain=list(labels)), axis=axis)
    y = alt.Y("value:Q", axis=power_axis(unit, 1, 4), scale=alt.Scale(zero=True, nice=True))
    names = [SAVED, MISSED, *([UNJUDGED] if has_unjudged else [])]
    colours = [HEADLINE_PRICE, IMBALANCE_PRICE, NEUTRAL][: len(names)]
    legend = alt.Legend(
        title=None, orient="top", offset=22, labelLimit=320, columns=alt.ExprRef(expr="width < 500 ? 1 : 3")
    )
    colour = alt.Color("what:N", scale=alt.Scale(domain=names, range=colours), legend=legend)
    layers = [
        frame("saved").mark_bar(cornerRadius=2, width={"band": 0.6}).encode(x=x, y=y, color=colour),
        frame("missed").mark_point(filled=True, size=42, shape="diamond", opacity=1).encode(x=x, y=y, color=colour),
    ]
    if has_unjudged:
        layers.insert(0, frame("unjudged").mark_rect(opacity=0.25).encode(x=x, color=colour))
    zero = frame("zero").mark_rule(color=NEUTRAL).encode(y="zero:Q")
    return layered([*layers, zero, hover_fields(TITLES, x, key="evening", lit=0.2)], 240)
