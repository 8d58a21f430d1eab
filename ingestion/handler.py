"""The Lambda handler: the only file that knows Lambda. The same call serves a tick, a backfill and a replay.

Event: {"dataset": "fuelhh", "from": "2025-06-01", "to": "2025-06-02"}; without dates all that is due now: what
is new, what may have been revised, and what has not come; with "due": true both. Of the dates, what was loaded since
"answered_since", an instant with its zone, is not asked for again. Environment: ENERGY_MONITOR_LAKE,
ENERGY_MONITOR_INGESTER_URL (a PostgreSQL address with the ingester's login), and the sources' base URLs where they are
not the real ones.

Answer: the fields of `Outcome`. Where something was not loaded, they are the message of what is raised, as JSON.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psycopg2
from aws_lambda_powertools import Logger
from psycopg2.extensions import connection as Connection

from ingestion.answered import requests_wanted, seconds_since_asked
from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.ingest import finish_landed, ingest
from ingestion.lake import open_lake
from ingestion.loading import Loaded
from ingestion.session import Session
from ingestion.sources import SOURCES
from ingestion.wanted import Outcome, Wanted

logger = Logger(service="energy-monitor")


class NotAllLoaded(RuntimeError):
    """Some requests were not loaded: raised at the end, so that the others are, and retries and alarms see it."""


def handler(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Asks a source for a dataset, lands and loads. Raises NotAllLoaded, with each reason, after doing all it can."""
    dataset, wanted = _dataset(event), Wanted.of_event(event)
    connection = psycopg2.connect(os.environ["ENERGY_MONITOR_INGESTER_URL"], options="-c timezone=UTC")
    try:
        outcome = _ingest(dataset, wanted, connection)
    finally:
        connection.close()
    if outcome.failed:
        raise NotAllLoaded(json.dumps(asdict(outcome), ensure_ascii=False))
    return asdict(outcome)


def _ingest(dataset: Dataset, wanted: Wanted, connection: Connection) -> Outcome:
    now = datetime.now(UTC)
    session = Session.of(SOURCES[dataset.source], os.environ)
    # each invocation has a session of its own, and all share what the source bears
    session.budget.go_on_from(seconds_since_asked(connection, dataset.source, now))
    lake = open_lake(os.environ["ENERGY_MONITOR_LAKE"])
    lake.kind = "real"
    requests, answered_before = requests_wanted(connection, dataset, wanted, now)
    results: list[tuple[str, Loaded]] = []
    for attempt, loaded in finish_landed(dataset, lake, connection):
        results.append(_told(dataset, attempt.request, loaded))
    for request in requests:
        results.append(_told(dataset, request, ingest(dataset, request, session.fetch, lake, connection)))
    return Outcome.of(dataset, results, answered_before)


def _told(dataset: Dataset, request: str, loaded: Loaded) -> tuple[str, Loaded]:
    """A result, written to the log."""
    told = {"dataset": dataset.id, "request": request, "outcome": loaded.status, "rows_new": loaded.rows_new}
    if loaded.error:
        logger.warning("not loaded", extra=told | {"reason": loaded.error})
    else:
        logger.info("asked", extra=told)
    return request, loaded


def _dataset(event: Mapping[str, Any]) -> Dataset:
    name = event.get("dataset")
    if name not in DATASETS:
        raise ValueError(f"the event's dataset {name!r} is none of {', '.join(DATASETS)}")
    return DATASETS[name]
