"""Keeping Dagster's own records small: every five minutes has its runs, and nobody reads those of last week."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable as CHECKS,
)  # none of these has a public name
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.runs import OVER

RUNS_KEPT = timedelta(days=1)
AT_ONCE = 500
WAIT_S = 20


def prune_runs(instance: dg.DagsterInstance, kept: timedelta = RUNS_KEPT) -> int:
    """Deletes finished runs older than `kept`, with all that is stored of them; says how many.

    A run that holds the newest materialization of a partition stays: without it the day would seem never asked for.
    Of each check the newest result stays.
    """
    old = dg.RunsFilter(statuses=OVER, updated_before=datetime.now(UTC) - kept)
    deletable = set(instance.get_run_ids(old)) - set(_runs_in_use(instance))
    for run_id in deletable:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)
        _delete_leftovers(instance, run_id)
    if deletable:
        _give_back_space(instance)
    return len(deletable)


def _give_back_space(instance: dg.DagsterInstance) -> None:
    """What SQLite keeps of its file for later, which would stay as large as it ever was; PostgreSQL does so itself."""
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        busy = sqlite3.OperationalError  # somebody writes all the time: the next hour does it
        with closing(sqlite3.connect(storage.path_for_shard("index"), timeout=WAIT_S)) as index, suppress(busy):
            index.execute("vacuum")


def _delete_leftovers(instance: dg.DagsterInstance, run_id: str) -> None:
    """What Dagster keeps of a deleted run: results of checks, and SQLite's file of its events, emptied."""
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        newest = sa.select(sa.func.max(CHECKS.c.id)).group_by(CHECKS.c.asset_key, CHECKS.c.check_name)
        with storage.index_connection() as connection:
            connection.execute(CHECKS.delete().where(CHECKS.c.run_id == run_id, CHECKS.c.id.not_in(newest)))
    if isinstance(storage, SqliteEventLogStorage):
        for suffix in ("", "-wal", "-shm"):
            Path(storage.path_for_shard(run_id) + suffix).unlink(missing_ok=True)


def _runs_in_use(instance: dg.DagsterInstance) -> Iterator[str]:
    for key in instance.all_asset_keys():
        if newest_of_all := instance.get_latest_materialization_event(key):
            yield newest_of_all.run_id
        newest = instance.event_log_storage.get_latest_storage_id_by_partition(
            key, dg.DagsterEventType.ASSET_MATERIALIZATION
        )
        ids = list(newest.values())
        for start in range(0, len(ids), AT_ONCE):
            wanted = dg.AssetRecordsFilter(asset_key=key, storage_ids=ids[start : start + AT_ONCE])
            records = instance.fetch_materializations(wanted, limit=AT_ONCE).records
            yield from (record.run_id for record in records)


def maintenance() -> tuple[dg.JobDefinition, dg.ScheduleDefinition]:
    """The job, and its schedule: each hour."""

    @dg.op
    def prune(context: dg.OpExecutionContext) -> None:
        context.log.info(f"deleted {prune_runs(context.instance)} runs older than {RUNS_KEPT}")

    @dg.job(description="Deletes old runs and results of checks; what is newest of each stays.")
    def prune_old_records() -> None:
        prune()

    schedule = dg.ScheduleDefinition(
        job=prune_old_records, cron_schedule="23 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING
    )
    return prune_old_records, schedule
