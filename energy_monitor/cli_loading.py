"""The commands that bring data in: replay, ingest, backfill; and simulate, which makes some."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import click
from psycopg2.extensions import connection as Connection
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.fetching import Asked, fetch_all, finish, lacks, sessions
from energy_monitor.output import print_table
from energy_monitor.replay import failed_answers, recorded_answers
from energy_monitor.up.source_choice import told_by_up
from energy_monitor.workspace import Workspace
from ingestion.answered import not_yet_answered
from ingestion.catalogue import DATASETS, HISTORIES, KEPT
from ingestion.dataset import Dataset
from ingestion.lake import LostObject
from ingestion.loading import Loaded
from ingestion.upkeep import requests_due, resting
from ingestion.windows import requests_for, requests_for_days, span

pass_workspace = click.make_pass_decorator(Workspace)
DAY_TYPE = click.DateTime(["%Y-%m-%d"])
MOST_PERIODS_NAMED = 6


class Tally:
    """Counts what became of answers, and shows it."""

    def __init__(self) -> None:
        self.by_dataset: dict[str, Counter[str]] = {}
        self.failures: list[tuple[str, Loaded]] = []

    def note(self, dataset: Dataset, label: str, loaded: Loaded) -> None:
        counts = self.by_dataset.setdefault(dataset.id, Counter())
        counts[loaded.status] += 1
        counts["rows"] += loaded.rows_seen
        counts["versions"] += loaded.rows_new
        if loaded.error:
            self.failures.append((label, loaded))

    def note_asked(self, asked: Asked) -> None:
        self.note(asked.dataset, f"{asked.dataset.id} {asked.request}", asked.loaded)

    def show(self) -> None:
        rows = []
        for dataset_id, counts in self.by_dataset.items():
            not_loaded = counts["failed"] + counts["unanswered"]
            cells = (counts["loaded"], counts["loaded before"], not_loaded, counts["rows"], counts["versions"])
            rows.append((dataset_id, *(f"{cell:,}" for cell in cells)))
        print_table(("dataset", "loaded", "loaded before", "not loaded", "rows", "new versions"), rows)

    def finish(self) -> None:
        """Says what was not loaded; exit code 1 where there is any."""
        for label, loaded in self.failures:
            click.echo(f"not loaded: {label}: {loaded.error}", err=True)
        if self.failures:
            sys.exit(1)


def progress() -> Progress:
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@click.command()
@click.argument("path", required=False)
@click.option("--failed", is_flag=True, help="In place of PATH: the workspace's own bodies that could not be loaded.")
@pass_workspace
def replay(workspace: Workspace, path: str | None, failed: bool) -> None:
    """Land and load recorded answers, oldest first.

    PATH is a folder with a MANIFEST.json, a lake's folder, or s3://bucket/prefix. What was loaded before is not
    loaded again; what failed before is tried again.
    """
    if failed == (path is not None):
        raise UserError("give either a PATH to replay, or --failed")
    prepare(workspace)
    lake = workspace.lake()
    answers = recorded_answers(path, lake) if path else failed_answers(workspace)
    tally = _finished(workspace, KEPT.values())
    connection = workspace.connect("ingester")
    try:
        known = [answer for answer in answers if answer.dataset]
        with progress() as bar:
            task = bar.add_task("replaying", total=len(known))
            for answer in known:
                assert answer.dataset is not None
                try:
                    loaded = answer.replay(lake, connection)
                except LostObject as error:  # one damaged object does not keep the others out
                    loaded = Loaded("failed", error=str(error))
                tally.note(answer.dataset, answer.label, loaded)
                bar.advance(task)
    finally:
        connection.close()
    tally.show()
    if unknown := Counter(answer.label.partition("?")[0] for answer in answers if answer.dataset is None):
        click.echo(f"Left alone, as the catalogue does not know them yet ({unknown.total()}):")
        for label, count in unknown.items():
            click.echo(f"  {count:3} × {label}")
    tally.finish()


@click.command()
@click.argument("dataset", nargs=-1)
@click.option("--from", "first", type=DAY_TYPE, help="First settlement date, whether it was asked for before or not.")
@click.option("--to", "last", type=DAY_TYPE, help="Last settlement date; today if not given.")
@pass_workspace
def ingest(workspace: Workspace, dataset: tuple[str, ...], first: datetime | None, last: datetime | None) -> None:
    """Ask the sources for what is due now, of all datasets or of those named.

    That is what is new, what may have been revised since it was asked for, and what was asked for and has not come.
    With dates, those days are asked for.
    """
    named = _named(dataset or DATASETS)
    os.environ.update(told_by_up(workspace, os.environ))
    now = now_utc()
    prepare(workspace)
    tally = _finished(workspace, named)
    connection = workspace.connect("ingester")
    try:
        wanted: list[tuple[Dataset, str]] = []
        for one in named:
            wanted += [(one, request) for request in _due(connection, one, _day(first), _day(last), now, tally)]
        for source in dict.fromkeys(one.source for one in named):
            if (rest := resting(connection, source, now)) and now < rest.until:
                click.echo(f"{source} has not answered since {rest.since:%H:%M:%SZ}; asked again {rest.until:%H:%MZ}")
    finally:
        connection.close()
    _ask(workspace, wanted, tally)
    tally.finish()


def _due(
    connection: Connection, dataset: Dataset, first: date | None, last: date | None, now: datetime, tally: Tally
) -> list[str]:
    """What to ask; with dates those that were meant, and then it is an error where they cannot be asked for."""
    if first or last:
        try:
            return requests_for(dataset, first, last, now)
        except ValueError as error:
            raise UserError(str(error)) from error
    try:
        return requests_due(connection, dataset, now)
    except ValueError as error:
        tally.failures.append((dataset.id, Loaded("unanswered", error=str(error))))
        return []


@click.command()
@click.argument("dataset", nargs=-1)
@click.option("--from", "first", type=DAY_TYPE, required=True, help="First settlement date.")
@click.option("--to", "last", type=DAY_TYPE, help="Last settlement date; today if not given.")
@pass_workspace
def backfill(workspace: Workspace, dataset: tuple[str, ...], first: datetime, last: datetime | None) -> None:
    """Bring in the past of all datasets, or of those named. Stopped at any moment, the same command goes on."""
    named = _named(dataset or DATASETS)
    os.environ.update(told_by_up(workspace, os.environ))
    try:
        first_day, last_day = span(first.date(), _day(last), now_utc())
    except ValueError as error:
        raise UserError(str(error)) from error
    prepare(workspace)
    tally = _finished(workspace, named)  # first, so that what has landed is not asked for again
    connection = workspace.connect("ingester")
    try:
        wanted = [
            (one, request)
            for one in named
            for request in not_yet_answered(connection, one, requests_for_days(one, first_day, last_day))
        ]
        _ask(workspace, wanted, tally)
        for one in named:
            if one.newest:
                click.echo(f"{one.id}: its source keeps no past; `ingest` asks for what it knows now")
            elif (lack := lacks(connection, one, first_day, last_day)) and lack.missing:
                some = ", ".join(lack.missing[:MOST_PERIODS_NAMED])
                more = ", …" if len(lack.missing) > MOST_PERIODS_NAMED else ""
                click.echo(f"{one.id}: the source lacks {len(lack.missing):,} of {lack.expected:,}: {some}{more}")
    finally:
        connection.close()
    tally.finish()


def _finished(workspace: Workspace, datasets: Iterable[Dataset]) -> Tally:
    """A tally that begins with what an earlier run landed and did not load."""
    tally = Tally()
    for asked in finish(workspace, datasets):
        tally.note_asked(asked)
    return tally


def _ask(workspace: Workspace, wanted: Sequence[tuple[Dataset, str]], tally: Tally) -> None:
    with progress() as bar:
        task = bar.add_task("asking", total=len(wanted))
        for asked in fetch_all(workspace, wanted, sessions()):
            tally.note_asked(asked)
            bar.advance(task)
    tally.show()


def _named(names: Iterable[str]) -> list[Dataset]:
    if of_files := [name for name in names if name in HISTORIES]:
        raise UserError(f"{of_files[0]} has no source to ask: it is brought in by `energy-monitor history`")
    if unknown := [name for name in names if name not in DATASETS]:
        raise UserError(f"{unknown[0]!r} is no dataset; there are {', '.join(DATASETS)}")
    return [DATASETS[name] for name in names]


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


@click.command()
@click.option("--port", default=8787, show_default=True, help="0 takes any free port.")
@click.option("--seed", default=1, show_default=True, help="Which of the possible grids.")
@click.option("--now", "start", help="The time to begin at, such as 2025-06-01T12:00Z; the real time if not given.")
@click.option("--speed", default=1.0, show_default=True, help="How much faster than real time its clock goes.")
def simulate(port: int, seed: int, start: str | None, speed: float) -> None:
    """Serve a simulated grid in the wire formats of the sources, on 127.0.0.1, until stopped."""
    from simulator.server import serve

    try:
        serve(port=port, seed=seed, now_utc=time_to_begin_at(start), speed=speed)
    except OSError as error:  # a port that is taken
        raise UserError(str(error)) from error


def time_to_begin_at(start: str | None) -> datetime | None:
    """The value of --now. Raises UserError where it is no instant."""
    try:
        now = datetime.fromisoformat(start) if start else None
    except ValueError:
        raise UserError(f"--now {start!r} is no time; write 2025-06-01T12:00Z") from None
    if now and now.tzinfo is None:
        raise UserError(f"--now {start!r} has no time zone; write 2025-06-01T12:00Z")
    return now


COMMANDS = (replay, ingest, backfill, simulate)
