"""Keeping Dagster's own records small: every five minutes has its runs, and nobody reads those of last week."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage  # no public name

KEPT = timedelta(days=2)
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
AT_ONCE = 500


def prune_runs(instance: dg.DagsterInstance, kept: timedelta = KEPT) -> int:
    """Deletes finished runs older than `kept`, with their logs; says how many.

    A run that holds the newest materialization of a partition stays: without it the day would seem never asked for.
    """
    old = dg.RunsFilter(statuses=FINISHED, updated_before=datetime.now(UTC) - kept)
    deletable = set(instance.get_run_ids(old)) - set(_runs_in_use(instance))
    for run_id in deletable:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)
        _delete_files(instance, run_id)
    return len(deletable)


def _delete_files(instance: dg.DagsterInstance, run_id: str) -> None:
    """SQLite keeps a file of events for each run, which deleting the run empties and leaves."""
    storage = instance.event_log_storage
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
    """The job, and its schedule: each night."""

    @dg.op
    def prune(context: dg.OpExecutionContext) -> None:
        context.log.info(f"deleted {prune_runs(context.instance)} runs older than {KEPT}")

    @dg.job(description="Deletes old runs that hold no partition's newest materialization, and their logs.")
    def prune_old_runs() -> None:
        prune()

    schedule = dg.ScheduleDefinition(
        job=prune_old_runs, cron_schedule="25 3 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
    )
    return prune_old_runs, schedule
