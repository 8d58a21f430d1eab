"""What runs by the clock of the machine, whatever landed: checks twice an hour, and once a night everything."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from orchestration.partitions import settlement_dates

# when nobody waits for it, and all of yesterday is out: a tick of every dataset asks for what may have been revised
# too, but one whose own ticks were missed, or come once a day, has its gaps asked for again here
REVISIONS_CRON, BUILD_CRON = "10 4 * * *", "40 4 * * *"
CHECKS_CRON = "9,39 * * * *"


def nightly(ingest: Any, build: Any) -> Sequence[dg.ScheduleDefinition]:
    """Every source is asked for what it may have revised and for gaps; then all is built, and every test is run."""

    @dg.schedule(
        name="nightly_revisions",
        job=ingest,
        cron_schedule=REVISIONS_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Asks every source for what it may have revised since, and for what has not come.",
    )
    def revisions() -> dg.RunRequest:
        return dg.RunRequest(partition_key=settlement_dates().get_last_partition_key())

    whole = dg.ScheduleDefinition(
        name="nightly_build",
        job=build,
        cron_schedule=BUILD_CRON,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Builds all of dbt and runs all of its tests, also of what nothing landed for.",
    )
    return [revisions, whole]


def checks_by_the_clock(checks: Sequence[dg.AssetChecksDefinition]) -> dg.ScheduleDefinition:
    """Checks that fail by the passing of time alone."""
    job = dg.define_asset_job(
        "check_freshness",
        dg.AssetSelection.checks(*checks),
        description="Is the data as new as it should be, and whole, and loaded?",
    )
    return dg.ScheduleDefinition(job=job, cron_schedule=CHECKS_CRON, default_status=dg.DefaultScheduleStatus.RUNNING)
