"""The four pages over time: a window, what it shows in words, the chart, its numbers as CSV and as a table."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.drawing import Spec
from dashboard.export import cells, csv_bytes
from dashboard.shown import Shown, load
from dashboard.windows import WINDOWS

Draw = Callable[[Shown], tuple[Spec, str]]


def choose_window() -> str:
    """The window, which is kept in the address, so that it can be shared."""
    chosen = st.segmented_control(
        "Window", WINDOWS, default="day", required=True, key="window", bind="query-params", label_visibility="collapsed"
    )
    return chosen or "day"


@dataclass(frozen=True)
class Drawn:
    """A window, drawn: what is on the page together is from the same rows."""

    shown: Shown
    chart: Spec
    caption: str
    csv: bytes


@st.cache_resource(ttl="30s", max_entries=100, show_spinner=False)
def _drawn(subject: str, window: str, _draw: Draw) -> Drawn | None:
    shown = load(subject, window)
    return None if shown is None else Drawn(shown, *_draw(shown), csv_bytes(shown.rows))


def show(title: str, subject: str, draw: Draw) -> None:
    """The whole page. `draw` gives the chart and the caption over it."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title, anchor=False, width="content")
        window = choose_window()
    drawn = _drawn(subject, window, draw)
    if drawn is None:
        with st.container(border=True, key="nothing"):
            st.markdown(
                f"**This workspace holds no {subject} data.** `energy-monitor status` says what was asked for, and "
                "`energy-monitor backfill --from YYYY-MM-DD` with `energy-monitor build` fetches more."
            )
        return
    with st.container(key="caption"):
        st.caption(drawn.caption)
    st.vega_lite_chart(None, drawn.chart, width="stretch", key=f"chart-{subject}")
    with st.container(horizontal=True, horizontal_alignment="right"):
        csv_button(drawn.csv, drawn.shown.file_name)
    table = st.expander("Table", on_change="rerun", key="table")
    if table.open:
        header, body = cells(drawn.shown.rows)
        table.dataframe(pd.DataFrame(body, columns=header), hide_index=True)


def csv_button(content: bytes, file_name: str) -> None:
    """A button that gives a chart's numbers, to the last digit."""
    st.download_button(
        "CSV",
        data=content,
        file_name=file_name,
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
        key=f"csv-{file_name}",
    )
