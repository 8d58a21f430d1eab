"""What to ask of what is wanted, by the records of loads: what was answered, and when a source was asked last."""

from collections.abc import Iterable
from datetime import datetime

from psycopg2.extensions import connection as Connection

from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.upkeep import requests_due
from ingestion.wanted import Wanted
from ingestion.windows import requests_for

ANSWERED = """
select request, max(fetched_at)
from raw.loads
where dataset = %s and status = 'loaded' and request = any(%s) and loaded_at >= coalesce(%s, '-infinity'::timestamptz)
group by request
"""


def requests_wanted(connection: Connection, dataset: Dataset, wanted: Wanted, now: datetime) -> tuple[list[str], int]:
    """What to ask, each once, and how many requests of the dates were answered before and are left out.

    Raises ValueError where it cannot be asked for.
    """
    if wanted.requests:
        return list(dict.fromkeys(wanted.requests)), 0
    of_days = requests_for(dataset, wanted.first, wanted.last, now) if wanted.first or wanted.last else []
    left = not_yet_answered(connection, dataset, of_days, wanted.answered_since) if wanted.answered_since else of_days
    due = requests_due(connection, dataset, now) if wanted.is_due else []
    return list(dict.fromkeys([*left, *due])), len(of_days) - len(left)


def not_yet_answered(
    connection: Connection, dataset: Dataset, requests: Iterable[str], since: datetime | None = None
) -> list[str]:
    """The requests that were not answered yet when all that they ask for was due; or not again since an instant.

    `since` is by the clock of the database: when an answer was fetched is by that of a simulator, where there is one.
    """
    wanted = list(requests)
    with connection, connection.cursor() as cursor:
        cursor.execute(ANSWERED, [dataset.id, wanted, since])
        answered = dict(cursor.fetchall())
    return [r for r in wanted if r not in answered or not _was_due(dataset, r, answered[r])]


def _was_due(dataset: Dataset, request: str, fetched_at: datetime) -> bool:
    window = dataset.window_of(request)
    return window is not None and fetched_at >= window.end_utc + dataset.period + dataset.publication_lag


def seconds_since_asked(connection: Connection, source: str, now: datetime) -> float:
    """How long ago a source was asked last, by whoever it was: where a budget goes on from."""
    ids = [dataset.id for dataset in DATASETS.values() if dataset.source == source]
    with connection, connection.cursor() as cursor:
        cursor.execute("select max(fetched_at) from raw.loads where dataset = any(%s)", [ids])
        (newest,) = cursor.fetchone() or (None,)
    return (now - newest).total_seconds() if newest else float("inf")
