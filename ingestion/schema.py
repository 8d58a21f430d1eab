"""The raw schema, derived from the catalogue: made and extended, never changed or dropped.

Each dataset has a table `raw.<id>` with the source's own field names. It keeps every version of every row: one is
appended when its content differs from the version that held when it was fetched. Beside the source's fields:

    is_absent     true where an answer covers the key and lacks it; its values are null
    content_hash  of the values, '' for an absence: what "differs" means
    fetched_at    when the answer came; with lake_key it orders the versions of a key
    lake_key      the body in the lake
    load_id       the load that appended the row
    extra         fields that the catalogue does not know
"""

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset

SQL_TYPES = {
    "instant": "timestamptz",
    "day": "date",
    "integer": "integer",
    "number": "numeric",
    "text": "text",
    "boolean": "boolean",
    "json": "jsonb",
}
# Text that orders versions must sort by its characters on every server.
BOOKKEEPING = (
    ("extra", "jsonb"),
    ("is_absent", "boolean not null default false"),
    ("content_hash", "text not null"),
    ("fetched_at", "timestamptz not null"),
    ("lake_key", 'text collate "C" not null'),
    ("load_id", "bigint not null"),
)

LOADS = """
create sequence if not exists raw.load_numbers;

create table if not exists raw.loads (
    load_id bigint primary key default nextval('raw.load_numbers'),
    dataset text not null,
    status text not null check (status in ('loaded', 'failed', 'unanswered')),
    request text not null,
    http_status integer,
    window_column text,
    window_first text,
    window_last text,
    fetched_at timestamptz not null,
    attempt_key text collate "C" not null,
    lake_key text collate "C",
    rows_seen bigint not null default 0,
    rows_new bigint not null default 0,
    unknown_fields text,
    error text,
    loaded_at timestamptz not null default clock_timestamp()
);
create unique index if not exists loads_loaded_once on raw.loads (attempt_key) where status = 'loaded';
create index if not exists loads_by_dataset on raw.loads (dataset, fetched_at);
create index if not exists loads_by_attempt on raw.loads (attempt_key);

create table if not exists raw.load_days (
    load_id bigint not null references raw.loads,
    dataset text not null,
    settlement_date date not null,
    fetched_at timestamptz not null,
    is_complete boolean not null,
    covered_from_utc timestamptz,
    covered_to_utc timestamptz,
    rows_seen bigint not null,
    rows_new bigint not null,
    primary key (load_id, settlement_date)
);
create index if not exists load_days_by_day on raw.load_days (dataset, settlement_date, fetched_at);

comment on table raw.loads is 'One row for each attempt to load an answer: what was asked, what came of it.';
comment on column raw.loads.status is
    'loaded: in the raw table; failed: landed and not loaded, to be replayed; unanswered: no body with status 200';
comment on table raw.load_days is 'One row for each load and settlement date that it covered or had rows of.';
comment on column raw.load_days.covered_from_utc is
    'The starts of the periods that a complete answer would have held by then: from here, to before covered_to_utc. '
    'Null where the day was not asked for, or nothing of it was due.';
comment on column raw.load_days.is_complete is
    'Whether a row of this day that the answer lacks is known to be absent.';
"""


def create_raw(connection: Connection) -> None:
    """Makes what is missing of the raw schema; idempotent, and safe where two do it at once. The caller commits."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('energy_monitor.schema'))")
        cursor.execute("create schema if not exists raw")
        cursor.execute(LOADS)
        for dataset in DATASETS.values():
            _create_table(cursor, dataset)


def _create_table(cursor, dataset: Dataset) -> None:  # type: ignore[no-untyped-def]
    table = sql.Identifier("raw", dataset.id)
    columns = [(c.name, SQL_TYPES[c.type] + _collation(c.type, c.role)) for c in dataset.columns] + list(BOOKKEEPING)
    # The primary key leads with the time, so that a day's rows lie together and are found by range.
    lead = [dataset.time_column] + [c.name for c in dataset.keys if c.name != dataset.time_column]
    key = sql.SQL(", ").join(map(sql.Identifier, [*lead, "fetched_at", "lake_key"]))
    body = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(t)) for n, t in columns)
    cursor.execute(sql.SQL("create table if not exists {} ({}, primary key ({}))").format(table, body, key))
    for name, type_ in columns:
        add = sql.SQL("alter table {} add column if not exists {} {}")
        cursor.execute(add.format(table, sql.Identifier(name), sql.SQL(type_)))
    for column in dataset.columns:
        comment = sql.SQL("comment on column {} is {}")
        text = f"{column.role}{', ' + column.unit if column.unit else ''}"
        cursor.execute(comment.format(sql.Identifier("raw", dataset.id, column.name), sql.Literal(text)))
    cursor.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(dataset.title)))


def _collation(type_: str, role: str) -> str:
    return ' collate "C"' if type_ == "text" and role == "key" else ""
