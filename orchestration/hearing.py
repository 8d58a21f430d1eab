"""Loads that Dagster did not make, by the command line or a Lambda, told to it: its pages show them."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import dagster as dg
from psycopg2.extensions import connection as Connection

from energy_monitor.clock import machine_seconds
from energy_monitor.database import prepare
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from orchestration.datasets import dataset_key
from orchestration.loads import LOAD_ID, newest_loads
from orchestration.partitions import settlement_dates
from orchestration.runs import UNDER_WAY

MOST_DAYS = 366  # told at once; the next look goes on

DAYS = """
select settlement_date, max(load_id)
from raw.load_days
where dataset = %s and load_id > %s
group by settlement_date
order by max(load_id), settlement_date
limit %s
"""


def hear_sensor(workspace_name: str) -> dg.SensorDefinition:
    """Compares the records of loads with what Dagster was told: state with state, so that nothing can be missed."""

    @dg.sensor(
        name="hear",
        description="Tells Dagster of loads that others made: the command line, a Lambda, another machine.",
        minimum_interval_seconds=machine_seconds(30),
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def hear(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        told = json.loads(context.cursor or "{}")
        workspace = Workspace(workspace_name)
        prepare(workspace)
        with closing(workspace.connect("auditor")) as connection:
            events = list(_untold(context.instance, connection, told))
        return dg.SensorResult(asset_events=events, cursor=json.dumps(told))

    return hear


def _untold(
    instance: dg.DagsterInstance, connection: Connection, told: dict[str, int]
) -> Iterator[dg.AssetMaterialization]:
    """What to tell of each dataset; `told` is brought up to it. Datasets that a run asks for now are left to it."""
    newest = {dataset: load_id for dataset, load_id in newest_loads(connection).items() if dataset in DATASETS}
    changed = {dataset for dataset, load_id in newest.items() if load_id > told.get(dataset, 0)}
    for dataset in sorted(changed - _asked_for(instance) if changed else ()):
        known = max(told.get(dataset, 0), _newest_told(instance, dataset))
        told[dataset], days = _days(connection, dataset, known, newest[dataset])
        for day in days:
            metadata: dict[str, Any] = {LOAD_ID: told[dataset], "loaded_by": "not Dagster"}
            yield dg.AssetMaterialization(dataset_key(DATASETS[dataset]), metadata=metadata, partition=day)


def _days(connection: Connection, dataset: str, known: int, newest: int) -> tuple[int, list[str]]:
    """Up to which load what is unknown can be told now, and the settlement dates that it is of."""
    if newest <= known:
        return newest, []
    with connection, connection.cursor() as cursor:
        cursor.execute(DAYS, [dataset, known, MOST_DAYS])
        found = cursor.fetchall()
    # of loads that have no days, such as lists, it is today that was updated
    days = [str(day) for day, _ in found] or [settlement_dates().get_last_partition_key() or ""]
    return (newest if len(found) < MOST_DAYS else max(known, found[-1][1] - 1)), days


def _newest_told(instance: dg.DagsterInstance, dataset: str) -> int:
    event = instance.get_latest_materialization_event(dataset_key(DATASETS[dataset]))
    told = event.asset_materialization.metadata.get(LOAD_ID) if event and event.asset_materialization else None
    return told.value if told and isinstance(told.value, int) else 0


def _asked_for(instance: dg.DagsterInstance) -> set[str]:
    """The datasets of which a run is under way."""
    runs = instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY))
    return {key.path[-1] for run in runs for key in run.asset_selection or ()}
