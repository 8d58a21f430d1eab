"""An asset per dataset of the catalogue, `raw/<dataset>`, partitioned by settlement date; a step per source."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import dagster as dg

from energy_monitor.fetching import Asked
from energy_monitor.status import newest_data
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS, HISTORIES
from ingestion.dataset import Dataset
from ingestion.sources import SOURCES, Source
from ingestion.windows import requests_for_days
from orchestration.ingester import Ingester
from orchestration.partitions import settlement_dates

MOST_REASONS = 5


def dataset_assets() -> list[dg.AssetsDefinition]:
    """The assets of each source: asked together, within its budget, and said to be new together."""
    partitions = settlement_dates()
    return [_assets_of(source, partitions) for source in SOURCES.values()]


def history_specs() -> list[dg.AssetSpec]:
    """What `energy-monitor history` brings in from files: shown in the lineage, and made by nobody here."""
    return [
        dg.AssetSpec(
            dataset_key(dataset),
            description=f"{dataset.title}. Brought in by `energy-monitor history`.",
            group_name=dataset.source,
            kinds={"python", "postgres"},
        )
        for dataset in HISTORIES.values()
    ]


def dataset_key(dataset: Dataset) -> dg.AssetKey:
    """The asset key of a dataset, which is also that of its dbt source."""
    return dg.AssetKey(["raw", dataset.id])


def requests_of(
    dataset: Dataset, days: tuple[date, date], includes_today: bool, due: Callable[[Dataset], list[str]]
) -> list[str]:
    """What to ask for some settlement dates, from the first to the last.

    Today stands for all that is due by the clock, which `due` tells, whatever days it is of. A source that keeps no
    past is asked only then. Raises ValueError for days that cannot be asked for.
    """
    first, last = days
    of_days = [] if includes_today and first == last else list(requests_for_days(dataset, first, last))
    return list(dict.fromkeys([*of_days, *(due(dataset) if includes_today else [])]))


def _spec(dataset: Dataset, source: Source) -> dg.AssetSpec:
    return dg.AssetSpec(
        dataset_key(dataset),
        description=f"{dataset.title}. {source.title}: landed in the lake, loaded into `raw.{dataset.id}`.",
        group_name=source.id,
        kinds={"python", "postgres"},
        skippable=True,  # where nothing was asked, or something not loaded
        metadata={"cadence": str(dataset.cadence), "publication_lag": str(dataset.publication_lag)},
    )


def _assets_of(source: Source, partitions: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    datasets = [dataset for dataset in DATASETS.values() if dataset.source == source.id]

    @dg.multi_asset(
        name=source.id,
        specs=[_spec(dataset, source) for dataset in datasets],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=366),
        pool=source.id,
        can_subset=True,
    )
    def ingest(context: dg.AssetExecutionContext, ingester: Ingester) -> Iterator[dg.MaterializeResult[Any]]:
        keys = context.partition_key_range
        days = date.fromisoformat(keys.start), date.fromisoformat(keys.end)
        includes_today = keys.end == partitions.get_last_partition_key()
        wanted, reasons = [], []
        for dataset in [dataset for dataset in datasets if dataset_key(dataset) in context.selected_asset_keys]:
            try:
                requests = requests_of(dataset, days, includes_today, ingester.due)
            except ValueError as error:
                reasons.append(f"{dataset.id}: {error}")
                continue
            wanted += [(dataset, request) for request in requests]
            if not requests:
                context.log.info(f"{dataset.id}: there is nothing to ask {source.title} for {keys.start} to {keys.end}")
        asked = ingester.ask(wanted)
        failed = [one for one in asked if one.loaded.error]
        reasons += [f"{one.dataset.id}, {one.request}: {one.loaded.error}" for one in failed]
        unloaded = {one.dataset.id for one in failed}
        for dataset in dict.fromkeys(dataset for dataset, _ in wanted):
            if dataset.id not in unloaded:
                own = [one for one in asked if one.dataset is dataset]
                yield dg.MaterializeResult(dataset_key(dataset), metadata=_metadata(ingester.workspace, dataset, own))
        if reasons:
            raise _failure(source, reasons)

    return ingest


def _failure(source: Source, reasons: list[str]) -> dg.Failure:
    told = "\n".join(reasons[:MOST_REASONS]) + (
        f"\nand {len(reasons) - MOST_REASONS} more" if len(reasons) > MOST_REASONS else ""
    )
    return dg.Failure(
        f"{source.title}: not all was loaded. All other answers were, and what came is in the lake.\n{told}"
    )


def _metadata(workspace_name: str, dataset: Dataset, asked: list[Asked]) -> dict[str, Any]:
    connection = Workspace(workspace_name).connect("ingester")
    try:
        with connection, connection.cursor() as cursor:
            newest = newest_data(cursor, dataset)
            cursor.execute(
                "select lake_key from raw.loads where dataset = %s and status = 'loaded' order by load_id desc limit 1",
                [dataset.id],
            )
            (lake_key,) = cursor.fetchone() or (None,)
    finally:
        connection.close()
    metadata: dict[str, Any] = {
        "requests": len(asked),
        "rows_seen": sum(one.loaded.rows_seen for one in asked),
        "rows_new": sum(one.loaded.rows_new for one in asked),
        "asked": dg.MetadataValue.md("\n".join(f"- `{one.request}`" for one in asked[:MOST_REASONS])),
    }
    if lake_key:
        metadata["newest_lake_key"] = lake_key
    if newest:
        metadata["newest_data_utc"] = dg.MetadataValue.timestamp(newest)
    return metadata
