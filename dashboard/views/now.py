"""Now: the essential answers in one look, and what is behind them. Refreshes by itself."""

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard import bars, colours, frame, history, marts, mix_charts, present, subjects, text, tiles
from dashboard.charts import Look, Series, lines
from dashboard.export import as_text, csv_bytes
from dashboard.local_time import moment_text
from dashboard.shown import load
from dashboard.windows import Span, half_hour_slots
from energy_monitor.clock import now_utc
from ingestion.settlement import DAY, HALF_HOUR, half_hour_start, local_midnight_utc
from ingestion.settlement import settlement_date_of as local_date


@st.fragment(run_every="60s")
def _page() -> None:
    with frame.in_words():
        now = now_utc()
        shares = present.Shares.newest()
        st.title(present.headline(shares, now), anchor=False)
        with st.container(key="explanation"):
            st.caption(present.explanation(shares, now))
        with st.container(key="tiles"):
            for tile in present.all_tiles(now):
                tiles.show(tile, now)
        left, right = st.columns([5, 6], gap="medium")
        with left:
            _sources(now)
        with right:
            _carbon(now)
        for column, draw in zip(st.columns(3, gap="medium"), (_flows, _price, _demand), strict=True):
            with column:
                draw(now)
        _outages(now)


def _sources(now: datetime) -> None:
    mix = marts.newest_mix()
    st.subheader("Where power comes from", anchor=False)
    if mix is None:
        st.caption("This workspace holds no fuel mix.")
        return
    start = mix["period_start_utc"]
    note = " * is NESO’s forecast." if mix["is_embedded_forecast"] else ""
    if mix["supply_mw"] is None:
        note = " Wind and solar in local networks are not known for it."
    said = f"Mean of the half-hour from {moment_text(start)}."
    stale = " It is stale." if tiles.is_late("fuelhh", start, now) else ""
    st.caption(text.plain(said + note + stale))
    parts = mix_charts.parts(marts.fuels(), subjects.MIX)
    st.vega_lite_chart(None, bars.now_bars(mix, parts, f"Power by source in megawatts. {said}"), width="stretch")
    columns = ("period_start_utc", *(f"{part.name}_mw" for part in parts), "generation_state", "is_embedded_forecast")
    history.csv_button(
        csv_bytes([{name: mix[name] for name in columns}]), f"energy-monitor_sources_{local_date(start)}.csv"
    )


def _carbon(now: datetime) -> None:
    st.subheader("Carbon today and the next 48 hours", anchor=False)
    newest = marts.carbon_at(half_hour_start(now))
    if newest is None:
        st.caption("This workspace holds no carbon data.")
        return
    start = local_midnight_utc(local_date(newest["period_start_utc"]))
    rows = marts.half_hours("carbon", start, start + 4 * DAY)
    span = Span(start, rows[-1]["period_start_utc"] + HALF_HOUR)
    said = "Solid is actual, dashed is forecast."
    tile = present.carbon_tile(newest)
    if tile.is_stale(now):
        age = text.fetched(tile.fetched_at_utc, now)
        said = f"The newest data is of {moment_text(newest['period_start_utc'])}, {age}: stale. {said}"
    st.caption(said)
    actual, forecast = "carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh"
    chart = lines(
        half_hour_slots(span, rows),
        span,
        [
            Series(actual, "Actual", colours.CARBON_ACTUAL),
            Series(forecast, "Forecast", colours.CARBON_FORECAST, dashed=True),
        ],
        Look("gCO₂ per kWh", height=300),
        text.carbon,
        f"Carbon intensity from {moment_text(span.start_utc)} to {moment_text(span.end_utc)}. {said}",
        now_utc=now,
        note=lambda slot: text.state(slot.number("state")),
    )
    st.vega_lite_chart(None, chart, width="stretch")
    history.csv_button(csv_bytes(rows), f"energy-monitor_carbon-ahead_{span.first_day}_to_{span.last_day}.csv")


def _flows(now: datetime) -> None:
    st.subheader("Flows by country", anchor=False)
    flows = marts.flows()
    if not flows:
        st.caption("This workspace holds no five-minutely data.")
        return
    start = flows[0]["interval_start_utc"]
    stale = ": stale" if tiles.is_late("fuelinst", start, now) else ""
    st.caption(text.plain(f"Net import, export below zero; five minutes from {tiles.when(start, now)}{stale}."))
    colour = mix_charts.parts(marts.fuels(), ("imports",))[0].colour
    st.vega_lite_chart(None, bars.flow_bars(flows, colour, "Net import by country:"), width="stretch")
    st.caption(text.plain(" · ".join(f"{flow['country']}: {flow['cables']}" for flow in flows)))
    history.csv_button(csv_bytes(flows), f"energy-monitor_flows_{local_date(start)}.csv")


def _price(_: datetime) -> None:
    series = [
        Series("market_index_price_gbp_per_mwh", "Headline price", colours.HEADLINE_PRICE),
        Series("system_price_gbp_per_mwh", "Imbalance price", colours.IMBALANCE_PRICE),
    ]
    _trend("Price, last 24 hours", "price", series, "£ per MWh")


def _demand(_: datetime) -> None:
    series = [
        Series("indo_mw", "INDO", colours.INDO),
        Series("indo_and_embedded_mw", "with embedded", colours.INDO_AND_EMBEDDED),
    ]
    _trend("Demand, last 24 hours", "demand", series, "GW")


def _trend(title: str, subject: str, series: list[Series], unit: str) -> None:
    st.subheader(title, anchor=False)
    shown = load(subject, "day")
    if shown is None:
        st.caption(f"This workspace holds no {subject} data.")
        return
    is_price = subject == "price"
    said = f"To {moment_text(shown.span.end_utc)}."
    st.caption(said)
    chart = lines(
        shown.slots,
        shown.span,
        series,
        Look(unit, 1 if is_price else 1000, height=230, zero_line=is_price),
        text.price if is_price else text.megawatts,
        f"{title}. {said}",
    )
    st.vega_lite_chart(None, chart, width="stretch")
    history.csv_button(csv_bytes(shown.rows), f"energy-monitor_now_{shown.file_name.removeprefix('energy-monitor_')}")


def _outages(now: datetime) -> None:
    st.subheader("Largest outages now", anchor=False)
    under_way = marts.outages(now.replace(second=0, microsecond=0))
    if not under_way:
        newest = marts.newest_outage_message()
        told = "no message on an outage was fetched" if newest is None else f"the newest is of {moment_text(newest)}"
        st.caption(f"No message speaks of an outage under way now; {told}.")
        return
    st.caption("As the participants say, in their words (REMIT messages).")
    table = [
        {
            "Plant": row["affected_unit"] or row["asset_id"] or text.NONE,
            "Out of use": text.megawatts(row["unavailable_mw"]),
            "Until": "open" if row["event_end_utc"] is None else moment_text(row["event_end_utc"]),
            "Fuel": as_text(row["fuel_type"]),
            "Kind": as_text(row["unavailability_type"]),
            "Cause": " ".join(as_text(row["cause"]).split()),
        }
        for row in under_way
    ]
    with st.container(key="outages"):
        st.dataframe(pd.DataFrame(table), hide_index=True)


_page()
