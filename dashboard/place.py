"""Choosing where: a network region, by its name or by a postcode district. Both are in the address."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import postcodes, regions, text
from dashboard.connection import Row
from dashboard.marts import regions as marts

KEY, POSTCODE = "region", "postcode"


def names_of(rows: Sequence[Row]) -> dict[int, str]:
    """Regions' names by id."""
    return {row["region_id"]: regions.name_of(row) for row in rows}


def given(names: Mapping[int, str], usual: str | None = None) -> postcodes.Found | None:
    """What the address or the field says of a postcode; of a full one, only its first half stays anywhere.

    Where no region is chosen, it chooses the postcode's, else the usual one. To be called before any field is made.
    """
    typed = st.session_state.get(POSTCODE) or st.query_params.get(POSTCODE) or ""
    found = postcodes.find(typed) if typed.strip() else None
    if found and found.district and found.district != typed:
        st.query_params[POSTCODE] = found.district
        st.rerun()  # before the field is made, which so never holds more
    if st.session_state.get(KEY) is None and KEY not in st.query_params:
        likely = names.get(found.regions[0]) if found and found.regions else None
        if likely or usual:
            st.session_state[KEY] = likely or usual
    return found


def choose(region: int) -> None:
    """As if a region had been chosen by its name."""
    names = names_of(marts.regions())
    if region in names:
        st.session_state[KEY] = names[region]


def _postcode_typed() -> None:
    """A postcode that says where it is also chooses the region."""
    found = postcodes.find(st.session_state[POSTCODE])
    if found.district:
        st.session_state[POSTCODE] = found.district
    if found.regions:
        choose(found.regions[0])


def fields(names: Mapping[int, str], *, label: str = "Region", width: int = 260) -> str | None:
    """Both fields, side by side where they are put; gives the region's name."""
    # no default, so that the address names each region that is chosen
    chosen = st.selectbox(
        label, list(names.values()), None, key=KEY, bind="query-params", placeholder="Choose a region", width=width
    )
    st.text_input(
        "or by postcode district",
        key=POSTCODE,
        bind="query-params",
        placeholder="such as SW1A",
        max_chars=10,
        width=200,
        on_change=_postcode_typed,
        help="A postcode’s first half is enough. Of a full one the second half is dropped, and none is stored.",
    )
    return chosen


def said(found: postcodes.Found | None, names: Mapping[int, str]) -> None:
    """What the postcode says, with the regions that it may be in."""
    if found is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="postcode-found"):
        st.markdown(text.plain(regions.postcode_words(found, names)), width="content")
        for region in found.regions if len(found.regions) > 1 else ():
            name = names.get(region, "")
            st.button(f"Show {name}", key=f"show-{region}", on_click=choose, args=(region,), type="tertiary")


def name_in_text(region: str | None) -> str:
    """A region as it is named in a sentence."""
    return region or "Great Britain"
