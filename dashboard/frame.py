"""What is on every page: the banner over simulated numbers, what is wrong in words, and the sources' attributions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from dashboard import notices, text
from dashboard.connection import NotBuiltError, WarehouseError
from dashboard.marts import common
from energy_monitor.errors import UserError

STYLE = Path(__file__).with_name("style.css")

EMPTY = """
Nothing has been loaded into this workspace yet, or nothing was built. From the repository’s folder:

- `make up` fetches the newest data, builds the marts and serves this page, all in one;
- or step by step: `energy-monitor ingest fuelhh` (and other datasets, or `energy-monitor backfill --from YYYY-MM-DD`),
  then `energy-monitor build`.

Then load this page again.
"""


@contextmanager
def in_words() -> Iterator[None]:
    """What can be wrong with the warehouse is said on the page; nobody sees a traceback for it."""
    try:
        yield
    except NotBuiltError:
        with st.container(border=True, key="empty"):
            st.header("No data yet", anchor=False)
            st.markdown(EMPTY)
    except (WarehouseError, UserError) as error:
        with st.container(key="trouble"):
            st.error(text.plain(str(error)))


def banner() -> None:
    """Unmistakable where the numbers are made up."""
    if common.is_simulated():
        with st.container(key="banner"):
            st.warning(f"**{notices.MADE_UP}** {notices.SAY_NOTHING}")


def footer() -> None:
    with st.container(key="footer"):
        st.caption(f"{text.plain(notices.attributions())} {notices.LOCAL_TIME}")
