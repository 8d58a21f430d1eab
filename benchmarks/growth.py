"""A month, a year and ten years of every dataset: what a tick, a look back and a page cost, and how they grow.

    python -m benchmarks.growth [--days 1] [--years 10] [--ticks 5] [--json FILE]

A month is lived and laid (benchmarks/ten_years.py says how), then copied and laid on to a year and to ten; each is
built. Then the same half-hour comes to the three by turns, again and again: what became due is asked for, landed and
loaded, and all that reads it is built and tested, as Dagster's sensor has it done. After each, in each: numbers as they
were known at random moments, and the page *Now*, whose answers are no longer kept. All in a folder that is deleted at
the end.
"""

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from dagster import AssetKey

from benchmarks.dashboard import ROOT, reader_of, served
from benchmarks.figures import Figure, at_most, beside, times_at_most
from benchmarks.figures import table as table_of
from benchmarks.ten_years import LATEST, Grid, a_grid, base_of, lay, live
from dashboard.kept import SECONDS as KEPT_S
from energy_monitor.clock import VARIABLE as CLOCK
from energy_monitor.clock import clock_text
from energy_monitor.database import prepare
from energy_monitor.dbt import build, environment, in_environment
from energy_monitor.server import connect
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY, HALF_HOUR
from orchestration.builder import Builder, Done
from orchestration.building import Graph
from orchestration.warehouse import SHARED, keys_of, name_of, parsed_project, warehouse_assets

START = datetime(2026, 6, 1, tzinfo=UTC)
MONTH, YEAR = 28, 364  # days, whole weeks
SIZES = {"a month": MONTH, "a year": YEAR, "ten years": 10 * YEAR}
QUICK = (1, {"a month": 2, "ten years": 3}, 1, 2)
# Five-minute mix and half-hour set: all that its source publishes each half-hour or more often.
SET = [dataset for dataset in DATASETS.values() if dataset.cadence <= HALF_HOUR]
LOAD, TICK, TICK_PROCESSOR = "load, in the database", "tick, in the database", "tick, processor of the database"
REGIONS, PRICES, NOW = "96 half-hours of 18 regions as known", "a day of prices as known", "page Now"
AGAIN = ", the same again"  # what was read just now is in memory; at a month, all is
HOURLY = "what is hourly: build"
TICK_BUDGET, TICK_LIMIT_S = "one tick → marts", 2.0
LIMITS = (
    (TICK_BUDGET, TICK, 1.3),
    ("as known at a moment, by size", REGIONS, 1.5),
    ("as known at a moment, by size", REGIONS + AGAIN, 1.5),
    ("as known at a moment, by size", PRICES, 1.5),
    ("as known at a moment, by size", PRICES + AGAIN, 1.5),
    ("page Now, by size", NOW, 1.2),
)
AS_KNOWN = {
    REGIONS: """
        select * from marts.carbon_regional_as_known_at(%(moment)s, %(first)s, %(first)s + interval '48 hours')
    """,
    PRICES: """
        select * from marts.fct_system_price_versions
        where settlement_date = %(day)s
            and known_from_utc <= %(moment)s and (known_to_utc > %(moment)s or known_to_utc is null)
    """,
}
Say = Callable[[str], None]


@dataclass
class Found:
    """Of one size: rows in raw, GB, seconds of the fill, of the build of everything, of each tick and question."""

    days: int
    rows: int = 0
    gigabytes: float = 0
    fill_s: float = 0
    build_s: float = 0
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    nodes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, what: str, seconds: float) -> None:
        self.seconds[what].append(seconds)


@contextmanager
def timed(note: Callable[[float], None]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    note(time.perf_counter() - began)


def database_s(workspace: Workspace) -> tuple[float, float]:
    """Seconds that statements took in a workspace's database so far, and that the server's processes had a processor.

    Those who have ended are counted; those who are still there have told of what they did until a second ago.
    """
    server = workspace.server()
    with closing(connect(server, server.database, server.user, server.password)) as admin, admin.cursor() as cursor:
        cursor.execute("select active_time / 1000 from pg_stat_database where datname = %s", [workspace.database])
        (active,) = cursor.fetchone() or (0,)
    postmaster = psutil.Process(int((workspace.postgres.data / "postmaster.pid").read_text().split()[0]))
    processor = 0.0
    for child in postmaster.children():
        with suppress(psutil.NoSuchProcess):  # it has just ended, and is among the next ones
            own = child.cpu_times()
            processor += own.user + own.system
    ended = postmaster.cpu_times()
    processor += ended.children_user + ended.children_system
    return float(active), processor


def copied(source: Workspace, name: str) -> Workspace:
    """A workspace with the same lake and the same database."""
    copy = Workspace(name, source.environ)
    server = source.server()
    with closing(connect(server, server.database, server.user, server.password)) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(f"create database {copy.database} owner owner template {source.database}")
    shutil.copytree(source.lake_uri, copy.lake_uri)
    prepare(copy, set_passwords=True)
    return copy


def fill(home: Path, days: int, sizes: Mapping[str, int], grid: Grid, say: Say) -> dict[str, tuple[Workspace, Found]]:
    """A workspace of each size, the smallest first, filled and not built."""
    found: dict[str, tuple[Workspace, Found]] = {}
    laid = 0
    for name, wanted in sizes.items():
        seconds: list[float] = []
        with timed(seconds.append):
            if not found:
                workspace = Workspace(_name_of(name), {"ENERGY_MONITOR_HOME": str(home)})
                prepare(workspace)
                live(workspace, grid, START, days)
                base = base_of(workspace, START, days)
            else:
                workspace = copied(workspace, _name_of(name))
            copies = wanted // days - 1
            if copies > laid:
                lay(workspace, base, laid + 1, copies)
            laid = copies
        rows, size = _size(workspace)
        found[name] = workspace, Found(wanted, rows, size, seconds[0])
        say(f"{name}: {rows:,} rows, {size:.1f} GB, filled in {seconds[0]:.0f} s")
    return found


def _name_of(size: str) -> str:
    return size.replace(" ", "_")


def _size(workspace: Workspace) -> tuple[int, float]:
    with closing(workspace.connect("auditor")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select sum(greatest(reltuples, 0)), sum(pg_total_relation_size(oid)) / 1e9 from pg_class "
            "where relnamespace = 'raw'::regnamespace and relkind = 'r'"
        )
        rows, size = cursor.fetchone() or (0, 0)
        return int(rows), round(float(size), 2)


class Builds:
    """What Dagster's sensor has built after a landing."""

    def __init__(self) -> None:
        self.assets = warehouse_assets(parsed_project())
        self.graph = Graph.of(self.assets, SHARED)

    def at_once(self, landed: Sequence[str]) -> list[str]:
        """The nodes of dbt, tests too, that a run over these datasets selects."""
        return self._names(self.graph.reading(landed) & self.graph.at_once, landed)

    def hourly(self) -> list[str]:
        """Those that have their turn once an hour."""
        return self._names(self.graph.hourly, [key.path[-1] for key in self.graph.datasets])

    def _names(self, wanted: Collection[AssetKey], landed: Sequence[str]) -> list[str]:
        selected = {*wanted, *self.graph.checks_with(wanted, landed)}
        return [name_of(key) for key in keys_of(self.assets).values() if key in selected]

    def build(self, workspace: Workspace, names: Sequence[str]) -> list[Done]:
        done = list(Builder(workspace=workspace.name).build(names))
        if failed := [one for one in done if one.has_failed]:
            raise RuntimeError(f"{workspace.name}: {failed[0].name}: {failed[0].message}")
        return done


def tick(workspace: Workspace, found: Found, grid: Grid, builds: Builds, now: datetime) -> None:
    """A half-hour's landing, and all that reads it."""
    before = database_s(workspace)
    with timed(partial(found.note, "load")):
        seen = grid.ask(workspace, SET, now)
    time.sleep(1.1)  # what the server counts is told within a second
    loaded = database_s(workspace)
    with timed(partial(found.note, "build")):
        done = builds.build(workspace, builds.at_once(list(seen)))
    built = database_s(workspace)
    found.note(LOAD, loaded[0] - before[0])
    found.note(TICK, built[0] - loaded[0])
    found.note(TICK_PROCESSOR, built[1] - loaded[1])
    for one in done:
        found.nodes[one.name].append(one.seconds)


def look_back(workspace: Workspace, found: Found, days: int, end: datetime, chance: random.Random, number: int) -> None:
    """Numbers as they were known at moments of the time that is filled, but for its edges, each asked for twice."""
    edge = min(2, days / 4)  # the latter of the tiny sizes of QUICK
    with closing(workspace.connect("reader")) as connection, connection.cursor() as cursor:
        for _ in range(number):
            moment = end - timedelta(days=chance.uniform(edge, days - edge))
            first = moment - (moment - START) % HALF_HOUR
            asked = {"moment": moment, "first": first, "day": (moment - 2 * DAY).date()}
            for what, statement in AS_KNOWN.items():
                for noted in (what, what + AGAIN):
                    with timed(partial(found.note, noted)):
                        cursor.execute(statement, asked)
                        if not cursor.fetchall():
                            raise RuntimeError(f"{workspace.name}: {what}: nothing was known at {moment}")
            connection.commit()


def measure(
    workspaces: Mapping[str, tuple[Workspace, Found]], grid: Grid, end: datetime, ticks: int, moments: int, say: Say
) -> None:
    """Ticks, looks back and pages of workspaces that are built, by turns; an instant that none was asked after yet."""
    builds, chance = Builds(), random.Random(1)
    clock = clock_text(end + ticks * HALF_HOUR, datetime.now(UTC), 0)
    with ExitStack() as stack:
        ports = {
            name: stack.enter_context(
                served(ROOT / "dashboard" / "app.py", {**os.environ, **environment(workspace, "reader"), CLOCK: clock})
            )
            for name, (workspace, _) in workspaces.items()
        }
        for number in range(ticks + 1):  # the first one warms what is measured in the others
            if number == 1:
                for _, found in workspaces.values():
                    found.seconds.clear()
                    found.nodes.clear()
            order = list(workspaces)
            chance.shuffle(order)
            for name in order:
                workspace, found = workspaces[name]
                tick(workspace, found, grid, builds, end + number * HALF_HOUR)
                look_back(workspace, found, found.days, end, chance, moments)
            time.sleep(KEPT_S + 1 if number == 0 else max(0, KEPT_S + 1 - found.seconds["build"][-1]))
            for name in order:
                with reader_of(ports[name]) as reader:
                    reader.ask("mix", "window=day")  # the session itself
                    workspaces[name][1].note(NOW, reader.ask("", "")[0])
            told = (f"{name} {found.seconds[TICK][-1]:.2f} s" for name, (_, found) in workspaces.items())
            say(f"tick {number}: {', '.join(told)}")
        for workspace, found in workspaces.values():
            with timed(partial(found.note, HOURLY)):
                builds.build(workspace, builds.hourly())


def build_all(workspace: Workspace, found: Found, say: Say) -> None:
    """Everything, without tests."""
    with timed(lambda seconds: setattr(found, "build_s", seconds)):
        if not build(workspace, ["--quiet", "--exclude-resource-type", "test", "unit_test"]):
            raise RuntimeError(f"{workspace.name} cannot be built")
    say(f"{workspace.name}: built in {found.build_s:.0f} s")


def run(home: Path, days: int, sizes: Mapping[str, int], ticks: int, moments: int, say: Say) -> dict[str, Any]:
    """All of it, in a folder whose server is stopped at the end."""
    with in_environment({"ENERGY_MONITOR_HOME": str(home)}), a_grid(1, START) as grid, ExitStack() as stack:
        stack.callback(Workspace("any").postgres.stop)
        workspaces = fill(home, days, sizes, grid, say)
        for workspace, found in workspaces.values():
            build_all(workspace, found, say)
        measure(workspaces, grid, START + days * DAY + LATEST, ticks, moments, say)
    return {
        "lived_days": days,
        "ticks": ticks,
        "sizes": {name: vars(found) for name, (_, found) in workspaces.items()},
    }


def bench(folder: Path, quick: bool, large: bool, say: Say) -> tuple[dict[str, Any], list[Figure]]:
    """What `make bench` asks for."""
    sizes = SIZES if large else {name: SIZES[name] for name in ("a month", "a year")}
    found = run(folder, *QUICK, say) if quick else run(folder, 1, sizes, 5, 20, say)
    return found, figures(found)


def figures(found: Mapping[str, Any]) -> list[Figure]:
    """Of what `run` found: of the largest size, and by the smallest. Smaller ones than ten years tell nothing."""
    sizes = found["sizes"]
    small, large = next(iter(sizes)), list(sizes)[-1]
    is_whole = sizes[large]["days"] >= SIZES["ten years"]
    of = {size: {what: median(taken) for what, taken in sizes[size]["seconds"].items()} for size in (small, large)}
    lines = [at_most(TICK_BUDGET, f"{large}: time in the database", of[large][TICK], "s", TICK_LIMIT_S)]
    for budget, what, limit in LIMITS:
        lines.append(times_at_most(budget, f"{large}: {what}", of[large][what], "s", of[small][what], small, limit))
    lines += [
        beside(TICK_BUDGET, f"{large}: {what}", of[large][what], "s", of[small][what], small)
        for what in (TICK_PROCESSOR, "load", "build", HOURLY)
    ]
    return lines if is_whole else [replace(line, limit="", met=None) for line in lines]


def table(found: Mapping[str, Any]) -> list[str]:
    """The medians of every size, as lines of Markdown."""
    sizes = found["sizes"]
    smallest = next(iter(sizes))
    lines = [f"| seconds | {' | '.join(sizes)} | by {smallest} |", "|---|" + "--:|" * (len(sizes) + 1)]
    for what in sizes[smallest]["seconds"]:
        taken = [median(found["seconds"][what]) for found in sizes.values()]
        lines.append(f"| {what} | {' | '.join(f'{one:.3g}' for one in taken)} | {taken[-1] / taken[0]:.2f} |")
    for what in ("rows", "gigabytes", "fill_s", "build_s"):
        lines.append(f"| {what} | {' | '.join(f'{found[what]:,.4g}' for found in sizes.values())} | |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=int, default=1, help="that are lived, and then laid end to end")
    parser.add_argument("--years", type=int, default=10, help="of the largest size")
    parser.add_argument("--ticks", type=int, default=5)
    parser.add_argument("--moments", type=int, default=20, help="looked back to after each tick")
    parser.add_argument("--json", type=Path, help="where all that was measured goes")
    given = parser.parse_args()
    sizes = {"a month": MONTH, "a year": YEAR, "ten years": given.years * YEAR}
    with tempfile.TemporaryDirectory(prefix="energy-monitor-bench-") as folder:
        found = run(Path(folder), given.days, sizes, given.ticks, given.moments, lambda said: print(said, flush=True))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(table(found)))
    print("\n".join(table_of(figures(found))))


if __name__ == "__main__":
    main()
