"""Forecast accuracy: a small example worked out by hand, and each forecast held to what was known at its moment."""

import csv
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import sqrt

import pytest

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY, HALF_HOUR, HOUR, settlement_date_of, settlement_period_of
from tests.conftest import REPOSITORY, WorkspaceMaker, day_request, take_in
from tests.marts import build_marts, rows_of

GB, LONDON, NORTH_SCOTLAND, NEVER_SENT = 18, 13, 1, 2
TODAY, WEEK_BEFORE, MUCH_LATER = date(2026, 5, 6), date(2026, 4, 29), datetime(2026, 8, 1, tzinfo=UTC)


def at(clock: str, day: date = TODAY) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}Z").astimezone(UTC)


def text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%MZ}"


def half_hour(start: datetime) -> dict[str, str]:
    return {"from": text(start), "to": text(start + HALF_HOUR)}


def ahead(fetched_at: datetime) -> str:
    """What the carbon forecasts are asked for: from the half-hour under way on."""
    return text(fetched_at.replace(minute=fetched_at.minute // 30 * 30) + timedelta(minutes=1))


def take_national(workspace: Workspace, fetched_at: datetime, values: Mapping[datetime, int]) -> None:
    body = {"data": [{**half_hour(slot), "intensity": {"forecast": value}} for slot, value in values.items()]}
    request = f"/intensity/{ahead(fetched_at)}/fw48h"
    assert take_in(workspace, "carbon_national_forecast", request, body, fetched_at).status == "loaded"


def take_actual(workspace: Workspace, day: date, values: Mapping[str, int]) -> None:
    rows = [{**half_hour(at(clock, day)), "intensity": {"actual": value}} for clock, value in values.items()]
    request = day_request("carbon_national_actual", day)
    assert take_in(workspace, "carbon_national_actual", request, {"data": rows}, MUCH_LATER).status == "loaded"


def take_published(workspace: Workspace, dataset: str, rows: list[dict], fetched_at: datetime) -> None:
    code = dataset.upper() + ("/stream" if dataset != "windfor" else "")
    boundary = "&boundary=N" if dataset == "tsdf" else ""
    request = (
        f"/datasets/{code}?publishDateTimeFrom={text(at('00:00'))}&publishDateTimeTo={text(at('16:00'))}{boundary}"
    )
    assert take_in(workspace, dataset, request, {"data": rows}, fetched_at).status == "loaded"


# Carbon, national. Asked at 11:10, not for more than an hour, then four times: fetched at -> half-hour -> forecast
CARBON_ISSUES = {
    "11:10": {"12:00": 100, "12:30": 110, "13:00": 120, "13:30": 100},
    "12:25": {"12:00": 999, "12:30": 150, "13:00": 125, "13:30": 140},  # 12:00 had begun: no forecast of it
    "12:55": {"12:30": 150, "13:00": 125, "13:30": 130},
    "13:25": {"13:00": 125, "13:30": 130, "14:00": 200, "14:30": 205},
    "13:55": {"13:30": 130, "14:00": 201, "14:30": 210},
}
# 11:00 has none, and 0 is what the source says where it has none
CARBON_ACTUALS = {
    "10:00": 95, "10:30": 105, "11:30": 80, "12:00": 90, "12:30": 100,
    "13:00": 130, "13:30": 0, "14:00": 190, "14:30": 240,
}  # fmt: skip
CARBON_WEEK_BEFORE = {"12:00": 80, "12:30": 120, "13:30": 70, "14:00": 195}

# Demand of a half-hour as three issues had it; that of 11:47 never came. published at -> half-hour -> MW
DEMAND_ISSUES = {
    "10:47": {"12:00": 20500, "12:30": 20600, "13:00": 20700},
    "11:17": {"12:00": 20100, "12:30": 20200, "13:00": 20300},
    "12:17": {"12:30": 20210, "13:00": 20320},
}
DEMAND = {"12:00": 20000, "12:30": 20050, "13:00": 20400}
# Wind by the hour; the issue of 10:30 never came.
WIND_ISSUES = {"08:30": 5500, "12:30": 5000}
# Solar in local networks; nobody asked at 11:05.
SOLAR_FETCHES = {"09:05": 9000, "10:05": 9100, "12:05": 9400}


def take_example(workspace: Workspace) -> None:
    """The example; its tests say what it comes to."""
    for clock, values in CARBON_ISSUES.items():
        take_national(workspace, at(clock), {at(slot): value for slot, value in values.items()})
    take_actual(workspace, TODAY, CARBON_ACTUALS)
    take_actual(workspace, WEEK_BEFORE, CARBON_WEEK_BEFORE)
    for dataset, more in (("ndf", 0), ("tsdf", 1000)):
        rows = [
            {
                "publishTime": text(at(published)),
                "startTime": text(at(slot)),
                "boundary": "N",
                "demand": mw + more,
            }
            for published, values in DEMAND_ISSUES.items()
            for slot, mw in values.items()
        ]
        take_published(workspace, dataset, rows, at("16:00"))
        # the source says another thing of 12:00 afterwards, under the time of the same issue
        rows = [row | ({"demand": 1} if row["startTime"] == text(at("12:00")) else {}) for row in rows]
        take_published(workspace, dataset, rows, at("18:00"))
    demand = [
        {
            **dict(zip(("settlementDate", "settlementPeriod"), sent_label(at(clock)), strict=True)),
            "initialDemandOutturn": mw,
            "initialTransmissionSystemDemandOutturn": mw + 900,
        }
        for clock, mw in DEMAND.items()
    ]
    request = day_request("demand_outturn", TODAY)
    assert take_in(workspace, "demand_outturn", request, {"data": demand}, MUCH_LATER).status == "loaded"
    issues = [
        {"publishTime": text(at(published)), "startTime": text(at("14:00")), "generation": mw}
        for published, mw in WIND_ISSUES.items()
    ]
    take_published(workspace, "windfor", issues, at("16:00"))
    wind = [
        {"startTime": text(at(clock)), "fuelType": "WIND", "generation": mw}
        for clock, mw in (("14:00", 5000), ("14:30", 5201))
    ]
    assert take_in(workspace, "fuelhh", day_request("fuelhh", TODAY), {"data": wind}, MUCH_LATER).status == "loaded"
    solar = DATASETS["neso_embedded_forecast"]
    for clock, mw in SOLAR_FETCHES.items():
        records = [
            {
                **dict(zip(("SETTLEMENT_DATE", "SETTLEMENT_PERIOD"), sent_label(at(slot)), strict=True)),
                "EMBEDDED_WIND_FORECAST": 500,
                "EMBEDDED_SOLAR_FORECAST": mw,
            }
            for slot in ("12:30", "13:30")
        ]
        body = {"success": True, "result": {"records": records}}
        assert take_in(workspace, solar.id, solar.newest or "", body, at(clock)).status == "loaded"
    outturn = [
        {
            **dict(zip(("SETTLEMENT_DATE", "SETTLEMENT_PERIOD"), sent_label(at(slot)), strict=True)),
            "EMBEDDED_WIND_GENERATION": 480,
            "EMBEDDED_SOLAR_GENERATION": 9300,
        }
        for slot in ("12:30", "13:30")
    ]
    body = {"success": True, "result": {"records": outturn}}
    request = day_request("neso_historic_demand", TODAY)
    assert take_in(workspace, "neso_historic_demand", request, body, MUCH_LATER).status == "loaded"


def sent_label(start: datetime) -> tuple[str, int]:
    return settlement_date_of(start).isoformat(), settlement_period_of(start)


# A day of carbon forecasts fetched at odd times, with answers that lack some half-hours: what each answer said.
RANDOM_DAY = date(2026, 6, 10)
Answers = dict[datetime, tuple[int | None, dict[datetime, int]]]  # fetched at -> the one region asked for, values
Forecasts = dict[tuple[datetime, float], int | None]  # half-hour, horizon in hours -> forecast


def random_answers(rng: random.Random, regions: tuple[int | None, ...]) -> Answers:
    answers: Answers = {}
    fetched_at = at("04:00", RANDOM_DAY)
    while fetched_at < at("20:00", RANDOM_DAY):
        fetched_at += timedelta(minutes=rng.randint(8, 70))
        start = fetched_at.replace(minute=fetched_at.minute // 30 * 30)
        slots = [start + HALF_HOUR * number for number in range(20) if rng.random() > 0.1]
        answers[fetched_at] = rng.choice(regions), {slot: rng.choice([100, 110, 120]) for slot in slots}
    return answers


NATIONAL = random_answers(random.Random(6), (None,))
REGIONAL = random_answers(random.Random(7), (None, None, LONDON))


def take_regional(workspace: Workspace, fetched_at: datetime) -> None:
    scope, values = REGIONAL[fetched_at]
    request = f"/regional/intensity/{ahead(fetched_at)}/fw48h" + (f"/regionid/{scope}" if scope else "")
    slots = [{**half_hour(slot), "intensity": {"forecast": value}} for slot, value in values.items()]
    body: dict = {"data": {"regionid": scope, "data": slots}}
    if scope is None:
        body["data"] = [
            {
                **half_hour(slot),
                "regions": [{"regionid": r, "intensity": {"forecast": value}} for r in (LONDON, NORTH_SCOTLAND)],
            }
            for slot, value in values.items()
        ]
    assert take_in(workspace, "carbon_regional_forecast", request, body, fetched_at).status == "loaded"


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    workspace, rng = make_workspace(), random.Random(8)
    take_example(workspace)
    for fetched_at in rng.sample(list(NATIONAL), len(NATIONAL)):
        take_national(workspace, fetched_at, NATIONAL[fetched_at][1])
    for fetched_at in rng.sample(list(REGIONAL), len(REGIONAL)):
        take_regional(workspace, fetched_at)
    take_actual(workspace, RANDOM_DAY, {f"{hour:02}:{minute}": 100 for hour in range(23) for minute in ("00", "30")})
    build_marts(workspace, "--select", "+fct_forecast_accuracy")
    return workspace


def cell(workspace: Workspace, series: str, horizon: float, hour: int, *columns: str) -> tuple:
    """A row of the mart, of the example's month."""
    (row,) = rows_of(
        workspace,
        f"""
        select {", ".join(columns)} from marts.fct_forecast_accuracy
        where series = %s and region_id = %s and month_start_date = '2026-05-01' and horizon_hours = %s
            and hour_of_day = %s
        """,
        [series, GB, horizon, hour],
    )
    return row


COUNTS = "forecasts_expected", "forecasts_held", "forecasts_with_outcome", "forecasts_scored", "forecasts_settled"
ERRORS = "coverage_share", "bias", "mae", "rmse"
PERSISTENCE = "persistence_compared", "persistence_mae", "skill_over_persistence"
A_WEEK = "week_before_compared", "week_before_mae", "skill_over_week_before"


def test_the_example_comes_to_what_was_worked_out_by_hand(workspace: Workspace) -> None:
    # 14:00 was to be 200 (fetched 13:25) and came to 190; 14:30 was to be 210 (13:55) and came to 240: errors 10, -30.
    # Two hours before them, 12:00 and 12:30, 90 and 100 were the newest that were due: errors -100, -140.
    # A week before 14:00 it was 195: error 5; 14:30 of that day is missing.
    carbon = "carbon_national"
    assert cell(workspace, carbon, 0.5, 15, *COUNTS) == (2, 2, 2, 2, 2)
    assert cell(workspace, carbon, 0.5, 15, *ERRORS) == pytest.approx((1.0, -10, 20, sqrt((100 + 900) / 2)))
    assert cell(workspace, carbon, 0.5, 15, *PERSISTENCE) == pytest.approx((2, 120, 1 - 20 / 120))
    assert cell(workspace, carbon, 0.5, 15, *A_WEEK) == pytest.approx((1, 5, 1 - 10 / 5))
    sums = (
        "sum_of_errors",
        "sum_of_absolute_errors",
        "sum_of_squared_errors",
        "sum_of_absolute_errors_beside_week_before",
    )
    assert cell(workspace, carbon, 0.5, 15, *sums) == (-20, 40, 1000, 10)
    described = "unit", "minutes_per_value", "outcome_basis", "newest_period_start_utc"
    assert cell(workspace, carbon, 0.5, 15, *described) == ("gCO2/kWh", 30, "outturn", at("14:30"))


def test_what_was_missed_or_came_too_late_or_has_no_outcome_is_not_scored(workspace: Workspace) -> None:
    # 12:00 was to be 100, came to 90. 12:30: at 12:00 the answer of 11:10 was 50 minutes old.
    carbon = "carbon_national"
    assert cell(workspace, carbon, 0.5, 13, *COUNTS) == (2, 1, 2, 1, 1)
    assert cell(workspace, carbon, 0.5, 13, *ERRORS, *PERSISTENCE) == pytest.approx((0.5, 10, 10, 10, 1, 5, 1 - 10 / 5))
    # an hour before 12:00 nobody had asked yet; 12:30 was to be 110 (fetched 11:10) and came to 100
    assert cell(workspace, carbon, 1, 13, *COUNTS, "bias", *A_WEEK) == pytest.approx((1, 1, 1, 1, 1, 10, 1, 20, 0.5))
    # 13:00 was to be 125 and came to 130. 13:30 has a forecast, and a false 0.
    assert cell(workspace, carbon, 0.5, 14, *COUNTS, *ERRORS) == pytest.approx((2, 2, 1, 1, 1, 0.5, -5, 5, 5))
    assert cell(workspace, carbon, 1, 14, *COUNTS, *ERRORS) == (2, 1, 1, 0, 0, 0, None, None, None)


def forecasts(workspace: Workspace, series: str) -> dict[tuple[str, float], tuple]:
    """Half-hour and horizon in hours -> forecast, outcome and the forecasts of the baselines."""
    rows = rows_of(
        workspace,
        """
        select to_char(period_start_utc at time zone 'UTC', 'HH24:MI'), horizon_hours, forecast, outcome, persistence
        from intermediate.int_forecast_errors where series = %s and settlement_date = %s
        """,
        [series, TODAY],
    )
    return {(clock, float(horizon)): tuple(rest) for clock, horizon, *rest in rows}


@pytest.mark.parametrize(("series", "more", "less"), [("national_demand", 0, 0), ("transmission_demand", 1000, 900)])
def test_an_issue_goes_by_the_time_of_its_publishing(workspace: Workspace, series: str, more: int, less: int) -> None:
    found = forecasts(workspace, series)
    assert found["12:00", 0.5][:2] == (20100 + more, 20000 + less)  # and not 1, as the source had it in the evening
    assert found["12:00", 1][0] == 20500 + more
    assert found["12:30", 0.5][0] is None  # the issue of 11:47 was missed
    assert found["12:30", 1][0] == 20200 + more
    assert found["13:00", 0.5] == (20320 + more, 20400 + less, None)  # 11:30, the newest due by 12:30, has no outturn
    assert found["13:00", 1][0] is None
    assert found["12:00", 8][0] is None  # asked from midnight on
    assert ("12:00", 12) not in found  # before that nobody asked
    by_hour = cell(workspace, series, 0.5, 13, *COUNTS, "sum_of_errors")
    assert by_hour == (2, 1, 2, 1, 1, 100 + more - less)


def test_a_wind_forecast_is_of_an_hour(workspace: Workspace) -> None:
    found = forecasts(workspace, "wind")
    assert found["14:00", 1] == (5000, Decimal("5100.5"), None)
    assert found["14:00", 0.5][0] == 5000
    assert found["14:00", 2][0] is None  # at 12:00 the issue of 10:30 was due, and had not come
    assert found["14:00", 4][0] == 5500
    assert cell(workspace, "wind", 1, 15, *COUNTS, "minutes_per_value") == (1, 1, 1, 1, 1, 60)


def test_what_is_embedded_is_forecast_each_hour(workspace: Workspace) -> None:
    found = forecasts(workspace, "embedded_solar")
    assert {found["12:30", horizon][0] for horizon in (0.5, 1)} == {None}  # the newest were over 75 minutes old
    assert found["12:30", 2] == (9100, 9300, None)
    assert found["13:30", 0.5][0] == 9400
    assert ("12:30", 4) not in found  # nobody had asked at 08:30
    assert forecasts(workspace, "embedded_wind")["13:30", 0.5][:2] == (500, 480)


HORIZONS = (0.5, 1, 2, 4, 8, 12, 24, 36)


def by_answers(answers: Answers, region: int | None, last_start: datetime) -> Forecasts:
    """What a forecast was at its moment: of the newest answer then, if it was no older than 45 minutes."""
    held: Forecasts = {}
    newest_of_all = max(t for t, (scope, _) in answers.items() if scope in (None, region))
    slot = at("00:00", RANDOM_DAY)
    while slot <= last_start:
        for horizon in HORIZONS:
            moment = slot - timedelta(hours=horizon)
            then = [t for t, (scope, _) in answers.items() if scope in (None, region) and t <= moment]
            fresh = then and moment - max(then) <= timedelta(minutes=45)
            if moment <= newest_of_all + timedelta(minutes=45):
                held[slot, horizon] = answers[max(then)][1].get(slot) if fresh else None
        slot += HALF_HOUR
    return held


def found_on_the_random_day(workspace: Workspace, series: str, region: int) -> Forecasts:
    rows = rows_of(
        workspace,
        """
        select period_start_utc, horizon_hours, forecast from intermediate.int_forecast_errors
        where series = %s and region_id = %s and period_start_utc >= %s
        """,
        [series, region, at("00:00", RANDOM_DAY)],
    )
    return {(start.astimezone(UTC), float(horizon)): forecast for start, horizon, forecast in rows}


def test_what_is_scored_is_what_the_newest_answer_said_in_whatever_order_answers_were_loaded(
    workspace: Workspace,
) -> None:
    expected = by_answers(NATIONAL, None, at("22:30", RANDOM_DAY))
    assert {f is None for f in expected.values()} == {True, False}
    assert found_on_the_random_day(workspace, "carbon_national", GB) == expected


@pytest.mark.parametrize("region", [LONDON, NORTH_SCOTLAND, NEVER_SENT])
def test_a_region_is_held_to_the_answers_about_it(workspace: Workspace, region: int) -> None:
    first = min(t for t, (scope, _) in REGIONAL.items() if scope in (None, region))
    over = max(REGIONAL) - HOUR  # a half-hour is over at the newest answer
    expected = {
        (slot, horizon): None if region == NEVER_SENT else forecast
        for (slot, horizon), forecast in by_answers(REGIONAL, region, over).items()
        if slot - timedelta(hours=horizon) >= first
    }
    found = found_on_the_random_day(workspace, "carbon_regional", region)
    assert {key: forecast for key, forecast in found.items() if key[0] <= over} == expected


def test_a_forecast_that_came_after_its_beginning_is_never_scored(workspace: Workspace) -> None:
    late = rows_of(
        workspace,
        "select * from intermediate.int_forecast_errors where not issued_at_utc <= moment_utc or horizon_hours <= 0",
    )
    assert late == []


def test_minutes_of_the_seeds_are_those_of_the_catalogue() -> None:
    seeds = REPOSITORY / "dbt_project" / "seeds"
    ages = list(csv.DictReader((seeds / "forecast_issue_ages.csv").open()))
    for series in csv.DictReader((seeds / "forecast_series.csv").open()):
        source, outcome = DATASETS[series["dataset"]], DATASETS[series["outcome_dataset"]]
        counted = [int(age["counts_for_minutes"]) for age in ages if age["dataset"] == source.id]
        cadence = source.cadence // timedelta(minutes=1)
        if series["issue_kind"] == "fetched":
            assert counted == [cadence + 15]
        else:
            assert max(counted) == cadence - 1
        if series["outcome_basis"] == "outturn" and series["outcome_due_minutes"]:
            assert int(series["outcome_due_minutes"]) == outcome.publication_lag // timedelta(minutes=1)
        if not series["outcome_due_minutes"]:
            assert outcome.publication_lag > 14 * DAY


def test_the_simulated_grid_is_forecast_better_from_near(simulated_workspace: Workspace) -> None:
    marts = "from marts.fct_forecast_accuracy"
    expected_series = {"national_demand", "transmission_demand", "wind", "carbon_national"}
    series = rows_of(simulated_workspace, f"select distinct series {marts} where forecasts_scored > 0")
    assert {name for (name,) in series} == expected_series  # of the others there is no outcome yet
    impossible = f"""
        select * {marts}
        where coverage_share not between 0 and 1 or mae > rmse * 1.000001 or abs(bias) > mae * 1.000001
            or (forecasts_scored = 0) <> (mae is null)
    """
    assert rows_of(simulated_workspace, impossible) == []
    mae = {
        (name, float(horizon)): (float(own), float(naive))
        for name, horizon, own, naive in rows_of(
            simulated_workspace,
            f"""
            select series, horizon_hours, sum(sum_of_absolute_errors) / sum(forecasts_scored),
                sum(sum_of_absolute_errors_of_persistence) / sum(persistence_compared)
            {marts} where series in ('national_demand', 'transmission_demand', 'wind')
            group by 1, 2 having sum(persistence_compared) > 0
            """,
        )
    }
    for name in ("national_demand", "transmission_demand", "wind"):
        assert mae[name, 0.5][0] < mae[name, 24][0]
        assert mae[name, 0.5][1] < mae[name, 24][1]
        assert mae[name, 24][0] < mae[name, 24][1]
