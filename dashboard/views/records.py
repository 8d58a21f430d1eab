"""Records: the highest and the lowest that is known here, what each beat, and how it moved."""

import streamlit as st

from dashboard import glossary, panel, record_charts, record_words, text
from dashboard.connection import Row
from dashboard.controls import known_utc
from dashboard.local_time import day_text
from dashboard.marts import records as marts
from dashboard.measures import MEASURES
from dashboard.origin import link
from dashboard.record_kinds import GROUPS, NEAR_BY, group_of, in_order
from ingestion.settlement import settlement_date_of as local_date


def _page() -> None:
    st.title("Records", anchor=False)
    records = marts.records()
    if not records:
        with st.container(border=True, key="nothing"):
            st.markdown(
                "**No record is known yet.** A record needs half-hours whose every part is known: "
                "`energy-monitor backfill --from YYYY-MM-DD` with `energy-monitor build` fetches more."
            )
        return
    st.caption(text.plain(_since(records)))
    if known_utc():
        st.caption("Records are of what is known now, whatever moment is chosen.")
    groups = [group for group in GROUPS if any(group_of(record) == group for record in records)]
    group = st.segmented_control(
        "Group",
        groups,
        default=groups[0],
        required=True,
        key="group",
        bind="query-params",
        label_visibility="collapsed",
    )
    of_group = in_order([record for record in records if group_of(record) == group])
    with st.container(key="tiles"):
        for record in of_group:
            _tile(record)
    panel.downloads(records, "energy-monitor_records", "records")
    panel.data_table(records, "records")
    by_name = {record["record_name"]: record for record in of_group}
    name = st.selectbox("How one record moved", list(by_name), key="record", bind="query-params", width=420)
    _record(by_name[name] if name in by_name else of_group[0])
    glossary.show("Half-hour", "Record", "Tie", "Provisional", "Suspect", "Embedded")


def _since(records: list[Row]) -> str:
    """Since when anything is known: records are of that, and of no time before."""
    firsts = sorted({local_date(record["known_since_utc"]) for record in records})
    since = f"on {day_text(firsts[0])}"
    if len(firsts) > 1:
        since = f"between {day_text(firsts[0])} and {day_text(firsts[-1])}, by series"
    said = f"Records of what is known here, not of all time: it begins {since}."
    if holes := sum(record["known_periods"] < record["periods_in_span"] for record in records):
        said += f" {holes} of {len(records)} have holes: half-hours that are not known, or not complete."
    settled = sum(record["state"] == "settled" for record in records)
    return f"{said} {settled} of {len(records)} are confirmed: their numbers are settled, and the others may change."


def _tile(record: Row) -> None:
    with st.container(border=True, key=f"tile-{record['record_id']}"):
        st.metric(
            text.plain(record["record_name"]),
            record_words.of_record(record, record["value"]),
            help=text.plain(record["caveat"]) if record["caveat"] else None,
        )
        beat, ties = record_words.beat_text(record), record_words.ties_text(record)
        said = [record_words.when_text(record), beat, ties]
        badge = ":green-badge[confirmed]" if record["state"] == "settled" else ":orange-badge[not confirmed]"
        st.caption(f"{text.plain(' · '.join(part for part in said if part))} {badge}")


def _record(record: Row) -> None:
    history = marts.history(record["record_id"])
    holders = [row for row in history if not row["is_tie"]]
    value = record_words.of_record(record, record["value"])
    said = [
        f"{record['record_name']}: {value}, {record_words.when_text(record)}.",
        f"{text.sentence(record_words.beat_text(record))}.",
        f"It is {record_words.confirmed_text(record['state'])}, {record_words.known_text(record)}.",
    ]
    if ties := record_words.ties_text(record):
        said.append(f"It was {ties}: ties leave the record with the earlier.")
    if record["caveat"]:
        said.append(f"{record['caveat']}.")
    words = " ".join(said)
    near = NEAR_BY.get(record["record_id"])
    where = ""
    if record["span"] == "half_hour" and near and near.number:
        where = f" [Where does it come from?]({link(MEASURES[near.number], record['period_start_utc'])})"
    with st.container(key="one-record"):
        st.markdown(text.plain(words) + where)
    if not holders:
        st.caption("Its history is not built.")
        return
    steps = len(holders) - 1
    times = {0: "never beaten", 1: "beaten once"}.get(steps, f"beaten {steps:,} times")
    st.caption(text.plain(f"How it moved: {times} in what is known here. The first is where the series begins."))
    spec = record_charts.stepped(history, record, f"{record['record_name']}, as it moved: {times}. {words}")
    panel.show(panel.Figure("history", spec, history, f"energy-monitor_record_{record['record_id']}"))


_page()
