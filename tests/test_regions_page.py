"""The page Regions: its map, its numbers against SQL, its words, and the look-up by postcode."""

import itertools
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st_
from streamlit.testing.v1 import AppTest

from dashboard import colours, connection, postcodes, regions, tile_map
from energy_monitor.workspace import Workspace
from ingestion.settlement import HALF_HOUR
from tests.conftest import SIMULATED_NOW
from tests.marts import rows_of
from tests.odd_text import EVIL
from tests.pages import page as opened
from tests.pages import specs_of, words_of

NEXT = datetime(2026, 10, 28, 12, 30, tzinfo=UTC)  # of 12:00 nothing was asked in time


def page(**asked: str) -> AppTest:
    """The page at an address."""
    return opened("regions", **asked)


# Postcodes ------------------------------------------------------------------------------------------------------------


def test_the_table_is_whole() -> None:
    lines = [line for of_area in postcodes.table().values() for line in of_area]
    assert len(postcodes.table()) == 124  # areas that the mail knows
    assert {region for line in lines for region in line.regions} == set(range(1, 15))
    for area, of_area in postcodes.table().items():
        assert re.fullmatch("[A-Z]{1,2}", area)
        assert [line.first for line in of_area].count(None) == 1, area
        ranges = sorted((line.first, line.last) for line in of_area if line.first is not None)
        assert all(first <= last for first, last in ranges), area  # type: ignore[operator]
        assert all(a[1] < b[0] for a, b in itertools.pairwise(ranges)), area  # type: ignore[operator]
        for line in of_area:
            assert len(set(line.regions)) == len(line.regions), line
            assert bool(line.regions) == (area not in postcodes.OUTSIDE), line


@pytest.mark.parametrize(
    ("given_", "district", "found"),
    [
        ("SW1A", "SW1A", (13,)),
        ("sw1a 1aa", "SW1A", (13,)),
        ("M11AA", "M1", (3,)),
        ("M11", "M11", (3,)),
        (" pr8 ", "PR8", (6, 3)),
        ("PR1", "PR1", (3,)),
        ("E4 7QW", "E4", (10, 13)),
        ("W1A", "W1A", (13,)),
        ("W13", "W13", (12,)),
        ("PA1", "PA1", (2,)),
        ("PA20", "PA20", (1, 2)),
        ("ze", "ZE", (1,)),
        ("PR", "PR", (3, 6)),
        ("BT1 1AA", "BT1", ()),
        ("XX1", "XX1", ()),
    ],
)
def test_a_postcode_is_found_by_its_first_half(given_: str, district: str, found: tuple[int, ...]) -> None:
    answer = postcodes.find(given_)
    assert (answer.district, answer.regions) == (district, found)
    assert bool(answer.words) == (not found)


@pytest.mark.parametrize("given_", ["hello", "12", "SW1A 1", "<b>", "M1 1AAA", "S\u0661", "", "ABC1"])
def test_what_is_no_postcode_gets_a_sentence_that_says_what_one_looks_like(given_: str) -> None:
    answer = postcodes.find(given_)
    assert (answer.district, answer.regions) == ("", ())
    assert "one or two letters and a number" in answer.words


@given(st_.text(max_size=12))
def test_no_more_than_the_first_half_of_anything_is_held(typed: str) -> None:
    assert re.fullmatch("([A-Z]{1,2}([0-9]{1,2}|[0-9][A-Z])?)?", postcodes.find(typed).district)


# The map --------------------------------------------------------------------------------------------------------------


def test_text_reads_on_every_colour_and_the_scales_darken() -> None:
    for scale in (colours.CARBON_CLASSES, colours.SHARE_CLASSES):
        lights = [tile_map.luminance(colour) for colour in scale]
        assert lights == sorted(lights, reverse=True)
        assert len(set(scale)) == 7
    for colour in (*colours.CARBON_CLASSES, *colours.SHARE_CLASSES, colours.NO_DATA):
        high, low = sorted((tile_map.luminance(colour), tile_map.luminance(tile_map.ink(colour))), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour


def test_each_region_has_a_place_of_its_own() -> None:
    assert set(tile_map.PLACES) == set(range(1, 15))
    assert len({(column, line) for column, line, _ in tile_map.PLACES.values()}) == 14


@pytest.mark.parametrize(("number", "group"), [(0, 0), (49.9, 0), (50, 1), (299, 5), (300, 6), (900, 6)])
def test_a_bound_belongs_to_the_class_that_it_begins(number: float, group: int) -> None:
    assert tile_map.CARBON_SCALE.class_of(number) == group


def test_a_region_without_a_number_says_so_and_a_zero_is_one() -> None:
    row = {"region_id": 13, "carbon_forecast_gco2_per_kwh": Decimal(0), "carbon_index": "very low"}
    spec = tile_map.tile_map([row], tile_map.CARBON_SCALE, 13, {13: "London", 1: "North Scotland"}, "Said.")
    assert "London 0 gCO₂/kWh, very low" in spec["description"]
    assert "North Scotland no data" in spec["description"]


# The page -------------------------------------------------------------------------------------------------------------


def test_the_map_shows_what_the_mart_holds(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page(region="London")
    said = specs_of(app)[0]["description"]
    held = rows_of(
        simulated_workspace,
        "select region_id, region_name, carbon_forecast_gco2_per_kwh, carbon_index, wind_share"
        " from marts.fct_carbon_regional_half_hourly where period_start_utc = %s and region_id < 15",
        [NEXT],
        role="reader",
    )
    assert len(held) == 14
    for _, name, carbon, index, _ in held:
        assert f"{name} {round(carbon)}\xa0gCO₂/kWh, {index}".replace("\xa0", " ") in said.replace("\xa0", " ")
    words = words_of(app).replace("\\", "").replace("\xa0", " ")
    assert "The half-hour that is under way has no forecast" in words
    for region, name, carbon, index, _ in held:
        assert f"**{name}** {round(carbon)} gCO₂/kWh, {index}" in words, name
        assert f"origin?number=regional-carbon&at=2026-10-28T12%3A30%3A00Z&of={region})" in words
    assert app.selectbox(key="region").value == "London"
    app.selectbox(key="map").set_value("wind").run()
    shares = specs_of(app)[0]["description"].replace("\xa0", " ")
    for _, name, _, _, wind in held:
        assert f"{name} {int(Decimal(repr(wind)) * 100 + Decimal('0.5'))} %" in shares, name


def test_the_mix_and_the_next_days_of_a_region(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page(region="North Scotland")
    _, mix, ahead = (spec["description"].replace("\xa0", " ") for spec in specs_of(app))
    ((wind, gas),) = rows_of(
        simulated_workspace,
        "select wind_share, gas_share from marts.fct_carbon_regional_half_hourly"
        " where period_start_utc = %s and region_id = 1",
        [NEXT],
        role="reader",
    )
    assert f"Wind {wind * 100:.0f} %" in mix
    assert ("Gas" in mix) == bool(gas)
    held = dict(
        rows_of(
            simulated_workspace,
            "select period_start_utc, carbon_forecast_gco2_per_kwh from marts.fct_carbon_regional_half_hourly"
            " where region_id = 1 and carbon_forecast_gco2_per_kwh is not null and period_start_utc >= %s",
            [NEXT],
            role="reader",
        )
    )
    means = {
        start: sum(held[start + n * HALF_HOUR] for n in range(6)) / 6
        for start in held
        if all(start + n * HALF_HOUR in held for n in range(6))
    }
    best = min(means, key=lambda start: (means[start], start))
    assert f"Cleanest three hours in North Scotland: {regions.label_of(best)}" in ahead
    assert f"Made of {len(held)} of 96 half-hours ahead" in ahead


def test_an_address_restores_what_was_seen(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    for start in (NEXT + timedelta(hours=20), SIMULATED_NOW.replace(hour=0, minute=30)):  # to come, and past
        label = regions.label_of(start)
        app = page(map="gas", at=label, region="Wales")
        assert [app.selectbox(key=key).value for key in ("map", "at", "region")] == ["gas", label, "Wales"]
        assert f"forecast for {label}" in words_of(app).replace("\\", "")
    assert page(at="yesterday").selectbox(key="at").value == "now"


@pytest.mark.parametrize("chosen", ["North Scotland", "Great Britain", "South East England"])
def test_the_address_names_each_region_that_is_chosen(
    simulated_workspace: Workspace, reading: Callable, chosen: str
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page(postcode="E4")
    app.selectbox(key="region").set_value(chosen).run()
    assert not app.selectbox(key="region").proto.HasField("default")  # a browser leaves defaults out of the address
    assert page(postcode="E4", region=chosen).selectbox(key="region").value == chosen
    assert page(region="Atlantis").selectbox(key="region").value in (None, "Great Britain")


def test_a_postcode_chooses_the_region_and_offers_what_else_it_may_be(
    simulated_workspace: Workspace, reading: Callable
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page(postcode="E4 7QW")
    assert app.selectbox(key="region").value == "East England"
    assert app.text_input(key="postcode").value == "E4"
    assert app.query_params["postcode"] in ("E4", ["E4"])
    assert "E4 is most likely in East England, and may also be in London" in words_of(app).replace("\\", "")
    app.button(key="show-13").click().run()
    assert app.selectbox(key="region").value == "London"
    app.text_input(key="postcode").set_value("zz1 1zz").run()
    assert "No postcode area of Great Britain is called ZZ" in words_of(app)
    assert (app.text_input(key="postcode").value, app.selectbox(key="region").value) == ("ZZ1", "London")
    app.text_input(key="postcode").set_value("kw15 1aa").run()
    assert (app.text_input(key="postcode").value, app.selectbox(key="region").value) == ("KW15", "North Scotland")
    assert "boundaries are approximate" in words_of(app)


def test_as_known_at_a_moment_carbon_alone_is_shown(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page(known="2026-10-28T02:00", map="wind", region="London")
    words = words_of(app).replace("\\", "").replace("\xa0", " ")
    assert "The shares of the mix cannot be shown as known at a moment" in words
    ((carbon,),) = rows_of(
        simulated_workspace,
        "select carbon_forecast_gco2_per_kwh from marts.carbon_regional_as_known_at("
        "'2026-10-28 02:00Z', '2026-10-28 02:00Z', '2026-10-28 02:30Z') where region_id = 13",
        role="reader",
    )
    assert f"London {round(carbon)} gCO₂/kWh" in specs_of(app)[0]["description"].replace("\xa0", " ")


def test_what_is_long_past_is_said_to_be(recorded_workspace: Workspace, reading: Callable) -> None:
    reading(recorded_workspace)
    app = page(region="London")
    words = words_of(app).replace("\\", "")
    assert "Nothing newer is here" in words
    assert ": stale" in words
    assert any("48 hours from Wed 6 May 2026" in title.value for title in app.header)
    assert not re.search("no data", specs_of(app)[0]["description"])


def test_an_index_with_markup_is_shown_as_text() -> None:
    row = {"region_id": 18, "carbon_forecast_gco2_per_kwh": Decimal(5), "carbon_index": EVIL}
    (line,) = regions.figures([row], [{"region_id": 18, "region_name": "GB"}], NEXT, None)
    assert line.startswith("**Great Britain** 5")
    assert not re.search(r"(?<!\\)<script|(?<!\\)\[click|(?<!\\)\*bold", line)
    assert json.dumps(tile_map.tile_map([{**row, "region_id": 1}], tile_map.CARBON_SCALE, 1, {}, "")["layer"])


def test_no_postcode_reaches_a_query(
    simulated_workspace: Workspace, reading: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    asked: list[str] = []
    rows = connection.rows

    def noted(statement: str, **parameters: object) -> list[dict]:
        asked.append(f"{statement} {parameters}")
        return rows(statement, **parameters)

    for module in ("dashboard.as_known", "dashboard.marts.regions", "dashboard.marts.common"):
        monkeypatch.setattr(f"{module}.rows", noted)
    page(postcode="LS6 4JT")
    assert len(asked) > 3
    assert not [statement for statement in asked if "LS6" in statement or "4JT" in statement]
