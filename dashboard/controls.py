"""What a reader can choose. All of it is in the address, so that whatever is seen can be shared."""

from datetime import date, datetime, timedelta
from typing import Literal

import streamlit as st

from dashboard.local_time import moment_text
from dashboard.windows import AGAINST, DATES, MOST_DAYS_AS_KNOWN, WINDOWS, Choice
from ingestion.settlement import DAY, LONDON
from ingestion.settlement import settlement_date_of as local_date

OLDEST = date(2000, 1, 1)  # before any number of these sources
AS_KNOWN_WINDOWS = ("day", "week", DATES)
NOTHING = "not compared"


def known_utc() -> datetime | None:
    """The moment as of which pages are shown; None is now."""
    chosen = st.session_state.get("known")
    return chosen.replace(tzinfo=LONDON) if chosen else None


def as_known(now_utc: datetime) -> None:
    """The switch to a past moment, and what it says while it is on."""
    with st.popover("As known at…", icon=":material/history:", type="tertiary", key="as-known"):
        st.datetime_input(
            "Show all as it was known at",
            value=None,
            key="known",
            bind="query-params",
            persist_state="session",
            min_value=datetime.combine(OLDEST, datetime.min.time()),
            max_value=now_utc.astimezone(LONDON).replace(tzinfo=None),
            step=1800,
            format="DD/MM/YYYY",
            help="UK local time. Sources change what they said; nothing that was fetched is forgotten.",
        )
        st.caption(f"Any page, over at most {MOST_DAYS_AS_KNOWN} days. Empty is now.")
    if moment := known_utc():
        with st.container(horizontal=True, vertical_alignment="center", key="known-banner"):
            st.info(
                f"**As known at {moment_text(moment)}.** What came later is not here; numbers are as they came, before "
                "any check of ours.",
                icon=":material/history:",
            )
            st.button("Back to now", key="back-to-now", on_click=_to_now)


def _to_now() -> None:
    st.session_state["known"] = None


def window(now_utc: datetime) -> Choice:
    """The window of a page over time, and what it is set against."""
    known = known_utc()
    chosen = st.segmented_control(
        "Window",
        AS_KNOWN_WINDOWS if known else WINDOWS,
        default="day",
        required=True,
        key="window",
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
    )
    dates = None
    if chosen == DATES:
        dates = two_dates("Dates", "dates", known or now_utc, ahead=3 * DAY, persist_state="session")
    if dates and known and (dates[1] - dates[0]).days >= MOST_DAYS_AS_KNOWN:
        dates = dates[1] - (MOST_DAYS_AS_KNOWN - 1) * DAY, dates[1]
        st.caption(f"As known at a moment at most {MOST_DAYS_AS_KNOWN} days are shown: the last of these.")
    against = st.segmented_control(
        "Against",
        (NOTHING, *AGAINST),
        default=NOTHING,
        required=True,
        key="against",
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
        disabled=chosen == "all",
    )
    return Choice(
        chosen if chosen != DATES or dates else "day",
        dates,
        against if against in AGAINST and chosen != "all" else None,
        known,
    )


def two_dates(
    label: str, key: str, until_utc: datetime, *, ahead: timedelta, persist_state: Literal["session"] | None = None
) -> tuple[date, date] | None:
    """The first and the last day, the last week at first; one alone is both. None where neither is chosen."""
    last = local_date(until_utc)
    given = st.date_input(
        label,
        value=(last - 6 * DAY, last),
        min_value=OLDEST,
        max_value=last + ahead,
        key=key,
        bind="query-params",
        persist_state=persist_state,
        format="DD/MM/YYYY",
        label_visibility="collapsed",
        width=240,
    )
    if not isinstance(given, tuple) or not given:
        st.caption("Choose the first and the last day.")
        return None
    # one day: the last is still to be chosen, or both are the same, which the address holds once
    return given[0], given[-1]
