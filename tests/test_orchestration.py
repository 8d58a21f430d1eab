"""Dagster's graph and its automation, without a daemon: what is made by what, and what is asked for when."""

import contextlib
import itertools
import json
import os
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.schedules import cron_string_iterator
from hypothesis import given
from hypothesis import strategies as st

from ingestion.catalogue import DATASETS, HISTORIES, KEPT, OWN
from ingestion.dataset import Dataset
from ingestion.settlement import DAY, HOUR, local_midnight_utc, periods_in, settlement_date_of
from ingestion.wanted import Wanted
from orchestration.asking import ask_sensor, cron_of, due_since
from orchestration.building import Graph
from orchestration.datasets import dataset_key
from orchestration.definitions import build_defs
from orchestration.freshness import data_clocks
from orchestration.instance import cancel_abandoned_runs
from orchestration.maintenance import prune_runs
from orchestration.partitions import FIRST_DAY, settlement_dates
from orchestration.site import PAGE
from orchestration.warehouse import PROJECT, RECORDS_OF_LOADS, SHARED, _is_parsed, parsed_project, warehouse_assets
from tests.conftest import REPOSITORY

SNAPSHOT = Path(__file__).with_name("graph.json")
NOON = datetime(2026, 6, 10, 12, 1, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs()


@pytest.fixture(scope="module")
def graph(defs: dg.Definitions):
    return defs.resolve_asset_graph()


def key(text: str) -> dg.AssetKey:
    return dg.AssetKey(text.split("/"))


# The graph ------------------------------------------------------------------------------------------------------------


def test_the_definitions_load(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_every_source_of_dbt_is_made_by_an_asset(graph) -> None:
    assert {asset.path[-1] for asset in graph.external_asset_keys if asset.path[0] == "raw"} == set(HISTORIES)
    manifest = json.loads(parsed_project().manifest_path.read_text())
    tables = {source["name"] for source in manifest["sources"].values()}
    assert tables == {*KEPT, *RECORDS_OF_LOADS}
    made = {asset.path[-1] for asset in graph.materializable_asset_keys if asset.path[0] == "raw"}
    assert made == {*DATASETS, *OWN}


def test_every_asset_is_asked_for_or_built_and_has_a_description(defs: dg.Definitions, graph) -> None:
    sensors = {sensor.name: sensor.default_status for sensor in defs.sensors or []}
    assert sensors == dict.fromkeys(
        ("advise", "ask", "build", "document", "hear", "tell"), dg.DefaultSensorStatus.RUNNING
    )
    built = set(Graph.of(warehouse_assets(parsed_project()), SHARED).reads) | {PAGE}
    assert graph.materializable_asset_keys == built | set(map(dataset_key, [*DATASETS.values(), *OWN.values()]))
    for asset in graph.materializable_asset_keys:
        assert graph.get(asset).description, asset


def test_every_asset_has_an_owner_a_group_kinds_and_a_place_in_the_code(graph) -> None:
    for asset in graph.materializable_asset_keys:
        node = graph.get(asset)
        assert node.owners, asset
        assert len(node.kinds) > 1, asset
        assert node.group_name not in (None, "default"), asset
        (place,) = node.metadata["dagster/code_references"].code_references
        assert Path(place.file_path).is_relative_to(REPOSITORY), asset
        assert Path(place.file_path).is_file(), asset


def test_the_lineage_ends_at_the_pages_of_the_dashboard(graph) -> None:
    pages = {asset for asset in graph.external_asset_keys if asset.path[0] == "dashboard"}
    views = {path.stem for path in (REPOSITORY / "dashboard" / "views").glob("[!_]*.py")}
    assert {page.path[-1] for page in pages} == views
    assert graph.get(key("dashboard/carbon")).parent_keys == {
        key("marts/dim_datasets"), key("marts/fct_grid_daily"), key("marts/fct_carbon_half_hourly")
    }  # fmt: skip
    for page in pages:
        node = graph.get(page)
        assert (node.group_name, node.kinds, node.child_keys) == ("dashboard", {"streamlit"}, set())
        assert node.owners == ["team:dashboard"]
        assert node.description
        assert node.metadata["url"].url.startswith("http://127.0.0.1:8501/")
        (place,) = node.metadata["dagster/code_references"].code_references
        assert Path(place.file_path).is_file()


# Summed over marts whose own clocks are looked at; a week or a record has no time at which it is late. What files
# brought in has none either, and whether advice was given is asked of raw/advice.
OVER_LONG_SPANS = {
    "fct_grid_weekly", "fct_grid_monthly", "fct_grid_yearly", "fct_records", "fct_record_history", "fct_price_duration",
    "fct_captured_prices_monthly", "fct_retail_price_history_half_hourly", "fct_charge_advice",
    "fct_charge_advice_pieces", "fct_charge_advice_monthly",
}  # fmt: skip


def test_every_mart_with_a_clock_has_a_check_on_it(graph) -> None:
    marts = {asset.path[-1] for asset in graph.materializable_asset_keys if asset.path[0] == "marts"}
    checked = {check.asset_key.path[-1] for check in graph.asset_check_keys if check.name == "data_clock"}
    facts = {mart for mart in marts if mart.startswith("fct_") and not mart.endswith("_versions")}
    assert checked == facts - OVER_LONG_SPANS | {"dim_datasets"}


def test_every_mart_is_reached_by_a_dataset_of_its_own(graph) -> None:
    """What all datasets share does not count as a reason to build a mart, so each needs another way from raw."""

    def reaches_raw(asset: dg.AssetKey) -> bool:
        if asset.path[0] == "raw":
            return True
        return any(reaches_raw(parent) for parent in graph.get(asset).parent_keys if parent not in SHARED)

    for asset in graph.materializable_asset_keys:
        if asset.path[0] == "marts" and asset not in SHARED and asset != key("marts/dim_regions"):
            assert reaches_raw(asset), asset


def test_the_graph_is_the_one_that_was_agreed(graph) -> None:
    """A change of the graph is seen in review. To agree to it: ENERGY_MONITOR_WRITE_SNAPSHOT=1 and this test."""
    checks = sorted(graph.asset_check_keys, key=lambda check: (check.asset_key.path, check.name))
    found = {
        asset.to_user_string(): {
            "group": graph.get(asset).group_name,
            "reads": sorted(parent.to_user_string() for parent in graph.get(asset).parent_keys),
            "checks": [check.name for check in checks if check.asset_key == asset],
        }
        for asset in sorted(graph.get_all_asset_keys(), key=lambda asset: asset.path)
    }
    if os.environ.get("ENERGY_MONITOR_WRITE_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(SNAPSHOT.read_text())


# When a dataset is asked for ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.id)
def test_a_dataset_is_asked_for_at_its_cadence(dataset) -> None:
    ticks = cron_string_iterator(datetime(2026, 6, 10, tzinfo=UTC).timestamp(), cron_of(dataset), "UTC")
    times = list(itertools.islice(ticks, 20))
    steps = {later - earlier for earlier, later in itertools.pairwise(times)}
    if dataset.ask_at:  # more often than it is published, or when it is expected
        assert dataset.cadence <= timedelta(minutes=2) or max(steps) <= dataset.cadence
        return
    assert steps == {dataset.cadence}
    if dataset.cadence < DAY:  # when a row becomes due, and not somewhere between
        assert (times[0] - datetime(2026, 6, 10, tzinfo=UTC) - dataset.publication_lag) % dataset.cadence == timedelta()


CLOCK_CHANGES = pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["46", "50 half-hours"])


class Asking:
    """The sensor that asks, tick by tick at a clock of the test's own."""

    def __init__(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.monkeypatch, self.cursor = now, monkeypatch, None
        self.instance = dg.DagsterInstance.ephemeral()

    def tick(self, after: timedelta = timedelta(seconds=10)) -> dict[str, list[str]]:
        """What is asked for: by source, its datasets."""
        self.now += after
        self.monkeypatch.setenv("ENERGY_MONITOR_CLOCK", f"{self.now.isoformat()},{datetime.now(UTC).isoformat()},0")
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = ask_sensor()(context)
        self.cursor = result.cursor
        self.requests = result.run_requests
        return {
            request.tags["energy_monitor/source"]: [asset.path[-1] for asset in request.asset_selection]
            for request in result.run_requests
        }


@CLOCK_CHANGES
def test_each_five_minutes_of_a_clock_change_day_are_asked_for_once(day: date, monkeypatch) -> None:
    start, end = local_midnight_utc(day), local_midnight_utc(day + DAY)
    asking = Asking(start - timedelta(seconds=143), monkeypatch)
    asking.tick(timedelta())
    asked = 0
    while asking.now < end - FIVE_MINUTES:
        found = [one for one in (asking.tick(FIVE_MINUTES / 2), asking.tick(FIVE_MINUTES / 2)) if "elexon" in one]
        asked += sum("fuelinst" in one["elexon"] for one in found)
        assert len([one for one in found if "fuelinst" in one["elexon"]]) == 1, asking.now
    assert asked == periods_in(day) * 6


def test_each_source_is_asked_in_a_run_of_its_own_and_never_twice_at_once(monkeypatch) -> None:
    asking = Asking(datetime(2026, 6, 10, 12, 0, 30, tzinfo=UTC), monkeypatch)
    assert asking.tick() == {}, "what was due before anybody looked is left to the first fill"
    assert asking.tick(timedelta(hours=1)).keys() == {"elexon", "carbon_intensity", "neso"}
    day = settlement_dates().get_last_partition_key()
    assert {request.partition_key for request in asking.requests} == {day}

    @dg.job
    def ingest() -> None: ...

    tags = {"energy_monitor/source": "elexon"}
    run = asking.instance.create_run_for_job(ingest, status=dg.DagsterRunStatus.STARTED, tags=tags)
    assert "elexon" not in asking.tick(timedelta(minutes=30))
    assert "elexon" not in asking.tick(timedelta(seconds=20))
    asking.instance.report_run_canceled(run)
    assert {"fuelinst", "fuelhh", "system_prices"} <= set(asking.tick(timedelta(seconds=20))["elexon"]), "all of it"


def test_what_became_due_while_dagster_was_down_is_asked_for_at_once(monkeypatch) -> None:
    asking = Asking(NOON, monkeypatch)
    asking.tick()
    asked = asking.tick(timedelta(days=3))
    assert sorted(itertools.chain(*asked.values())) == sorted(DATASETS)


@given(st.sampled_from(list(DATASETS.values())), st.integers(0, 10**6), st.lists(st.integers(1, 20_000), max_size=9))
def test_no_tick_is_lost_however_seldom_one_looks(dataset: Dataset, start: int, pauses: list[int]) -> None:
    """Looks at any distance from each other find something due exactly where a tick lies between them."""
    now = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(seconds=start)
    for pause in pauses:
        later = now + timedelta(seconds=pause)
        ticks = cron_string_iterator((now + timedelta(seconds=1)).timestamp(), cron_of(dataset), "UTC")
        assert (dataset in due_since(dataset.source, now, later)) == (next(ticks) <= later)
        now = later


TODAY = date(2026, 6, 10)


def test_today_stands_for_all_that_is_due_by_the_clock() -> None:
    assert Wanted(TODAY, TODAY, is_due=True).of(DATASETS["fuelhh"]) == Wanted(is_due=True)
    week = Wanted(TODAY - 6 * DAY, TODAY, is_due=True)
    assert week.of(DATASETS["system_prices"]) == week


def test_the_past_of_a_forecast_is_not_asked_for() -> None:
    forecast = DATASETS["carbon_national_forecast"]
    assert Wanted(date(2026, 6, 1), date(2026, 6, 9)).of(forecast).is_nothing
    assert Wanted(date(2026, 6, 1), TODAY, is_due=True).of(forecast) == Wanted(is_due=True)


def test_a_past_day_is_asked_for_as_it_is() -> None:
    day = Wanted(TODAY - DAY, TODAY - DAY)
    assert day.of(DATASETS["system_prices"]) == day


def test_partitions_reach_the_present_day_of_the_workspaces_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    today = settlement_date_of(datetime.now(UTC))
    assert settlement_dates().get_last_partition_key() == str(today)
    assert settlement_dates().get_first_partition_key() == str(FIRST_DAY)
    machine = datetime.now(UTC)
    monkeypatch.setenv("ENERGY_MONITOR_CLOCK", f"{(machine + 400 * DAY).isoformat()},{machine.isoformat()},1")
    assert settlement_dates().get_last_partition_key() == str(settlement_date_of(machine + 400 * DAY))


def test_a_manifest_that_is_cut_short_or_older_than_a_deletion_is_made_again() -> None:
    project = parsed_project()
    assert _is_parsed(project)
    whole = project.manifest_path.read_text()
    try:
        project.manifest_path.write_text(whole[:-1000])
        assert not _is_parsed(project)
    finally:
        project.manifest_path.write_text(whole)
    model = PROJECT / "models" / "marts" / "grid" / "to_be_deleted.sql"
    model.touch()
    model.unlink()
    assert not _is_parsed(project)
    assert _is_parsed(parsed_project())


# The data's own clock -------------------------------------------------------------------------------------------------


def test_a_row_is_late_only_when_the_next_one_should_have_been_built() -> None:
    clocks = {clock.mart: clock for clock in data_clocks(parsed_project())}
    half_hourly = clocks["fct_generation_half_hourly"]
    newest = datetime(2026, 6, 10, 11, 0, tzinfo=UTC)
    # its successor ends at 12:00, is due at 12:15, asked for by 12:45, built by 13:05
    assert half_hourly.lateness(newest, newest) == -timedelta(minutes=30)
    on_time = datetime(2026, 6, 10, 13, 5, tzinfo=UTC)
    assert half_hourly.lateness(newest, on_time) == half_hourly.allowed_lateness
    daily = clocks["fct_grid_daily"]
    assert daily.lateness(date(2026, 10, 25), datetime(2026, 10, 26, 1, tzinfo=UTC)) == timedelta(hours=1)
    assert daily.lateness(None, on_time) is None
    hourly = clocks["fct_source_reliability_daily"]
    assert hourly.allowed_lateness == HOUR + clocks["dim_datasets"].allowed_lateness, "its turn comes once an hour"


# Dagster's own records ------------------------------------------------------------------------------------------------


def test_old_runs_are_pruned_but_those_that_say_that_a_day_was_asked_for(tmp_path: Path) -> None:
    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["monday", "tuesday"]))
    def feed() -> None: ...

    @dg.asset(check_specs=[dg.AssetCheckSpec("whole", asset="mart")])
    def mart():
        yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for day in ("monday", "tuesday", "tuesday", "tuesday"):
            dg.materialize([feed], instance=instance, partition_key=day)
            dg.materialize([mart], instance=instance)
        assert prune_runs(instance, kept=timedelta(hours=1)) == 0
        assert prune_runs(instance, kept=timedelta()) == 5
        assert instance.get_runs_count() == 3
        assert len(list(tmp_path.glob("history/runs/*-*.db"))) == 3, "no file of a deleted run is left"
        with contextlib.closing(sqlite3.connect(tmp_path / "history" / "runs" / "index.db")) as index:
            assert index.execute("pragma freelist_count").fetchone() == (0,), "and no space of their events"
        assert instance.get_materialized_partitions(feed.key) == {"monday", "tuesday"}
        assert instance.get_latest_materialization_event(mart.key) is not None
        checks = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(mart.key, "whole"), limit=10
        )
        assert len(checks) == 1
        assert prune_runs(instance, kept=timedelta()) == 0


def test_a_run_that_nobody_runs_any_more_does_not_hold_the_queue() -> None:
    @dg.job
    def any_job() -> None: ...

    with dg.DagsterInstance.ephemeral() as instance:
        for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.SUCCESS):
            instance.create_run_for_job(any_job, status=status)
        assert cancel_abandoned_runs(instance) == 2
        assert {run.status for run in instance.get_runs()} == {
            dg.DagsterRunStatus.CANCELED,
            dg.DagsterRunStatus.SUCCESS,
        }
