"""What a workspace holds, per dataset, and what is wrong with it, in words."""

from dataclasses import dataclass
from datetime import datetime

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.settlement import HALF_HOUR, local_midnight_utc


@dataclass(frozen=True)
class DatasetStatus:
    """One dataset: times in UTC; `newest_data` is the start of its newest row."""

    dataset: str
    title: str
    newest_data: datetime | None
    newest_fetch_utc: datetime | None
    bodies_loaded: int
    versions: int
    bodies_failed: int  # landed and not loaded: waiting for a replay
    remarks: tuple[str, ...]


SUMMARY = """
select
    max(fetched_at) filter (where status = 'loaded') as newest_fetch,
    count(*) filter (where status = 'loaded') as loaded,
    coalesce(sum(rows_new), 0)::bigint as versions
from raw.loads
where dataset = %(dataset)s
"""
# An attempt waits where its newest record says failed and no record says loaded.
FAILED = """
select request, fetched_at, error, count(*) over () as waiting
from (
    select distinct on (attempt_key) attempt_key, request, fetched_at, error
    from raw.loads as failed
    where dataset = %(dataset)s
        and status = 'failed'
        and not exists (
            select 1 from raw.loads
            where loads.attempt_key = failed.attempt_key and loads.status = 'loaded'
        )
    order by attempt_key, load_id desc
) as waiting
order by fetched_at desc
limit 1
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


def dataset_statuses(connection: Connection) -> list[DatasetStatus]:
    """The state of each dataset of the catalogue, as the auditor sees it."""
    with connection, connection.cursor() as cursor:
        unknown_fuels = _unknown_fuels(cursor)
        return [_status(cursor, dataset, unknown_fuels) for dataset in DATASETS.values()]


def _unknown_fuels(cursor: Cursor) -> str:
    """Codes that came and that the fuel seed does not know, by what was built last."""
    cursor.execute("select to_regclass('marts.dim_fuels')")
    if cursor.fetchone() == (None,):
        return ""
    cursor.execute("select string_agg(fuel_code, ', ' order by fuel_code) from marts.dim_fuels where not is_known")
    (codes,) = cursor.fetchone() or (None,)
    return codes or ""


def newest_data(cursor: Cursor, dataset: Dataset) -> datetime | None:
    """The start in UTC of the newest row that came; None where there is none."""
    period = next((c.name for c in dataset.keys if c.type == "integer"), None)
    is_by_day = dataset.by_name[dataset.time_column].type == "day" and period is not None
    columns = [dataset.time_column, period] if is_by_day and period else [dataset.time_column]
    statement = sql.SQL("select {columns} from {table} where not is_absent order by {order} limit 1")
    cursor.execute(
        statement.format(
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            table=sql.Identifier("raw", dataset.id),
            order=sql.SQL(", ").join(sql.SQL("{} desc").format(sql.Identifier(name)) for name in columns),
        )
    )
    found = cursor.fetchone()
    if found is None:
        return None
    newest: datetime = local_midnight_utc(found[0]) + HALF_HOUR * (found[1] - 1) if is_by_day else found[0]
    return newest


def _status(cursor: Cursor, dataset: Dataset, unknown_fuels: str) -> DatasetStatus:
    parameters = {"dataset": dataset.id}
    cursor.execute(SUMMARY, parameters)
    newest_fetch, loaded, versions = cursor.fetchone() or (None, 0, 0)
    remarks = []
    cursor.execute(FAILED, parameters)
    failed = cursor.fetchone()
    if failed:
        request, fetched_at, error, waiting = failed
        bodies = "1 body is" if waiting == 1 else f"{waiting} bodies are"
        remarks.append(f"{bodies} landed and not loaded; the newest, {_asked(request, fetched_at)}: {error}")
    cursor.execute(UNANSWERED, parameters)
    if unanswered := cursor.fetchone():
        request, fetched_at, error = unanswered
        remarks.append(f"the source gave no answer, {_asked(request, fetched_at)}: {error}")
    cursor.execute(NEWEST, parameters)
    if answer := cursor.fetchone():
        request, fetched_at, rows_seen, unknown_fields = answer
        if rows_seen == 0:
            remarks.append(f"the newest answer was empty, {_asked(request, fetched_at)}")
        if unknown_fields:
            remarks.append(f"the source sends fields that the catalogue does not know: {unknown_fields}")
    if unknown_fuels and "fuelType" in {column.name for column in dataset.keys}:
        remarks.append(f"fuel codes came that the seed `fuels` does not know: {unknown_fuels}")
    return DatasetStatus(
        dataset.id,
        dataset.title,
        newest_data(cursor, dataset),
        newest_fetch,
        loaded,
        versions,
        failed[3] if failed else 0,
        tuple(remarks),
    )


def _asked(request: str, fetched_at: datetime) -> str:
    return f"asked {fetched_at:%Y-%m-%d %H:%M:%SZ} with {request}"
