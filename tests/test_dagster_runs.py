"""Runs of Dagster's assets in this process: against the simulator over HTTP, into a real PostgreSQL and a lake."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event, Thread

import dagster as dg
import pytest

from energy_monitor.clock import VARIABLE, clock_text
from energy_monitor.dbt import alone
from energy_monitor.workspace import Workspace
from ingestion.settlement import periods_in
from orchestration.definitions import WORKSPACE_VARIABLE, build_defs
from simulator.server import Running, running
from tests.conftest import WorkspaceMaker, environ_of
from tests.marts import rows_of

NOW = datetime(2026, 10, 26, 9, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def grid() -> Iterator[Running]:
    with running(seed=3, now_utc=NOW, speed=0) as grid:
        yield grid


@pytest.fixture
def workspace(make_workspace: WorkspaceMaker, grid: Running, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of its own, which Dagster is told of by the environment, as `up` does it."""
    workspace = make_workspace()
    monkeypatch.setenv(WORKSPACE_VARIABLE, workspace.name)
    monkeypatch.setenv(VARIABLE, clock_text(NOW, datetime.now(UTC), 0))
    for name, value in environ_of(grid).items():
        monkeypatch.setenv(name, value)
    return workspace


def run(first: str, last: str, *datasets: str) -> dg.ExecuteInProcessResult:
    """Materializes datasets over settlement dates in one run, as a backfill does."""
    return (
        build_defs()
        .resolve_job_def("ingest")
        .execute_in_process(
            asset_selection=[dg.AssetKey(["raw", dataset]) for dataset in datasets],
            tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
            raise_on_error=False,
        )
    )


def materialized(result: dg.ExecuteInProcessResult) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for event in result.get_asset_materialization_events():
        assert event.asset_key is not None
        found.setdefault(event.asset_key.path[-1], []).append(event.partition)
    return {dataset: sorted(map(str, days)) for dataset, days in found.items()}


def test_a_backfill_over_a_range_lands_it_in_one_run_and_asks_no_forecast_for_its_past(workspace: Workspace) -> None:
    result = run("2026-10-24", "2026-10-25", "fuelhh", "market_index", "neso_embedded_forecast")
    assert result.success
    days = ["2026-10-24", "2026-10-25"]
    assert materialized(result) == {"fuelhh": days, "market_index": days}
    landed = "select settlement_date::text, count(*) from raw.load_days where dataset = 'fuelhh' group by 1 order by 1"
    assert rows_of(workspace, landed) == [(day, 1) for day in days]
    half_hours = 'select count(distinct "startTime") from raw.fuelhh'
    assert rows_of(workspace, half_hours) == [(sum(periods_in(datetime.fromisoformat(day).date()) for day in days),)]
    events = result.get_asset_materialization_events()
    told = next(e.materialization.metadata for e in events if e.asset_key == dg.AssetKey(["raw", "fuelhh"]))
    versions = rows_of(workspace, "select count(*) from raw.fuelhh")[0][0]
    assert (told["requests"].value, told["rows_seen"].value, told["rows_new"].value) == (1, versions, versions)
    assert datetime.fromtimestamp(told["newest_data_utc"].value, UTC) == datetime(2026, 10, 25, 23, 30, tzinfo=UTC)
    assert told["newest_lake_key"].value.startswith("landing/elexon/fuelhh/date=2026-10-26/")
    assert told["window"].value == "2026-10-24 to 2026-10-25"
    assert told["lag_minutes"].value == 9 * 60 + 7, "by the clock of the workspace"
    assert [(told["newest_load_id"].value,)] == rows_of(
        workspace, "select max(load_id) from raw.loads where dataset = 'fuelhh'"
    )


def test_today_is_what_is_new_by_the_workspaces_clock(workspace: Workspace) -> None:
    result = run("2026-10-26", "2026-10-26", "fuelinst", "carbon_national_forecast")
    assert result.success
    assert materialized(result) == {"fuelinst": ["2026-10-26"], "carbon_national_forecast": ["2026-10-26"]}
    (newest,) = rows_of(workspace, 'select max("startTime") from raw.fuelinst')[0]
    assert newest == datetime(2026, 10, 26, 9, 0, tzinfo=UTC)
    (ahead,) = rows_of(workspace, 'select max("from") from raw.carbon_national_forecast')[0]
    assert ahead > datetime(2026, 10, 28, 8, 0, tzinfo=UTC)


def test_a_source_that_fails_says_why_and_holds_no_other_up(
    workspace: Workspace, grid: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENERGY_MONITOR_NESO_URL", f"{grid.url}/elsewhere")
    result = run("2026-10-25", "2026-10-25", "demand_outturn", "neso_historic_demand")
    assert not result.success
    assert materialized(result) == {"demand_outturn": ["2026-10-25"]}
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    assert failure.step_key == "neso"
    reason = str(failure.step_failure_data.error_display_string)
    assert "NESO Data Portal: not all was loaded" in reason
    assert "HTTP status 404" in reason


def test_one_build_waits_for_another(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    entered = Event()

    def second() -> None:
        with alone(workspace):
            entered.set()

    with alone(workspace):
        thread = Thread(target=second)
        thread.start()
        assert not entered.wait(0.5)
    assert entered.wait(10)
    thread.join()
