"""Calendar files: read back by the package icalendar, and their bytes as RFC 5545 wants them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from energy_monitor.ahead import Ahead, Series
from energy_monitor.calendar_file import calendar, escaped, folded
from energy_monitor.planned import Offer, Planned
from planner.model import Load, Piece, Plan, Wishes

START = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 01:30, for the first time that night
MADE = datetime(2026, 10, 24, 18, 0, 7, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NONE = Series("none", "", {}, None, (), None)


def made(*starts: datetime, name: str = "Electric campervan", power_kw: float = 7.4) -> tuple[Planned, Offer]:
    """A plan of runs of a quarter of an hour."""
    pieces = tuple(Piece(start, start + QUARTER, power_kw) for start in starts)
    plan = Plan(pieces, len(pieces), 123.0, 456.0, power_kw / 4 * len(pieces), 0)
    offers = (Offer("cheapest", plan, True), Offer("at_once", plan, True))
    wishes = Wishes(START, START + timedelta(hours=6))
    ahead = Ahead("L", "South West England", START, wishes.deadline_utc, None, NONE, NONE, ())
    planned = Planned(name, Load(energy_kwh=1, power_kw=power_kw), wishes, ahead, offers)
    return planned, offers[0]


def text_of(*starts: datetime, made_utc: datetime = MADE, name: str = "Electric campervan") -> str:
    return calendar(*made(*starts, name=name), made_utc)


def test_each_run_is_an_event_in_utc() -> None:
    second = START + timedelta(hours=2, microseconds=600_000)
    read = Calendar.from_ical(text_of(START, second))
    assert (read["VERSION"], bool(read["PRODID"])) == ("2.0", True)
    events = read.walk("VEVENT")
    assert [(event.start, event.end) for event in events] == [
        (START, START + QUARTER),
        (START + timedelta(hours=2, seconds=1), START + timedelta(hours=2, seconds=1) + QUARTER),
    ]
    assert {event["DTSTAMP"].dt for event in events} == {MADE}
    assert [str(event["SUMMARY"]) for event in events] == [
        "Electric campervan: cheapest, 1.85 kWh at 7.4 kW (1 of 2)",
        "Electric campervan: cheapest, 1.85 kWh at 7.4 kW (2 of 2)",
    ]
    assert "£1.23" in events[0]["DESCRIPTION"]
    assert not read.errors
    assert not [error for event in events for error in event.errors]


def test_pieces_that_touch_are_one_event() -> None:
    (event,) = Calendar.from_ical(text_of(START, START + QUARTER)).walk("VEVENT")
    assert (event.start, event.end) == (START, START + 2 * QUARTER)


def test_a_newer_plan_takes_the_place_of_the_older_one() -> None:
    def uids(text: str) -> list[str]:
        return [str(event["UID"]) for event in Calendar.from_ical(text).walk("VEVENT")]

    first = uids(text_of(START, START + 4 * QUARTER))
    assert len(set(first)) == 2
    assert uids(text_of(START + QUARTER, START + 6 * QUARTER, made_utc=MADE + QUARTER)) == first
    assert not set(first) & set(uids(text_of(START, name="Electric car")))
    planned, offer = made(START)
    later = replace(planned.wishes, deadline_utc=planned.wishes.deadline_utc + QUARTER)
    assert uids(calendar(replace(planned, wishes=later), offer, MADE))[0] not in first


def test_what_nothing_runs_in_makes_no_calendar() -> None:
    with pytest.raises(ValueError, match="nothing runs"):
        text_of()


def test_a_simulated_grid_is_named() -> None:
    planned, offer = made(START)
    (event,) = Calendar.from_ical(calendar(planned, offer, MADE, is_simulated=True)).walk("VEVENT")
    assert "(simulated)" in event["SUMMARY"]
    assert "simulated grid" in event["DESCRIPTION"]


ODD = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(ODD)
def test_any_name_comes_back_as_it_was_on_lines_of_75_octets(name: str) -> None:
    text = text_of(START, name=name)
    lines = text.encode().split(b"\r\n")
    assert lines.pop() == b""
    assert max(map(len, lines)) <= 75
    assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", b"".join(lines))
    for line in lines:
        line.decode()  # no character is cut in two
    unfolded = text.replace("\r\n ", "").split("\r\n")
    (summary,) = (line for line in unfolded if line.startswith("SUMMARY:"))
    shown = "".join(sign for sign in name.replace("\r\n", "\n") if sign in "\n\t" or not is_control(sign))
    assert unescaped(summary.removeprefix("SUMMARY:")).startswith(f"{shown}: cheapest, ")


def is_control(sign: str) -> bool:
    return ord(sign) < 32 or 127 <= ord(sign) < 160


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def test_text_is_escaped() -> None:
    assert escaped("a,b;c\\d\ne\r\nf\rg\x00") == "a\\,b\\;c\\\\d\\ne\\nfg"


def test_lines_are_folded_at_75_octets() -> None:
    assert list(folded("x" * 75)) == ["x" * 75]
    assert list(folded("x" * 76)) == ["x" * 75, " x"]
    assert list(folded("x" * 74 + "£")) == ["x" * 74, " £"]
    assert list(folded("£" * 75)) == ["£" * 37, " " + "£" * 37, " £"]
