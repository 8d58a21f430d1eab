"""The pages over time: a window, what it shows in words, the chart, its numbers, and where they come from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from dashboard import controls, glossary, panel, picked
from dashboard.drawing import Spec
from dashboard.kept import kept
from dashboard.shown import Shown, load
from dashboard.windows import Choice
from energy_monitor.clock import now_utc

Draw = Callable[[Shown], tuple[Spec, str]]


@dataclass(frozen=True)
class Drawn:
    """A window, drawn: what is on the page together is from the same rows."""

    shown: Shown
    chart: Spec
    caption: str


@kept
def _drawn(subject: str, choice: Choice, draw: Draw) -> Drawn | None:
    shown = load(subject, choice)
    return None if shown is None else Drawn(shown, *draw(shown))


def show(title: str, subject: str, draw: Draw, terms: tuple[str, ...] = ()) -> None:
    """The whole page. `draw` gives the chart and the caption over it; `terms` are explained below."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title, anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content", key="choice"):
            choice = controls.window(now_utc())
    drawn = _drawn(subject, choice, draw)
    if drawn is None:
        with st.container(border=True, key="nothing"):
            then = " as known then" if choice.known_utc else ""
            st.markdown(
                f"**This workspace holds no {subject} data{then}.** `energy-monitor status` says what was asked for, "
                "and `energy-monitor backfill --from YYYY-MM-DD` with `energy-monitor build` fetches more."
            )
        return
    with st.container(key="caption"):
        st.caption(drawn.caption)
    shown = drawn.shown

    def pick(start_ms: int) -> None:
        picked.show(shown, datetime.fromtimestamp(start_ms / 1000, UTC))

    panel.show(panel.Figure(subject, drawn.chart, shown.rows, shown.file_stem), pick=pick)
    glossary.show(*terms)
