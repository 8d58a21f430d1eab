"""Price: the headline price and the imbalance price, whatever their sign; how often so much, and what fuels earned."""

from datetime import date

import streamlit as st

from dashboard import controls, glossary, history, panel, price_charts, text
from dashboard.charts import Look, Series, lines
from dashboard.colours import BEFORE, HEADLINE_PRICE, IMBALANCE_PRICE
from dashboard.drawing import Spec
from dashboard.marts import prices as marts
from dashboard.shown import Shown, against_text, coverage_text, span_text
from dashboard.windows import Slot


def _draw(shown: Shown) -> tuple[Spec, str]:
    headline, imbalance = "market_index_price_gbp_per_mwh", "system_price_gbp_per_mwh"
    if shown.is_daily:
        series = [
            Series(f"mean_{c}", label, colour, band=(f"min_{c}", f"max_{c}"), made_of=f"{c}_periods")
            for c, label, colour in (
                (headline, "Headline price, daily mean", HEADLINE_PRICE),
                (imbalance, "Imbalance price, daily mean", IMBALANCE_PRICE),
            )
        ]
    else:
        series = [
            Series(headline, "Headline price (market index)", HEADLINE_PRICE),
            Series(imbalance, "Imbalance price", IMBALANCE_PRICE),
        ]
    if shown.choice.against:
        series.append(Series(f"before_{shown.compared}", f"Headline price, {shown.choice.against}", BEFORE))
    said = span_text(shown)
    for name, column in (("Headline price", headline), ("Imbalance price", imbalance)):
        said += f" {name}: {coverage_text(shown, column, f'{column}_periods' if shown.is_daily else None)}"
    if shown.is_daily:
        said += " Pale bands run from the day’s lowest to its highest half-hour."
    if any((row[c] or 0) < 0 for row in shown.rows for s in series for c in (s.column, *(s.band or ()))):
        said += " What is below zero is shaded red."
    said += against_text(shown, text.price)
    chart = lines(
        shown.slots,
        shown.span,
        series,
        Look("£ per MWh", zero_line=True, stroke_width=shown.stroke_width),
        text.price,
        f"Electricity price in pounds per megawatt-hour. {said}",
        note=None if shown.is_daily else _note,
    )
    return chart, said


def _note(slot: Slot) -> str:
    headline, imbalance = slot.number("market_index_state"), slot.number("system_price_state")
    run = slot.number("settlement_run")
    return f"headline {text.state(headline)}, imbalance {text.state(imbalance)}" + (f" (run {run})" if run else "")


ALL_TIME = "all time"


def _deeper() -> None:
    """What the marts hold of prices beside their course: by all time or by year."""
    years = marts.years()
    if not years:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="year-choice"):
        options = [ALL_TIME, *map(str, years)]
        chosen = st.selectbox("Over", options, key="year", bind="query-params", width=160)
        if controls.known_utc():
            st.caption("What follows cannot be shown as it was known in the past: it is as known now.")
    is_all = chosen == ALL_TIME
    first, last = date(years[-1] if is_all else int(chosen), 1, 1), date(years[0] if is_all else int(chosen), 12, 31)
    name = "all" if is_all else chosen
    _duration(name)
    _below_zero(name, first, last)
    _captured(name, first, last)


def _duration(name: str) -> None:
    st.header("How often at most so much", anchor=False)
    rows = marts.duration(name)
    st.caption(text.plain(price_charts.duration_words(rows, name)))
    figure = panel.Figure("duration", price_charts.duration(rows, name), rows, f"energy-monitor_price-duration_{name}")
    panel.show(figure)


def _below_zero(name: str, first: date, last: date) -> None:
    st.header("Below zero", anchor=False)
    by = st.segmented_control(
        "Hours below zero by",
        ("month", "day"),
        default="month",
        required=True,
        key="below",
        bind="query-params",
        label_visibility="collapsed",
    )
    if by == "day" and first.year != last.year:
        st.caption(f"By day one year is shown, the newest: {last.year}. Choose another above.")
        first = date(last.year, 1, 1)
    rows = marts.below_zero(by or "month", first, last)
    if not rows:
        st.caption("No price of it is known.")
        return
    st.caption(text.plain(price_charts.below_zero_words(rows)))
    spec = price_charts.below_zero(rows, by or "month")
    panel.show(panel.Figure("below-zero", spec, rows, f"energy-monitor_below-zero_{name}_by-{by}"))


def _captured(name: str, first: date, last: date) -> None:
    st.header("What each fuel’s power was worth", anchor=False)
    label = st.segmented_control(
        "Worth at",
        tuple(price_charts.KINDS.values()),
        default=price_charts.KINDS["market_index"],
        required=True,
        key="worth",
        bind="query-params",
        label_visibility="collapsed",
    )
    kind = next((kind for kind, of in price_charts.KINDS.items() if of == label), "market_index")
    rows = marts.captured(kind, first, last)
    st.caption(text.plain(price_charts.captured_words(rows, kind)))
    if any(row["captured_price_gbp_per_mwh"] is not None for row in rows):
        st.caption("The grey mark is the mean price of the same half-hours: right of it, a fuel earned more than that.")
        spec = price_charts.captured(rows, kind)
        panel.show(panel.Figure("captured", spec, rows, f"energy-monitor_captured-prices_{kind}_{name}"))


history.show("Price", "price", _draw)
_deeper()
glossary.show(
    "Half-hour", "Headline price", "Imbalance price", "Below zero", "Duration curve", "Captured price", "Baseload price"
)
