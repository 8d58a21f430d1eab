"""Now: the essential answers in one look, and what is behind them. Refreshes by itself."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from dashboard import (
    bars,
    best_times,
    colours,
    controls,
    frame,
    glossary,
    now_answers,
    panel,
    present,
    records_now,
    subjects,
    text,
    tiles,
)
from dashboard.charts import Look, Series, lines
from dashboard.export import as_text
from dashboard.local_time import moment_text
from dashboard.marts import common
from dashboard.marts import now as marts
from dashboard.parts import parts as parts_of
from dashboard.tile import is_late, when
from energy_monitor.clock import now_utc
from ingestion.settlement import half_hour_start
from ingestion.settlement import settlement_date_of as local_date


@dataclass(frozen=True)
class Moment:
    """When the page is of: now, or a past moment, as known at which everything is asked."""

    now: datetime
    known: datetime | None


@st.fragment(run_every="60s")
def _page() -> None:
    with frame.in_words():
        known = controls.known_utc()
        at = Moment(known or now_utc(), known)
        shares = present.Shares.newest(known)
        st.title(present.headline(shares, at.now), anchor=False)
        advice = present.advice(marts.carbon_ahead(half_hour_start(at.now), known), at.now)
        with st.container(key="advice"):
            st.markdown(text.plain(advice))
        with st.container(key="explanation"):
            st.caption(present.explanation(shares, at.now))
        with st.container(key="tiles"):
            for tile in present.all_tiles(at.now, known):
                tiles.show(tile, at.now, known)
        _best_times(at)
        left, right = st.columns([5, 6], gap="medium")
        with left:
            _sources(at)
        with right:
            _carbon(at)
        for column, draw in zip(st.columns(3, gap="medium"), (_flows, _price, _demand), strict=True):
            with column:
                draw(at)
        records_now.show(at.now, at.known)
        _outages(at)
        glossary.show(*glossary.OF_NOW)


def _best_times(at: Moment) -> None:
    """For the region of the address, where it names one."""
    region = best_times.region_named(st.query_params.get("region"))
    with st.container(border=True, key="best-times"):
        st.header("Best times to charge: three hours in one go, within a day", anchor=False)
        st.markdown("  \n".join(best_times.lines(at.now, at.known, region)))


def _sources(at: Moment) -> None:
    mix = marts.newest_mix(at.known)
    st.header("Where power comes from", anchor=False)
    if mix is None:
        st.caption("This workspace holds no fuel mix.")
        return
    start = mix["period_start_utc"]
    note = " * is NESO’s forecast." if mix["is_embedded_forecast"] else ""
    if mix["supply_mw"] is None:
        note = " Wind and solar in local networks are not known for it."
    said = f"Mean of the half-hour from {moment_text(start)}."
    stale = " It is stale." if is_late("fuelhh", start, at.now) else ""
    st.caption(text.plain(said + note + stale))
    parts = parts_of(common.fuels(), subjects.MIX)
    columns = ("period_start_utc", *(f"{part.name}_mw" for part in parts), "generation_state", "is_embedded_forecast")
    rows = [{name: mix[name] for name in columns}]
    spec = bars.now_bars(mix, parts, f"Power by source in megawatts. {said}")
    panel.show(panel.Figure("sources", spec, rows, f"energy-monitor_sources_{local_date(start)}"), table=False)


def _carbon(at: Moment) -> None:
    st.header("Carbon today and the next 48 hours", anchor=False)
    half_hour = half_hour_start(at.now)
    newest, ahead = marts.carbon_at(half_hour, at.known), now_answers.carbon_ahead(half_hour, at.known)
    if newest is None or ahead is None:
        st.caption("This workspace holds no carbon data.")
        return
    span = ahead.span
    said = "Solid is actual, dashed is forecast."
    tile = present.carbon_tile(newest)
    if tile.is_stale(at.now):
        age = text.fetched(tile.fetched_at_utc, at.now)
        said = f"The newest data is of {moment_text(newest['period_start_utc'])}, {age}: stale. {said}"
    st.caption(said)
    actual, forecast = "carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh"
    chart = lines(
        ahead.slots,
        span,
        [
            Series(actual, "Actual", colours.CARBON_ACTUAL),
            Series(forecast, "Forecast", colours.CARBON_FORECAST, dashed=True),
        ],
        Look("gCO₂ per kWh", height=300),
        text.carbon,
        f"Carbon intensity from {moment_text(span.start_utc)} to {moment_text(span.end_utc)}. {said}",
        now_utc=at.now,
        note=lambda slot: text.state(slot.number("state")),
    )
    stem = f"energy-monitor_carbon-ahead_{span.first_day}_to_{span.last_day}"
    panel.show(panel.Figure("carbon-ahead", chart, ahead.rows, stem), table=False)


def _flows(at: Moment) -> None:
    st.header("Flows by country", anchor=False)
    flows = marts.flows(at.known)
    if not flows:
        st.caption("This workspace holds no five-minutely data.")
        return
    start = flows[0]["interval_start_utc"]
    stale = ": stale" if is_late("fuelinst", start, at.now) else ""
    st.caption(text.plain(f"Net import, export below zero; five minutes from {when(start, at.now)}{stale}."))
    colour = parts_of(common.fuels(), ("imports",))[0].colour
    spec = bars.flow_bars(flows, colour, "Net import by country:")
    panel.show(panel.Figure("flows", spec, flows, f"energy-monitor_flows_{local_date(start)}"), table=False)
    st.caption(text.plain(" · ".join(f"{flow['country']}: {flow['cables']}" for flow in flows)))


def _price(at: Moment) -> None:
    series = [
        Series("market_index_price_gbp_per_mwh", "Headline price", colours.HEADLINE_PRICE),
        Series("system_price_gbp_per_mwh", "Imbalance price", colours.IMBALANCE_PRICE),
    ]
    _trend(at, "Price, last 24 hours", "price", series, Look("£ per MWh", height=230, zero_line=True))


def _demand(at: Moment) -> None:
    series = [
        Series("indo_mw", "INDO", colours.INDO),
        Series("national_demand_forecast_mw", "forecast", colours.DEMAND_FORECAST, dashed=True),
    ]
    _trend(at, "Demand against forecast", "demand", series, Look("GW", 1000, height=230), ahead=True)


def _trend(at: Moment, title: str, subject: str, series: list[Series], look: Look, *, ahead: bool = False) -> None:
    """The last day, and where a forecast goes on the next one too."""
    st.header(title, anchor=False)
    shown = now_answers.trend(subject, at.known, ahead=ahead)
    if shown is None:
        st.caption(f"This workspace holds no {subject} data.")
        return
    span = shown.span
    said = f"To {moment_text(span.end_utc)}."
    st.caption(said)
    words = text.price if subject == "price" else text.megawatts
    chart = lines(shown.slots, span, series, look, words, f"{title}. {said}", now_utc=at.now if ahead else None)
    stem = f"energy-monitor_now_{subject}_{span.first_day}_to_{span.last_day}"
    panel.show(panel.Figure(subject, chart, shown.rows, stem), table=False)


def _outages(at: Moment) -> None:
    st.header("Largest outages now", anchor=False)
    under_way = marts.outages(at.now.replace(second=0, microsecond=0), at.known)
    if not under_way:
        st.caption(present.nothing_out(marts.newest_outage_message(at.known)))
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
        st.dataframe(table, hide_index=True)


_page()
