"""An asset per dataset of the catalogue, `raw/<dataset>`, partitioned by settlement date; a step per source."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from ingestion.catalogue import DATASETS, HISTORIES
from ingestion.dataset import Dataset
from ingestion.sources import SOURCES, Source
from ingestion.wanted import Outcome, Wanted
from orchestration.ingester import Ingester
from orchestration.landed import metadata_of
from orchestration.partitions import settlement_dates
from orchestration.resuming import began_at

MOST_REASONS = 5
Told = dg.MaterializeResult[Any] | dg.AssetObservation


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
    def ingest(context: dg.AssetExecutionContext, ingester: Ingester) -> Iterator[Told]:
        wanted = _wanted(context, partitions)
        selected = [dataset for dataset in datasets if dataset_key(dataset) in context.selected_asset_keys]
        outcomes = list(ingester.ingest(selected, wanted, context.log))  # all first, to be told of together
        for outcome in outcomes:
            yield from _told(context, outcome, metadata_of(ingester.workspace, outcome, wanted))
        if any(outcome.failed for outcome in outcomes):
            raise _failure(source, outcomes)

    return ingest


def _wanted(context: dg.AssetExecutionContext, partitions: dg.DailyPartitionsDefinition) -> Wanted:
    """The run's settlement dates; of today, all that is due by the clock, whatever days it is of."""
    keys = context.partition_key_range
    return Wanted(
        first=date.fromisoformat(keys.start),
        last=date.fromisoformat(keys.end),
        is_due=keys.end == partitions.get_last_partition_key(),
        answered_since=began_at(context.instance, context.run),
        run_id=context.run.run_id,
    )


def _told(context: dg.AssetExecutionContext, outcome: Outcome, metadata: dict[str, Any]) -> Iterator[Told]:
    key = dataset_key(DATASETS[outcome.dataset])
    if outcome.answered_before:
        context.log.info(f"{outcome.dataset}: {outcome.answered_before} requests were answered since this began")
    if outcome.is_loaded:
        yield dg.MaterializeResult(key, metadata=metadata)
    elif outcome.failed:  # what came all the same; that it is new, the records of loads tell
        yield dg.AssetObservation(key, metadata=metadata | {"failed": outcome.failed})
    else:
        context.log.info(f"{outcome.dataset}: there is nothing to ask its source for {metadata['window']}")


def _failure(source: Source, outcomes: Sequence[Outcome]) -> dg.Failure:
    reasons = [reason for outcome in outcomes for reason in outcome.reasons][:MOST_REASONS]
    more = sum(outcome.failed for outcome in outcomes) - len(reasons)
    told = "\n".join([*reasons, *([f"and {more} more"] if more else [])])
    return dg.Failure(
        f"{source.title}: not all was loaded. All other answers were, and what came is in the lake.\n{told}"
    )
