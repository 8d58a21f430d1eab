"""Another try of a run, and a backfill, go on where they stopped."""

from datetime import UTC, datetime

import dagster as dg

ROOT_BACKFILL, BACKFILL, ROOT_RUN = "dagster/root_backfill_id", "dagster/backfill", "dagster/root_run_id"


def began_at(instance: dg.DagsterInstance, run: dg.DagsterRun) -> datetime | None:
    """When the backfill began that a run is a part of, or the run that it tries again; None for one that stands alone.

    By the machine's clock. None too where there is no record of it any more: then all is asked for again.
    """
    tags = run.tags
    for tag in (ROOT_BACKFILL, BACKFILL):
        if tag in tags and (backfill := instance.get_backfill(tags[tag])):
            return datetime.fromtimestamp(backfill.backfill_timestamp, UTC)
    record = instance.get_run_record_by_id(tags[ROOT_RUN]) if ROOT_RUN in tags else None
    if record is None:
        return None
    return datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), UTC)
