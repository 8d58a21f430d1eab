"""A half-hour or a day that was chosen in a chart: its numbers, their states, and where each comes from."""

from datetime import datetime

import streamlit as st

from dashboard import text
from dashboard.measures import of_subject
from dashboard.origin import link
from dashboard.points import slot_text
from dashboard.shown import Shown


def show(shown: Shown, start_utc: datetime) -> None:
    slot = next((slot for slot in shown.slots if slot.start_utc == start_utc), None)
    if slot is None:  # the window has moved on since
        st.caption("Choose a point of the chart to see where its numbers come from.")
        return
    lines = [f"**{text.plain(slot_text(slot.start_utc, slot.end_utc))}**"]
    for measure in of_subject(shown.subject):
        column = measure.daily_column if shown.is_daily else measure.column
        if column is None or not slot.row or column not in slot.row:
            continue
        words = measure.daily_words if shown.is_daily else measure.words
        number = words(slot.row[column])
        where = link(measure, slot.start_utc, shown.choice.known_utc)
        lines.append(f"- {measure.label}: {text.plain(number)} · [where does it come from?]({where})")
    if len(lines) == 1:
        lines.append("No data.")
    st.markdown("\n".join([lines[0], "", *lines[1:]]))
