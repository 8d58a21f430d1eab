"""From the simulator over HTTP to the marts: clock-change days whole, wrong parameters noticed, kinds kept apart."""

import calendar
import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from energy_monitor.fetching import fetch_all, sessions
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import Form
from ingestion.ingest import ingest
from ingestion.landing import Answer, KindError, attempt_keys
from ingestion.session import Budget, Session
from ingestion.settlement import DAY, periods_in
from ingestion.windows import requests_for, requests_for_days
from simulator.server import Running, running
from tests.conftest import WorkspaceMaker, environ_of
from tests.marts import build_marts, rows_of

NOW = datetime(2028, 2, 1, 12, 7, tzinfo=UTC)
SMALL_YEARS = (2016, 2026)


def last_sunday(year: int, month: int) -> date:
    days = calendar.monthcalendar(year, month)
    return date(year, month, max(week[calendar.SUNDAY] for week in days))


def clock_change_days(years: Iterator[int] | range | tuple[int, ...]) -> list[date]:
    return [last_sunday(year, month) for year in years for month in (3, 10)]


@pytest.fixture(scope="module")
def grid() -> Iterator[Running]:
    with running(seed=7, now_utc=NOW, speed=0) as grid:
        yield grid


def fetch_days(workspace: Workspace, grid: Running, days: list[date], names: list[str]) -> None:
    wanted = [
        (DATASETS[name], r) for name in names for day in days for r in requests_for_days(DATASETS[name], day, day)
    ]
    outcomes = [asked.loaded for asked in fetch_all(workspace, wanted, sessions(environ_of(grid)))]
    assert len(outcomes) == len(wanted)
    assert {loaded.status for loaded in outcomes} == {"loaded"}, [o.error for o in outcomes if o.error][:3]


def hold_clock_changes(workspace: Workspace, grid: Running, years: range | tuple[int, ...]) -> None:
    days = clock_change_days(years)
    # NESO's yearly files are known up to 2026
    names = [name for name, dataset in DATASETS.items() if dataset.forms and name != "neso_historic_demand"]
    fetch_days(workspace, grid, days, names)
    fetch_days(workspace, grid, [day for day in days if day.year <= 2026], ["neso_historic_demand"])
    build_marts(workspace, "--select", "+fct_grid_daily", "+fct_generation_five_minutely")
    counts = """
        select settlement_date, count(*), count(indo_mw), count(market_index_price_gbp_per_mwh),
            count(system_price_gbp_per_mwh), count(carbon_actual_gco2_per_kwh), count(transmission_supply_mw),
            count(distinct settlement_period), min(settlement_period), max(settlement_period)
        from marts.fct_grid_half_hourly group by 1
    """
    found = {day: counts for day, *counts in rows_of(workspace, counts)}
    assert set(found) == set(days)
    for day in days:
        n = periods_in(day)
        assert n in (46, 50)
        assert found[day] == [n, n, n, n, n, n, n, 1, n], day
    intervals = (
        "select settlement_date, count(distinct interval_start_utc) from marts.fct_generation_five_minutely group by 1"
    )
    assert dict(rows_of(workspace, intervals)) == {day: periods_in(day) * 6 for day in days}
    supply = "select settlement_date, supply_periods from marts.fct_grid_daily where settlement_date < '2027-01-01'"
    assert dict(rows_of(workspace, supply)) == {day: periods_in(day) for day in days if day.year <= 2026}


def test_clock_change_days_are_fetched_whole_and_are_whole_in_the_marts(
    make_workspace: WorkspaceMaker, grid: Running
) -> None:
    hold_clock_changes(make_workspace(), grid, SMALL_YEARS)


@pytest.mark.full
def test_every_clock_change_day_is_fetched_whole_and_is_whole_in_the_marts(
    make_workspace: WorkspaceMaker, grid: Running
) -> None:
    hold_clock_changes(make_workspace(), grid, range(2016, 2028))


def test_parameters_that_the_source_ignores_are_noticed(make_workspace: WorkspaceMaker, grid: Running) -> None:
    """/datasets/INDO knows no settlement dates: it answers with its newest half-hour, and a 200."""
    workspace = make_workspace()
    form = Form("/datasets/INDO?settlementDateFrom={first}&settlementDateTo={last}", "settlementDate", "day", DAY)
    indo = dataclasses.replace(
        DATASETS["demand_outturn"],
        requests="/datasets/INDO",
        forms=(form,),
        columns=tuple(
            dataclasses.replace(c, name="demand") if c.name == "initialDemandOutturn" else c
            for c in DATASETS["demand_outturn"].columns
        ),
    )
    connection = workspace.connect("ingester")
    try:
        request = form.write(date(2025, 1, 1), date(2025, 1, 1))
        session = Session(grid.elexon_url, Budget(6000))
        loaded = ingest(indo, request, session.fetch, workspace.lake(), connection)
    finally:
        connection.close()
    assert loaded.status == "failed"
    assert "outside the window asked for, 2025-01-01" in (loaded.error or "")
    assert "ignored a parameter" in (loaded.error or "")
    assert rows_of(workspace, "select count(*) from raw.demand_outturn") == [(0,)]


def test_forecasts_are_asked_for_as_they_are_now(make_workspace: WorkspaceMaker, grid: Running) -> None:
    workspace = make_workspace()
    forecasts = [dataset for dataset in DATASETS.values() if dataset.newest]
    wanted = [(dataset, request) for dataset in forecasts for request in requests_for(dataset, None, None, NOW)]
    outcomes = [asked.loaded for asked in fetch_all(workspace, wanted, sessions(environ_of(grid)))]
    assert {loaded.status for loaded in outcomes} == {"loaded"}
    assert len(outcomes) == len(wanted) > len(forecasts)
    (fetched_at,) = {fetched_at for (fetched_at,) in rows_of(workspace, "select fetched_at from raw.loads")}
    assert fetched_at == NOW, "the time of a simulated answer is the simulator's"


def test_simulated_and_real_answers_never_share_a_lake(make_workspace: WorkspaceMaker, grid: Running) -> None:
    workspace = make_workspace()
    dataset = DATASETS["system_prices"]
    fetch_days(workspace, grid, [date(2025, 1, 1)], [dataset.id])
    real = Answer(next(requests_for_days(dataset, date(2025, 1, 2), date(2025, 1, 2))), NOW, 200, b'{"data":[]}')
    connection = workspace.connect("ingester")
    try:
        with pytest.raises(KindError, match="is for simulated answers and this one is real"):
            ingest(dataset, real.request, lambda _: [real], workspace.lake(), connection)
    finally:
        connection.close()
    assert len(list(attempt_keys(workspace.lake()))) == 1
