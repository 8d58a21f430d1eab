"""One side of the drill: a simulator with a clock that goes on with each request, and a workspace that asks it."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from energy_monitor.clock import VARIABLE as CLOCK
from energy_monitor.clock import clock_text
from energy_monitor.database import prepare
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.sources import SOURCES
from simulator.clock import Clock
from simulator.server import Running, running
from tests.drill.ingester import PATIENCE, Outcome, here, started
from tests.drill.size import Size
from tests.marts import build_marts


@dataclass
class Side:
    """A workspace and its sources."""

    workspace: Workspace
    grid: Running
    patience_s: float
    tick_utc: datetime
    leave_out: tuple[str, ...] = ()  # datasets
    ingest_s: float = 1.0  # how long a command took, last time
    unexpected: list[str] = field(default_factory=list)  # how commands ended that should have ended in words

    def environ(self) -> dict[str, str]:
        """The environment of a command at the tick."""
        urls = {f"ENERGY_MONITOR_{name.upper()}_URL": getattr(self.grid, f"{name}_url") for name in SOURCES}
        budgets = {f"ENERGY_MONITOR_{name.upper()}_REQUESTS_PER_MINUTE": "60000" for name in SOURCES}
        told = {"ENERGY_MONITOR_HOME": str(self.workspace.home), PATIENCE: f"{self.patience_s}"}
        return urls | budgets | told | {CLOCK: clock_text(self.tick_utc, datetime.now(UTC), 1)}

    def go_to(self, tick_utc: datetime) -> None:
        """Sets the time of the sources and of the workspace."""
        self.tick_utc = tick_utc
        self.grid.set_clock(tick_utc, speed=1)

    @property
    def command(self) -> tuple[str, ...]:
        """What has to be run for a tick: it asks for all that is due."""
        named = [name for name in DATASETS if name not in self.leave_out] if self.leave_out else []
        return ("--workspace", self.workspace.name, "ingest", *named)

    def ingest(self) -> Outcome:
        """Asks for what is due, in this process."""
        start = time.monotonic()
        outcome = self.noted(here(self.environ(), *self.command))
        self.ingest_s = time.monotonic() - start
        return outcome

    def start(self) -> "subprocess.Popen[str]":
        """Asks for what is due, in a process of its own."""
        return started(self.environ(), *self.command)

    def ask_again(self, first: str, last: str) -> None:
        """Asks for a span of days by hand, as one does for days on which a source was ill."""
        for dataset in DATASETS.values():
            if dataset.newest is None and dataset.id not in self.leave_out:
                days = ("--from", first, "--to", last)
                self.noted(here(self.environ(), "--workspace", self.workspace.name, "ingest", dataset.id, *days))

    def noted(self, outcome: Outcome) -> Outcome:
        if outcome.is_unexpected:
            self.unexpected.append(f"exit code {outcome.code}: {outcome.err[-3000:]}")
        return outcome

    def build(self) -> None:
        with without_database_variables():
            build_marts(self.workspace)


@contextlib.contextmanager
def side(name: str, home: Path, size: Size) -> Iterator[Side]:
    """A side from nothing: an empty workspace, and a simulator in which a second passes with each request."""
    known: list[Running] = []
    clock = Clock(size.first_tick_utc, elapsed_s=lambda: float(known[0].faults.requests) if known else 0.0)
    workspace = Workspace(name, {"ENERGY_MONITOR_HOME": str(home)})
    prepare(workspace)
    with running(seed=size.seed, clock=clock) as grid:
        grid.faults.put([])
        known.append(grid)
        yield Side(workspace, grid, size.patience_s, size.first_tick_utc, size.leave_out)


@contextlib.contextmanager
def without_database_variables() -> Iterator[None]:
    """A tester's own PG variables lead nowhere."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
    try:
        yield
    finally:
        os.environ.update(before)
