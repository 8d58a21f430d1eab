"""When each dataset is asked for: as its newest row is due, by the clock of the workspace."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._utils.schedules import get_latest_completed_cron_tick  # what its schedules go by; it has no public name

from energy_monitor.clock import machine_seconds, now_utc
from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.settlement import DAY, HOUR
from ingestion.sources import SOURCES
from orchestration.datasets import dataset_key
from orchestration.partitions import settlement_dates
from orchestration.runs import UNDER_WAY

MINUTE = timedelta(minutes=1)
SOURCE = "energy_monitor/source"  # the tag of a run that asks


def cron_of(dataset: Dataset) -> str:
    """When a dataset's newest row is due, at each of its periods; in UTC, where no hour is skipped or doubled."""
    if dataset.ask_at:
        return dataset.ask_at
    if dataset.cadence >= DAY:
        return "20 6 * * *"
    if dataset.cadence >= HOUR:
        return f"{_minutes(dataset, HOUR)} */{dataset.cadence // HOUR} * * *"
    return f"{_minutes(dataset, dataset.cadence)} * * * *"


def _minutes(dataset: Dataset, cadence: timedelta) -> str:
    first = dataset.publication_lag % cadence
    return ",".join(str((first + cadence * n) // MINUTE) for n in range(HOUR // cadence))


def due_since(source: str, since: datetime, now: datetime) -> list[Dataset]:
    """The datasets of a source whose schedule had a tick after one instant and not after another. Pure."""
    return [
        dataset
        for dataset in DATASETS.values()
        if dataset.source == source and since < _latest_tick(dataset, now) <= now
    ]


def _latest_tick(dataset: Dataset, now: datetime) -> datetime:
    tick: datetime = get_latest_completed_cron_tick(cron_of(dataset), now, "UTC")
    return tick.astimezone(UTC)


def ask_sensor() -> dg.SensorDefinition:
    """A run per source, with all of its datasets that have become due; none beside one that is under way.

    What became due in the meantime, or while Dagster was down, is asked for together afterwards.
    """

    @dg.sensor(
        name="ask",
        description="Asks each source for what is due, at the pace at which it publishes.",
        target=dg.AssetSelection.assets(*map(dataset_key, DATASETS.values())),
        minimum_interval_seconds=machine_seconds(10),
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def ask(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = now_utc()
        handled = {source: datetime.fromisoformat(at) for source, at in json.loads(context.cursor or "{}").items()}
        requests, cursor = [], {}
        for source, since, due in _due(handled, now):
            if due and _is_asked(context.instance, source):
                cursor[source] = since.isoformat()
                continue
            cursor[source] = now.isoformat()
            requests += [_request(source, due)] if due else []
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(cursor))

    return ask


def _due(handled: Mapping[str, datetime], now: datetime) -> Iterator[tuple[str, datetime, list[Dataset]]]:
    """Each source, up to when its ticks were handled, and what has become due since."""
    for source in SOURCES:
        since = handled.get(source, now)
        yield source, since, due_since(source, since, now)


def _is_asked(instance: dg.DagsterInstance, source: str) -> bool:
    return bool(instance.get_run_ids(dg.RunsFilter(statuses=UNDER_WAY, tags={SOURCE: source}), limit=1))


def _request(source: str, due: list[Dataset]) -> dg.RunRequest:
    return dg.RunRequest(
        asset_selection=[dataset_key(dataset) for dataset in due],
        partition_key=settlement_dates().get_last_partition_key(),
        tags={SOURCE: source},
    )
