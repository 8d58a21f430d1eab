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
from psycopg2.extensions import cursor as Cursor

from ingestion.catalogue import KEPT
from ingestion.dataset import Column, Dataset

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

# Of a forecast whose source keeps the newest issue alone, what was known at a moment is in the answers just before it.
BY_FETCH = "create index {index} on {table} (fetched_at)"

# Forward only: each is run once, in order; a change is a new entry at the end. They run on a live system, and so only
# hold what they lock for a moment: a column without a computed default, no index on a table that has grown large.
MIGRATIONS = (
    """
create sequence raw.load_numbers;

create table raw.loads (
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
create unique index loads_loaded_once on raw.loads (attempt_key) where status = 'loaded';
create index loads_by_dataset on raw.loads (dataset, fetched_at);
create index loads_by_attempt on raw.loads (attempt_key);

create table raw.load_days (
    load_id bigint not null references raw.loads,
    dataset text not null,
    settlement_date date not null,
    fetched_at timestamptz not null,
    is_complete boolean not null,
    is_whole_day boolean not null,
    covered_from_utc timestamptz,
    covered_to_utc timestamptz,
    rows_seen bigint not null,
    rows_new bigint not null,
    primary key (load_id, settlement_date)
);
create index load_days_by_day on raw.load_days (dataset, settlement_date, fetched_at);

comment on table raw.loads is 'One row for each attempt to load an answer: what was asked, what came of it.';
comment on column raw.loads.status is
    'loaded: in the raw table; failed: landed and not loaded, to be replayed; unanswered: no body with status 200';
comment on table raw.load_days is 'One row for each load and settlement date that it covered or had rows of.';
comment on column raw.load_days.covered_from_utc is
    'The starts of the periods that a complete answer would have held by then: from here, to before covered_to_utc. '
    'Null where the day was not asked for, or nothing of it was due.';
comment on column raw.load_days.is_whole_day is
    'Whether every period of the day was asked for and due.';
comment on column raw.load_days.is_complete is
    'Whether a row of this day that the answer lacks is known to be absent.';
""",
    """
alter table raw.loads add column is_simulated boolean;
comment on column raw.loads.is_simulated is
    'Whether the answer came from a simulator, which marks all that it says; null where no answer came.';
""",
    """
alter table raw.load_days add column scope text;
comment on column raw.load_days.scope is
    'What only the request tells of its rows, such as the tariff: of others the answer says nothing. Null: of all.';
""",
    """
create index loads_newest on raw.loads (dataset, load_id) where status = 'loaded';
""",
    """
create index loads_simulated on raw.loads (dataset, load_id) where is_simulated;
""",
)


def create_raw(connection: Connection) -> None:
    """Makes what is missing of the raw schema; idempotent, and safe where two do it at once. The caller commits.

    What is there already is not touched, so that nothing waits for whoever reads or loads meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('energy_monitor.schema'))")
        cursor.execute(
            """
            create schema if not exists raw;
            create table if not exists raw.migrations (
                number integer primary key,
                run_at timestamptz not null default clock_timestamp()
            )
            """
        )
        cursor.execute("select coalesce(max(number), 0) from raw.migrations")
        (done,) = cursor.fetchone() or (0,)
        for number, statements in enumerate(MIGRATIONS, start=1):
            if number > done:
                cursor.execute(statements)
                cursor.execute("insert into raw.migrations (number) values (%s)", [number])
        for dataset in KEPT.values():
            create_table(cursor, dataset)


def create_table(cursor: Cursor, dataset: Dataset) -> None:
    """Makes a dataset's raw table, or adds the columns that its declaration gained. Commits nothing."""
    cursor.execute(
        "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s",
        [dataset.id],
    )
    existing = {name for (name,) in cursor.fetchall()}
    table = sql.Identifier("raw", dataset.id)
    columns = [(c.name, SQL_TYPES[c.type] + _collation(c)) for c in dataset.columns] + list(BOOKKEEPING)
    if not existing:
        # The primary key leads with the time, so that a day's rows lie together and are found by range.
        lead = [c.name for c in sorted(dataset.keys, key=lambda c: c.name != dataset.time_column)]
        key = sql.SQL(", ").join(map(sql.Identifier, [*lead, "fetched_at", "lake_key"]))
        body = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(n), sql.SQL(t)) for n, t in columns)
        cursor.execute(sql.SQL("create table {} ({}, primary key ({}))").format(table, body, key))
        cursor.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(dataset.title)))
    if dataset.kind == "forecast" and dataset.newest:
        name = f"{dataset.id}_by_fetch"
        cursor.execute("select to_regclass(%s) is null", [f"raw.{name}"])
        if cursor.fetchone() == (True,):  # looked up, as `if not exists` would wait for whoever loads
            cursor.execute(sql.SQL(BY_FETCH).format(index=sql.Identifier(name), table=table))
    for name, type_ in columns:
        if existing and name not in existing:
            add = sql.SQL("alter table {} add column {} {}")
            cursor.execute(add.format(table, sql.Identifier(name), sql.SQL(type_)))
    for column in dataset.columns:
        if column.name not in existing:
            text = f"{column.role}{', ' + column.unit if column.unit else ''}"
            comment = sql.SQL("comment on column {} is {}")
            cursor.execute(comment.format(sql.Identifier("raw", dataset.id, column.name), sql.Literal(text)))


def _collation(column: Column) -> str:
    return ' collate "C"' if column.type == "text" and column.role == "key" else ""
