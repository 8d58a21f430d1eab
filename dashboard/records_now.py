"""The part of Now that says which records are near or were broken."""

from datetime import datetime

import streamlit as st

from dashboard import record_words, text
from dashboard.marts import records as marts


def show(now_utc: datetime, known_utc: datetime | None) -> None:
    """A few sentences. There are no records as known at a moment: those of now are shown, and it is said."""
    minute = (known_utc or now_utc).replace(second=0, microsecond=0)
    said = record_words.lines(marts.records(), marts.broken_lately(minute), marts.newest_numbers(minute), minute)
    st.header("Records near or broken", anchor=False)
    with st.container(key="records-now"):
        if len(said) == 1:
            st.markdown(text.plain(said[0]))
        else:
            st.markdown("\n".join(f"- {text.plain(sentence)}" for sentence in said))
        note = "Records are of what is known now, whatever moment the page is of. " if known_utc else ""
        st.caption(f"{note}Of what is known here, not of all time. [All records](records)")
