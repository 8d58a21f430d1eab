"""Ten years of half-hourly mix, prices, demand and carbon: from landed bodies to the marts.

    ENERGY_MONITOR_RECORDED=… python -m benchmarks.history [--days 3653] [--rounds 1]

The recorded histories (four years of the mix, nine of prices, three of demand, half a year of carbon) are laid on to
the years up to 2024 and landed, a month of a dataset a body. Then it is timed how long `energy-monitor replay` takes to
load that lake into an empty database, and `energy-monitor build` to make every mart of it; the data tests are timed by
themselves. Beside the build stands what its statements alone take: each table again by a plain `create table as` of
the SQL that dbt compiled, as many at a time. All in a folder that is deleted at the end.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from benchmarks.figures import Figure, at_most, beside
from benchmarks.processor import processor_s
from benchmarks.recorded import recorded_folder
from energy_monitor.database import prepare
from energy_monitor.dbt import run_dbt
from energy_monitor.history import request_of
from energy_monitor.history_files import read_history
from energy_monitor.workspace import Workspace
from ingestion.landing import Answer, claim, land
from ingestion.settlement import DAY, periods_in

BUDGET = "ten years of half-hours, bodies → marts"
LIMIT_S = 180.0
END = date(2025, 1, 1)  # of the recorded mix and prices
TEN_YEARS = 3653  # days
MIX_SPAN = pd.Timedelta(days=1461)  # four years, the recorded mix
MODELS = ("--exclude-resource-type", "test")
WHOLE, PLAIN = "whole build", "its tables by plain SQL"
THREADS = 4  # as many as dbt has
Say = Callable[[str], None]


# The files ------------------------------------------------------------------------------------------------------------


def write_files(recorded: Path, folder: Path, days: int) -> None:
    """Writes the extended histories: the last so many days of 2024 and before, each kind a file."""
    first_day = END - days * DAY
    first, end = pd.Timestamp(first_day, tz="UTC"), pd.Timestamp(END, tz="UTC")
    history = recorded / "history"
    mix = pd.read_parquet(history / "fuel_mix_half_hourly_2021_2024.parquet")
    mix = laid_back(mix[mix["startTime"] >= "2021-01-01T00:00Z"], "startTime", MIX_SPAN, first, end)
    mix[["startTime", "fuelType", "meanMW", "nSamples"]].to_parquet(folder / "mix.parquet")
    prices = pd.read_parquet(history / "system_prices_2016_2024.parquet")
    prices = laid_back(prices, "startTime", 2 * MIX_SPAN, first, end)
    prices[["startTime", "systemSellPrice", "netImbalanceVolume"]].to_parquet(folder / "prices.parquet")
    carbon = pd.read_csv(history / "carbon_national_2023_h1.csv", parse_dates=["from", "to"])
    half_a_year = carbon["from"].max().floor("D") - carbon["from"].min().ceil("D")
    carbon = carbon[carbon["from"] >= carbon["from"].max().floor("D") - half_a_year]
    carbon["from"] += end - carbon["to"].max()  # laid where it ends with the last year
    carbon["to"] = carbon["from"] + pd.Timedelta(minutes=30)
    carbon = laid_back(carbon, "from", half_a_year, first, end)
    carbon["to"] = carbon["from"] + pd.Timedelta(minutes=30)
    carbon.to_parquet(folder / "carbon.parquet")
    demand = pd.concat([pd.read_csv(history / f"demand_neso_{year}.csv") for year in (2019, 2020, 2021)])
    demand["day"] = pd.to_datetime(demand["SETTLEMENT_DATE"], format="%d-%b-%Y").dt.date
    days_laid(demand, first_day, END - DAY).to_parquet(folder / "demand.parquet")


def laid_back(
    frame: pd.DataFrame, column: str, span: pd.Timedelta, first: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Rows, and again a span earlier, and two, until a first instant is reached: no two of one instant."""
    begins = frame[column].min()
    copies = [frame]
    while begins > first:
        earlier = frame.assign(**{column: frame[column] - len(copies) * span})
        copies.append(earlier[earlier[column] < begins])
        begins = copies[-1][column].min()
    whole = pd.concat(copies)
    return whole[(whole[column] >= first) & (whole[column] < end)].sort_values(column, ignore_index=True)


def days_laid(demand: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """A day's rows for each date, from a recorded day of the same length in the same season."""
    by_day: dict[date, pd.DataFrame] = {day: rows for day, rows in demand.groupby("day") if isinstance(day, date)}
    by_length: dict[int, list[date]] = {}
    for day, rows in by_day.items():
        by_length.setdefault(len(rows), []).append(day)
    found, day = [], first
    while day <= last:
        like = by_length[periods_in(day)]
        # a day of the same time of year; the years take turns
        nearest = min(like, key=lambda one: (_apart(one, day), (one.year + day.year) % 3))
        found.append(by_day[nearest].assign(SETTLEMENT_DATE=day.isoformat()))
        day += DAY
    return pd.concat(found, ignore_index=True).drop(columns="day")


def _apart(one: date, other: date) -> int:
    days = abs(one.timetuple().tm_yday - other.timetuple().tm_yday)
    return min(days, 366 - days)


def land_files(workspace: Workspace, folder: Path) -> dict[str, int]:
    """Lands each month of each file as a body, as `energy-monitor history` does, and loads none; bodies by dataset."""
    lake = workspace.lake()
    claim(lake, "real")
    fetched_at, landed = datetime(2025, 1, 2, tzinfo=UTC), dict[str, int]()
    for path in sorted(folder.iterdir()):
        file = read_history(path)
        for month in file.months():
            fetched_at += timedelta(seconds=1)
            land(lake, month.dataset, Answer(request_of(file, month), fetched_at, 200, month.body()))
            landed[month.dataset.id] = landed.get(month.dataset.id, 0) + 1
    return landed


# The way --------------------------------------------------------------------------------------------------------------


@dataclass
class Taken:
    """Seconds, those of a processor among them, by what took them."""

    workspace: Workspace
    say: Say
    seconds: dict[str, list[float]] = field(default_factory=dict)
    processor: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def by(self, what: str) -> Iterator[None]:
        began, busy = time.perf_counter(), processor_s(self.workspace)
        yield
        took, busy = time.perf_counter() - began, processor_s(self.workspace) - busy
        self.seconds.setdefault(what, []).append(took)
        self.processor.setdefault(what, []).append(busy)
        self.say(f"{what}: {took:.1f} s, {busy:.1f} s of a processor")


def command(workspace: Workspace, *arguments: str) -> None:
    """`energy-monitor` as people run it. Raises RuntimeError with what it said where it fails."""
    program = str(Path(sys.executable).with_name("energy-monitor"))
    environ = {**os.environ, **workspace.environ}
    done = subprocess.run(
        [program, "--workspace", workspace.name, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"energy-monitor {' '.join(arguments)} failed: {(done.stdout + done.stderr)[-2000:]}")


def bodies_to_marts(workspace: Workspace, recorded: Path, days: int, taken: Taken) -> dict[str, Any]:
    """Lands the days, then loads and builds them; how many bodies and rows there are."""
    with tempfile.TemporaryDirectory(prefix="energy-monitor-files-") as folder:
        write_files(recorded, Path(folder), days)
        landed = land_files(workspace, Path(folder))
    taken.say(f"landed {sum(landed.values())} bodies of {days} days")
    prepare(workspace)
    with taken.by("load"):
        command(workspace, "replay", workspace.lake_uri)
    with taken.by("build"):
        command(workspace, "build", "--quiet", *MODELS)
    return {"days": days, "bodies": landed, "rows": _rows(workspace, landed)}


def _rows(workspace: Workspace, datasets: Iterable[str]) -> dict[str, int]:
    tables = [f"raw.{dataset}" for dataset in datasets]
    tables += ["marts.fct_generation_half_hourly", "marts.fct_grid_half_hourly"]
    with closing(workspace.connect("auditor")) as connection, connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"select count(*) from {table}")
            ((found[table],),) = cursor.fetchall()
        return found


def tables_of(workspace: Workspace) -> dict[str, str]:
    """The SQL of every table that dbt builds, compiled as it is built whole, by its name."""
    if not run_dbt(workspace, ["--quiet", "compile", "--full-refresh"]):
        raise RuntimeError("dbt cannot compile: what it printed says why")
    manifest = json.loads((workspace.folder / "dbt" / "target" / "manifest.json").read_text())
    return {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] in ("table", "incremental")
    }


def plain_sql(workspace: Workspace, tables: dict[str, str]) -> None:
    """Each table by a `create table as` and nothing else, beside those that dbt built, of which it is made."""
    with closing(workspace.connect("owner")) as owner, owner, owner.cursor() as cursor:
        cursor.execute("drop schema if exists plain cascade")
        cursor.execute("create schema plain; grant all on schema plain to transformer")

    def create(item: tuple[str, str]) -> None:
        name, statement = item
        with closing(workspace.connect("transformer")) as connection, connection, connection.cursor() as cursor:
            cursor.execute(f'create table plain."{name}" as {statement}')

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(create, tables.items()))


def against_plain_sql(workspace: Workspace, rounds: int, taken: Taken) -> None:
    """A whole build by dbt without its tests, and the same tables by plain SQL, by turns."""
    tables = tables_of(workspace)
    for number in range(rounds):
        for name in (PLAIN, WHOLE) if number % 2 else (WHOLE, PLAIN):
            with taken.by(name):
                if name == PLAIN:
                    plain_sql(workspace, tables)
                else:
                    command(workspace, "build", "--quiet", *MODELS, "--full-refresh")


def run(
    workspace: Workspace, recorded: Path, days: int = TEN_YEARS, rounds: int = 1, say: Say = lambda _: None
) -> dict[str, Any]:
    """All of it, in a workspace whose server goes on. The last steps change nothing in the marts."""
    taken = Taken(workspace, say)
    found = bodies_to_marts(workspace, recorded, days, taken)
    with taken.by("test"):
        command(workspace, "build", "--quiet", "--resource-type", "test")
    against_plain_sql(workspace, rounds, taken)
    return {**found, "seconds": taken.seconds, "processor": taken.processor}


def figures(found: dict[str, Any]) -> list[Figure]:
    """Of what `run` found. Of fewer than ten years nothing is said of the budget."""
    seconds, processor = (
        {name: median(each) for name, each in found[kind].items()} for kind in ("seconds", "processor")
    )
    rows = sum(number for name, number in found["rows"].items() if name.startswith("raw."))
    what = f"{found['days'] / 365.25:.3g} years, {rows:,} rows: load and build"
    total, busy = seconds["load"] + seconds["build"], processor["load"] + processor["build"]
    return [
        at_most(BUDGET, what, total, "s", LIMIT_S) if found["days"] >= TEN_YEARS else beside(BUDGET, what, total, "s"),
        beside(BUDGET, "the same, in seconds of a processor", busy, "s"),
        beside(BUDGET, "of it the load", seconds["load"], "s"),
        beside(BUDGET, "the data tests after it", seconds["test"], "s"),
        beside(BUDGET, "a whole build by dbt", seconds[WHOLE], "s", seconds[PLAIN], PLAIN),
        beside(BUDGET, "the same, in seconds of a processor", processor[WHOLE], "s", processor[PLAIN], PLAIN),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=int, default=TEN_YEARS)
    parser.add_argument("--rounds", type=int, default=1, help="of dbt and plain SQL by turns")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="energy-monitor-bench-") as folder:
        workspace = Workspace("history", {"ENERGY_MONITOR_HOME": folder})
        try:
            found = run(
                workspace, recorded_folder(), given.days, given.rounds, lambda said: print(said, file=sys.stderr)
            )
        finally:
            workspace.postgres.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
