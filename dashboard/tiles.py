"""Tiles on the page: each a box with its number, the last day in small, and what is said of it."""

from datetime import datetime

import streamlit as st

from dashboard.measures import MEASURES
from dashboard.origin import link
from dashboard.svg import as_image, sparkline
from dashboard.tile import Tile, words


def show(tile: Tile, now_utc: datetime, known_utc: datetime | None = None) -> None:
    with st.container(border=True, key=f"tile-{tile.key}"):
        st.metric(tile.label, tile.value, help=tile.help)
        if line := sparkline(tile.trend, tile.colour):
            st.html(as_image(line))
        parts = words(tile, now_utc)
        if tile.is_stale(now_utc):
            parts.append(":orange-badge[stale]")
        if tile.measure and tile.start_utc:
            parts.append(f"[where from?]({link(MEASURES[tile.measure], tile.start_utc, known_utc)})")
        st.caption(" · ".join(parts))
