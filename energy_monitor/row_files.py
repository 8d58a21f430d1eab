"""`energy-monitor export-rows`: the raw tables as files in the lake, which Redshift and Spark read natively.

rows/<set>/<dataset>/date=<UTC day of load>/<first load>.json.gz              the dataset's raw table
rows/<set>/<table>/dataset=<dataset>/date=<UTC day of load>/<first load>.json.gz   raw.loads and raw.load_days
rows/<set>/columns/<sha256:12>.json.gz          `table`, `column`, `position` and `type` of each column that these have

A file is gzip, one JSON object to a line, in the order of the loads: each cell is PostgreSQL's own text of it, so that
numbers stay exact; a null is left out. A set is of one database, as another one numbers its loads anew.

Each row once, and nothing else remembers what was exported: loads of a dataset commit in the order of their numbers,
and a load is never cut in two. So the newest file ends with the last load that was exported, the next file is named by
the first load after it, and of two exports that would write it only one can.
"""

import gzip
import io
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import click
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection

from energy_monitor.cli_loading import pass_workspace, progress
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.output import print_table
from energy_monitor.workspace import Workspace
from ingestion.catalogue import KEPT
from ingestion.lake import Lake, LostObject

ROWS_PER_FILE = 250_000  # a few MB; more where one load has more
TABLES_OF_LOADS = ("load_days", "loads")
EMPTY = "none.json.gz"
SET = re.compile(r"[A-Za-z0-9_-]{1,40}")
Row = tuple[int, date, str]  # number and UTC day of the load, and the line


@click.command(name="export-rows")
@click.option("--set", "name", help="Another name for the set of files than the time at which the database was made.")
@pass_workspace
def export_rows(workspace: Workspace, name: str | None) -> None:
    """Write the raw rows that no row file holds yet as files into the lake, for Redshift and Spark.

    Each row is in one file, and no file is written twice. Stopped at any moment, the same command goes on.
    docs/row_files.md says what is where, and how it is read.
    """
    prepare(workspace)
    lake, connection = workspace.lake(), workspace.connect("auditor")
    try:
        place = f"rows/{_set_name(connection, name)}"
        written: dict[str, list[int]] = {}
        with progress() as bar:
            parts = parts_in(lake, place)
            # all files of a run are of one moment
            connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
            tell_columns(connection, lake, place)
            for part in bar.track(parts, description="exporting rows"):
                for rows in export(connection, lake, part):
                    written.setdefault(part.table, []).append(rows)
    finally:
        connection.close()
    cells = [(table, f"{len(rows):,}", f"{sum(rows):,}") for table, rows in written.items()]
    if cells:
        print_table(("table", "files", "rows"), cells)
    else:
        click.echo("no rows are new")
    click.echo(f"{lake.uri}/{place}")


@dataclass(frozen=True)
class Part:
    """What has an order of its own: a dataset's raw table, or its rows in one of the tables of loads."""

    table: str
    dataset: str
    folder: str
    keys: list[str] = field(default_factory=list)  # of its files


def parts_in(lake: Lake, place: str) -> list[Part]:
    """All parts, of a dataset its rows first: a load that the files tell of has its rows in them."""
    parts = []
    for dataset in KEPT:
        parts.append(Part(dataset, dataset, f"{place}/{dataset}/"))
        parts += [Part(table, dataset, f"{place}/{table}/dataset={dataset}/") for table in TABLES_OF_LOADS]
    by_folder = {part.folder: part for part in parts}
    for key in lake.keys(f"{place}/"):
        folder = key.partition("date=")[0] if "/date=" in key else key.removesuffix(EMPTY)
        if folder in by_folder:
            by_folder[folder].keys.append(key)
    return parts


def tell_columns(connection: Connection, lake: Lake, place: str) -> None:
    """Writes which columns the tables have; a column that a dataset gains is told by a file more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select row_to_json(columns)::text
            from (
                select table_name as table, column_name as column, ordinal_position as position, data_type as type
                from information_schema.columns
                where table_schema = 'raw' and table_name = any(%s)
                order by table_name, ordinal_position
            ) as columns
            """,
            [[*KEPT, *TABLES_OF_LOADS]],
        )
        lines = "".join(f"{line}\n" for (line,) in cursor).encode()
    lake.put(f"{place}/columns/{sha256(lines).hexdigest()[:12]}.json.gz", gzip.compress(lines, mtime=0))


def export(connection: Connection, lake: Lake, part: Part) -> Iterator[int]:
    """Writes what no file of a part holds yet; tells of each file how many rows it has. Raises UserError, LakeError."""
    if not part.keys:  # so that there is a folder to read of a dataset of which nothing was loaded
        lake.put(part.folder + EMPTY, gzip.compress(b"", mtime=0))
    last = _last_line(lake, part)
    last_load = int(json.loads(last)["load_id"]) if last else 0
    if part.table == part.dataset and not _has_rows_after(connection, part.dataset, last_load):
        return  # without an index by load the whole table would be read, for nothing
    rows = _rows(connection, part, last_load)
    for file in _files(_after(last, last_load, rows, part) if last else rows):
        key = f"{part.folder}date={file.day}/{file.first_load:012}.json.gz"
        if not lake.put(key, file.content()):
            raise UserError(f"{key} was written meanwhile by another export: run this again when that has ended")
        yield file.rows


def _set_name(connection: Connection, name: str | None) -> str:
    if name is not None:
        if not SET.fullmatch(name):
            raise UserError(f"{name!r} is no name for a set: use up to 40 letters, digits, - and _")
        return name
    with connection, connection.cursor() as cursor:
        cursor.execute(
            """select to_char(min(run_at) at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') from raw.migrations"""
        )
        (made,) = cursor.fetchone() or ("",)
        return str(made)


def _last_line(lake: Lake, part: Part) -> str | None:
    """The last line of a part's newest file; None where there is no file. Raises LakeError where it is damaged."""
    keys = [key for key in part.keys if not key.endswith(EMPTY)]
    if not keys:
        return None
    newest = max(keys, key=lambda key: int(key.rpartition("/")[2].partition(".")[0]))
    try:
        return gzip.decompress(lake.get(newest)).decode().splitlines()[-1]
    except (OSError, EOFError, zlib.error, IndexError) as error:
        raise LostObject(f"{newest} in the lake at {lake.uri} is no whole row file: {error}") from error


def _has_rows_after(connection: Connection, dataset: str, load_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select exists (
                select 1 from raw.loads
                where dataset = %s and status = 'loaded' and rows_new > 0 and load_id > %s
            )
            """,
            [dataset, load_id],
        )
        return cursor.fetchone() == (True,)


def _rows(connection: Connection, part: Part, from_load: int) -> Iterator[Row]:
    """The rows of a part from a load on, in the order of loads."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select column_name from information_schema.columns
            where table_schema = 'raw' and table_name = %s
            order by ordinal_position
            """,
            [part.table],
        )
        columns = [name for (name,) in cursor.fetchall()]
    cells = [sql.SQL("loaded.{0}::text as {0}").format(sql.Identifier(name)) for name in columns]
    statement = sql.SQL(
        """
        select loads.load_id, (loads.loaded_at at time zone 'UTC')::date, json_strip_nulls(row_to_json(cells))::text
        from {table} as loaded
        inner join raw.loads on loads.load_id = loaded.load_id
        cross join lateral (select {cells}) as cells
        where loads.dataset = %s and loads.load_id >= %s
        order by loads.load_id
        """
    ).format(table=sql.Identifier("raw", part.table), cells=sql.SQL(", ").join(cells))
    with connection.cursor(name="rows") as cursor:  # named: the rows stay on the server until they are asked for
        cursor.itersize = 10_000
        cursor.execute(statement, [part.dataset, from_load])
        yield from cursor


def _after(last: str, last_load: int, rows: Iterator[Row], part: Part) -> Iterator[Row]:
    """The rows after the load that a line of the files is of. Raises UserError where the database lacks that line."""
    loads = itertools.groupby(rows, key=lambda row: row[0])
    number, rows_of_last = next(loads, (0, iter(())))
    if number != last_load or all(line != last for _, _, line in rows_of_last):
        raise UserError(
            f"the newest row file in {part.folder} ends with load {last_load}, which is another one in the database, "
            "as if that had been restored: begin a new set of files with --set NAME, and read that one from then on"
        )
    for _, group in loads:
        yield from group


@dataclass
class _File:
    first_load: int
    day: date
    rows: int = 0
    _bytes: io.BytesIO = field(default_factory=io.BytesIO)

    def __post_init__(self) -> None:
        self._gzip = gzip.GzipFile(fileobj=self._bytes, mode="wb", compresslevel=6, mtime=0)

    def add(self, line: str) -> None:
        self._gzip.write(line.encode() + b"\n")
        self.rows += 1

    def content(self) -> bytes:
        self._gzip.close()
        return self._bytes.getvalue()


def _files(rows: Iterable[Row]) -> Iterator[_File]:
    """Files of the rows: of one day each, and of whole loads."""
    file: _File | None = None
    for (load_id, day), group in itertools.groupby(rows, key=lambda row: row[:2]):
        if file is None or day != file.day or file.rows >= ROWS_PER_FILE:
            if file:
                yield file
            file = _File(load_id, day)
        for _, _, line in group:
            file.add(line)
    if file:
        yield file
