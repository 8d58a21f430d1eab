"""The page Outages: what is out against SQL, how it is counted, its filters, and one message in full."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import outage_charts, outages
from dashboard.marts import common
from dashboard.marts import outages as marts
from dashboard.windows import Span
from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, HALF_HOUR
from tests.conftest import SIMULATED_NOW
from tests.marts import rows_of
from tests.odd_text import EVIL
from tests.pages import page as opened
from tests.pages import read_words, specs_of

UNIT = "coalesce(affected_unit_eic, affected_unit, asset_id, mrid)"
START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def page(**asked: str) -> AppTest:
    """The page at an address."""
    return opened("outages", **asked)


def out_at(workspace: Workspace, moment: datetime, known: datetime) -> dict[str, Decimal]:
    """MW by planned or not, as the mart's description says that they are to be found; a unit counts once."""
    found = rows_of(
        workspace,
        f"""
        with held as (
            select *, row_number() over (
                partition by {UNIT} order by unavailable_mw desc, published_at_utc desc, mrid
            ) as place
            from marts.fct_outages
            where published_at_utc <= %(by)s and (superseded_at_utc is null or superseded_at_utc > %(by)s)
                and event_status = 'Active' and unavailable_mw > 0 and event_type not like 'Consumption%%'
                and event_start_utc <= %(at)s and (event_end_utc is null or event_end_utc > %(at)s)
        )
        select unavailability_type, sum(unavailable_mw) from held where place = 1 group by 1
        """,
        {"at": moment, "by": min(moment, known)},
        role="reader",
    )
    return dict(found)


def total_words(found: Mapping[str, Decimal]) -> str:
    planned, unplanned = (found.get(kind, Decimal(0)) for kind in ("Planned", "Unplanned"))
    return f"{planned + unplanned:,.0f} MW are out of use"


# How it is counted ----------------------------------------------------------------------------------------------------


def spoken(unit: str, mw: int, first: float, end: float | None, **more: Any) -> dict[str, Any]:
    """A revision's span in hours of START."""
    return {
        "unit": unit,
        "mrid": "m",
        "fuel_type": "Fossil Gas",
        "unavailability_type": "Planned",
        "unavailable_mw": Decimal(mw),
        "published_at_utc": START,
        "from_utc": START + timedelta(hours=first),
        "to_utc": None if end is None else START + timedelta(hours=end),
    } | more


def counted(*spans: dict[str, Any], hours: int = 3, oldest: datetime = START) -> list[dict[str, Any]]:
    return outages.by_half_hour(spans, Span(START, START + timedelta(hours=hours)), oldest)


def test_a_unit_counts_once_with_its_largest_message() -> None:
    rows = counted(spoken("a", 100, 0, 2), spoken("a", 300, 1, 1.5, unavailability_type="Unplanned"))
    assert [row["unavailable_mw"] for row in rows] == [100, 100, 300, 100, 0, 0]
    assert [row["planned_mw"] for row in rows] == [100, 100, 0, 100, 0, 0]
    assert [row["unplanned_mw"] for row in rows] == [0, 0, 300, 0, 0, 0]


def test_units_add_up_by_fuel_and_an_open_outage_does_not_end() -> None:
    rows = counted(
        spoken("a", 100, -5, None),
        spoken("b", 50, 0.1, 1, fuel_type="Wind Offshore"),
        spoken("c", 7, 0.1, 0.4, fuel_type=None),
        spoken("d", 5, 1, 1.5, fuel_type="A new fuel"),
    )
    assert [row["gas_mw"] for row in rows] == [100] * 6
    assert [row["wind_mw"] for row in rows] == [0, 50, 0, 0, 0, 0]
    assert [row["other_or_not_said_mw"] for row in rows] == [0, 0, 5, 0, 0, 0]  # that of c has no half-hour's start
    assert [row["unavailable_mw"] for row in rows] == [100, 150, 105, 100, 100, 100]


def test_what_was_published_before_anything_was_fetched_is_not_zero() -> None:
    rows = counted(spoken("a", 100, -5, None), oldest=START + HALF_HOUR)
    assert [row["unavailable_mw"] for row in rows] == [None, 100, 100, 100, 100, 100]
    spec = outage_charts.out_over_time(rows, Span(START, START + 6 * HALF_HOUR), START, [], "Said.")
    assert "greys" in spec["datasets"]


def test_the_figure_equals_sql_over_all_revisions(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    for known in (None, SIMULATED_NOW - timedelta(hours=20)):
        at = known or SIMULATED_NOW
        published = marts.published(known)
        assert published is not None
        rows, _, _ = outage_charts.drawn(at.replace(second=0), known, published[0])
        assert len(rows) == 21 * 48
        assert sum(row["unavailable_mw"] or 0 for row in rows) > 0
        for row in rows[::29]:
            if row["unavailable_mw"] is not None:
                held = out_at(simulated_workspace, row["period_start_utc"], at)
                assert row["unavailable_mw"] == sum(held.values()), row
                assert row["planned_mw"] == held.get("Planned", 0)


def test_every_fuel_of_the_figure_has_a_colour_of_dim_fuels(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace)
    assert set(outage_charts.colours(common.fuels()).values()) <= {fuel["colour"] for fuel in common.fuels()}


# The page -------------------------------------------------------------------------------------------------------------


def test_the_totals_and_tables_are_those_of_the_mart(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page()
    held = out_at(simulated_workspace, SIMULATED_NOW, SIMULATED_NOW)
    assert total_words(held) in read_words(app)
    assert f"{held.get('Planned', 0):,.0f} MW as planned" in read_words(app)
    now, coming = (frame.value for frame in app.dataframe)
    assert sum(now["MW out"][now["In the total"] == "yes"]) == sum(held.values())
    ahead = rows_of(
        simulated_workspace,
        "select mrid from marts.fct_outages where superseded_at_utc is null and event_status = 'Active'"
        " and event_start_utc > %s and event_start_utc <= %s order by event_start_utc, unavailable_mw desc, mrid",
        [SIMULATED_NOW, SIMULATED_NOW + 14 * DAY],
        role="reader",
    )
    assert list(coming["Message"]) == [mrid for (mrid,) in ahead]


def test_filters_are_in_the_address(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page(fuel="Fossil Gas", kind="planned", mw="450")
    frame = app.dataframe[0].value if len(app.dataframe) else None
    assert (app.selectbox(key="kind").value, app.number_input(key="mw").value) == ("planned", 450)
    if frame is not None:
        assert set(frame["Kind"]) <= {"Planned"}
        assert min(frame["MW out"]) >= 450
    assert "as chosen above" in read_words(page(words="no plant is called so"))


def test_a_filter_finds_every_word_anywhere() -> None:
    row = dict.fromkeys((*outages._SEARCHED, "unavailability_type")) | {"unavailable_mw": Decimal(50)}
    row |= {"affected_unit": "DRAXX-1", "cause": "Boiler trip"}
    assert outages.Filters(words="boiler draxx").holds(row)
    assert not outages.Filters(words="boiler turbine").holds(row)
    assert outages.Filters(fuel="not said", least_mw=50).holds(row)
    assert not outages.Filters(least_mw=50.5).holds(row)
    assert not outages.Filters(kind="planned").holds(row)


def test_a_message_is_shown_with_all_its_revisions(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    ((mrid, revisions),) = rows_of(
        simulated_workspace,
        "select mrid, count(*) from marts.fct_outages group by 1 having count(distinct event_end_utc) > 1"
        " order by 2 desc, 1 limit 1",
        role="reader",
    )
    app = page(mrid=mrid)
    assert f"{revisions} revisions" in read_words(app)
    shown = app.dataframe[0].value
    keys = rows_of(
        simulated_workspace,
        "select lake_key from marts.fct_outages where mrid = %s order by published_at_utc, revision_number",
        [mrid],
        role="reader",
    )
    assert list(shown["Response in the lake"]) == [key for (key,) in keys]
    assert shown["What changed"][0].startswith("first")
    assert any("until: " in said for said in shown["What changed"])
    assert "No message here has this number" in read_words(page(mrid="nothing"))


def test_as_known_at_a_moment_later_messages_are_not_there(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    moment = datetime(2026, 10, 27, 20, 0, tzinfo=UTC)
    assert total_words(out_at(simulated_workspace, moment, moment)) in read_words(page(known="2026-10-27T20:00"))
    (later,) = rows_of(
        simulated_workspace,
        "select mrid from marts.fct_outages group by 1 having min(published_at_utc) > %s limit 1",
        [moment],
        role="reader",
    )
    assert "No message here has this number" in read_words(page(known="2026-10-27T20:00", mrid=later[0]))


def test_messages_long_past_are_said_to_be(recorded_workspace: Workspace, reading: Callable) -> None:
    reading(recorded_workspace)
    app = page(mrid="11XINNOGY------2-NGET-RMT-00103841")
    said = read_words(app)
    moment = datetime(2024, 1, 1, 23, 55, tzinfo=UTC)
    assert total_words(out_at(recorded_workspace, moment, moment)) in said
    assert "not what is out now" in said
    changes = list(app.dataframe[0].value["What changed"])
    assert changes[2] == "MW out: 357 → 10; MW that stay: 83 → 430; what else is said"
    assert [text.value for text in app.text] == ["Turbine Generator", "Status changed to Completed"]
    assert len(app.dataframe[1].value) > 3  # its steps
    assert "no data" in str(specs_of(app)[0]["layer"])


@pytest.mark.parametrize("profile", ["", "null", "[]", "{}", "[1]", "no JSON", '[{"startTime": "x", "endTime": "y"}]'])
def test_steps_that_are_not_as_announced_are_left_out(profile: str) -> None:
    assert outages.steps_of({"outage_profile_json": profile}) == []


def test_what_participants_write_is_shown_as_text(odd_workspace: Workspace, reading: Callable) -> None:
    reading(odd_workspace, SIMULATED_NOW)
    ((mrid,),) = rows_of(odd_workspace, "select min(mrid) from marts.fct_outages", role="reader")
    app = page(mrid=mrid)
    assert EVIL in [text.value for text in app.text]
    for element in (*app.markdown, *app.caption, *app.header, *app.title):
        assert not re.search(r"(?<!\\)<script|(?<!\\)\[click|(?<!\\)\*\*bold|(?<!\\):red", element.value), element.value
    assert any(EVIL in str(frame.value.to_dict()) for frame in app.dataframe)
