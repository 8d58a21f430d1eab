"""The Lambda handler: the only file that knows Lambda. The same call serves a tick, a backfill and a replay.

Event: {"dataset": "fuelhh", "from": "2025-06-01", "to": "2025-06-02"}; without dates all that is due now: what
is new, what may have been revised, and what has not come. Environment: ENERGY_MONITOR_LAKE, ENERGY_MONITOR_INGESTER_URL
(a PostgreSQL address with the ingester's login), and the sources' base URLs where they are not the real ones.
"""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import psycopg2
from aws_lambda_powertools import Logger

from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.ingest import finish_landed, ingest
from ingestion.lake import open_lake
from ingestion.loading import Loaded
from ingestion.session import Session
from ingestion.sources import SOURCES
from ingestion.upkeep import requests_due
from ingestion.windows import requests_for

logger = Logger(service="energy-monitor")


class NotAllLoaded(RuntimeError):
    """Some requests were not loaded: raised at the end, so that the others are, and retries and alarms see it."""


def handler(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Asks a source for a dataset, lands and loads. Raises NotAllLoaded, with each reason, after doing all it can."""
    dataset = _dataset(event)
    first, last = (date.fromisoformat(event[name]) if event.get(name) else None for name in ("from", "to"))
    now = datetime.now(UTC)
    session = Session.of(SOURCES[dataset.source], os.environ)
    lake = open_lake(os.environ["ENERGY_MONITOR_LAKE"])
    lake.kind = "real"
    outcomes: list[tuple[str, Loaded]] = []
    connection = psycopg2.connect(os.environ["ENERGY_MONITOR_INGESTER_URL"], options="-c timezone=UTC")
    try:
        requests = requests_for(dataset, first, last, now) if first or last else requests_due(connection, dataset, now)
        outcomes += [(attempt.request, loaded) for attempt, loaded in finish_landed(dataset, lake, connection)]
        for request in requests:
            outcomes.append((request, ingest(dataset, request, session.fetch, lake, connection)))
            logger.info("asked", extra={"dataset": dataset.id, "request": request, "outcome": outcomes[-1][1].status})
    finally:
        connection.close()
    failed = {request: loaded.error for request, loaded in outcomes if loaded.error}
    if failed:
        raise NotAllLoaded(f"{dataset.id}: {len(failed)} of {len(outcomes)} answers were not loaded: {failed}")
    return {
        "dataset": dataset.id,
        "answers": len(outcomes),
        "rows_seen": sum(loaded.rows_seen for _, loaded in outcomes),
        "rows_new": sum(loaded.rows_new for _, loaded in outcomes),
    }


def _dataset(event: Mapping[str, Any]) -> Dataset:
    name = event.get("dataset")
    if name not in DATASETS:
        raise ValueError(f"the event's dataset {name!r} is none of {', '.join(DATASETS)}")
    return DATASETS[name]
