"""Null, false zero, absent, negative: what marts say of them, and what aggregates leave out."""

import csv
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, HALF_HOUR, local_midnight_utc, periods_in, settlement_date_of
from tests.conftest import WorkspaceMaker, day_request, take_in
from tests.marts import build_marts, rows_of

ODD_DAY = date(2012, 7, 1)
Known = dict[datetime, tuple[float | None, float | None, str]]


@pytest.fixture(scope="module")
def history(recorded: Path) -> Known:
    """Half a year of the carbon API's own answers: start -> (actual, forecast, index)."""
    known: Known = {}
    with (recorded / "history" / "carbon_national_2023_h1.csv").open() as file:
        for row in csv.DictReader(file):
            actual, forecast = (float(row[name]) if row[name] else None for name in ("actual", "forecast"))
            known[datetime.fromisoformat(row["from"])] = (actual, forecast, row["index"])
    return known


@pytest.fixture(scope="module")
def days(history: Known) -> list[date]:
    """The local days that the history touches: of the first it has one half-hour, of the last two."""
    first, last = settlement_date_of(min(history)), settlement_date_of(max(history))
    return [first + DAY * number for number in range((last - first).days + 1)]


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker, history: Known, days: list[date]) -> Workspace:
    workspace = make_workspace()
    by_day = defaultdict(list)
    for start, (actual, forecast, index) in sorted(history.items()):
        span = {"from": carbon_time(start), "to": carbon_time(start + HALF_HOUR)}
        row = span | {"intensity": {"forecast": whole(forecast), "actual": whole(actual), "index": index}}
        by_day[settlement_date_of(start)].append(row)
    for day in days:
        body = {"data": by_day[day]}
        fetched_at = local_midnight_utc(day) + 3 * DAY
        take_in(workspace, "carbon_national_actual", day_request("carbon_national_actual", day), body, fetched_at)
    take_in_odd_day(workspace)
    build_marts(workspace, "--select", "+fct_grid_daily")
    return workspace


def carbon_time(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%MZ")


def whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def take_in_odd_day(workspace: Workspace) -> None:
    """A day with negative prices, a demand of 0, a null and half-hours that did not come."""
    fetched_at = local_midnight_utc(ODD_DAY) + 400 * DAY
    label = {"settlementDate": f"{ODD_DAY}"}
    prices = [
        label | {"settlementPeriod": p, "systemSellPrice": -72.84, "netImbalanceVolume": p - 24} for p in range(1, 41)
    ]
    take_in(workspace, "system_prices", day_request("system_prices", ODD_DAY), {"data": prices}, fetched_at)
    demand = [
        label
        | {
            "settlementPeriod": period,
            "initialDemandOutturn": {5: None}.get(period, 20000),
            "initialTransmissionSystemDemandOutturn": {6: 0}.get(period, 21000),
        }
        for period in range(1, 49)
    ]
    take_in(workspace, "demand_outturn", day_request("demand_outturn", ODD_DAY), {"data": demand}, fetched_at)
    records = [
        {
            "SETTLEMENT_DATE": f"{ODD_DAY:%d-%b-%Y}".upper(),
            "SETTLEMENT_PERIOD": period,
            "ND": 20000,
            "TSD": 0 if period == 7 else 21000,
            "EMBEDDED_WIND_GENERATION": 700,
            "EMBEDDED_SOLAR_GENERATION": 0,
        }
        for period in range(1, 49)
    ]
    request = "datastore_search (historic demand data 2012), filters SETTLEMENT_DATE=2012-07-01"
    body = {"success": True, "result": {"records": records}}
    take_in(workspace, "neso_historic_demand", request, body, fetched_at)
    midnight = local_midnight_utc(ODD_DAY)
    providers = [
        {
            "startTime": (midnight + HALF_HOUR * i).isoformat(),
            "dataProvider": provider,
            "price": price,
            "volume": volume,
        }
        for i in range(48)
        for provider, price, volume in (
            ("APXMIDP", -15.5 if i < 2 else 0 if i == 2 else 40, 0 if i == 2 else 900),
            ("N2EXMIDP", 0, 0),
        )
        if not (provider == "APXMIDP" and i == 3)
    ]
    request = (
        f"/balancing/pricing/market-index?from={carbon_time(midnight)}&to={carbon_time(midnight + DAY - HALF_HOUR)}"
    )
    take_in(workspace, "market_index", request, {"data": providers}, fetched_at)


def expected_state(actual: float | None) -> str:
    return "missing" if actual is None else "suspect" if actual == 0 else "settled"


def test_every_carbon_half_hour_has_its_state_and_no_value_is_made_up(
    workspace: Workspace, history: Known, days: list[date]
) -> None:
    expected = {}
    for day in days:
        for place in range(periods_in(day)):
            start = local_midnight_utc(day) + HALF_HOUR * place
            actual, forecast, _ = history.get(start, (None, None, ""))
            expected[start] = (actual, forecast, expected_state(actual))
    rows = rows_of(
        workspace,
        "select period_start_utc, carbon_actual_gco2_per_kwh, carbon_forecast_gco2_per_kwh, state "
        "from marts.fct_carbon_half_hourly",
    )
    found = {row[0]: (number(row[1]), number(row[2]), row[3]) for row in rows}
    assert found == expected
    kinds = Counter(state for *_, state in expected.values())
    assert kinds["missing"] == 5 + 47 + 46, "the nulls of 26 January, and what the first and the last day lack"
    assert kinds["suspect"] == 5, "the false zeros of 31 January and 7 June"


def number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]


def test_daily_carbon_means_leave_out_what_does_not_count_and_say_how_many(
    workspace: Workspace, history: Known, days: list[date]
) -> None:
    rows = rows_of(
        workspace,
        "select settlement_date, mean_carbon_actual_gco2_per_kwh, carbon_actual_gco2_per_kwh_periods, "
        "carbon_suspect_periods, min_carbon_actual_gco2_per_kwh from marts.fct_grid_daily",
    )
    found = {row[0]: row[1:] for row in rows}
    for day in days:
        starts = [local_midnight_utc(day) + HALF_HOUR * n for n in range(periods_in(day))]
        actuals = [history[start][0] for start in starts if start in history]
        good = [actual for actual in actuals if actual]
        mean, count, suspects, least = found[day]
        assert count == len(good)
        assert suspects == actuals.count(0)
        assert mean == pytest.approx(sum(good) / len(good))
        assert least == min(good)
    assert found[date(2023, 6, 7)][1] == 44
    assert found[date(2022, 12, 31)][1] == 1


def test_negative_prices_are_prices_and_what_did_not_come_is_missing(workspace: Workspace) -> None:
    rows = rows_of(
        workspace,
        "select settlement_period, system_price_gbp_per_mwh, system_price_state "
        "from marts.fct_prices_half_hourly where settlement_date = %s order by 1",
        [ODD_DAY],
    )
    assert [row[0] for row in rows] == list(range(1, 49))
    assert {row[1:] for row in rows[:40]} == {(rows[0][1], "provisional")}
    assert float(rows[0][1]) == -72.84
    assert {row[1:] for row in rows[40:]} == {(None, "missing")}


def test_the_headline_price_is_of_one_provider_with_volume(workspace: Workspace) -> None:
    rows = rows_of(
        workspace,
        "select settlement_period, market_index_price_gbp_per_mwh, market_index_state "
        "from marts.fct_prices_half_hourly where settlement_date = %s order by 1",
        [ODD_DAY],
    )
    found = {period: (number(price), state) for period, price, state in rows}
    assert found[1] == found[2] == (-15.5, "settled")
    assert found[3] == (None, "missing"), "a price of 0 without volume is no price"
    assert found[4] == (None, "missing"), "the other provider does not stand in"
    assert found[5] == (40, "settled")


def test_a_demand_of_zero_is_suspect_and_a_null_is_missing(workspace: Workspace) -> None:
    rows = rows_of(
        workspace,
        "select settlement_period, indo_mw, indo_state, itsdo_mw, itsdo_state, tsd_mw, tsd_state, state "
        "from marts.fct_demand_half_hourly where settlement_date = %s order by 1",
        [ODD_DAY],
    )
    by_period = {row[0]: row[1:] for row in rows}
    assert by_period[1] == (20000, "settled", 21000, "settled", 21000, "settled", "settled")
    assert by_period[5][:2] == (None, "missing")
    assert by_period[6][2:4] == (0, "suspect")
    assert by_period[7][4:] == (0, "suspect", "suspect")
    (daily,) = rows_of(
        workspace,
        "select indo_mwh, indo_periods, itsdo_mwh, itsdo_periods, embedded_solar_mwh, embedded_solar_periods, "
        "demand_suspect_periods, system_price_gbp_per_mwh_periods, supply_periods "
        "from marts.fct_grid_daily where settlement_date = %s",
        [ODD_DAY],
    )
    assert daily == (20000 * 47 / 2, 47, 21000 * 47 / 2, 47, 0, 48, 1, 40, 0)


def test_a_half_hour_that_is_not_due_is_a_forecast_and_one_never_asked_for_is_no_row(
    make_workspace: WorkspaceMaker,
) -> None:
    workspace = make_workspace()
    day, noon = date(2025, 6, 1), local_midnight_utc(date(2025, 6, 1)) + timedelta(hours=12)
    rows = [
        {
            "from": carbon_time(start),
            "to": carbon_time(start + HALF_HOUR),
            "intensity": {"forecast": 50, "actual": 60 if start < noon - timedelta(hours=1) else None, "index": "low"},
        }
        for start in (local_midnight_utc(day) + HALF_HOUR * number for number in range(48))
    ]
    take_in(workspace, "carbon_national_actual", day_request("carbon_national_actual", day), {"data": rows}, noon)
    ahead = [
        {
            "from": carbon_time(start),
            "to": carbon_time(start + HALF_HOUR),
            "intensity": {"forecast": 70, "index": "low"},
        }
        for start in (noon + HALF_HOUR * number for number in range(96))
    ]
    later = noon + timedelta(minutes=1)
    take_in(workspace, "carbon_national_forecast", f"/intensity/{carbon_time(noon)}/fw48h", {"data": ahead}, later)
    build_marts(workspace, "--select", "+fct_carbon_half_hourly")
    rows_found = rows_of(
        workspace,
        "select period_start_utc, state, carbon_actual_gco2_per_kwh, carbon_forecast_gco2_per_kwh "
        "from marts.fct_carbon_half_hourly order by 1",
    )
    first, last = rows_found[0][0], rows_found[-1][0]
    assert (first, last) == (local_midnight_utc(day), noon + 2 * DAY - HALF_HOUR)
    for start, state, actual, forecast in rows_found:
        assert forecast == (50 if start < noon else 70), "the newest forecast that is known"
        if start <= noon - timedelta(hours=1, minutes=30):
            assert (state, actual) == ("provisional", 60)
        else:
            assert (state, actual) == ("forecast", None)
