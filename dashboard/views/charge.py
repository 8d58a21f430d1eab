"""Charge: when to charge or run something, by price and carbon ahead, for a place. At most two choices to an answer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from dashboard import charge_choice, charge_fields, charge_trade, charge_words, controls, glossary, panel, place, text
from dashboard import charge_sentences as said
from dashboard.charge_answer import Answer, answer, span_of
from dashboard.charge_charts import CARBON, PRICE, Kind, half_hours, trade
from dashboard.charge_choice import Choice
from dashboard.connection import Row
from dashboard.drawing import Spec
from dashboard.local_time import moment_text
from dashboard.marts import charge as marts
from dashboard.marts import common
from dashboard.measures import MEASURES
from dashboard.origin import link
from dashboard.points import Grey, missing_runs
from dashboard.windows import Slot
from energy_monitor.ahead import Series
from energy_monitor.calendar_file import calendar
from energy_monitor.clock import now_utc
from ingestion.settlement import HALF_HOUR
from ingestion.settlement import settlement_date_of as local_date
from planner.model import PlanError


def _page() -> None:
    known = controls.known_utc()
    regions = marts.network_regions()
    names = place.names_of(regions)
    found = place.given(names)
    st.title("When to charge", anchor=False)
    choice = charge_choice.read(charge_fields.given(), known or now_utc(), names.values())
    charge_fields.show(choice, names, found)
    if choice.problems:
        st.caption("Nothing is planned until what is marked above is put right.")
        return
    region = next((row for row in regions if names[row["region_id"]] == choice.region), None)
    shown = _answered(choice, region, known)
    if shown is None:
        return
    _answer(shown)
    _cards(shown)
    _charts(shown, region, known)
    _trade(shown)
    _made_of(shown)
    glossary.show("Agile", "Efficiency", "Half-hour", "Carbon intensity", "Below zero")


def _answered(choice: Choice, region: Row | None, known: datetime | None) -> Answer | None:
    """The plans; what they cannot be made of is said."""
    span = span_of(choice)
    ahead = marts.ahead(region["gsp_group_code"] if region else None, span.start_utc, span.end_utc, known)
    try:
        found = answer(choice, ahead)
    except PlanError as error:
        with st.container(border=True, key="refused"):
            st.markdown(f"**This cannot be planned.** {text.plain(str(error))}")
        return None
    if found is None:
        where = place.name_in_text(choice.region)
        with st.container(border=True, key="nothing"):
            st.markdown(
                f"**Neither price nor carbon is known ahead in {text.plain(where)}** from "
                f"{text.plain(moment_text(choice.wishes.earliest_utc))} on. "
                "`energy-monitor ingest octopus_unit_rates`, `energy-monitor ingest carbon_national_forecast` and "
                "`energy-monitor build` fetch them."
            )
    return found


# The answer -----------------------------------------------------------------------------------------------------------


def _answer(shown: Answer) -> None:
    with st.container(border=True, key="answer"):
        st.header(text.plain(said.headline(shown)), anchor=False)
        for remark in said.remarks(shown):
            st.caption(text.plain(remark))
        _calendar(shown)


def _cards(shown: Answer) -> None:
    with st.container(key="cards"):
        for offer in shown.offers:
            with st.container(border=True, key=f"card-{offer.kind}"):
                st.metric(said.title(offer, shown), said.card_value(offer, shown.has_price))
                st.caption("  \n".join(text.plain(line) for line in said.card_lines(offer, shown)))


# The picture ----------------------------------------------------------------------------------------------------------


def _charts(shown: Answer, region: Row | None, known: datetime | None) -> None:
    rows = {row["period_start_utc"]: row for row in shown.rows}
    planned = f"{shown.offers[0].kind}_kwh"

    def tell(slot: Slot) -> Sequence[str]:
        row = rows[slot.start_utc]
        price, carbon = row["price_inc_vat_p_per_kwh"], row["carbon_gco2_per_kwh"]
        return (
            charge_words.rate(price) if price is not None else "not known",
            text.carbon(carbon) if carbon is not None else "not known",
            charge_words.energy(row[planned]) if row[planned] else "nothing",
        )

    def pick(start_ms: int) -> None:
        _picked(shown, rows.get(datetime.fromtimestamp(start_ms / 1000, UTC)), region, known)

    def chart(kind: Kind, series: Series, title: str) -> Spec:
        slots = [Slot(start, start + HALF_HOUR, row) for start, row in rows.items()]
        until = series.known_until_utc or shown.span.start_utc
        lack = missing_runs(slots, lambda slot: slot.start_utc < until and slot.start_utc not in series.values)
        later = missing_runs(slots, lambda slot: slot.start_utc >= until)
        return half_hours(
            kind,
            series.values,
            shown.span,
            charge_words.runs(shown.best),
            [Grey("not published yet", 0.16, later), Grey("no data", 0.34, lack)],
            tell,
            f"{title}, {moment_text(shown.span.start_utc)} to {moment_text(shown.span.end_utc)}. "
            f"{said.chart_words(shown)}",
            verb=shown.choice.verb,
            now_utc=shown.choice.now_utc,
        )

    stem = f"energy-monitor_charge_{shown.choice.preset.id}_{local_date(shown.span.start_utc)}"
    if shown.has_price:
        st.header("Price of each half-hour", anchor=False)
        spec = chart(PRICE, shown.ahead.prices, "Price per half-hour in pence per kWh")
        panel.show(panel.Figure("charge-price", spec, shown.rows, stem), table=False, pick=pick, files=False)
    if not shown.ahead.carbon.values:
        st.caption("No carbon forecast is known here in this time.")
        panel.downloads(shown.rows, stem, "charge-carbon")
        panel.data_table(shown.rows, "charge-carbon")
        return
    of = shown.ahead.region_name if shown.ahead.carbon_basis == "regional" else "Great Britain"
    st.header(f"Carbon of each half-hour in {of}", anchor=False)
    spec = chart(CARBON, shown.ahead.carbon, "Carbon intensity per half-hour in grams of CO₂ per kWh")
    panel.show(panel.Figure("charge-carbon", spec, shown.rows, stem), pick=pick)


def _picked(shown: Answer, row: Row | None, region: Row | None, known: datetime | None) -> None:
    if row is None:
        st.caption("Choose a half-hour of the chart to see where its numbers come from.")
        return
    at = row["period_start_utc"]
    lines = [f"**{text.plain(moment_text(at))}**"]
    price, carbon = row["price_inc_vat_p_per_kwh"], row["carbon_gco2_per_kwh"]
    if price is not None and shown.ahead.tariff_code:
        where = link(MEASURES["agile-price"], at, known, shown.ahead.tariff_code)
        lines.append(f"- Price: {text.plain(charge_words.rate(price))} · [where does it come from?]({where})")
    if carbon is not None:
        of_region = region if shown.ahead.carbon_basis == "regional" else None
        where = (
            link(MEASURES["regional-carbon"], at, known, str(of_region["region_id"]))
            if of_region
            else link(MEASURES["carbon-forecast"], at, known)
        )
        lines.append(f"- Carbon: {text.plain(text.carbon(carbon))} · [where does it come from?]({where})")
    if len(lines) == 1:
        lines.append("Nothing is known of it.")
    st.markdown("\n".join([lines[0], "", *lines[1:]]))


# What goes with it ----------------------------------------------------------------------------------------------------


def _calendar(shown: Answer) -> None:
    """The advice as a file that a calendar reads."""
    best = shown.offers[0]
    if not best.runs:
        return
    st.download_button(
        "Put it in a calendar",
        data=partial(_calendar_file, shown),
        file_name=f"energy-monitor_charge_{shown.choice.preset.id}_{best.runs[0].start_utc:%Y-%m-%dT%H%MZ}.ics",
        mime="text/calendar",
        on_click="ignore",
        icon=":material/event:",
        key="calendar",
    )


def _calendar_file(shown: Answer) -> bytes:
    return calendar(shown.planned, shown.offers[0], now_utc(), common.is_simulated()).encode()


def _trade(shown: Answer) -> None:
    """What less carbon costs, where there is a choice."""
    plans = charge_trade.of(shown)
    if not plans:
        return
    st.header("What less carbon costs", anchor=False)
    words = charge_trade.words(plans)
    st.caption(text.plain(words))
    spec = trade(charge_trade.points(shown, plans), f"Cost and carbon of plans. {words}")
    stem = f"energy-monitor_charge-trade_{shown.choice.preset.id}_{local_date(shown.span.start_utc)}"
    panel.show(panel.Figure("charge-trade", spec, charge_trade.rows(shown, plans), stem))


def _made_of(shown: Answer) -> None:
    with st.expander("What this is made of, and what it does not know", key="made-of"):
        unknown = [said.PUBLISHED] if shown.has_price else []
        lines = [*said.made_of(shown), *unknown, said.FORECAST, said.NO_LIMITS]
        st.markdown("\n".join(f"- {text.plain(line)}" for line in lines))


_page()
