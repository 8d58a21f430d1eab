"""One request from end to end: fetch, land, load. What a Lambda handler, a local run and a replay all call."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from psycopg2.extensions import connection as Connection

from ingestion.dataset import Dataset
from ingestion.lake import Lake
from ingestion.landing import Answer, Attempt, attempt_keys, land, read_attempt, read_body
from ingestion.loading import Loaded, load

Fetch = Callable[[str], Iterable[Answer]]  # a request, as path and query, to the answers of each attempt at it


def ingest(dataset: Dataset, request: str, fetch: Fetch, lake: Lake, connection: Connection) -> Loaded:
    """Asks a source, lands each answer as it comes and loads it. An error of the source is an answer too.

    Returns what became of the last attempt. Raises KindError for an answer of another kind than the lake's.
    """
    loaded = Loaded("unanswered", error="the source did not answer the requests before, so this one was not made")
    for answer in fetch(request):
        loaded = load_landed(dataset, land(lake, dataset, answer), lake, connection)
    return loaded


def load_landed(dataset: Dataset, attempt: Attempt, lake: Lake, connection: Connection) -> Loaded:
    """Loads what is in the lake already; does nothing where that was done before."""
    return load(connection, dataset, attempt, lambda body_key: read_body(lake, body_key))


def finish_landed(dataset: Dataset, lake: Lake, connection: Connection) -> Iterator[tuple[Attempt, Loaded]]:
    """Loads what an interrupted run landed and did not load: attempts of which there is no record at all.

    It looks from the day of the newest load on; whatever a run leaves behind lies there, as each run begins with
    this. `energy-monitor replay` of a whole lake finds everything.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute("select max(fetched_at) from raw.loads where dataset = %s", [dataset.id])
        (newest,) = cursor.fetchone() or (None,)
        since = newest - timedelta(days=1) if newest else None
        keys = list(attempt_keys(lake, dataset, since))
        cursor.execute("select attempt_key from raw.loads where attempt_key = any(%s)", [keys])
        known = {key for (key,) in cursor.fetchall()}
    for key in keys:
        if key not in known:
            attempt = read_attempt(lake, key)
            yield attempt, load_landed(dataset, attempt, lake, connection)
