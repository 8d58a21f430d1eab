"""Where does this number come from? Its column, the query, the columns behind it, its versions, the lake's objects."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import panel, text
from dashboard.connection import Row
from dashboard.local_time import moment_text, utc_iso
from dashboard.measures import MEASURES, Measure
from dashboard.origin import behind, link, number_at, query_of, versions_of

ASKED = ("number", "at", "of", "as_known")


def _page() -> None:
    st.title("Where does this number come from?", anchor=False)
    asked = {name: st.query_params.get(name) for name in ASKED}
    measure = MEASURES.get(asked["number"] or "")
    at_utc, known_utc = _instant(asked["at"]), _instant(asked["as_known"])
    if (
        measure is None
        or at_utc is None
        or (asked["as_known"] and known_utc is None)
        or (measure.of and not asked["of"])
    ):
        with st.container(border=True, key="nothing"):
            if any(asked.values()):
                st.markdown("**This address names no number.** It may have been cut when it was copied.")
            st.markdown(
                "Each number on the other pages leads here: those in tiles by *where from?*, those in charts after a "
                "click or a tap on the chart."
            )
        return
    found = number_at(measure.key, at_utc, asked["of"], known_utc)
    _number(measure, at_utc, asked["of"], known_utc, found)
    _made_of(measure, at_utc, known_utc)
    _versions(measure, at_utc, asked["of"])
    _lineage(measure)


def _instant(given: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(given or "")
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else None


def _number(measure: Measure, at_utc: datetime, of: str | None, known_utc: datetime | None, found: Row | None) -> None:
    with st.container(border=True, key="number"):
        name = f"{measure.label} ({of})" if of else measure.label
        st.metric(text.plain(name), "no data" if found is None else measure.words(found["value"]))
        said = [f"From {moment_text(at_utc)}"]
        if found is not None and measure.state:
            said.append(text.state(found["state"]))
        if known_utc:
            said.append(f"as known at {moment_text(known_utc)}")
        st.caption(text.plain(" · ".join(said)))
        st.markdown(f"Column `{measure.column}` of the mart `marts.{measure.mart}`:")
        st.code(query_of(measure, at_utc, of), language=None, wrap_lines=True)
        if found and found["lake_key"]:
            st.markdown("The response that it was last read from, in the lake:")
            st.code(found["lake_key"], language=None, wrap_lines=True)


def _made_of(measure: Measure, at_utc: datetime, known_utc: datetime | None) -> None:
    if not measure.made_of:
        return
    st.header("Worked out from", anchor=False)
    lines = []
    for key in measure.made_of:
        part = MEASURES[key]
        found = number_at(key, at_utc, None, known_utc)
        number = "no data" if found is None else part.words(found["value"])
        lines.append(f"- [{part.label}]({link(part, at_utc, known_utc)}): {text.plain(number)}")
    st.markdown("\n".join(lines))


def _versions(measure: Measure, at_utc: datetime, of: str | None) -> None:
    if measure.versions is None:
        return
    st.header("What was known when", anchor=False)
    found = versions_of(measure.key, at_utc, of)
    if not found:
        st.caption(
            f"No version of it is in marts.{measure.versions.mart}: it was never received, or a file of a long history "
            "brought it in."
        )
        return
    st.caption(
        f"{len(found):,} {'version' if len(found) == 1 else 'versions'}, from marts.{measure.versions.mart}. "
        "Each held from when it was first known until the next."
    )
    st.dataframe(_table(found, measure), hide_index=True, key="versions")
    panel.downloads(found, f"energy-monitor_versions_{measure.key}_{utc_iso(at_utc).replace(':', '')}", "versions")


def _table(found: Sequence[Row], measure: Measure) -> list[dict[str, str]]:
    with_part = any(row["part"] for row in found)
    return [
        {
            **({"Of": str(row["part"])} if with_part else {}),
            "Value": measure.words(row["value"]),
            "Known from": moment_text(row["known_from_utc"]),
            "Known to": "holds" if row["known_to_utc"] is None else moment_text(row["known_to_utc"]),
            "Response in the lake": str(row["lake_key"]),
        }
        for row in found
    ]


def _lineage(measure: Measure) -> None:
    st.header("How it is made", anchor=False)
    st.caption("The columns behind it: from the mart through dbt’s models to the raw table that the response fills.")
    column = f"marts.{measure.mart}.{measure.column}"
    st.markdown("\n".join(f"{'    ' * min(depth, 6)}- `{name}`" for depth, name in behind(column)))


_page()
