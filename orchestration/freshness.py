"""A check on the data's own clock for each public mart: not whether it was built, but whether what it holds is new.

Versions are views of the rows that other marts show, and say nothing of their own about freshness: they have no clock.
Each mart says in its dbt properties, under `meta.data_clock`, which dataset sets its pace and which rows count; when a
row is due is in the catalogue.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DbtProject
from psycopg2 import errors
from psycopg2.extensions import connection as Connection

from energy_monitor.clock import now_utc
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY, HOUR, local_midnight_utc
from orchestration.building import HOURLY


@dataclass(frozen=True)
class DataClock:
    """How new a mart should be.

    `dataset` sets its pace; `newest` is SQL for the start of its newest row; `length` is what a row stands for.
    """

    mart: str
    dataset: str
    newest: str
    length: timedelta
    allowed_lateness: timedelta

    def lateness(self, newest: datetime | date | None, now: datetime) -> timedelta | None:
        """How long ago the newest row ended; None where there is no row."""
        if newest is None:
            return None
        if not isinstance(newest, datetime):  # a settlement date
            return now - local_midnight_utc(newest + DAY)
        return now - (newest.astimezone(UTC) + self.length)


def data_clocks(project: DbtProject) -> list[DataClock]:
    """The clocks of all marts that have one, from dbt's manifest."""
    nodes = json.loads(project.manifest_path.read_text())["nodes"].values()
    return [
        _clock(node["name"], node["config"]["meta"]["data_clock"], is_hourly=HOURLY in node["tags"])
        for node in nodes
        if node["resource_type"] == "model" and "data_clock" in node["config"]["meta"]
    ]


def _clock(mart: str, declared: Mapping[str, Any], *, is_hourly: bool) -> DataClock:
    dataset = DATASETS[declared["dataset"]]
    turn = HOUR if is_hourly else timedelta()  # how long what landed may wait for its build
    quiet = timedelta(hours=declared.get("quiet_hours", 0))  # how long a source of messages may have nothing to say
    return DataClock(
        mart=mart,
        dataset=dataset.id,
        newest=f"select max({declared['column']}) from marts.{mart} where {declared['where']}",
        length=dataset.period,
        allowed_lateness=dataset.allowed_lateness + quiet + turn,
    )


def freshness_checks(workspace_name: str, project: DbtProject) -> dg.AssetChecksDefinition:
    """One check per mart, all in one step."""
    clocks = {clock.mart: clock for clock in data_clocks(project)}

    @dg.multi_asset_check(
        name="data_clock",
        specs=[
            dg.AssetCheckSpec(
                "data_clock",
                asset=dg.AssetKey(["marts", mart]),
                description=f"The newest row ended at most {clock.allowed_lateness} ago.",
            )
            for mart, clock in clocks.items()
        ],
        can_subset=True,
    )
    def check_data_clocks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        now = now_utc()
        connection = Workspace(workspace_name).connect("reader")
        try:
            for key in context.selected_asset_check_keys:
                clock = clocks[key.asset_key.path[-1]]
                yield _result(clock, newest_of(connection, clock), now)
        finally:
            connection.close()

    return check_data_clocks


def newest_of(connection: Connection, clock: DataClock) -> datetime | date | None:
    """The start of a mart's newest row that counts; None where there is none, or no mart yet."""
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(clock.newest)
            newest: datetime | date | None = (cursor.fetchone() or (None,))[0]
            return newest
    except errors.UndefinedTable:
        return None


def _result(clock: DataClock, newest: datetime | date | None, now: datetime) -> dg.AssetCheckResult:
    lateness = clock.lateness(newest, now)
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(["marts", clock.mart]),
        check_name="data_clock",
        passed=lateness is not None and lateness <= clock.allowed_lateness,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "newest": str(newest),
            "now_utc": now.isoformat(timespec="seconds"),
            "late_by_minutes": round(lateness / timedelta(minutes=1), 1) if lateness is not None else "no row at all",
            "allowed_minutes": clock.allowed_lateness / timedelta(minutes=1),
        },
    )
