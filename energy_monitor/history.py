"""`energy-monitor history`: long series from files, through the lake and the versioned raw tables like any answer.

history/<dataset>/<sha256:12>-<file name>    the file itself, byte for byte, in the lake before anything is cut
landing/history/<dataset>/…                  its months, as answers of the source `history`
"""

from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import click
from psycopg2.extensions import connection as Connection

from energy_monitor.cli_loading import Tally, pass_workspace, progress
from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.fetching import finish
from energy_monitor.history_files import HistoryFile, Month, NoHistoryError, read_history
from energy_monitor.workspace import Workspace
from ingestion.catalogue import HISTORIES
from ingestion.dataset import Dataset
from ingestion.ingest import ingest
from ingestion.lake import Lake
from ingestion.landing import Answer, claim
from ingestion.loading import Loaded

Held = list[tuple[str, datetime]]  # requests that were loaded, and when they were brought in


@click.command()
@click.argument("path")
@pass_workspace
def history(workspace: Workspace, path: str) -> None:
    """Bring in long series from files: CSV or Parquet, recognised by their columns.

    PATH is a file or a folder. What was brought in before is not brought in again; stopped at any moment, the same
    command goes on. docs/history.md says which columns there have to be. Then `energy-monitor build`.
    """
    paths, is_folder = _files(path)
    prepare(workspace)
    lake = workspace.lake()
    claim(lake, "real")
    tally, left_alone, broken, is_any = Tally(), [], [], False
    for asked in finish(workspace, HISTORIES.values()):
        tally.note_asked(asked)
    connection = workspace.connect("ingester")
    try:
        for one in paths:
            try:
                file = read_history(one)
            except NoHistoryError as error:
                left_alone.append(str(error))
                continue
            except UserError as error:  # one bad file does not keep the others out
                broken.append(str(error))
                continue
            is_any = True
            _bring_in(file, lake, connection, tally)
    finally:
        connection.close()
    if is_folder and is_any:
        for sentence in left_alone:
            click.echo(f"left alone: {sentence}")
    elif left_alone and not broken:
        raise UserError(f"there is no history in {path}: {'; '.join(left_alone)}" if is_folder else left_alone[0])
    if is_any:
        tally.show()
    if broken:
        raise UserError("\nenergy-monitor: ".join(broken))
    tally.finish()


def _files(path: str) -> tuple[list[Path], bool]:
    """The file, or the files of the folder, and whether it is a folder. Raises UserError where there is none."""
    place = Path(path).expanduser()
    if not place.exists():
        raise UserError(f"there is no {place}")
    if not place.is_dir():
        return [place], False
    try:
        files = sorted(file for file in place.iterdir() if file.is_file() and not file.name.startswith("."))
    except OSError as error:
        raise UserError(f"cannot read {place}: {error.strerror}") from error
    if not files:
        raise UserError(f"there is no file in {place}")
    return files, True


def _bring_in(file: HistoryFile, lake: Lake, connection: Connection, tally: Tally) -> None:
    lake.put(f"history/{file.kind.id}/{file.sha256}-{file.name}", file.content)
    held = {part.dataset.id: _held(connection, part.dataset) for part in file.kind.parts}
    with progress() as bar:
        task = bar.add_task(f"{file.name}: months", total=None)
        for month in file.months():
            request = request_of(file, month)
            if is_held(month.dataset, request, held[month.dataset.id]):
                loaded = Loaded("loaded before")
            else:
                loaded = _land_and_load(request, month, lake, connection)
            tally.note(month.dataset, request, loaded)
            bar.advance(task)


def request_of(file: HistoryFile, month: Month) -> str:
    """What the month answers: the file and the window, so that two files are never taken for one."""
    window = month.dataset.forms[0].write(month.first, month.last, sha256=file.sha256)
    return f"{window}&file={quote(file.name)}"


def _land_and_load(request: str, month: Month, lake: Lake, connection: Connection) -> Loaded:
    answer = Answer(request, now_utc(), 200, month.body())
    return ingest(month.dataset, request, lambda _: [answer], lake, connection)


def _held(connection: Connection, dataset: Dataset) -> Held:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select request, fetched_at from raw.loads where dataset = %s and status = 'loaded' order by fetched_at",
            [dataset.id],
        )
        return cursor.fetchall()


def is_held(dataset: Dataset, request: str, held: Held) -> bool:
    """Whether a request was loaded, and no other file was brought in over its window since. Pure."""
    window, sha256 = dataset.window_of(request), _sha256(request)
    assert window is not None
    newest: str | None = None
    for other, _ in held:  # oldest first
        theirs = dataset.window_of(other)
        if other == request or (theirs and _sha256(other) == sha256 and theirs == window):
            newest = sha256
        elif theirs and theirs.start_utc < window.end_utc and window.start_utc < theirs.end_utc:
            newest = None
    return newest is not None


def _sha256(request: str) -> str:
    return parse_qs(urlsplit(request).query).get("sha256", [""])[0]
