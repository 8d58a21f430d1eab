"""Asking the sources for many windows: at once within each source's budget, resumable, with a word on what lacks."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Event, local

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from energy_monitor.workspace import Workspace
from ingestion.dataset import Dataset
from ingestion.ingest import finish_landed, ingest
from ingestion.loading import Loaded
from ingestion.session import Manners, Session
from ingestion.settlement import DAY, local_midnight_utc, period_start_utc, periods_in
from ingestion.sources import SOURCES


@dataclass(frozen=True)
class Asked:
    """One request that was made, and what became of it."""

    dataset: Dataset
    request: str
    loaded: Loaded


def sessions(environ: Mapping[str, str] = os.environ, manners: Manners | None = None) -> dict[str, Session]:
    """A session for each source, with its budget."""
    return {source.id: Session.of(source, environ, manners) for source in SOURCES.values()}


def finish(workspace: Workspace, datasets: Iterable[Dataset]) -> Iterator[Asked]:
    """Loads what an earlier run landed and did not load."""
    connection, lake = workspace.connect("ingester"), workspace.lake()
    try:
        for dataset in datasets:
            for attempt, loaded in finish_landed(dataset, lake, connection):
                yield Asked(dataset, attempt.request, loaded)
    finally:
        connection.close()


def fetch_all(
    workspace: Workspace, wanted: Sequence[tuple[Dataset, str]], session_of: Mapping[str, Session]
) -> Iterator[Asked]:
    """Makes requests, each source's at once as far as its budget goes, and yields each as it is done.

    Stops at the first error that is not a source's; what was under way is finished first.
    """
    lake = workspace.lake()
    at_hand, connections, stopped = local(), [], Event()

    def ask(dataset: Dataset, request: str) -> Asked | None:
        if stopped.is_set():
            return None
        if not hasattr(at_hand, "connection"):
            at_hand.connection = workspace.connect("ingester")
            connections.append(at_hand.connection)
        fetch = session_of[dataset.source].fetch
        return Asked(dataset, request, ingest(dataset, request, fetch, lake, at_hand.connection))

    pools = {source: ThreadPoolExecutor(SOURCES[source].at_once) for source in {d.source for d, _ in wanted}}
    try:
        for future in as_completed([pools[d.source].submit(ask, d, request) for d, request in wanted]):
            if asked := future.result():
                yield asked
    finally:
        stopped.set()
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)
        for connection in connections:
            connection.close()


def not_yet_answered(connection: Connection, dataset: Dataset, requests: Iterable[str]) -> list[str]:
    """The requests that were not answered yet when all that they ask for was due."""
    wanted = list(requests)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select request, max(fetched_at) from raw.loads "
            "where dataset = %s and status = 'loaded' and request = any(%s) group by request",
            [dataset.id, wanted],
        )
        answered = dict(cursor.fetchall())
    return [r for r in wanted if r not in answered or not _was_due(dataset, r, answered[r])]


def _was_due(dataset: Dataset, request: str, fetched_at: datetime) -> bool:
    window = dataset.window_of(request)
    return window is not None and fetched_at >= window.end_utc + dataset.period + dataset.publication_lag


@dataclass(frozen=True)
class Lack:
    """Periods of a dataset that were asked for, due, and not received."""

    dataset: str
    expected: int
    missing: tuple[str, ...]


def lacks(connection: Connection, dataset: Dataset, first_day: date, last_day: date) -> Lack | None:
    """What the source did not have of some settlement dates; None for a dataset whose rows have no period."""
    if not dataset.period:
        return None
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select covered_from_utc, covered_to_utc from raw.load_days "
            "where dataset = %s and settlement_date between %s and %s and covered_from_utc is not null",
            [dataset.id, first_day, last_day],
        )
        spans = set(cursor.fetchall())
        expected = {start for first, end in spans for start in _starts(first, end, dataset.period)}
        present = set(_present(cursor, dataset, first_day, last_day))
    missing = tuple(start.strftime("%Y-%m-%d %H:%MZ") for start in sorted(expected - present))
    return Lack(dataset.id, len(expected), missing)


def _starts(first: datetime, end: datetime, period: timedelta) -> Iterator[datetime]:
    start = first.astimezone(UTC)
    start += (datetime(2000, 1, 1, tzinfo=UTC) - start) % period
    while start < end:
        yield start
        start += period


def _present(cursor, dataset: Dataset, first_day: date, last_day: date) -> Iterator[datetime]:  # type: ignore[no-untyped-def]
    table, time = sql.Identifier("raw", dataset.id), sql.Identifier(dataset.time_column)
    if dataset.by_name[dataset.time_column].type == "day":
        period = next(c.name for c in dataset.keys if c.type == "integer")
        statement = sql.SQL("select distinct {0}, {1} from {2} where not is_absent and {0} between %s and %s")
        cursor.execute(statement.format(time, sql.Identifier(period), table), [first_day, last_day])
        rows = cursor.fetchall()
        yield from (period_start_utc(day, number) for day, number in rows if 1 <= number <= periods_in(day))
    else:
        statement = sql.SQL("select distinct {0} from {1} where not is_absent and {0} >= %s and {0} < %s")
        bounds = [local_midnight_utc(first_day), local_midnight_utc(last_day + DAY)]
        cursor.execute(statement.format(time, table), bounds)
        yield from (start.astimezone(UTC) for (start,) in cursor.fetchall())
