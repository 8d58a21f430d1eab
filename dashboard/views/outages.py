"""Outages: what is out, what will be, and any message with all its revisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from dashboard import controls, glossary, outage_charts, outages, panel, text
from dashboard.connection import Row
from dashboard.local_time import moment_text
from dashboard.marts import outages as marts
from energy_monitor.clock import now_utc
from ingestion.settlement import settlement_date_of as local_date

ANY = "any"
KINDS = ("planned", "unplanned")


@dataclass(frozen=True)
class Moment:
    """When the page is of, as known at which moment, and when the oldest and newest message were published."""

    at: datetime
    known: datetime | None
    oldest: datetime
    newest: datetime
    is_stale: bool


def _page() -> None:
    st.title("Outages", anchor=False)
    known = controls.known_utc()
    now = known or now_utc()
    published = marts.published(known)
    if published is None:
        with st.container(border=True, key="nothing"):
            st.markdown(
                f"**This workspace holds no message on outages{' as known then' if known else ''}.** "
                "`energy-monitor backfill --from YYYY-MM-DD remit` and `energy-monitor build` fetch them."
            )
        return
    at = outages.moment_of(now, published[1])
    here = Moment(at, known, *published, is_stale=now - published[1] > outages.STALE)
    under_way = marts.under_way(here.at, known)
    coming = marts.coming(here.at, here.at + outages.AHEAD, known)
    _totals(here, under_way)
    _message(here)
    _figure(here)
    filters = _filters([*under_way, *coming])
    is_now = known is None and not here.is_stale
    _table(
        "Out now" if is_now else "Out then", "out-now", [row for row in under_way if filters.holds(row)], len(under_way)
    )
    days = outages.AHEAD.days
    chosen = [row for row in coming if filters.holds(row)]
    _table(f"Coming in the next {days} days", "coming", chosen, len(coming), ahead=True)
    st.caption(f"{outages.HOW_COUNTED} The oldest message here was published {moment_text(here.oldest)}.")
    glossary.show("REMIT", "Half-hour", "Pumped storage")


def _totals(here: Moment, under_way: Sequence[Row]) -> None:
    with st.container(key="totals"):
        st.markdown(f"**{text.plain(outages.totals(under_way))}**")
    published = text.age((here.known or now_utc()) - here.newest)
    said = f"At {moment_text(here.at)}, by the newest revision of each message, of which the last came {published}"
    if here.is_stale:
        said = (
            f"The newest message is of {moment_text(here.newest)}, and nothing newer was fetched: this is what was "
            "known then, not what is out now"
        )
    st.caption(text.plain(f"{said}. Outages are what market participants say (REMIT messages)."))


def _figure(here: Moment) -> None:
    rows, spec, said = outage_charts.drawn(here.at, here.known, here.oldest)
    st.header("Out of use by fuel, 7 days back and 14 ahead", anchor=False)
    st.caption(text.plain(said))
    panel.show(panel.Figure("out-by-fuel", spec, rows, f"energy-monitor_outages_{local_date(here.at)}"))


def _filters(rows: Sequence[Row]) -> outages.Filters:
    fuels = sorted({outages.fuel_words(row) for row in rows})
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        fuel = st.selectbox("Fuel", (ANY, *fuels), key="fuel", bind="query-params", width=200)
        kind = st.selectbox("Kind", (ANY, *KINDS), key="kind", bind="query-params", width=140)
        least = st.number_input("At least, in MW", 0, 5000, 0, 50, key="mw", bind="query-params", width=160)
        words = st.text_input(
            "With the words", key="words", bind="query-params", placeholder="plant, cause, participant", width=260
        )
    return outages.Filters(None if fuel == ANY else fuel, None if kind == ANY else kind, least, words or "")


def _table(title: str, key: str, rows: list[Row], of: int, *, ahead: bool = False) -> None:
    st.header(title, anchor=False)
    if not rows:
        st.caption("No message." if not of else f"None of {of:,} messages is as chosen above.")
        return
    st.caption(f"{len(rows):,} of {of:,} messages. Choose a row to read all of its message.")

    def choose() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        if chosen and chosen[0] < len(rows):
            st.session_state["mrid"] = rows[chosen[0]]["mrid"]

    st.dataframe(
        outages.table(rows, is_coming=ahead),
        hide_index=True,
        key=key,
        on_select=choose,
        selection_mode="single-row",
        height=min(36 * (len(rows) + 1), 420),
        column_config={"MW out": st.column_config.NumberColumn(format="%.0f MW")},
    )
    panel.downloads(rows, f"energy-monitor_outages-{key}", key)


def _message(here: Moment) -> None:
    mrid = st.text_input(
        "A message by its number (mRID)",
        key="mrid",
        bind="query-params",
        placeholder="choose a row below, or put a number here",
        width=460,
    )
    if not mrid:
        return
    found = marts.revisions(mrid.strip(), here.known)
    with st.container(border=True, key="message"):
        if not found:
            st.markdown("**No message here has this number.** It may be older than what was fetched, or cut.")
            return
        newest = found[-1]
        plant = newest["affected_unit"] or newest["asset_id"] or "a plant without a name"
        st.header(text.plain(str(plant)), anchor=False)
        kind = " ".join(str(newest[name] or "") for name in ("unavailability_type", "event_type")).strip()
        said = (
            f"{kind or 'Outage'}, {outages.fuel_words(newest)}, {newest['event_status']}: "
            f"{text.megawatts(newest['unavailable_mw'])} of {text.megawatts(newest['normal_mw'])} out of use from "
            f"{moment_text(newest['event_start_utc'])} until {outages.ended(newest)}. Sent by "
            f"{newest['participant_id'] or 'a participant without a name'}."
        )
        st.markdown(text.plain(said))
        if newest["state"] == "withdrawn":
            st.caption("Two later complete answers of the source lack this message: it counts as withdrawn.")
        for label, column in (("Cause", "cause"), ("What else is said", "related_information")):
            if newest[column]:
                st.caption(f"{label}, in the participant’s words")
                st.text(newest[column])
        revisions = "1 revision" if len(found) == 1 else f"{len(found):,} revisions"
        st.caption(f"{revisions}, in the order of publishing.")
        st.dataframe(_revisions(found), hide_index=True, key="revisions")
        if steps := outages.steps_of(newest):
            st.caption("The steps that its newest revision carries")
            st.dataframe(steps, hide_index=True, key="steps")
        panel.downloads(found, "energy-monitor_outage-message", "message")


def _revisions(found: Sequence[Row]) -> list[dict[str, str]]:
    return [
        {
            "Revision": str(row["revision_number"]),
            "Published": moment_text(row["published_at_utc"]),
            "MW out": text.megawatts(row["unavailable_mw"]),
            "What changed": outages.changed(before, row),
            "Response in the lake": str(row["lake_key"]),
        }
        for before, row in zip([None, *found], found, strict=False)
    ]


_page()
