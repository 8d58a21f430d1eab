"""The fields of the page Charge: two to an answer, and all else under More choices, each with what is wrong with it."""

from collections.abc import Mapping
from datetime import timedelta

import streamlit as st

from dashboard import place, postcodes, text
from dashboard.charge_choice import KEYS, LATER, MORE, NAMES, OWN, Choice
from dashboard.charge_words import duration
from dashboard.local_time import moment_text

FIGURES = ("energy", "power", "efficiency")


def given() -> dict[str, object]:
    """What the fields hold, or the address says before they are first drawn."""
    return {key: st.session_state[key] if key in st.session_state else st.query_params.get(key) for key in KEYS}


def show(choice: Choice, names: Mapping[int, str], found: postcodes.Found | None) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="charge-choice"):
        st.selectbox("What", list(NAMES), key="what", bind="query-params", width=230)
        place.fields(names, label="Where", width=230)
    _wrong(choice, "what", "region")
    place.said(found, names)
    is_own = choice.preset is OWN
    if is_own:
        _figures(choice)
    wrong = any(key in choice.problems for key in MORE)
    with st.expander("More choices", icon=":material/tune:", expanded=wrong, key="more"):
        if not is_own and choice.can_pause:
            _figures(choice)
        _times(choice)
        if choice.can_pause:
            _runs(choice)
        _weights(choice)
    if not choice.problems:
        st.caption(text.plain(summary(choice)))


def summary(choice: Choice) -> str:
    """What is planned, in a line."""
    load = choice.load
    what = choice.preset.figures if load.profile else _charging(choice)
    begins = "" if choice.is_from_now else f", not before {moment_text(choice.wishes.earliest_utc)}"
    return f"{text.sentence(what)}. Ready by {moment_text(choice.wishes.deadline_utc)}{begins}."


def _charging(choice: Choice) -> str:
    load = choice.load
    takes = duration(timedelta(hours=load.energy_at_meter_kwh / load.power_kw))
    return (
        f"{load.energy_kwh:g}{text.NBSP}kWh into the battery at {load.power_kw:g}{text.NBSP}kW, with an efficiency of "
        f"{text.percent(load.efficiency)}: {takes} of charging"
    )


def _wrong(choice: Choice, *keys: str) -> None:
    """What is wrong with the fields above."""
    for key in keys:
        if key in choice.problems:
            with st.container(key=f"problem-{key}"):
                st.error(text.plain(choice.problems[key]))


def _number(choice: Choice, key: str, label: str, usual: str, step: float, help_text: str | None = None) -> None:
    st.number_input(
        label, value=None, key=key, bind="query-params", placeholder=usual, step=step, help=help_text, format="%g"
    )
    _wrong(choice, key)


def _whole(choice: Choice, key: str, label: str, usual: str, step: int, is_off: bool) -> None:
    st.number_input(label, value=None, key=key, bind="query-params", placeholder=usual, step=step, disabled=is_off)
    _wrong(choice, key)


def _figures(choice: Choice) -> None:
    usual = choice.preset.load
    energy_at, power, efficiency = st.columns(3)
    with energy_at:
        _number(choice, "energy", "Energy at the battery, kWh", f"{usual.energy_kwh:g}", 1.0)
    with power:
        _number(choice, "power", "Charger power, kW", f"{usual.power_kw:g}", 0.1, "As the meter sees it.")
    with efficiency:
        help_text = "How much of what the meter counts arrives in the battery."
        _number(choice, "efficiency", "Efficiency, %", f"{usual.efficiency * 100:g}", 1.0, help_text)


def _times(choice: Choice) -> None:
    by, begins, later = st.columns(3)
    with by:
        _moment("by", "Ready by, if not tomorrow at 07:00")
        _wrong(choice, "by")
    with begins:
        _moment("from", "Not before, if not now")
        _wrong(choice, "from")
    with later:
        st.selectbox(
            "Where prices end before that",
            list(LATER),
            key="later",
            bind="query-params",
            help="Prices are published for a day ahead. What comes after may be cheaper or dearer: nobody knows.",
        )
        _wrong(choice, "later")


def _moment(key: str, label: str) -> None:
    st.datetime_input(
        label,
        value=None,
        key=key,
        bind="query-params",
        step=900,
        format="DD/MM/YYYY",
        help="UK local time; in the hour that comes twice, the first.",
    )


def _runs(choice: Choice) -> None:
    pauses, pieces, shortest = st.columns(3, vertical_alignment="bottom")
    with pauses:
        st.toggle("Pauses are allowed", key="pauses", bind="query-params")
    is_off = not st.session_state["pauses"]
    with pieces:
        _whole(choice, "pieces", "At most so many runs", "any number", 1, is_off)
    with shortest:
        _whole(choice, "run", "Each run at least, minutes", "any length", 15, is_off)


def _weights(choice: Choice) -> None:
    cap, carbon, _ = st.columns(3)
    with cap:
        _number(choice, "cap", "Highest price, p/kWh", "any price", 1.0, "Dearer half-hours are left out.")
    with carbon:
        help_text = "How many pence more you would pay for a kilogram of CO₂ less. At 0 the price alone counts."
        _number(choice, "carbon", "A kilogram of CO₂ counts for, p", "0", 5.0, help_text)
