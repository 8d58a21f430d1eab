"""Asking the sources for many windows: at once within each source's budget, resumable, with a word on what lacks."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from threading import Event, local

from psycopg2.extensions import connection as Connection

from energy_monitor.clock import now_utc
from energy_monitor.workspace import Workspace
from ingestion.dataset import Dataset
from ingestion.ingest import finish_landed, ingest
from ingestion.loading import Loaded
from ingestion.session import Manners, Session
from ingestion.sources import SOURCES
from ingestion.upkeep import expected, missing


@dataclass(frozen=True)
class Asked:
    """One request that was made, and what became of it."""

    dataset: Dataset
    request: str
    loaded: Loaded


def sessions(environ: Mapping[str, str] = os.environ, manners: Manners | None = None) -> dict[str, Session]:
    """A session for each source, with its budget."""
    return {source.id: Session.of(source, environ, manners, now_utc) for source in SOURCES.values()}


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


@dataclass(frozen=True)
class Lack:
    """Periods of a dataset that were asked for, due, and not received."""

    dataset: str
    expected: int
    missing: tuple[str, ...]


def lacks(connection: Connection, dataset: Dataset, first_day: date, last_day: date) -> Lack | None:
    """What the source did not have of some settlement dates; None for a dataset that may lack a period."""
    if not dataset.expects_every_period:
        return None
    wanted = expected(connection, dataset, first_day, last_day)
    lacking = missing(connection, dataset, first_day, last_day)
    texts = sorted(start.strftime("%Y-%m-%d %H:%MZ") for starts in lacking.values() for start in starts)
    return Lack(dataset.id, sum(map(len, wanted.values())), tuple(texts))
