"""The Lambda handler: the only file that knows Lambda. The same call serves a tick, a backfill and a replay.

Event: {"dataset": "fuelhh", "from": "2025-06-01", "to": "2025-06-02"}; without dates all that is due now: what
is new, what may have been revised, and what has not come; with "due": true both. Of the dates, what was loaded since
"answered_since", an instant with its zone, is not asked for again. Instead of all that, "requests": what an earlier
answer had as `left`. "run_id": on whose behalf, for the log. Environment: ENERGY_MONITOR_LAKE, the login that
ingestion/login.py describes, and the sources' base URLs where they are not the real ones.

Answer: the fields of `Outcome`. Where something was not loaded, they are the message of what is raised, as JSON; where
there was no time for all, they are answered, with the requests that are `left` and whatever failed.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from ingestion.answered import requests_wanted, seconds_since_asked
from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.ingest import finish_landed, ingest
from ingestion.lake import Lake, open_lake
from ingestion.loading import Loaded
from ingestion.login import Login
from ingestion.newest import lag_of, newest_data
from ingestion.session import Session
from ingestion.sources import SOURCES
from ingestion.telling import Told, logger, telling
from ingestion.time_left import TimeLeft
from ingestion.wanted import Outcome, Wanted

MOST_WAIT_S = 120.0  # for a free connection of the database
NEWEST_FETCH = "select max(fetched_at) from raw.loads where dataset = %s and status = 'loaded'"
login = Login()


class NotAllLoaded(RuntimeError):
    """Some requests were not loaded: raised at the end, so that the others are, and retries and alarms see it."""


def handler(event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
    """Asks a source for a dataset, lands and loads. Raises NotAllLoaded, with each reason, after doing all it can."""
    dataset, wanted = _dataset(event), Wanted.of_event(event)
    time_left, request_id = TimeLeft.of(context), getattr(context, "aws_request_id", None)
    with telling(dataset, wanted.run_id or request_id or "local", request_id) as told:
        connection = login.connect(min(MOST_WAIT_S, time_left.spare_s()))
        try:
            told.outcome = _ingest(dataset, wanted, connection, time_left)
            _note_how_new(told, dataset, connection)
        finally:
            connection.close()
    outcome = asdict(told.outcome)
    if told.outcome.failed and not told.outcome.left:
        raise NotAllLoaded(json.dumps(outcome, ensure_ascii=False))
    return outcome


def _ingest(dataset: Dataset, wanted: Wanted, connection: Connection, time_left: TimeLeft) -> Outcome:
    now = datetime.now(UTC)
    session = Session.of(SOURCES[dataset.source], os.environ)
    session.spare_s = time_left.spare_s
    # each invocation has a session of its own, and all share what the source bears
    session.budget.go_on_from(seconds_since_asked(connection, dataset.source, now))
    lake = _lake(os.environ["ENERGY_MONITOR_LAKE"])
    requests, answered_before = requests_wanted(connection, dataset, wanted, now)

    def results() -> Iterator[tuple[str, Loaded]]:
        for attempt, loaded in finish_landed(dataset, lake, connection):
            yield attempt.request, loaded
        while requests and time_left.is_enough(session.budget.next_in_s):
            request = requests.pop(0)
            yield request, ingest(dataset, request, session.fetch, lake, connection)

    made = []
    for result in results():
        made.append(_told(*result))
        if not time_left.is_enough():
            break
    if requests:
        logger.warning("no time left", extra={"requests_left": len(requests)})
    return Outcome.of(dataset, made, answered_before, left=requests)


@cache
def _lake(uri: str) -> Lake:
    """The lake, for real answers alone. Kept between invocations: a client of S3 takes long to make."""
    lake = open_lake(uri)
    lake.kind = "real"
    return lake


def _told(request: str, loaded: Loaded) -> tuple[str, Loaded]:
    """A result, written to the log."""
    told = {"request": request, "outcome": loaded.status, "rows_new": loaded.rows_new}
    if loaded.error:
        logger.warning("not loaded", extra=told | {"reason": loaded.error})
    else:
        logger.info("asked", extra=told)
    return request, loaded


def _note_how_new(told: Told, dataset: Dataset, connection: Connection) -> None:
    """How overdue the newest row is: one look at an index. What was loaded is loaded, whether it can be told or not."""
    try:
        with connection, connection.cursor() as cursor:
            newest = newest_data(cursor, dataset)
            cursor.execute(NEWEST_FETCH, [dataset.id])
            (fetched_at,) = cursor.fetchone() or (None,)
    except psycopg2.Error as error:
        logger.warning("how new the data is cannot be told", extra={"reason": str(error)})
        return
    lag = lag_of(dataset, newest, fetched_at, datetime.now(UTC))
    told.overdue = lag - dataset.allowed_lateness if lag is not None else None


def _dataset(event: Mapping[str, Any]) -> Dataset:
    if not isinstance(event, Mapping):
        raise ValueError(f"the event is no object: {str(event)[:200]}")
    name = event.get("dataset")
    if not isinstance(name, str) or name not in DATASETS:
        raise ValueError(f"the event's dataset {name!r} is none of {', '.join(DATASETS)}")
    return DATASETS[name]
