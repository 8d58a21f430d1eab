"""The page Charge: its answer against the planner on what SQL says, its address, and what cannot be planned."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import (
    charge_answer,
    charge_choice,
    connection,
    present,
)
from dashboard.marts import charge as marts
from energy_monitor.calendar_file import calendar
from energy_monitor.workspace import Workspace
from ingestion.settlement import HALF_HOUR
from planner.choose import at_once, plan
from planner.model import Plan, Slot, Wishes
from planner.presets import PRESETS
from tests.conftest import SIMULATED_NOW
from tests.marts import rows_of
from tests.pages import page as opened
from tests.pages import read, read_words, shown_page, specs_of

NOW = SIMULATED_NOW
SEVEN = datetime(2026, 10, 29, 7, tzinfo=UTC)
VAN = PRESETS["van"].load


def page(**asked: str) -> AppTest:
    """The page at an address."""
    return opened("charge", **asked)


def slots_of(workspace: Workspace, letter: str, region: int) -> tuple[Slot, ...]:
    """What the marts say of a region's half-hours from now on, asked as the role reader."""
    carbon = dict(
        rows_of(
            workspace,
            "select period_start_utc, carbon_forecast_gco2_per_kwh from marts.fct_carbon_regional_half_hourly"
            " where region_id = %s and carbon_forecast_gco2_per_kwh is not null",
            [region],
            role="reader",
        )
    )
    running = rows_of(
        workspace,
        "select period_start_utc, carbon_forecast_gco2_per_kwh from marts.carbon_regional_as_known_at("
        "'infinity', %s, %s) where region_id = %s",
        [NOW.replace(minute=0), NOW.replace(minute=30), region],
        role="reader",
    )
    carbon = dict(running) | carbon
    prices = rows_of(
        workspace,
        "select period_start_utc, price_inc_vat_p_per_kwh from marts.fct_retail_prices_half_hourly"
        " where tariff_code = %s and period_start_utc >= %s order by 1",
        [f"E-1R-AGILE-24-10-01-{letter}", NOW.replace(minute=0)],
        role="reader",
    )
    assert len(prices) > 20
    return tuple(
        Slot(start, start + HALF_HOUR, float(price), None if carbon.get(start) is None else float(carbon[start]))
        for start, price in prices
    )


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\N{NO-BREAK SPACE}", " ") for metric in app.metric}


def amounts(of: Plan) -> str:
    """Cost and carbon as a card has them."""
    assert of.carbon_g is not None
    digits = 1 if of.carbon_g >= 10_000 else 2
    return f"£{of.cost_p / 100:.2f} · {of.carbon_g / 1000:.{digits}f} kg CO₂"


def headline(app: AppTest) -> str:
    return read(app.header[0].value)


# The answer -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "letter", "region"), [("London", "C", 13), ("North Scotland", "P", 1)])
def test_the_answer_is_the_planners_on_what_the_marts_hold(
    simulated_workspace: Workspace, reading: Callable, name: str, letter: str, region: int
) -> None:
    reading(simulated_workspace, NOW)
    slots = slots_of(simulated_workspace, letter, region)
    for asked, load, in_one_go in (
        ({}, VAN, True),
        ({"pauses": "true"}, VAN, False),
        ({"what": "Electric car", "energy": "12.5"}, replace(PRESETS["car"].load, energy_kwh=12.5), True),
        ({"what": "Dishwasher"}, PRESETS["dishwasher"].load, False),
    ):
        wishes = Wishes(NOW, SEVEN, in_one_go=in_one_go)
        cheapest, once = plan(load, wishes, slots), at_once(load, wishes, slots)
        greenest = plan(load, replace(wishes, carbon_weight_p_per_kg=1e6), slots)
        app = page(region=name, **asked)
        assert metrics(app) == {
            "Cheapest": amounts(cheapest),
            "Greenest": amounts(greenest),
            ("Starting at once" if load.profile else "Charging at once"): amounts(once),
        }, asked
        said = headline(app)
        assert cheapest.start_utc
        assert cheapest.end_utc
        first = f"{cheapest.start_utc + timedelta(seconds=30):%H:%M}"
        last = f"{cheapest.end_utc + timedelta(seconds=30):%H:%M}"
        assert first in said, asked
        assert f"{last} GMT" in said, asked
        if cheapest.start_utc != NOW:
            saves = f"£{(once.cost_p - cheapest.cost_p) / 100:.2f}"
            assert f": £{cheapest.cost_p / 100:.2f}. That saves {saves} " in said


def test_what_carbon_counts_for_is_weighed(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    slots = slots_of(simulated_workspace, "C", 13)
    weighed = plan(VAN, Wishes(NOW, SEVEN, carbon_weight_p_per_kg=60), slots)
    app = page(region="London", pauses="true", carbon="60")
    assert metrics(app)["Your balance"] == amounts(weighed)
    assert len(app.metric) == 4


def test_limits_of_runs_and_of_the_price_are_kept(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    slots = slots_of(simulated_workspace, "C", 13)
    wishes = Wishes(NOW, SEVEN, max_pieces=2, min_run=timedelta(minutes=60), price_cap_p_per_kwh=17)
    held = plan(VAN, wishes, slots)
    app = page(region="London", pauses="true", pieces="2", run="60", cap="17")
    assert metrics(app)["Cheapest"] == amounts(held)
    assert held.starts == 2


def test_every_half_hour_is_in_the_table_and_the_pieces_add_up(
    simulated_workspace: Workspace, reading: Callable
) -> None:
    reading(simulated_workspace, NOW)
    choice = charge_choice.read({"region": "London"}, NOW, ["London"])
    span = charge_answer.span_of(choice)
    found = charge_answer.answer(choice, marts.ahead("C", span.start_utc, span.end_utc))
    assert found
    assert [row["period_start_utc"] for row in found.rows] == [NOW.replace(minute=0) + HALF_HOUR * n for n in range(38)]
    for offer in found.offers:
        assert sum(row[f"{offer.kind}_kwh"] for row in found.rows) == pytest.approx(VAN.energy_at_meter_kwh)
    assert found.rows[0]["at_once_kwh"] == pytest.approx(7.4 * 23 / 60)
    held = {slot.start_utc: slot.price_p_per_kwh for slot in slots_of(simulated_workspace, "C", 13)}
    assert {
        r["period_start_utc"]: r["price_inc_vat_p_per_kwh"] for r in found.rows if r["price_inc_vat_p_per_kwh"]
    } == {start: price for start, price in held.items() if start < SEVEN}
    file = calendar(found.planned, found.offers[0], NOW)
    assert f"DTSTART:{found.best.start_utc + timedelta(milliseconds=500):%Y%m%dT%H%M%SZ}" in file  # type: ignore[operator]


def test_the_charts_mark_the_runs_in_shape_and_words(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    price, carbon = specs_of(page(region="London"))[:2]
    for spec in (price, carbon):
        assert "1 planned run: from 18:00 to 00:00 GMT today" in spec["description"]
        assert {"bars", "used", "marks"} <= {layer["data"]["name"] for layer in spec["layer"]}
    domains = [spec["layer"][-1]["encoding"]["x"]["scale"]["domain"] for spec in (price, carbon)]
    assert domains[0] == domains[1]


def test_prices_that_end_before_the_deadline_are_said_to(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    said = read_words(page(region="London"))
    assert "Prices are published until Thu 29 Oct 2026, 00:00 GMT" in said
    assert "Those of the time after usually come soon after 16:00 today: look again then" in said
    said = read_words(page(region="London", later="do not plan"))
    assert "This cannot be planned. There are prices until" in said.replace("*", "")
    said = read(headline(page(region="London", later="leave for later what fits later")))
    assert said.startswith("Wait")


# The address ----------------------------------------------------------------------------------------------------------


def test_an_address_restores_all_that_was_chosen(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    app = page(
        what="Own figures",
        region="Yorkshire",
        by="2026-10-29T05:00",
        energy="7.5",
        power="3.6",
        efficiency="80",
        pauses="true",
        pieces="3",
        run="45",
        cap="25",
        carbon="12",
        later="leave for later what fits later",
        **{"from": "2026-10-28T15:30"},
    )
    assert {key: app.number_input(key=key).value for key in ("energy", "power", "efficiency", "cap", "carbon")} == {
        "energy": 7.5,
        "power": 3.6,
        "efficiency": 80,
        "cap": 25,
        "carbon": 12,
    }
    assert (app.number_input(key="pieces").value, app.number_input(key="run").value) == (3, 45)
    assert [app.selectbox(key=key).value for key in ("what", "region")] == ["Own figures", "Yorkshire"]
    assert app.toggle(key="pauses").value
    said = read_words(app)
    assert "7.5 kWh into the battery at 3.6 kW, with an efficiency of 80 %: 2 h 36 min of charging" in said
    assert "Ready by Thu 29 Oct 2026, 05:00 GMT, not before Wed 28 Oct 2026, 15:30 GMT" in said


def test_a_postcode_chooses_the_region_and_no_full_one_is_kept(
    simulated_workspace: Workspace, reading: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(simulated_workspace, NOW)
    asked: list[str] = []
    rows = connection.rows

    def noted(statement: str, **parameters: object) -> list[dict]:
        asked.append(f"{statement} {parameters}")
        return rows(statement, **parameters)

    for module in ("as_known", "marts.regions", "marts.charge", "marts.common"):
        monkeypatch.setattr(f"dashboard.{module}.rows", noted)
    app = page(postcode="LS6 4JT")
    assert app.selectbox(key="region").value == "Yorkshire"
    assert app.text_input(key="postcode").value == "LS6"
    assert app.query_params["postcode"] in ("LS6", ["LS6"])
    assert "Yorkshire" in read_words(app)
    assert len(asked) > 3
    assert not [statement for statement in asked if "LS6" in statement or "4JT" in statement]


# What cannot be -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"power": "0"}, "The charger’s power is 0 kW: say more than 0"),
        ({"power": "inf"}, "The charger’s power is inf kW"),
        ({"energy": "-3"}, "The energy is -3 kWh: say more than 0"),
        ({"energy": "lots"}, "The energy is lots, which is no number"),
        ({"efficiency": "120"}, "The efficiency is 120 %: say the part that arrives in the battery"),
        ({"efficiency": "nan"}, "The efficiency is nan %"),
        ({"by": "2026-10-28T11:00"}, "Ready by Wed 28 Oct 2026, 11:00 GMT has gone by: it is Wed 28 Oct 2026, 12:07"),
        ({"by": "2026-12-01T07:00"}, "too far off: choose a moment within 7 days"),
        ({"by": "soon"}, "Ready by 'soon' is no time"),
        ({"from": "2026-10-29T08:00"}, "is not after Thu 29 Oct 2026, 08:00 GMT, before which nothing may run"),
        ({"region": "Atlantis"}, "No region is called Atlantis: choose one of North Scotland"),
        ({"what": "Dragon"}, "Nothing to plan is called Dragon: choose one of Electric campervan"),
        ({"pauses": "true", "pieces": "0"}, "The number of runs is 0: say a whole number"),
        ({"pauses": "true", "run": "-1"}, "The shortest run is -1 minutes"),
        ({"carbon": "-1"}, "What a kilogram of CO₂ counts for is -1 p"),
        ({"later": "guess"}, "guess is none of plan with what is published"),
    ],
)
def test_what_cannot_be_gets_a_sentence_and_no_plan(
    simulated_workspace: Workspace, reading: Callable, asked: dict[str, str], sentence: str
) -> None:
    reading(simulated_workspace, NOW)
    app = shown_page("charge", **({"region": "London"} | asked))
    (error,) = app.error
    assert sentence in read(error.value)
    assert not app.metric
    assert "Nothing is planned until what is marked above is put right" in read_words(app)


def test_what_is_typed_is_looked_at_as_what_the_address_says(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    app = page(region="London")
    app.number_input(key="power").set_value(0).run()
    assert "The charger’s power is 0 kW" in read(app.error[0].value)
    app.number_input(key="power").set_value(3.6).run()
    assert not app.error
    assert "at 3.6 kW" in read_words(app)


def test_a_postcode_that_cannot_be_says_so(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    said = read_words(page(postcode="hello"))
    assert "That does not read as a postcode" in said
    assert "By the carbon forecast alone: choose where you are" in said


def test_no_mark_of_an_address_is_read_as_markup(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    app = shown_page("charge", region="[x](http://evil.example)", what="<b>x</b>")
    assert not re.search(r"(?<!\\)\[x|(?<!\\)<b", "".join(error.value for error in app.error))


def test_without_an_agile_price_it_plans_by_carbon_and_says_so(
    simulated_workspace: Workspace, reading: Callable
) -> None:
    """Prices were fetched after this moment, the carbon forecast before it."""
    reading(simulated_workspace, NOW)
    for asked in ({"known": "2026-10-28T02:00", "region": "London"}, {}):
        app = page(**asked)
        said = read_words(app)
        assert "By the carbon forecast alone" in said
        assert ("no Agile price is known for London" in said) == bool(asked)
        assert "£" not in headline(app)
        assert list(metrics(app)) == ["Greenest", "Charging at once"]
        assert not [value for value in metrics(app).values() if "£" in value]
        assert len(specs_of(app)) == 1


def test_the_greenest_without_a_place_is_the_planners(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    held = rows_of(
        simulated_workspace,
        "select period_start_utc, coalesce(carbon_actual_gco2_per_kwh, carbon_forecast_gco2_per_kwh)"
        " from marts.fct_carbon_half_hourly where period_start_utc >= %s order by 1",
        [NOW.replace(minute=0)],
        role="reader",
    )
    slots = [Slot(start, start + HALF_HOUR, 0, float(carbon)) for start, carbon in held if carbon is not None]
    greenest = plan(VAN, Wishes(NOW, SEVEN, in_one_go=True, carbon_weight_p_per_kg=1), slots)
    assert greenest.carbon_g
    assert metrics(page())["Greenest"] == f"{greenest.carbon_g / 1000:.2f} kg CO₂"


def test_too_little_time_gives_what_fits_and_what_lacks(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    app = page(region="London", by="2026-10-28T14:07")
    lacks = 40 - 2 * 7.4 * 0.9
    said = read_words(app)
    assert f"{lacks:.1f} kWh of 40.0 kWh cannot be had by Wed 28 Oct 2026, 14:07 GMT" in said
    assert "all of it takes 6 h at 7.4 kW" in said
    assert "from 12:07 to 14:07 GMT today" in headline(app)


def test_what_does_not_fit_before_prices_end_is_said(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    said = read_words(page(region="London", power="3.2"))
    lacks = 40 - 3.2 * 0.9 * (11 + 53 / 60)
    assert f"{lacks:.2f} kWh of 40.0 kWh does not fit in before the published prices end, at Thu 29 Oct 2026" in said


def test_nothing_known_ahead_says_what_to_do(recorded_workspace: Workspace, reading: Callable) -> None:
    reading(recorded_workspace, datetime(2026, 11, 2, 9, tzinfo=UTC))
    said = read_words(page(region="London")).replace("*", "")
    assert "Neither price nor carbon is known ahead in London" in said
    assert "energy-monitor ingest octopus_unit_rates" in said


# Now ------------------------------------------------------------------------------------------------------------------


def test_the_best_times_on_now_are_the_least_three_hours(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, NOW)
    start = NOW.replace(minute=0)
    prices = {
        slot.start_utc: slot.price_p_per_kwh
        for slot in slots_of(simulated_workspace, "C", 13)
        if slot.start_utc < start + timedelta(days=1)
    }
    means = {
        at: sum(prices[at + HALF_HOUR * n] for n in range(6)) / 6
        for at in prices
        if all(at + HALF_HOUR * n in prices for n in range(6))
    }
    best = min(means, key=lambda at: (means[at], at))
    said = read_words(opened("now", region="London")).replace("*", "")
    assert f"Cheapest in London, on Agile: from {best:%H:%M} to {best + 6 * HALF_HOUR:%H:%M} GMT" in said
    assert f"{means[best]:.1f} p/kWh on average" in said
    assert "charge?region=London" in said
    said = read_words(opened("now"))
    assert "prices are those of a region" in said
    assert "p/kWh" not in said


@pytest.mark.parametrize(
    ("best", "said"),
    [
        (20, "use power from 22:00 GMT to Wed 4 Nov 2026, 01:00 GMT: forecast at 100 gCO₂/kWh, 50 % less than"),
        (18, "use power from 21:00 GMT to 00:00 GMT: "),
        (24, "use power from Wed 4 Nov 2026, 00:00 GMT to 03:00 GMT: "),
    ],
)
def test_the_advice_of_now_names_the_day_on_which_it_ends(best: int, said: str) -> None:
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    ahead = [
        {"period_start_utc": noon + HALF_HOUR * n, "carbon": 100 if best <= n < best + 6 else 200} for n in range(48)
    ]
    assert said in read(present.advice(ahead, noon))
