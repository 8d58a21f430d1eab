"""A chart with all that belongs to it: its words, its numbers as files and as a table, and where a point is from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.connection import Row
from dashboard.drawing import Spec
from dashboard.export import cells, csv_bytes, parquet_bytes

PICKED = "picked"  # the chart's selection of a half-hour or a day: see drawing.hover_form


@dataclass(frozen=True)
class Figure:
    """A chart and the rows that it is drawn from: what is on the page together is from the same rows.

    stem: of the names of files. key: of the page's elements, unique on it.
    """

    key: str
    spec: Spec
    rows: Sequence[Row]
    stem: str


def show(figure: Figure, *, table: bool = True, files: bool = True, pick: Callable[[int], None] | None = None) -> None:
    """The chart, the buttons and the table. `pick` is called with a chosen point's start, in milliseconds of UTC."""
    if pick is None:
        st.vega_lite_chart(None, figure.spec, width="stretch", key=f"chart-{figure.key}")
    else:
        chosen = st.vega_lite_chart(
            None, figure.spec, width="stretch", key=f"chart-{figure.key}", on_select="rerun", selection_mode=PICKED
        )
        if (start := _start(chosen)) is not None:
            with st.container(border=True, key=f"picked-{figure.key}"):
                pick(start)
    if files:
        downloads(figure.rows, figure.stem, figure.key)
    if table:
        data_table(figure.rows, figure.key)


def _start(chosen: Any) -> int | None:
    points = chosen["selection"].get(PICKED) if chosen else None
    start = points[0].get("start") if points else None
    return None if start is None else int(start)


def downloads(rows: Sequence[Row], stem: str, key: str) -> None:
    """The numbers to the last digit. Files are made when they are asked for."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small", key=f"downloads-{key}"):
        for label, write, kind in (
            ("CSV", csv_bytes, "text/csv"),
            ("Parquet", parquet_bytes, "application/vnd.apache.parquet"),
        ):
            st.download_button(
                label,
                data=partial(write, rows),
                file_name=f"{stem}.{label.lower()}",
                mime=kind,
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
                key=f"{label.lower()}-{key}",
            )


def data_table(rows: Sequence[Row], key: str) -> None:
    """The numbers as a table, made when it is opened."""
    table = st.expander("Table", on_change="rerun", key=f"table-{key}")
    if table.open:
        header, body = cells(rows)
        table.dataframe(pd.DataFrame(body, columns=header), hide_index=True)
