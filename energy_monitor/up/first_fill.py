"""What `up` asks Dagster for once it runs: the first days and their marts, or what came since the last time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from psycopg2 import errors
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY

if TYPE_CHECKING:
    from orchestration.client import Client, Progress

EVERY_S, EVERY_PLAIN_S = 0.5, 10.0
MOST_NAMED = 6

Say = Callable[[str, str], None]
Check = Callable[[], None]


@dataclass(frozen=True)
class Held:
    """What a workspace holds: whether its marts have rows, and whether anything was loaded."""

    has_marts: bool
    has_loads: bool


def held(workspace: Workspace) -> Held:
    """A look into the database."""
    connection = workspace.connect("auditor")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select 1 from raw.loads where status = 'loaded' limit 1")
            has_loads = cursor.fetchone() is not None
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("select 1 from marts.fct_grid_half_hourly limit 1")
                return Held(cursor.fetchone() is not None, has_loads)
        except errors.UndefinedTable:
            return Held(False, has_loads)
    finally:
        connection.close()


class Filling:
    """Fills a workspace through its running Dagster; `check` is called while it waits, and may raise."""

    def __init__(self, client: "Client", say: Say, check: Check) -> None:
        self.client, self.say, self.check = client, say, check

    def fill(self, found: Held, has_source: bool, today: date, days: int) -> None:
        """Waits for the first marts. Later the same days are asked for again in the background: each dataset then goes
        back to where it was last asked, and one that failed at first is made good.

        Raises orchestration.client.DagsterError.
        """
        first = today - (days - 1) * DAY
        if found.has_marts:
            if has_source:
                self.client.launch("ingest", first, today)
                self.say("asking", f"for {_days(first, today)} again, in the background")
            return
        if has_source:
            self._wait("asking", f"the sources for {_days(first, today)}", "ingest", first, today)
        if has_source or found.has_loads:
            self._wait("building", "the marts", "build")

    def _wait(self, verb: str, what: str, job: str, first: date | None = None, last: date | None = None) -> None:
        run = self.client.launch(job, first, last)
        console = Console(stderr=True)
        started = time.monotonic()
        if console.is_terminal:
            progress = self._with_bar(console, f"{verb:<11} {what}", run)
        else:
            progress = self._with_lines(verb, what, run)
        if progress.succeeded:
            self.say(verb, f"{what}: done in {time.monotonic() - started:.0f} s")
        else:
            named = ", ".join(progress.failed[:MOST_NAMED]) + (", …" if len(progress.failed) > MOST_NAMED else "")
            where = f"{self.client.url}/runs/{run}"
            self.say(verb, f"{what}: not all went well ({named or progress.status.lower()}); see {where}")

    def _with_bar(self, console: Console, text: str, run: str) -> "Progress":
        columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
        with Bar(*columns, console=console, transient=True, refresh_per_second=2) as bar:
            task = bar.add_task(text, total=None)
            while not (progress := self.client.progress(run)).is_over:
                self.check()
                bar.update(task, completed=progress.done, total=progress.total or None)
                time.sleep(EVERY_S)
        return progress

    def _with_lines(self, verb: str, what: str, run: str) -> "Progress":
        self.say(verb, f"{what} …")
        said_at, said = time.monotonic(), 0
        while not (progress := self.client.progress(run)).is_over:
            self.check()
            if progress.done > said and time.monotonic() - said_at > EVERY_PLAIN_S:
                self.say("", f"{progress.done} of {progress.total}")
                said_at, said = time.monotonic(), progress.done
            time.sleep(EVERY_S)
        return progress


def _days(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"
