"""`energy-monitor plan`: what it says is what the marts hold, and what cannot be is one sentence."""

import json
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from dashboard.postcodes import find
from energy_monitor.plan_command import plan as plan_command
from energy_monitor.workspace import Workspace
from ingestion.settlement import HALF_HOUR, HOUR, half_hour_start
from planner.presets import PRESETS
from tests.conftest import REPOSITORY, SIMULATED_NOW, Done, WorkspaceMaker
from tests.marts import rows_of

CLOCK = "2026-10-28T12:07Z,2026-10-28T12:07Z,0"  # SIMULATED_NOW
TOMORROW = datetime(2026, 10, 29, 7, tzinfo=UTC)
Plan = Callable[..., Done]


@pytest.fixture
def plan(simulated_workspace: Workspace, command: Callable[..., Done]) -> Plan:
    """The command over eight days of a simulated grid, at SIMULATED_NOW."""

    def run(*arguments: str, expect: int = 0, clock: str = CLOCK) -> Done:
        return command(
            "--workspace", simulated_workspace.name, "plan", *arguments, expect=expect, ENERGY_MONITOR_CLOCK=clock
        )

    return run


def told(done: Done) -> dict[str, Any]:
    answer = json.loads(done.out)
    assert isinstance(answer, dict)
    return answer


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def half_hours(workspace: Workspace, letter: str, end: datetime) -> list[tuple[datetime, float, float]]:
    """Start, p/kWh and g/kWh of each half-hour from the one that runs, by SQL."""
    statement = """
        select period_start_utc, price_inc_vat_p_per_kwh, carbon_forecast_gco2_per_kwh
        from marts.fct_retail_prices_half_hourly as prices
        inner join marts.dim_regions on region_code = gsp_group_code
        inner join marts.fct_carbon_regional_versions as carbon using (period_start_utc, region_id)
        where direction = 'import' and region_code = %s and is_newest and period_start_utc >= %s
            and period_start_utc < %s
        order by 1
    """
    rows = rows_of(workspace, statement, [letter, half_hour_start(SIMULATED_NOW), end])
    return [(start, float(price), float(carbon)) for start, price, carbon in rows]


def sums(rows: list[tuple[datetime, float, float]], runs: list[dict[str, Any]]) -> tuple[float, float]:
    """£ and kg of what runs use, half-hour by half-hour."""
    pence = grams = 0.0
    for piece in (piece for run in runs for piece in run["pieces"]):
        begin, end = instant(piece["start_utc"]), instant(piece["end_utc"])
        for start, price, carbon in rows:
            overlap = min(end, start + HALF_HOUR) - max(begin, start)
            kwh = piece["power_kw"] * max(overlap, timedelta()) / HOUR
            pence, grams = pence + kwh * price, grams + kwh * carbon
    return pence / 100, grams / 1000


# Numbers --------------------------------------------------------------------------------------------------------------


def test_costs_and_carbon_are_sums_over_the_marts(plan: Plan, simulated_workspace: Workspace) -> None:
    answer = told(plan("--preset", "van", "--region", "l", "--min-run", "0", "--json"))
    rows = half_hours(simulated_workspace, "L", TOMORROW)
    assert [one["kind"] for one in answer["plans"]] == ["cheapest", "greenest", "at_once"]
    for one in answer["plans"]:
        assert (one["cost_gbp"], one["carbon_kg"]) == pytest.approx(sums(rows, one["runs"]), abs=1e-6)
        assert one["energy_at_meter_kwh"] == pytest.approx(40 / 0.9)
        assert sum(run["energy_at_meter_kwh"] for run in one["runs"]) == pytest.approx(40 / 0.9)
        assert one["shortfall_kwh"] == 0
    cheapest, greenest, at_once = answer["plans"]
    assert cheapest["saving_gbp"] == pytest.approx(at_once["cost_gbp"] - cheapest["cost_gbp"])
    assert greenest["saving_carbon_kg"] == pytest.approx(at_once["carbon_kg"] - greenest["carbon_kg"])
    assert (at_once["saving_gbp"], at_once["saving_carbon_kg"]) == (0, 0)
    assert [(run["start_utc"], run["end_utc"]) for run in at_once["runs"]] == [
        ("2026-10-28T12:07:00Z", "2026-10-28T18:07:21.621622Z")
    ]


@pytest.mark.parametrize(("kind", "column"), [("cheapest", 1), ("greenest", 2)])
def test_the_best_is_what_filling_the_best_half_hours_gives(
    plan: Plan, simulated_workspace: Workspace, kind: str, column: int
) -> None:
    answer = told(plan("--preset", "van", "--region", "L", "--min-run", "0", "--json", "--objective", kind))
    left, best = 40 / 0.9, 0.0
    for row in sorted(half_hours(simulated_workspace, "L", TOMORROW), key=lambda row: row[column]):
        hours = (row[0] + HALF_HOUR - max(row[0], SIMULATED_NOW)) / HOUR
        kwh = min(left, 7.4 * hours)
        left, best = left - kwh, best + kwh * row[column]
    first = answer["plans"][0]
    assert first["kind"] == kind
    assert {"cheapest": first["cost_gbp"] * 100, "greenest": first["carbon_kg"] * 1000}[kind] == pytest.approx(best)
    assert [one["kind"] for one in answer["plans"]] == [kind, "at_once"]


def test_json_says_what_it_is_made_of(plan: Plan, simulated_workspace: Workspace) -> None:
    answer = told(plan("--preset", "van", "--postcode", "bs1 4dj", "--json"))
    assert list(answer) == [
        *("format", "workspace", "is_simulated", "now_utc", "preset", "earliest_utc", "deadline_utc", "known_utc"),
        *("region", "load", "wishes", "prices", "carbon", "plans", "remarks"),
    ]
    assert (answer["format"], answer["workspace"], answer["is_simulated"]) == (1, simulated_workspace.name, True)
    assert (answer["earliest_utc"], answer["deadline_utc"]) == ("2026-10-28T12:07:00Z", "2026-10-29T07:00:00Z")
    assert answer["region"] == {"code": "L", "name": "South West England"}
    assert answer["prices"] == {
        "basis": "agile",
        "half_hours": 24,
        "known_until_utc": "2026-10-29T00:00:00Z",
        "missing": [],
        "fetched_at_utc": "2026-10-28T12:07:00Z",
        "tariff_code": "E-1R-AGILE-24-10-01-L",
        "unit": "p/kWh",
    }
    assert (answer["carbon"]["basis"], answer["carbon"]["known_until_utc"]) == ("regional", "2026-10-29T07:00:00Z")
    assert answer["wishes"]["min_run_minutes"] == 15  # the preset's
    assert all(one["is_data_short"] for one in answer["plans"])
    assert answer["plans"][0]["missing"] == [{"from_utc": "2026-10-29T00:00:00Z", "to_utc": "2026-10-29T07:00:00Z"}]
    assert any("end at Thu 29 Oct 2026, 00:00 GMT, before the deadline" in remark for remark in answer["remarks"])
    assert "4DJ" not in json.dumps(answer).upper()
    assert "BS1" not in json.dumps(answer).upper()


def test_words_and_table(plan: Plan) -> None:
    done = plan("--preset", "van", "--region", "L")
    words = done.out
    assert "simulated grid" in words.splitlines()[0]
    for part in (
        *(
            "cheapest",
            "greenest",
            "at once",
            "g CO2 per kWh",
            "saves CO2",
            "GMT",
            "Against charging at once it saves £",
        ),
        *("Octopus Agile in South West England (E-1R-AGILE-24-10-01-L), with VAT; known until Thu 29 Oct 2026, 00:00"),
        *("fetched Wed 28 Oct 2026, 12:07 GMT", "The prices end at", "Typical"),
    ):
        assert part in words
    assert done.err == ""


def test_with_nothing_but_a_preset_it_answers_by_carbon(plan: Plan) -> None:
    words = plan("--preset", "van").out
    assert "Greenest: " in words
    assert "Cheapest" not in words
    assert "£" not in words
    assert "A region (--region L) or a postcode (--postcode BS1) gives the Agile prices" in words
    answer = told(plan("--preset", "van", "--json"))
    assert [(one["kind"], one["cost_gbp"], one["saving_gbp"]) for one in answer["plans"]] == [
        ("greenest", None, None),
        ("at_once", None, None),
    ]
    assert answer["region"] == {"code": None, "name": "Great Britain"}
    assert answer["plans"][0]["saving_carbon_kg"] > 0


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_is_planned_whole(plan: Plan, preset: str) -> None:
    answer = told(plan("--preset", preset, "--region", "C", "--json"))
    assert {one["shortfall_kwh"] for one in answer["plans"]} == {0}
    assert answer["load"]["name"] == PRESETS[preset].name
    cheapest, greenest, at_once = answer["plans"]
    assert cheapest["cost_gbp"] <= min(greenest["cost_gbp"], at_once["cost_gbp"]) + 1e-9
    assert greenest["carbon_kg"] <= min(cheapest["carbon_kg"], at_once["carbon_kg"]) + 1e-9


def test_presets_have_names_of_two_or_three_words_at_most_and_say_that_they_are_typical() -> None:
    for name, preset in PRESETS.items():
        assert (preset.id, preset.origin.startswith("Typical: ")) == (name, True)
        assert len(preset.name.split()) <= 3
        energy = preset.load.energy_at_meter_kwh if preset.is_appliance else preset.load.energy_kwh
        assert f"{round(energy, 1):g} kWh" in preset.figures


def test_what_is_typed_takes_the_place_of_the_presets(plan: Plan) -> None:
    answer = told(plan("--preset", "van", "--energy-kwh", "10", "--power-kw", "3.6", "--efficiency", "0.8", "--json"))
    assert answer["load"] | {"name": ""} == {
        "name": "",
        "energy_at_battery_kwh": 10,
        "energy_at_meter_kwh": 12.5,
        "power_kw": 3.6,
        "efficiency": 0.8,
        "profile": [],
    }


def test_limits_hold(plan: Plan) -> None:
    limits = ("--max-pieces", "2", "--min-run", "60", "--min-gap", "30", "--start-cost", "2", "--price-cap", "18")
    asked = ("--energy-kwh", "20", "--power-kw", "7.4", "--efficiency", "0.9", "--region", "L")
    answer = told(plan(*asked, *limits, "--carbon-weight", "5", "--tie", "latest", "--json"))
    runs = answer["plans"][0]["runs"]
    assert 1 <= len(runs) <= 2
    for run in runs:
        assert instant(run["end_utc"]) - instant(run["start_utc"]) >= HOUR - timedelta(milliseconds=1)
    assert answer["wishes"] == {
        "in_one_go": False,
        "price_cap_p_per_kwh": 18,
        "min_run_minutes": 60,
        "min_gap_minutes": 30,
        "max_pieces": 2,
        "start_cost_p": 2,
        "carbon_weight_p_per_kg": 5,
        "tie": "latest",
        "beyond_data": "known_only",
    }
    assert "In the cheapest plan a kilogram of CO2 counts for 5 p beside the cost." in answer["remarks"]
    (run,) = told(plan(*asked, "--one-go", "--json"))["plans"][0]["runs"]
    assert run["energy_at_meter_kwh"] == pytest.approx(20 / 0.9)


def test_too_little_time_is_said(plan: Plan) -> None:
    words = plan("--preset", "van", "--region", "L", "--until", "14:00").out
    assert "27.5 kWh of 40.0 kWh at the battery cannot be had in this time." in words
    answer = told(plan("--preset", "van", "--region", "L", "--until", "14:00", "--json"))
    hours = (datetime(2026, 10, 28, 14, tzinfo=UTC) - SIMULATED_NOW) / HOUR
    assert answer["plans"][0]["shortfall_kwh"] == pytest.approx(40 - 7.4 * hours * 0.9)


def test_left_for_later_where_that_is_asked(plan: Plan) -> None:
    answer = told(plan("--preset", "van", "--region", "L", "--beyond-data", "expect-later", "--json"))
    first = answer["plans"][0]
    assert first["left_for_later_kwh"] == pytest.approx(40)  # seven hours are enough
    assert first["saving_gbp"] is None
    assert (
        "all is left for later prices" in plan("--preset", "van", "--region", "L", "--beyond-data", "expect-later").out
    )


def test_as_it_was_known_then(plan: Plan) -> None:
    """Twelve hours earlier there was a forecast of carbon and no price."""
    answer = told(plan("--preset", "car", "--region", "L", "--as-known-at", "2026-10-28T00:08Z", "--json"))
    assert answer["now_utc"] == answer["known_utc"] == answer["earliest_utc"] == "2026-10-28T00:08:00Z"
    assert answer["deadline_utc"] == "2026-10-29T07:00:00Z"
    assert [one["kind"] for one in answer["plans"]] == ["greenest", "at_once"]
    assert answer["carbon"]["fetched_at_utc"] == "2026-10-28T00:07:00Z"
    assert "All as it was known at Wed 28 Oct 2026, 00:08 GMT." in answer["remarks"]


def test_over_the_night_in_which_the_clocks_go_back(plan: Plan, simulated_workspace: Workspace) -> None:
    """In a past that the marts hold, each half-hour has a price, and 01:30 comes twice."""
    clock = "2026-10-24T21:00Z,2026-10-24T21:00Z,0"
    answer = told(plan("--preset", "van", "--region", "L", "--from", "01:30", "--json", clock=clock))
    assert (answer["earliest_utc"], answer["deadline_utc"]) == ("2026-10-25T00:30:00Z", "2026-10-26T07:00:00Z")
    assert any("01:30 on Sun 25 Oct 2026 comes twice" in remark for remark in answer["remarks"])
    words = plan("--preset", "van", "--region", "L", "--from", "00:30", "--until", "07:00", clock=clock).out
    assert "Sun 25 Oct, 00:30 BST–" in words


def test_in_a_past_without_a_region_the_wholesale_price_is_named_as_what_it_is(plan: Plan) -> None:
    words = plan("--preset", "car", clock="2026-10-24T21:00Z,2026-10-24T21:00Z,0").out
    assert "Cheapest: " in words
    assert "Prices: the wholesale market index, which no household pays" in words
    assert "A region (--region L) or a postcode" in words


def test_a_postcode_near_a_boundary_names_the_other_regions(plan: Plan) -> None:
    found = find("BA20")
    assert len(found.regions) > 1
    remarks = told(plan("--preset", "car", "--postcode", "BA20", "--json"))["remarks"]
    (words,) = (remark for remark in remarks if remark.startswith("The postcode is taken to be in "))
    assert words.count("(--region ") == len(found.regions) - 1


def test_over_recorded_prices_in_the_night_in_which_the_clocks_go_forward(
    recorded_workspace: Workspace, command: Callable[..., Done]
) -> None:
    now, end = datetime(2023, 3, 25, 18, 7, tzinfo=UTC), datetime(2023, 3, 26, 6, tzinfo=UTC)
    asked = ("--workspace", recorded_workspace.name, "plan", "--preset", "car", "--region", "C", "--min-run", "0")
    clock = {"ENERGY_MONITOR_CLOCK": "2023-03-25T18:07Z,2023-03-25T18:07Z,0"}
    answer = told(command(*asked, "--json", **clock))
    statement = """
        select period_start_utc, price_inc_vat_p_per_kwh from marts.fct_retail_prices_half_hourly
        where region_code = 'C' and period_start_utc >= %s and period_start_utc < %s order by 2
    """
    left, best = 30 / 0.9, 0.0
    for start, price in rows_of(recorded_workspace, statement, [half_hour_start(now), end]):
        kwh = min(left, 7.4 * ((start + HALF_HOUR - max(start, now)) / HOUR))
        left, best = left - kwh, best + kwh * float(price)
    cheapest = answer["plans"][0]
    assert (answer["deadline_utc"], answer["is_simulated"]) == ("2023-03-26T06:00:00Z", False)
    assert cheapest["cost_gbp"] * 100 == pytest.approx(best)
    assert cheapest["saving_gbp"] > 0
    words = command(*asked, **clock).out
    assert "simulated" not in words
    assert "07:00 BST" in words


def commands_of(document: str) -> list[str]:
    """The commands `plan` of a document."""
    lines = (REPOSITORY / document).read_text().splitlines()
    return [line.removeprefix("$ ") for line in lines if re.match(r"(\$ )?energy-monitor .* plan ", line)]


def test_each_command_of_the_document_runs(plan: Plan) -> None:
    *whole, refused = commands_of("docs/charging.md")
    assert len(whole) >= 3
    for line in whole:
        assert plan(*shlex.split(line.partition(" plan ")[2])).out
    sentence = plan(*shlex.split(refused.partition(" plan ")[2]), expect=2).err
    assert sentence in (REPOSITORY / "docs" / "charging.md").read_text()


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in keys_of(one)}
    return {key for one in value for key in keys_of(one)} if isinstance(value, list) else set()


def test_the_document_names_every_option_and_field(plan: Plan) -> None:
    text = (REPOSITORY / "docs" / "charging.md").read_text()
    options = {name for option in plan_command.params for name in option.opts}
    assert not {name for name in options if f"`{name}" not in text}
    assert set(re.findall(r"`(--[a-z-]+)", text)) <= options
    fields = keys_of(told(plan("--preset", "dishwasher", "--region", "L", "--json")))
    of_wishes = keys_of(told(plan("--preset", "van", "--json"))["wishes"])
    of_spans = {"from_utc", "to_utc"}
    assert not {name for name in fields - of_wishes - of_spans if f"`{name}`" not in text}
    assert all(f"`{name}`" in text for name in PRESETS)


# Calendars ------------------------------------------------------------------------------------------------------------


def test_the_calendar_has_an_event_for_each_run(plan: Plan, tmp_path: Path) -> None:
    file = tmp_path / "plan.ics"
    asked = ("--preset", "van", "--region", "L", "--name", "Our van; blue")
    words = plan(*asked, "--ics", str(file)).out
    assert f"The calendar file is {file}" in words
    printed = plan(*asked, "--ics", "-").out
    assert file.read_bytes().decode() == printed
    assert printed.count("\r\n") == printed.count("\n")
    runs = told(plan(*asked, "--json"))["plans"][0]["runs"]
    events = Calendar.from_ical(printed).walk("VEVENT")
    assert [(event.start, event.end) for event in events] == [
        tuple(
            (instant(run[name]) + timedelta(milliseconds=500)).replace(microsecond=0)
            for name in ("start_utc", "end_utc")
        )
        for run in runs
    ]
    assert {event["DTSTAMP"].dt for event in events} == {SIMULATED_NOW}
    assert all(str(event["SUMMARY"]).startswith("Our van; blue: cheapest, ") for event in events)
    assert told(plan(*asked, "--json", "--ics", str(file)))["load"]["name"] == "Our van; blue"


# What cannot be -------------------------------------------------------------------------------------------------------

VAN = ("--preset", "van")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "--energy-kwh and --power-kw not given: say what has to be charged"),
        (("--energy-kwh", "3"), "--power-kw not given"),
        (("--preset", "boat"), "--preset 'boat' is not known: there are van, leisure, car"),
        ((*VAN, "--power-kw", "0"), "The power is 0 kW"),
        ((*VAN, "--power-kw", "-3"), "The power is -3 kW"),
        ((*VAN, "--power-kw", "nan"), "--power-kw 'nan' is no number"),
        ((*VAN, "--power-kw", "seven"), "--power-kw 'seven' is no number"),
        ((*VAN, "--energy-kwh", "0"), "--energy-kwh is 0"),
        ((*VAN, "--energy-kwh", "inf"), "--energy-kwh 'inf' is no number"),
        ((*VAN, "--efficiency", "1.01"), "The efficiency is 1.01"),
        ((*VAN, "--efficiency", "0"), "The efficiency is 0"),
        (("--preset", "dishwasher", "--power-kw", "2"), "--power-kw does not go with --preset dishwasher"),
        ((*VAN, "--region", "Z"), "no region has the letter 'Z': there are A East England"),
        ((*VAN, "--region", ""), "no region has the letter ''"),
        ((*VAN, "--postcode", "XX1"), "--postcode: No postcode area of Great Britain is called XX."),
        ((*VAN, "--postcode", "12345"), "--postcode: That does not read as a postcode."),
        ((*VAN, "--postcode", ""), "--postcode: That does not read as a postcode."),
        ((*VAN, "--postcode", "BT1"), "--postcode: BT is Northern Ireland"),
        ((*VAN, "--postcode", "BS1", "--region", "L"), "--region and --postcode both say where"),
        ((*VAN, "--until", "2026-10-28T12:06"), "which has passed: it is Wed 28 Oct 2026, 12:07 GMT"),
        (
            (*VAN, "--from", "2026-10-28T12:06Z"),
            "--from 2026-10-28T12:06Z is Wed 28 Oct 2026, 12:06 GMT, which has passed",
        ),
        ((*VAN, "--from", "23:00", "--until", "2026-10-28T22:00"), "which is not after --from"),
        ((*VAN, "--until", "2026-12-28T22:00"), "is more than 14 days"),
        ((*VAN, "--until", "9999-12-31T23:59"), "is more than 14 days"),
        ((*VAN, "--until", "breakfast"), "--until 'breakfast' is no time: write 07:00"),
        ((*VAN, "--until", "25:00"), "--until '25:00' is no time"),
        ((*VAN, "--until", ""), "--until '' is no time"),
        ((*VAN, "--from", "2026-11-01T08:00", "--until", "2026-11-01T09:00"), "nothing is known of the time asked for"),
        ((*VAN, "--region", "L", "--beyond-data", "refuse"), "There are prices until 2026-10-29 00:00Z only"),
        ((*VAN, "--min-run", "-1"), "--min-run is -1 minutes"),
        ((*VAN, "--min-gap", "1e9"), "--min-gap is 1e+09 minutes"),
        ((*VAN, "--max-pieces", "0"), "At most 0 runs are asked for"),
        ((*VAN, "--max-pieces", "1.5"), "--max-pieces '1.5' is no whole number"),
        ((*VAN, "--one-go", "--max-pieces", "2"), "--one-go means one run"),
        ((*VAN, "--one-go", "--min-run", "60"), "leave out the shortest run"),
        ((*VAN, "--start-cost", "-1"), "The cost of a start is -1 p"),
        ((*VAN, "--carbon-weight", "-1"), "What carbon counts for is -1 p/kg"),
        ((*VAN, "--objective", "fastest"), "--objective 'fastest' is not known: there are cheapest, greenest, both"),
        ((*VAN, "--as-known-at", "2026-10-28T12:08Z"), "is in the future"),
        ((*VAN, "--json", "--ics", "-"), "--json and --ics - both print"),
        ((*VAN, "--ics", "/nowhere/at/all.ics"), "cannot write the calendar to /nowhere/at/all.ics"),
        ((*VAN, "--region", "L", "--price-cap", "-99", "--ics", "-"), "there is nothing for a calendar"),
    ],
)
def test_what_cannot_be_is_one_sentence(plan: Plan, arguments: tuple[str, ...], sentence: str) -> None:
    done = plan(*arguments, expect=2)
    assert done.out == ""
    assert sentence in done.err
    assert done.err.startswith("energy-monitor: ")
    assert done.err.count("\n") == 1


def test_a_local_time_that_the_clocks_skip_is_refused(plan: Plan) -> None:
    done = plan(*VAN, "--until", "2027-03-28T01:30", expect=2)
    assert "there is no 01:30 on Sun 28 Mar 2027, as the clocks go forward over it: write 02:00" in done.err
    assert done.out == ""


def test_before_a_build_it_says_so(make_workspace: WorkspaceMaker, command: Callable[..., Done]) -> None:
    name = make_workspace().name
    done = command("--workspace", name, "plan", *VAN, expect=2)
    assert done.err == (
        f"energy-monitor: the workspace {name} has no marts yet: run `energy-monitor --workspace {name} build` first\n"
    )
    assert done.out == ""
