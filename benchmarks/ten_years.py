"""Ten years of every dataset: days of a simulated grid, lived through by the real path, laid end to end.

The days come as they would: whenever something is due it is asked for over HTTP, landed and loaded. What is laid is
what these loads left in raw, the records of loads among it: the same rows, each copy so many days earlier, power,
prices and carbon by a factor of its own, so that no two copies are alike. Some things are not as they would be. The
bodies of copies are in no lake. The hours after a day in which what is of it still comes have loads of two copies.
Where the clocks change, a copy is an hour off what it was, and a March day loses its two last half-hours. Forecasts
whose source keeps the newest issue alone are asked for more seldom than in a life (THINNED), or there would be a
terabyte of them. What somebody has to bring in, histories and advice, is not there.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from energy_monitor.fetching import sessions
from energy_monitor.up.services import simulated_sources, simulator_budgets
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import Column, Dataset
from ingestion.ingest import ingest
from ingestion.settlement import DAY, HOUR, settlement_date_of
from ingestion.sources import SOURCES
from ingestion.upkeep import requests_due
from simulator.server import Running, running

STEP = timedelta(minutes=5)
THINNED = {
    "carbon_national_forecast": 6 * HOUR,
    "carbon_regional_forecast": DAY,
    "neso_embedded_forecast": 12 * HOUR,
}
# What is no part of a power, a price or a carbon intensity.
UNSCALED = {"frequency", "carbon_generation_mix", "remit"}
FACTOR = "(0.75 + 0.25 * mod(copies.copy * 7919, 1009) / 1009)"  # from 0.75 up to 1, another one for each copy
LATEST = 3 * HOUR  # what a day has is there so long after its end, but for what is late by days
AT_ONCE = 2


class Grid:
    """A simulated grid that stands still between steps, and a workspace that asks it for what is due."""

    def __init__(self, running: Running, thinned: Mapping[str, timedelta] = THINNED) -> None:
        self.running, self.thinned = running, thinned
        self.sessions = sessions(simulated_sources(running.port) | simulator_budgets())

    def step(self, workspace: Workspace, since: datetime, now: datetime) -> dict[str, int]:
        """Asks for what became due after one instant and until another, and loads it; rows seen, by dataset."""
        from orchestration.asking import due_since

        due = [dataset for source in SOURCES for dataset in due_since(source, since, now)]
        return self.ask(workspace, [d for d in due if self._is_in_turn(d, since, now)], now)

    def ask(self, workspace: Workspace, datasets: Iterable[Dataset], now: datetime) -> dict[str, int]:
        """Asks for all that is due of some datasets. Raises RuntimeError for an answer that is not loaded."""
        self.running.set_clock(now, speed=0)
        lake = workspace.lake()
        seen: dict[str, int] = {}
        with closing(workspace.connect("ingester")) as connection:
            for dataset in datasets:
                for request in requests_due(connection, dataset, now):
                    loaded = ingest(dataset, request, self.sessions[dataset.source].fetch, lake, connection)
                    if loaded.error:
                        raise RuntimeError(f"{dataset.id} {request}: {loaded.error}")
                    seen[dataset.id] = seen.get(dataset.id, 0) + loaded.rows_seen
        return seen

    def _is_in_turn(self, dataset: Dataset, since: datetime, now: datetime) -> bool:
        if dataset.id not in self.thinned:
            return True
        every = self.thinned[dataset.id].total_seconds()
        return (since.timestamp() + every / 2) // every < (now.timestamp() + every / 2) // every


@contextmanager
def a_grid(seed: int, now: datetime) -> Iterator[Grid]:
    """A simulated grid of this process."""
    with running(seed=seed, now_utc=now, speed=0) as found:
        yield Grid(found)


def live(workspace: Workspace, grid: Grid, start: datetime, days: int) -> None:
    """Lives some days in steps of five minutes, from an instant on, and until what is of them is there."""
    now = start
    while now < start + days * DAY + LATEST:
        grid.step(workspace, now, now + STEP)
        now += STEP


@dataclass(frozen=True)
class Base:
    """The days that were lived: from when, how many, and up to which load. A copy is as long."""

    start: datetime
    days: int
    load_id: int


def base_of(workspace: Workspace, start: datetime, days: int) -> Base:
    """To be taken when the days were lived, and nothing is laid yet. From here on the raw tables spare the log."""
    with closing(workspace.connect("owner")) as connection, connection, connection.cursor() as cursor:
        for dataset in DATASETS.values():
            cursor.execute(sql.SQL("alter table {} set unlogged").format(sql.Identifier("raw", dataset.id)))
    return Base(start, days, _newest_load(workspace))


def lay(workspace: Workspace, base: Base, first: int, last: int) -> int:
    """Lays the copies of these numbers before the days that were lived, number 1 just before them; how many rows."""
    tables = [_loads(base), _load_days(base), *(_rows(d, base) for d in DATASETS.values() if d.time_column)]

    def fill(table_and_statement: tuple[str, str]) -> int:
        table, statement = table_and_statement
        with closing(workspace.connect("owner")) as connection, connection, connection.cursor() as cursor:
            cursor.execute("set work_mem = '64MB'; set maintenance_work_mem = '1GB'")
            with _indexed_afterwards(cursor, table):
                cursor.execute(statement, {"first": first, "last": last, "after": after})
                return cursor.rowcount

    after = _newest_load(workspace)
    rows = fill(tables[0])  # what the days of loads refer to
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows += sum(pool.map(fill, tables[1:]))
    with closing(workspace.connect("owner")) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("select setval('raw.load_numbers', (select max(load_id) from raw.loads))")
            for dataset in DATASETS.values():
                rows += _ask_again(cursor, dataset, base, after, after + base.load_id * (last - first + 1))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("vacuum (analyze)")
    return rows


def _newest_load(workspace: Workspace) -> int:
    with closing(workspace.connect("owner")) as connection, connection.cursor() as cursor:
        cursor.execute("select max(load_id) from raw.loads")
        (load_id,) = cursor.fetchone() or (0,)
        return int(load_id)


def _ask_again(cursor: Cursor, dataset: Dataset, base: Base, after: int, up_to: int) -> int:
    """Of the days of copies, whose loads have numbers between these, the answers at the ages at which each is asked for
    again: they said nothing new."""
    cursor.execute(
        """
        create temporary table again on commit drop as
        select nextval('raw.load_numbers') as again_id, days.*
        from (
            select load_days.*, (cast(settlement_date + 1 as timestamp) at time zone 'Europe/London') + age as at
            from (
                select distinct on (settlement_date, scope) * from raw.load_days
                where dataset = %(dataset)s and is_whole_day
                    and load_id > %(after)s and load_id <= %(up_to)s
                order by settlement_date, scope, fetched_at desc
            ) as load_days
            cross join unnest(%(ages)s::interval[]) as ages (age)
        ) as days
        where at > fetched_at and at < %(start)s
        """,
        {
            "dataset": dataset.id,
            "after": after,
            "up_to": up_to,
            "ages": list(dataset.again_at),
            "start": base.start,
        },
    )
    cursor.execute(
        """
        insert into raw.loads (load_id, dataset, status, request, http_status, window_column, window_first, window_last,
            fetched_at, loaded_at, attempt_key, lake_key, rows_seen, is_simulated)
        select again_id, loads.dataset, status, request, http_status, window_column, window_first, window_last,
            at, at, attempt_key || '-' || again_id, lake_key || '-' || again_id, loads.rows_seen, is_simulated
        from again inner join raw.loads on again.load_id = loads.load_id;
        insert into raw.load_days (load_id, dataset, settlement_date, fetched_at, is_complete, is_whole_day,
            covered_from_utc, covered_to_utc, rows_seen, rows_new, scope)
        select again_id, dataset, settlement_date, at, is_complete, is_whole_day,
            covered_from_utc, covered_to_utc, rows_seen, 0, scope
        from again
        """
    )
    rows = cursor.rowcount
    cursor.execute("drop table again")
    return 2 * rows


@contextmanager
def _indexed_afterwards(cursor: Cursor, table: str) -> Iterator[None]:
    """Takes the indexes of a raw table away, but for those that are referred to, and makes them again at the end."""
    again = []
    cursor.execute(
        """
        select index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid), held.conname,
            pg_get_constraintdef(held.oid)
        from pg_index as index
        left join pg_constraint as held on held.conindid = index.indexrelid and held.contype = 'p'
        where index.indrelid = %s::regclass
            and not exists (select from pg_constraint where contype = 'f' and confrelid = index.indrelid)
        """,
        [f"raw.{table}"],
    )
    for name, index, constraint, definition in cursor.fetchall():
        if constraint:
            cursor.execute(f'alter table raw.{table} drop constraint "{constraint}"')
            again.append(f'alter table raw.{table} add constraint "{constraint}" {definition}')
        else:
            cursor.execute(f"drop index {name}")
            again.append(index)
    yield
    for statement in again:
        cursor.execute(statement)


COPIES = "generate_series(%(last)s, %(first)s, -1) as copies (copy)"


def _shift(base: Base) -> str:
    return f"copies.copy * interval '{base.days * 24} hours'"


def _number(load_id: str, base: Base) -> str:
    """The number of a copy's load: after all that there were before these copies were laid."""
    return f"%(after)s + {load_id} + (copies.copy - %(first)s) * {base.load_id}"


def _loads(base: Base) -> tuple[str, str]:
    columns = """dataset, status, request, http_status, window_column, window_first, window_last, rows_seen, rows_new,
        unknown_fields, error, is_simulated"""
    return (
        "loads",
        f"""
        insert into raw.loads (load_id, fetched_at, loaded_at, attempt_key, lake_key, {columns})
        select {_number("load_id", base)}, fetched_at - {_shift(base)}, loaded_at - {_shift(base)},
            attempt_key || '-' || copies.copy, lake_key || '-' || copies.copy, {columns}
        from {COPIES}
        cross join (select * from raw.loads where load_id <= {base.load_id} order by load_id) as row
    """,
    )


def _load_days(base: Base) -> tuple[str, str]:
    day = f"(settlement_date - copies.copy * {base.days})"
    whole = "case when is_whole_day then (cast({0} as timestamp) at time zone 'Europe/London') else {1} end"
    starts = whole.format(day, f"covered_from_utc - {_shift(base)}")
    ends = whole.format(f"{day} + 1", f"covered_to_utc - {_shift(base)}")
    columns = "dataset, is_complete, is_whole_day, rows_seen, rows_new, scope"
    return (
        "load_days",
        f"""
        insert into raw.load_days
            (load_id, settlement_date, fetched_at, covered_from_utc, covered_to_utc, {columns})
        select {_number("load_id", base)}, {day}, fetched_at - {_shift(base)}, {starts}, {ends}, {columns}
        from {COPIES}
        cross join (select * from raw.load_days where load_id <= {base.load_id} order by load_id) as row
    """,
    )


def _rows(dataset: Dataset, base: Base) -> tuple[str, str]:
    time = dataset.by_name[dataset.time_column or ""]
    # each row of a copy follows one of the copy before: by its time, or where a source keeps no past, by its fetch
    first: date | datetime = base.start
    if not dataset.newest:
        late_days = max(dataset.publication_lag, timedelta()) // DAY
        first = base.start - (late_days * DAY if late_days else LATEST)
    if time.type == "day" and not dataset.newest:
        first = settlement_date_of(first)
    last = first + base.days * DAY
    column = "fetched_at" if dataset.newest else f'"{time.name}"'
    keep = "true"
    if time.type == "day":  # a day of March has two half-hours fewer
        period = next(column.name for column in dataset.keys if column.type == "integer")
        keep = f"""row."{period}" <= extract(epoch from
            (cast({_of_copy(dataset, time, base)} + 1 as timestamp) at time zone 'Europe/London')
            - (cast({_of_copy(dataset, time, base)} as timestamp) at time zone 'Europe/London')) / 1800"""
    return (
        dataset.id,
        f"""
        insert into raw.{dataset.id} ({", ".join(f'"{column.name}"' for column in dataset.columns)},
            extra, is_absent, content_hash, fetched_at, lake_key, load_id)
        select {", ".join(_of_copy(dataset, column, base) for column in dataset.columns)},
            row.extra, row.is_absent, row.content_hash, row.fetched_at - {_shift(base)},
            row.lake_key || '-' || copies.copy, {_number("row.load_id", base)}
        from {COPIES}
        cross join (
            select * from raw.{dataset.id}
            where load_id <= {base.load_id} and {column} >= '{first.isoformat()}' and {column} < '{last.isoformat()}'
            order by load_id
        ) as row
        where {keep}
    """,
    )


def _of_copy(dataset: Dataset, column: Column, base: Base) -> str:
    """What a copy has in a column, in SQL."""
    own = f'row."{column.name}"'
    if column.name in ("settlementDate", "settlementPeriod") and column.role != "key":
        start = f"""(row."startTime" - {_shift(base)})"""
        day = f"cast({start} at time zone 'Europe/London' as date)"
        if column.type == "day":
            return day
        midnight = f"(cast({day} as timestamp) at time zone 'Europe/London')"
        return f"cast(floor(extract(epoch from {start} - {midnight}) / 1800) + 1 as integer)"
    if column.type == "instant":
        return f"{own} - {_shift(base)}"
    if column.type == "day":
        return f"({own} - copies.copy * {base.days})"
    if column.name == "mrid":
        return f"{own} || '-' || copies.copy"
    if column.role == "value" and column.type in ("number", "integer") and dataset.id not in UNSCALED:
        return f"round({own} * {FACTOR}{', 2' if column.type == 'number' else ''})"
    return own
