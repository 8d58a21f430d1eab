"""Spark: a cluster on this machine builds the marts of PostgreSQL from row files, also when it loses a worker."""

import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as arrow
import pytest
from dbt.cli.main import dbtRunner

from benchmarks.growth import START
from benchmarks.ten_years import a_grid, base_of, lay, live
from energy_monitor.dbt import PROJECT, environment, in_environment, places
from energy_monitor.workspace import Workspace
from orchestration.builder import UNREAD
from tests.conftest import WorkspaceMaker, run_command
from tests.marts import Mart, Number, build_marts, different_marts, untraced
from tests.spark_cluster import SparkCluster, lacking, spark_cluster

DAYS = int(os.environ.get("ENERGY_MONITOR_SPARK_DAYS", "28"))  # of the simulated grid
NEAR = 1e-9  # of itself
# Its numbers are differences of means: where both sides agree, what is left of them is what their last digits leave.
DIFFERENCES = {"fct_reconciliation_daily"}
# As they came on PostgreSQL, `50.10`, and without zeros at the end on Spark.
NUMBERS_AS_TEXT = {"fct_revisions": {"value_before", "value_after"}}
# What Spark says as PostgreSQL does.
SHARED = {"first_date_of", "iso_week"}
# What nobody calls there, as nothing is built by days.
UNUSED = {"put_rows", "make_carbon_regional_as_known_at"}


def test_spark_has_a_word_for_all_that_engines_say_differently() -> None:
    macros = PROJECT / "macros"
    dispatched = {
        name for path in macros.rglob("*.sql") for name in re.findall(r"adapter\.dispatch\('(\w+)'\)", path.read_text())
    }
    ours = set(re.findall(r"macro spark__(\w+)", (macros / "dialect" / "spark.sql").read_text()))
    assert len(dispatched) > 30
    assert dispatched - ours == SHARED | UNUSED


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SparkCluster]:
    if lacks := lacking():
        pytest.skip(f"no Spark here: it needs {lacks} (docs/spark.md)")
    with spark_cluster(tmp_path / "spark") as running:
        yield running


@pytest.fixture(scope="module")
def laid_workspace(make_workspace: WorkspaceMaker) -> Workspace:
    """A simulated day laid end to end, built."""
    workspace = make_workspace()
    with a_grid(11, START) as grid:
        live(workspace, grid, START, 1)
        lay(workspace, base_of(workspace, START, 1), 1, DAYS - 1)
    build_marts(workspace)
    return workspace


@pytest.mark.full
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("name", ["recorded_workspace", "laid_workspace"])
def test_the_marts_are_those_of_postgresql(name: str, cluster: SparkCluster, request: pytest.FixtureRequest) -> None:
    workspace: Workspace = request.getfixturevalue(name)
    assert build(cluster, workspace) == said_by_postgresql(workspace)
    assert different_from_postgresql(cluster, workspace) == {}


@pytest.mark.full
@pytest.mark.timeout(3400)
def test_a_worker_that_is_killed_spoils_nothing(cluster: SparkCluster, recorded_workspace: Workspace) -> None:
    done: list[str] = []

    def hear(event: Any) -> None:
        if event.info.name == "NodeFinished":
            done.append(event.data.node_info.node_name)
            if len(done) == 150:  # of five hundred
                cluster.kill("worker-1")

    assert build(cluster, recorded_workspace, hear) == []
    assert len(done) > 400
    assert "Lost executor" in cluster.log("thrift")
    assert different_from_postgresql(cluster, recorded_workspace) == {}


def build(cluster: SparkCluster, workspace: Workspace, hear: Callable[[Any], None] | None = None) -> list[str]:
    """Builds all over the newest rows, with all tests of data; gives what was not well, with why."""
    place = run_command("--workspace", workspace.name, "export-rows", timeout_s=3600).stdout.splitlines()[-1]
    where = ("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "spark")
    output = ("--target-path", str(cluster.folder / "target"))
    with in_environment(cluster.environ(place)):
        return run(["build", *where, *output], hear)


def said_by_postgresql(workspace: Workspace) -> list[str]:
    """What the tests of data say there: days laid end to end make some of them warn."""
    with in_environment(environment(workspace, "transformer")):
        return run(["test", *places(workspace.folder / "dbt" / "target")])


def run(arguments: list[str], hear: Callable[[Any], None] | None = None) -> list[str]:
    """Runs dbt; gives the nodes that were not well, with why."""
    with untraced():
        done = dbtRunner(callbacks=[hear] if hear else []).invoke(
            [*UNREAD, *arguments, "--exclude-resource-type", "unit_test"]
        )
    if done.exception:
        return [str(done.exception)]
    bad = [one for one in done.result.results if one.status not in ("success", "pass", "no-op")]
    return sorted(f"{one.node.name} {one.status}: {one.message}" for one in bad)


def different_from_postgresql(cluster: SparkCluster, workspace: Workspace) -> dict[str, list[str]]:
    return different_marts(
        workspace, lambda name: rows_of_spark(cluster.warehouse / "marts.db" / name), are_near, NUMBERS_AS_TEXT
    )


def rows_of_spark(folder: Path) -> Mart:
    """What is in the files of a table; they hold instants in UTC, without saying so."""
    table = arrow.dataset(sorted(folder.glob("*.parquet")), format="parquet").to_table()
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            instants = table.column(place).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
            table = table.set_column(place, field.name, instants)
    return table.column_names, list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def are_near(mart: str, one: Number, other: Number) -> bool:
    return math.isclose(one, other, rel_tol=NEAR, abs_tol=NEAR if mart in DIFFERENCES else 0)
