"""The sensor that has built what landed: marts follow, whoever loaded it."""

import json
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from energy_monitor.clock import machine_seconds
from energy_monitor.database import prepare
from energy_monitor.workspace import Workspace
from orchestration.asking import SOURCE
from orchestration.building import FIRST, HOURLY, Built, Graph, Key, Last, Wanted, decide
from orchestration.loads import LOADS, WHOLE, newest_loads, source_of
from orchestration.runs import OVER, UNDER_WAY

FOLLOWS = "energy_monitor/follows"  # the tag of a run that this asked for, and of which lane
AT_ONCE = "at once"
BUILD = "energy_monitor/build"  # and what of: a token
# What a source sends is built together: while it is being asked, its datasets wait, but no longer than this.
TOGETHER = timedelta(minutes=1)
EVERY_S = 5
HOUR_S = 3600  # of the workspace's clock


def build_sensor(workspace_name: str, graph: Graph) -> dg.SensorDefinition:
    """A run of dbt over all that reads what landed since it was built, and over what changed; one at a time."""

    @dg.sensor(
        name="build",
        description="Builds what reads something that landed, and what changed.",
        target=dg.AssetSelection.assets(*graph.reads),
        minimum_interval_seconds=EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def build(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = datetime.now(UTC)
        under_way = context.instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY))
        if any(_builds(record.dagster_run) for record in under_way):
            return dg.SensorResult(skip_reason="a build is under way", cursor=context.cursor)
        kept = _Kept.from_json(json.loads(context.cursor or "{}"), now)
        lane, wanted, kept = _wanted(context.instance, workspace_name, graph, kept, _asked(under_way, now), now)
        cursor = json.dumps(kept.as_json())
        if not wanted.keys:
            return dg.SensorResult(skip_reason="all that landed is built", cursor=cursor)
        landed = ", ".join(wanted.datasets) or "nothing"
        tags = {FOLLOWS: lane, BUILD: wanted.built.token, "energy_monitor/landed": landed}
        checks = graph.checks_with(wanted.keys, wanted.datasets)
        request = dg.RunRequest(asset_selection=sorted(wanted.keys), asset_check_keys=sorted(checks), tags=tags)
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return build


@dataclass(frozen=True)
class _Kept:
    """What the sensor remembers: since when it looks, what is built of each lane, when the hourly one had its turn."""

    since: datetime
    built: Built
    hourly: Built
    hourly_at: datetime

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], now: datetime) -> "_Kept":
        since = datetime.fromisoformat(kept.get("since") or now.isoformat())
        return cls(
            since=since,
            built=Built.from_json(kept.get("built", {})),
            hourly=Built.from_json(kept.get("hourly", {})),
            hourly_at=datetime.fromisoformat(kept.get("hourly_at") or since.isoformat()),
        )

    def as_json(self) -> dict[str, Any]:
        times = {"since": self.since.isoformat(), "hourly_at": self.hourly_at.isoformat()}
        return {**times, "built": self.built.as_json(), "hourly": self.hourly.as_json()}


def _wanted(
    instance: dg.DagsterInstance,
    workspace_name: str,
    graph: Graph,
    kept: _Kept,
    held: Collection[str],
    now: datetime,
) -> tuple[str, Wanted, _Kept]:
    """A lane, what to build of it, and what is then remembered. Once an hour the hourly lane comes first."""
    workspace = Workspace(workspace_name)
    prepare(workspace)
    with closing(workspace.connect("auditor")) as connection:
        newest = {
            dataset: load_id
            for dataset, load_id in newest_loads(connection).items()
            if source_of(dataset) not in held and Key(["raw", dataset]) in graph.datasets
        }
    stale: set[Key] = set()
    if {kept.built.code, kept.hourly.code} != {graph.fingerprint}:
        made_of = instance.get_latest_materialization_code_versions(list(graph.code))
        stale = {key for key, code in graph.code.items() if made_of[key] != code}
        if not any(made_of.values()) and now - kept.since < FIRST:
            return AT_ONCE, Wanted(kept.built), kept
    if kept.built.lacking(newest) or kept.hourly.lacking(newest):
        whole = _built_whole(instance)
        kept = replace(kept, built=kept.built.at_least(whole), hourly=kept.hourly.at_least(whole))
    wanted = decide(graph, graph.at_once, kept.built, _last(instance, AT_ONCE), newest, stale, now)
    kept = replace(kept, built=wanted.built)
    if now - kept.hourly_at >= timedelta(seconds=machine_seconds(HOUR_S)):
        # what it reads is built up to here, and no further
        loads = kept.built.loads
        hourly = decide(graph, graph.hourly, kept.hourly, _last(instance, HOURLY), loads, stale, now)
        kept = replace(kept, hourly=hourly.built)
        if hourly.keys:
            return HOURLY, hourly, replace(kept, hourly_at=now)
    return AT_ONCE, wanted, kept


def _builds(run: dg.DagsterRun) -> bool:
    """Whether a run makes anything of dbt's."""
    if run.asset_selection is None:
        return run.job_name == "build"
    return any(key.path[0] != "raw" for key in run.asset_selection)


def _asked(under_way: Collection[dg.RunRecord], now: datetime) -> set[str]:
    """The sources that are being asked, and not for long."""
    return {
        record.dagster_run.tags[SOURCE]
        for record in under_way
        if SOURCE in record.dagster_run.tags and now - record.create_timestamp < TOGETHER
    }


def _last(instance: dg.DagsterInstance, lane: str) -> Last | None:
    records = instance.get_run_records(dg.RunsFilter(statuses=OVER, tags={FOLLOWS: lane}), limit=1)
    if not records:
        return None
    run, ended = records[0].dagster_run, records[0].end_time or records[0].update_timestamp.timestamp()
    return Last(run.tags[BUILD], run.is_success, datetime.fromtimestamp(ended, UTC))


def _built_whole(instance: dg.DagsterInstance) -> Mapping[str, int]:
    """How far each dataset was loaded when the newest build of everything that succeeded began."""
    done = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], tags={WHOLE: "yes"})
    runs = instance.get_runs(done, limit=1)
    loads: dict[str, Any] = json.loads(runs[0].tags.get(LOADS, "{}")) if runs else {}
    return loads
