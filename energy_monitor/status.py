"""What a workspace holds, per dataset and source, and what is wrong with it, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ingestion.catalogue import DATASETS, HISTORIES
from ingestion.dataset import Dataset
from ingestion.failed import FailedBody, failed_bodies
from ingestion.newest import lag_of, newest_data
from ingestion.sources import SOURCES
from ingestion.upkeep import Gap, gaps, resting


@dataclass(frozen=True)
class DatasetStatus:
    """One dataset: times in UTC; `newest_data` is the start of its newest row.

    lag_minutes: how long ago the newest row ended, or the newest issue or list came. allowed_lag_minutes: how long
    ago it may have. gaps: periods that were due, asked for, and have not come. bodies_failed: landed and never
    loaded; of these bodies_waiting tell what nothing else has told since.
    """

    dataset: str
    title: str
    newest_data: datetime | None
    newest_fetch_utc: datetime | None
    lag_minutes: float | None
    allowed_lag_minutes: float
    gaps: int
    bodies_loaded: int
    versions: int
    bodies_failed: int
    bodies_waiting: int
    last_error: str | None
    remarks: tuple[str, ...]

    @property
    def is_late(self) -> bool:
        return self.lag_minutes is not None and self.lag_minutes > self.allowed_lag_minutes


@dataclass(frozen=True)
class SourceStatus:
    """How much is asked of one source, and whether it answers."""

    source: str
    requests_in_the_last_hour: int
    most_requests_in_a_minute: int  # of the last 24 hours
    budget_per_minute: float
    silent_since_utc: datetime | None
    asked_again_utc: datetime | None


SUMMARY = """
select
    max(fetched_at) filter (where status = 'loaded') as newest_fetch,
    count(*) filter (where status = 'loaded') as loaded,
    coalesce(sum(rows_new), 0)::bigint as versions
from raw.loads
where dataset = %(dataset)s
"""
NEWEST = """
select request, fetched_at, rows_seen, unknown_fields
from raw.loads
where dataset = %(dataset)s and status = 'loaded'
order by fetched_at desc, load_id desc
limit 1
"""
UNANSWERED = """
select request, fetched_at, error
from raw.loads
where dataset = %(dataset)s and status = 'unanswered'
    and fetched_at > (
        select coalesce(max(fetched_at), '-infinity') from raw.loads
        where dataset = %(dataset)s and status = 'loaded'
    )
order by fetched_at desc, load_id desc
limit 1
"""


LAST_ERROR = """
select error
from raw.loads
where dataset = %(dataset)s and error is not null
order by fetched_at desc, load_id desc
limit 1
"""
REQUESTS = """
select
    coalesce(sum(requests) filter (where minute > %(now)s - interval '1 hour'), 0)::int,
    coalesce(max(requests), 0)::int
from (
    select date_trunc('minute', fetched_at) as minute, count(*) as requests
    from raw.loads
    where dataset = any(%(datasets)s) and fetched_at > %(now)s - interval '1 day' and fetched_at <= %(now)s
    group by 1
) as minutes
"""


def dataset_statuses(connection: Connection, now: datetime) -> list[DatasetStatus]:
    """The state of each dataset of the catalogue, and of what files brought in, as the auditor sees it."""
    with connection, connection.cursor() as cursor:
        unknown_fuels = _unknown_fuels(cursor)
        cursor.execute("select distinct dataset from raw.loads where dataset = any(%s)", [list(HISTORIES)])
        brought_in = {name for (name,) in cursor.fetchall()}
    datasets = [*DATASETS.values(), *(one for name, one in HISTORIES.items() if name in brought_in)]
    return [_status(connection, dataset, unknown_fuels, now) for dataset in datasets]


def source_statuses(connection: Connection, now: datetime, environ: Mapping[str, str]) -> list[SourceStatus]:
    """What was asked of each source lately; `environ` tells the budgets."""
    statuses = []
    for source in SOURCES.values():
        ids = [dataset.id for dataset in DATASETS.values() if dataset.source == source.id]
        with connection, connection.cursor() as cursor:
            cursor.execute(REQUESTS, {"datasets": ids, "now": now})
            in_an_hour, in_a_minute = cursor.fetchone() or (0, 0)
        rest = resting(connection, source.id, now)
        silent = (rest.since, rest.until) if rest else (None, None)
        statuses.append(SourceStatus(source.id, in_an_hour, in_a_minute, source.budget_per_minute(environ), *silent))
    return statuses


def _unknown_fuels(cursor: Cursor) -> str:
    """Codes that came and that the fuel seed does not know, by what was built last."""
    cursor.execute("select to_regclass('marts.dim_fuels')")
    if cursor.fetchone() == (None,):
        return ""
    cursor.execute("select string_agg(fuel_code, ', ' order by fuel_code) from marts.dim_fuels where not is_known")
    (codes,) = cursor.fetchone() or (None,)
    return codes or ""


def _status(connection: Connection, dataset: Dataset, unknown_fuels: str, now: datetime) -> DatasetStatus:
    parameters = {"dataset": dataset.id}
    failed = failed_bodies(connection, dataset)
    lacking = gaps(connection, dataset, now)
    with connection, connection.cursor() as cursor:
        cursor.execute(SUMMARY, parameters)
        newest_fetch, loaded, versions = cursor.fetchone() or (None, 0, 0)
        cursor.execute(LAST_ERROR, parameters)
        (last_error,) = cursor.fetchone() or (None,)
        newest = newest_data(cursor, dataset)
        remarks = [*_of_failed(failed), *_of_answers(cursor, dataset, unknown_fuels), *_of_gaps(lacking)]
    lag = lag_of(dataset, newest, newest_fetch, now)
    return DatasetStatus(
        dataset.id,
        dataset.title,
        newest,
        newest_fetch,
        lag / timedelta(minutes=1) if lag is not None else None,
        dataset.allowed_lateness / timedelta(minutes=1),
        sum(len(gap.missing) for gap in lacking),
        loaded,
        versions,
        len(failed),
        sum(body.is_waiting for body in failed),
        last_error,
        tuple(remarks),
    )


def _of_failed(failed: Sequence[FailedBody]) -> Iterator[str]:
    waiting = [body for body in failed if body.is_waiting]
    if waiting:
        bodies = "1 body is" if len(waiting) == 1 else f"{len(waiting)} bodies are"
        newest = waiting[0]
        asked = _asked(newest.request, newest.fetched_at)
        yield f"{bodies} landed and not loaded; the newest, {asked}: {newest.error}"


def _of_answers(cursor: Cursor, dataset: Dataset, unknown_fuels: str) -> Iterator[str]:
    parameters = {"dataset": dataset.id}
    cursor.execute(UNANSWERED, parameters)
    if unanswered := cursor.fetchone():
        request, fetched_at, error = unanswered
        yield f"the source gave no answer, {_asked(request, fetched_at)}: {error}"
    cursor.execute(NEWEST, parameters)
    if answer := cursor.fetchone():
        request, fetched_at, rows_seen, unknown_fields = answer
        if rows_seen == 0:
            yield f"the newest answer was empty, {_asked(request, fetched_at)}"
        if unknown_fields:
            yield f"the source sends fields that the catalogue does not know: {unknown_fields}"
    if unknown_fuels and "generation" in {column.name for column in dataset.values}:
        yield f"fuel codes came that the seed `fuels` does not know: {unknown_fuels}"


def _of_gaps(lacking: Sequence[Gap]) -> Iterator[str]:
    if not lacking:
        return
    count = sum(len(gap.missing) for gap in lacking)
    first, last = lacking[0].missing[0], max(gap.missing[-1] for gap in lacking)
    again = min((gap.ask_again_at for gap in lacking if gap.ask_again_at), default=None)
    when = f"asked for again from {again:%Y-%m-%d %H:%MZ}" if again else "no longer asked for"
    of = f", {len({gap.scope for gap in lacking})} of its parts" if lacking[0].scope else ""
    periods = "1 period is" if count == 1 else f"{count} periods are"
    yield f"{periods} missing{of}, from {first:%Y-%m-%d %H:%MZ} to {last:%Y-%m-%d %H:%MZ}; {when}"


def _asked(request: str, fetched_at: datetime) -> str:
    return f"asked {fetched_at:%Y-%m-%d %H:%M:%SZ} with {request}"
