"""Bodies to versioned raw rows, beside the floor and what people would use instead.

    ENERGY_MONITOR_RECORDED=… python -m benchmarks.loading [--rounds 5] [--json]

The recorded five-minute days of FUELINST, a body each: ours parses, checks, versions and indexes them with a record of
each load. The floor parses and checks them as ours does, and copies the same rows into a table without an index; a
lower one reads the JSON without a look at it. Beside them pandas' to_sql, psycopg2's execute_values into a table with
a key, and dlt's merge where dlt is installed, as `make bench` installs it. Each round does all of them, in an order of
its own, into tables that are new.
"""

import argparse
import gzip
import io
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from benchmarks.figures import Figure, beside, speed_at_least
from benchmarks.processor import processor_s
from benchmarks.recorded import recorded_folder
from energy_monitor.database import prepare
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.ingest import ingest
from ingestion.landing import Answer
from ingestion.parsing import parse

BUDGET = "bodies → versioned raw rows"
LEAST = 0.5  # of the floor's speed
COLUMNS = ("startTime", "fuelType", "generation", "dataset", "publishTime", "settlementDate", "settlementPeriod")
KEY = ("startTime", "fuelType")
TABLE = """create table {name} (
    "startTime" timestamptz, "fuelType" text, "generation" numeric, "dataset" text, "publishTime" timestamptz,
    "settlementDate" date, "settlementPeriod" integer {key}
)"""
OURS = "ours: land, parse, version, index, record"
FLOOR, BARE = "the floor: our parse and COPY, no index", "JSON unchecked and COPY, no index"
Bodies = Sequence[tuple[str, bytes]]  # a request and its body
Way = Callable[[Workspace, Bodies], None]


def recorded_bodies(recorded: Path) -> Bodies:
    """The recorded days of FUELINST that were asked for by settlement date, each once."""
    manifest = json.loads((recorded / "bodies" / "MANIFEST.json").read_text())
    found = {}
    for entry in manifest:
        if entry["dataset"] == "FUELINST" and "settlementDate" in entry["request"]:
            content = (recorded / entry["file"]).read_bytes()
            found[entry["request"]] = gzip.decompress(content) if entry["file"].endswith(".gz") else content
    return list(found.items())


def rows_of(body: bytes) -> list[dict[str, Any]]:
    found = json.loads(body)
    rows: list[dict[str, Any]] = found["data"] if isinstance(found, dict) else found
    return rows


def by_us(workspace: Workspace, bodies: Bodies) -> None:
    """As `energy-monitor ingest` does it, but that the answers are here already."""
    connection, lake = workspace.connect("ingester"), workspace.lake()
    try:
        for request, body in bodies:
            answer = Answer(request, datetime.now(UTC), 200, body)
            loaded = ingest(DATASETS["fuelinst"], request, lambda _, one=answer: [one], lake, connection)  # type: ignore[misc]
            if loaded.status != "loaded":
                raise SystemExit(f"{request}: {loaded.status} {loaded.error}")
    finally:
        connection.close()


def by_parse_and_copy(workspace: Workspace, bodies: Bodies) -> None:
    dataset = DATASETS["fuelinst"]

    def copy(connection: Connection, request: str, body: bytes) -> None:
        rows = parse(dataset, body, dataset.window_of(request), dataset.scope_of(request)).rows
        _copy(connection, [row.cells for row in rows])

    _each(workspace, bodies, "", copy)


def by_copy(workspace: Workspace, bodies: Bodies) -> None:
    def copy(connection: Connection, _: str, body: bytes) -> None:
        _copy(connection, [[row.get(name) for name in COLUMNS] for row in rows_of(body)])

    _each(workspace, bodies, "", copy)


def _copy(connection: Connection, rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO("".join("\t".join("\\N" if cell is None else str(cell) for cell in row) + "\n" for row in rows))
    with connection, connection.cursor() as cursor:
        cursor.copy_expert("copy bench.rows from stdin", text)


def by_execute_values(workspace: Workspace, bodies: Bodies) -> None:
    statement = "insert into bench.rows values %s on conflict do nothing"

    def insert(connection: Connection, _: str, body: bytes) -> None:
        values = [tuple(row.get(name) for name in COLUMNS) for row in rows_of(body)]
        with connection, connection.cursor() as cursor:
            execute_values(cursor, statement, values, page_size=1000)

    _each(workspace, bodies, ', primary key ("startTime", "fuelType")', insert)


def _each(workspace: Workspace, bodies: Bodies, key: str, do: Callable[[Connection, str, bytes], None]) -> None:
    connection = workspace.connect("owner")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(TABLE.format(name="bench.rows", key=key))
        for request, body in bodies:
            do(connection, request, body)
    finally:
        connection.close()


def by_pandas(workspace: Workspace, bodies: Bodies) -> None:
    import pandas as pd
    from sqlalchemy import create_engine

    engine = create_engine("postgresql+psycopg2://", creator=lambda: workspace.connect("owner"))
    for _, body in bodies:
        pd.DataFrame(rows_of(body)).to_sql("rows", engine, schema="bench", if_exists="append", index=False)
    engine.dispose()


def by_dlt(workspace: Workspace, bodies: Bodies) -> None:
    import dlt

    server, connection = workspace.server(), workspace.connect("owner")
    login = f"{connection.info.user}:{workspace.password('owner')}"
    connection.close()
    address = f"postgresql://{login}@{server.host}:{server.port}/{workspace.database}"
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "bench",
            pipelines_dir=folder,
            destination=dlt.destinations.postgres(address),
            dataset_name="bench",
        )
        for _, body in bodies:
            pipeline.run(rows_of(body), table_name="rows", write_disposition="merge", primary_key=list(KEY))


def ways() -> dict[str, Way]:
    found: dict[str, Way] = {
        OURS: by_us,
        FLOOR: by_parse_and_copy,
        BARE: by_copy,
        "psycopg2 execute_values, with a key": by_execute_values,
        "pandas to_sql": by_pandas,
    }
    if find_spec("dlt"):
        found["dlt, merge"] = by_dlt
    return found


def run(home: Path, bodies: Bodies, rounds: int, progress: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Seconds of each way, round by round, in a server of its own under `home`, which is stopped at the end.

    Beside them those of a processor, which other work on the machine changes less: this process and the server's.
    """
    environ = {**os.environ, "ENERGY_MONITOR_HOME": str(home)}
    seconds: dict[str, list[float]] = {name: [] for name in ways()}
    processor: dict[str, list[float]] = {name: [] for name in seconds}
    loaded: dict[str, int] = {}
    chance = random.Random(1)
    first = Workspace("bench", environ)
    try:
        for number in range(rounds):
            for name, way in chance.sample(list(ways().items()), len(seconds)):
                workspace = Workspace(f"bench_{number}_{list(seconds).index(name)}", environ)
                prepare(workspace)
                with workspace.connect("owner") as connection, connection.cursor() as cursor:
                    cursor.execute("create schema bench")
                connection.close()
                began, busy = time.perf_counter(), processor_s(workspace)
                way(workspace, bodies)
                seconds[name].append(time.perf_counter() - began)
                processor[name].append(processor_s(workspace) - busy)
                loaded[name] = _count(workspace, "raw.fuelinst" if way is by_us else "bench.rows")
                progress(f"round {number + 1}: {name}: {seconds[name][-1]:.2f} s")
    finally:
        first.postgres.stop()
    rows = sum(len(rows_of(body)) for _, body in bodies)
    return {"bodies": len(bodies), "rows": rows, "loaded": loaded, "seconds": seconds, "processor": processor}


def _count(workspace: Workspace, table: str) -> int:
    connection = workspace.connect("owner")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {table}")
            ((count,),) = cursor.fetchall()
            return int(count)
    finally:
        connection.close()


def figures(found: dict[str, Any]) -> list[Figure]:
    """Ours by the floor, and the others beside it."""
    seconds = {name: median(taken) for name, taken in found["seconds"].items()}
    processor = {name: median(taken) for name, taken in found["processor"].items()}
    what = f"{found['rows']:,} rows in {found['bodies']} bodies"
    told = [
        speed_at_least(BUDGET, what, seconds[OURS], "s", seconds[FLOOR], FLOOR, LEAST),
        beside(BUDGET, "the same, in seconds of a processor", processor[OURS], "s", processor[FLOOR], FLOOR),
    ]
    others = [name for name in seconds if name not in (OURS, FLOOR)]
    return told + [beside(BUDGET, "the same, against another way", seconds[OURS], "s", seconds[n], n) for n in others]


def table(found: dict[str, Any]) -> Iterable[str]:
    """The figures as lines of Markdown."""
    yield f"{found['rows']:,} rows in {found['bodies']} bodies"
    yield ""
    yield "| | median seconds | of a processor | rows per second | speed of ours by it |"
    yield "|---|---|---|---|---|"
    ours = median(found["seconds"][OURS])
    for name, taken in found["seconds"].items():
        each, busy = median(taken), median(found["processor"][name])
        yield f"| {name} | {each:.2f} | {busy:.2f} | {found['rows'] / each:,.0f} | {each / ours:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="energy-monitor-bench-") as folder:
        found = run(Path(folder), recorded_bodies(recorded_folder()), given.rounds)
    print(json.dumps(found) if given.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
