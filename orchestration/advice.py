"""Our advice as an asset: given once an evening, by the clock of the workspace; then what reads it is built."""

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from energy_monitor import advising
from energy_monitor.advice import LIVE_WITHIN, newest_evening
from energy_monitor.advising import can_advise, due, give, looked_at
from energy_monitor.clock import machine_seconds, now_utc
from energy_monitor.database import prepare
from energy_monitor.workspace import Workspace
from ingestion.datasets.own import ADVICE
from orchestration.datasets import dataset_key
from orchestration.describing import code_metadata
from orchestration.runs import UNDER_WAY

KEY = dataset_key(ADVICE)
CHECK = "given"
READ = ("fct_retail_prices_half_hourly", "fct_retail_price_history_half_hourly", "dim_regions")
VERSIONS = ("fct_retail_price_versions", "fct_carbon_national_versions")
EVENING = "energy_monitor/evening"  # the tag of a run that advises
AGAIN = timedelta(minutes=10)  # how long after a run that failed it is tried again, by the machine's clock


def advice_asset(workspace_name: str) -> dg.AssetsDefinition:
    """The asset `raw/advice`."""

    @dg.multi_asset(
        name=ADVICE.id,
        specs=[
            dg.AssetSpec(
                KEY,
                deps=[dg.AssetKey(["marts", mart]) for mart in (*READ, *VERSIONS)],
                description=f"{ADVICE.title}. {ADVICE.meaning}",
                group_name=ADVICE.source,
                kinds={"python", "postgres"},
                owners=["team:planner"],
                metadata=code_metadata(Path(advising.__file__)),
            )
        ],
    )
    def advise(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        workspace, now = Workspace(workspace_name), now_utc()
        prepare(workspace)
        with closing(workspace.connect("auditor")) as connection:
            evenings = due(connection, now)
        done = list(give(workspace, evenings, now))
        given = {how: sum(one.given.get(how, 0) for one in done) for how in ("live", "reconstructed", "assumed")}
        return dg.MaterializeResult(KEY, metadata={"evenings": ", ".join(map(str, evenings)) or "none due", **given})

    return advise


def advise_sensor(workspace_name: str) -> dg.SensorDefinition:
    """A run as soon as an evening is due. States are compared, so that one that was missed is made good."""

    @dg.sensor(
        name="advise",
        description="Has the evening's advice written down, from 18:00 UK time on.",
        target=dg.AssetSelection.assets(KEY),
        minimum_interval_seconds=machine_seconds(60),
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def advise(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        workspace = Workspace(workspace_name)
        prepare(workspace)
        with closing(workspace.connect("auditor")) as connection:
            evenings = due(connection, now_utc()) if can_advise(connection) else []
        if not evenings:
            return dg.SkipReason("no evening is due")
        tags = {EVENING: evenings[-1].isoformat()}
        newest = context.instance.get_run_records(dg.RunsFilter(tags=tags), limit=1)
        if any(_is_in_the_way(record) for record in newest):
            return dg.SkipReason("it is being given, or could not be given just now")
        return dg.RunRequest(asset_selection=[KEY], tags=tags)

    return advise


def _is_in_the_way(record: dg.RunRecord) -> bool:
    age = datetime.now(record.create_timestamp.tzinfo) - record.create_timestamp
    return record.dagster_run.status in UNDER_WAY or age < AGAIN


def advice_check(workspace_name: str) -> dg.AssetChecksDefinition:
    """Fails by the passing of time alone: where an evening went by without its advice."""

    @dg.multi_asset_check(
        name="advice_given",
        specs=[dg.AssetCheckSpec(CHECK, asset=KEY, description="The last evening's advice was given.")],
    )
    def check() -> Iterable[dg.AssetCheckResult]:
        workspace = Workspace(workspace_name)
        prepare(workspace)
        evening = newest_evening(now_utc() - LIVE_WITHIN)
        with closing(workspace.connect("auditor")) as connection:
            is_given = bool(looked_at(connection, evening, evening))
        yield dg.AssetCheckResult(
            asset_key=KEY,
            check_name=CHECK,
            passed=is_given,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"evening": str(evening)},
        )

    return check
