"""Prices beyond lines: how often at most so much, hours below zero, and what a fuel's power was worth."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import altair as alt

from dashboard import text
from dashboard.colours import HEADLINE_PRICE, IMBALANCE_PRICE, NEUTRAL
from dashboard.connection import Row
from dashboard.drawing import TIME, Spec, filled, frame, hover_fields, layered, over_time, power_axis
from dashboard.local_time import day_text
from dashboard.points import Points
from dashboard.windows import Span
from ingestion.settlement import DAY, local_midnight_utc

KINDS = {"market_index": "Headline price", "imbalance": "Imbalance price"}
COLOURS = {"market_index": HEADLINE_PRICE, "imbalance": IMBALANCE_PRICE}
COLUMNS = {"market_index": "market_index_price_gbp_per_mwh", "imbalance": "system_price_gbp_per_mwh"}


def _colour() -> alt.Color:
    return alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(KINDS.values()), range=[COLOURS[kind] for kind in KINDS]),
        legend=alt.Legend(title=None, orient="top", offset=18),
    )


# ---------------------------------------------------------------- how often at most so much


def duration_words(rows: Sequence[Row], span: str) -> str:
    """The median and both ends of each price, in plain text."""
    said = []
    for kind, label in KINDS.items():
        of_kind = {row["percentile"]: row for row in rows if row["price_kind"] == kind}
        if not of_kind:
            said.append(f"{label}: no half-hour is known.")
            continue
        price = {at: text.price(of_kind[at]["price_gbp_per_mwh"]) for at in (0, 5, 50, 95, 100)}
        said.append(
            f"{label}: half of {of_kind[50]['periods']:,} half-hours cost at most {price[50]}, 5 in 100 at most "
            f"{price[5]}, and 95 in 100 at most {price[95]}; the lowest was {price[0]}, the highest {price[100]}."
        )
    return f"{'All time' if span == 'all' else span}. {' '.join(said)}"


def duration(rows: Sequence[Row], span: str) -> Spec:
    """All half-hours in the order of their price, as the price at each hundredth of them."""
    points: Points = [
        {
            "kind": KINDS[row["price_kind"]],
            "percentile": row["percentile"],
            "price": float(row["price_gbp_per_mwh"]),
            "words": text.price(row["price_gbp_per_mwh"]),
            "share": text.percent(row["share_at_or_below"], 1),
        }
        for row in rows
    ]
    said = f"Price duration curve. {duration_words(rows, span)}"
    return filled(_duration_form(), said, {"curve": points, "zero": [{"zero": 0.0}]})


@lru_cache(maxsize=1)
def _duration_form() -> Spec:
    base = frame("curve").encode(
        x=alt.X(
            "percentile:Q",
            scale=alt.Scale(domain=[0, 100], nice=False),
            axis=alt.Axis(
                title="per cent of half-hours", titleAnchor="start", titleFontWeight="normal", grid=False, tickCount=5
            ),
        ),
        y=alt.Y("price:Q", axis=power_axis("£ per MWh")),
    )
    zero = frame("zero").mark_rule(color=NEUTRAL, strokeWidth=1.5).encode(y="zero:Q")
    line = base.mark_line(interpolate="step-after", strokeWidth=2).encode(
        color=_colour(),
        strokeDash=alt.StrokeDash(
            "kind:N", scale=alt.Scale(domain=list(KINDS.values()), range=[[1, 0], [6, 2]]), legend=None
        ),
    )
    near = base.mark_point(size=130, opacity=0).encode(
        tooltip=[
            alt.Tooltip("kind:N", title="Price"),
            alt.Tooltip("words:N", title="At most"),
            alt.Tooltip("share:N", title="Share of half-hours"),
        ]
    )
    return layered([zero, line, near], 300)


# ---------------------------------------------------------------- below zero


def below_zero_words(rows: Sequence[Row]) -> str:
    """How many hours each price was below zero, of how many that are known, in plain text."""
    said = []
    for kind, label in KINDS.items():
        hours = sum(row[f"negative_{COLUMNS[kind]}_hours"] or 0 for row in rows)
        known = sum(row[f"{COLUMNS[kind]}_periods"] or 0 for row in rows) / 2
        if not known:
            said.append(f"{label}: not known.")
            continue
        share = text.percent(hours / float(known), 1)
        said.append(
            f"{label}: below zero for {text.rounded(hours, 1)} of {text.rounded(known, 1)} hours that are known "
            f"({share})."
        )
    return " ".join(said)


def below_zero(rows: Sequence[Row], by: str) -> Spec:
    """Hours below zero of each day or month, both prices side by side; where a price is not known there is no bar."""
    starts = [row["start_date"] for row in rows]
    first, last = starts[0], _end(starts[-1], by)
    bars: Points = []
    slots: Points = []
    for row in rows:
        start, end = local_midnight_utc(row["start_date"]), local_midnight_utc(_end(row["start_date"], by))
        middle = start + (end - start) / 2
        told = []
        for kind, (left, right) in zip(KINDS, ((start, middle), (middle, end)), strict=True):
            hours, known = row[f"negative_{COLUMNS[kind]}_hours"], row[f"{COLUMNS[kind]}_periods"] or 0
            if known:
                bars.append({"start": left, "end": right, "kind": KINDS[kind], "hours": float(hours), "zero": 0.0})
            told.append(
                f"{text.rounded(hours, 1)} h, of {known:,} of {row['periods_in_days']:,} half-hours"
                if known
                else "not known"
            )
        name = day_text(row["start_date"]) if by == "day" else f"{row['start_date']:%B %Y}"
        slots.append({"start": start, "end": end, "t0": name, "t1": told[0], "t2": told[1]})
    span = Span(local_midnight_utc(first), local_midnight_utc(last))
    said = f"Hours with a price below zero, by {by}. {below_zero_words(rows)}"
    return over_time(_below_zero_form(), span, said, {"bars": bars, "slots": slots})


def _end(start: date, by: str) -> date:
    return start + DAY if by == "day" else (start + 31 * DAY).replace(day=1)


@lru_cache(maxsize=1)
def _below_zero_form() -> Spec:
    bars = (
        frame("bars")
        .mark_rect()
        .encode(
            x=TIME,
            x2="end:T",
            y=alt.Y("hours:Q", axis=power_axis("hours below zero", tick_count=4), scale=alt.Scale(domainMin=0)),
            y2="zero:Q",
            color=_colour(),
        )
    )
    hover = hover_fields(("When", *KINDS.values()), TIME, x2="end:T")
    return layered([bars, hover], 240)


# ---------------------------------------------------------------- what power was worth


def captured_words(rows: Sequence[Row], kind: str) -> str:
    """The best and the least paid fuels, and of how much they are counted, in plain text."""
    there = [row for row in rows if row["captured_price_gbp_per_mwh"] is not None]
    if not there:
        return f"Nothing is known of what power was worth at the {KINDS[kind].lower()}."
    most, least = there[0], there[-1]
    short = sum(row["periods"] < row["periods_in_months"] for row in there)
    said = (
        f"A MWh of {most['fuel_name']} was worth {text.price(most['captured_price_gbp_per_mwh'])} while it was "
        f"generated, a MWh of {least['fuel_name']} {text.price(least['captured_price_gbp_per_mwh'])}; "
        f"{_months(there)}, at the {KINDS[kind].lower()}."
    )
    if short:
        made_of = f"{most['periods']:,} of {most['periods_in_months']:,} half-hours"
        said += f" Of {most['fuel_name']} {made_of} have both numbers."
    return said


def _months(rows: Sequence[Row]) -> str:
    first, last = min(row["first_month"] for row in rows), max(row["last_month"] for row in rows)
    return f"{first:%B %Y}" if first == last else f"{first:%B %Y} to {last:%B %Y}"


def captured(rows: Sequence[Row], kind: str) -> Spec:
    """A bar a fuel with its number, and a mark at the mean price of the same half-hours."""
    there = [row for row in rows if row["captured_price_gbp_per_mwh"] is not None]
    bars: Points = [
        {
            "label": row["fuel_name"],
            "price": row["captured_price_gbp_per_mwh"],
            "mean": row["baseload_price_gbp_per_mwh"],
            "text": text.price(row["captured_price_gbp_per_mwh"]).removesuffix("/MWh"),
            "at": max(row["captured_price_gbp_per_mwh"], row["baseload_price_gbp_per_mwh"] or 0.0, 0.0),
            "mean_text": text.price(row["baseload_price_gbp_per_mwh"]),
            "rate": text.percent(row["capture_rate"]),
            "energy": text.gigawatt_hours(row["energy_mwh"]),
            "colour": row["colour"] or NEUTRAL,
        }
        for row in there
    ]
    spec = filled(_captured_form(tuple(bar["label"] for bar in bars)), captured_words(rows, kind), {"bars": bars})
    prices = [value for bar in bars for value in (bar["price"], bar["mean"] or 0.0)]
    low, high = min([0.0, *prices]), max([1.0, *prices])
    for layer in spec["layer"]:
        layer["encoding"]["x"]["scale"] = {"domain": [low, high + (high - low) * 0.22], "nice": False}
    return spec


@lru_cache(maxsize=16)
def _captured_form(labels: tuple[str, ...]) -> Spec:
    base = frame("bars").encode(
        y=alt.Y(
            "label:N",
            sort=list(labels),
            axis=alt.Axis(
                title=None,
                domain=False,
                ticks=False,
                labelLimit=alt.ExprRef(expr="width < 300 ? 110 : 260"),
            ),
        ),
        tooltip=[
            alt.Tooltip("label:N", title="Fuel"),
            alt.Tooltip("text:N", title="£ per MWh"),
            alt.Tooltip("mean_text:N", title="Mean price then"),
            alt.Tooltip("rate:N", title="Of that"),
            alt.Tooltip("energy:N", title="Energy"),
        ],
    )
    bar = base.mark_bar(cornerRadius=2, height={"band": 0.7}).encode(
        x=alt.X("price:Q", axis=None), color=alt.Color("colour:N", scale=None)
    )
    mean = base.mark_tick(color=NEUTRAL, thickness=3, size=20).encode(x=alt.X("mean:Q", axis=None))
    words = base.mark_text(align="left", dx=7, color=NEUTRAL).encode(x=alt.X("at:Q", axis=None), text="text:N")
    return layered([bar, mean, words], max(24 * len(labels), 60))
