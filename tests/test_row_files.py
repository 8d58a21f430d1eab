"""Row files: what is read back from them is what raw holds, each row once, whatever stopped an export."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from energy_monitor import row_files
from energy_monitor.errors import UserError
from energy_monitor.row_files import export, parts_in
from energy_monitor.workspace import Workspace
from ingestion.catalogue import KEPT
from ingestion.lake import Lake, LakeError
from tests.conftest import REPOSITORY, Done, WorkspaceMaker, day_request, take_in
from tests.marts import rows_of

Command = Callable[..., Done]
DAY_ONE = date(2024, 8, 12)
NOON = datetime(2024, 8, 14, 12, tzinfo=UTC)


def fuelhh(day: date, fuels: dict[str, object], **more: object) -> bytes:
    """A body of FUELHH: the first half-hour of a day, with numbers written as they are given."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)  # of British summer time
    rows = [
        {
            "dataset": "FUELHH",
            "publishTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "startTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "settlementDate": str(day),
            "settlementPeriod": 1,
            "fuelType": fuel,
            "generation": generation,
            **more,
        }
        for fuel, generation in fuels.items()
    ]
    return json.dumps({"data": rows}).encode()


def load(workspace: Workspace, number: int, fetched_at: datetime, **more: object) -> None:
    day = DAY_ONE + timedelta(days=number % 2)
    fuels = {"CCGT": 100 + number, "NUCLEAR": 4000} | ({"COAL": 0} if number % 3 else {})  # comes and goes
    loaded = take_in(workspace, "fuelhh", day_request("fuelhh", day), fuelhh(day, fuels, **more), fetched_at)
    assert loaded.status == "loaded", loaded


def rows_in_files(lake: Lake, place: str) -> dict[str, Counter[str]]:
    """The rows of each table as sorted JSON, with how often each is there."""
    found: dict[str, Counter[str]] = {}
    for key in lake.keys(f"{place}/"):
        table = key.removeprefix(f"{place}/").split("/")[0]
        if table == "columns":
            continue
        lines = gzip.decompress(lake.get(key)).decode().split("\n")[:-1]
        found.setdefault(table, Counter()).update(json.dumps(json.loads(line), sort_keys=True) for line in lines)
    return found


def rows_in_raw(workspace: Workspace) -> dict[str, Counter[str]]:
    """The same of the tables, cell by cell as PostgreSQL writes it."""
    found: dict[str, Counter[str]] = {}
    connection = workspace.connect("auditor")
    try:
        with connection, connection.cursor() as cursor:
            for table in [*row_files.KEPT, "loads", "load_days"]:
                cursor.execute(f"select * from raw.{table} limit 0")
                columns = [column.name for column in cursor.description or ()]
                cells = ", ".join(f'"{name}"::text' for name in columns)
                cursor.execute(f"select {cells} from raw.{table}")
                rows = (dict(zip(columns, row, strict=True)) for row in cursor.fetchall())
                kept = ({name: cell for name, cell in row.items() if cell is not None} for row in rows)
                found[table] = Counter(json.dumps(row, sort_keys=True) for row in kept)
    finally:
        connection.close()
    return found


def export_all(workspace: Workspace, place: str = "rows/one", lake: Lake | None = None) -> int:
    """Exports as the command does; gives the number of rows written."""
    lake, connection = lake or workspace.lake(), workspace.connect("auditor")
    try:
        return sum(rows for part in parts_in(lake, place) for rows in export(connection, lake, part))
    finally:
        connection.close()


@pytest.fixture
def few_and_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two datasets, of which one has no rows, and small files."""
    monkeypatch.setattr(row_files, "ROWS_PER_FILE", 4)
    monkeypatch.setattr(row_files, "KEPT", {name: KEPT[name] for name in ("fuelhh", "remit")})


@pytest.mark.usefixtures("few_and_small")
def test_each_row_is_in_the_files_once_and_no_file_changes(make_workspace: WorkspaceMaker, lake_address: str) -> None:
    workspace = make_workspace(lake_address)
    lake = workspace.lake()
    assert export_all(workspace) == 0
    assert {key.rpartition("/")[2] for key in lake.keys("rows/")} == {"none.json.gz"}, "each dataset has a folder"
    files: dict[str, bytes] = {}
    # each time later ones, and one that is older than some loaded before, so that these are looked at again
    for round_ in range(2):
        for number in range(4):
            load(workspace, number, NOON + timedelta(hours=10 * round_ + number))
        load(workspace, round_, NOON - timedelta(hours=round_ + 1))
        assert export_all(workspace) > 0
        assert rows_in_files(lake, "rows/one") == rows_in_raw(workspace)
        now = {key: lake.get(key) for key in lake.keys("rows/")}
        assert files.items() < now.items(), "what was written stays as it is"
        files = now
        assert export_all(workspace) == 0
    assert max(rows_in_files(lake, "rows/one")["fuelhh"].values()) == 1
    today = f"date={rows_of(workspace, 'select max(loaded_at)::date from raw.loads')[0][0]}"
    assert len([key for key in files if f"fuelhh/{today}/" in key]) > 3
    assert f"rows/one/load_days/dataset=fuelhh/{today}/" in " ".join(files)


def test_the_files_say_which_columns_there_are(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    lake, connection = workspace.lake(), workspace.connect("owner")
    try:
        row_files.tell_columns(connection, lake, "rows/one")
        row_files.tell_columns(connection, lake, "rows/one")
        (before,) = lake.keys("rows/one/")
        with connection.cursor() as cursor:
            cursor.execute("alter table raw.fuelhh add column gained numeric")
        row_files.tell_columns(connection, lake, "rows/one")
    finally:
        connection.close()
    (gained,) = set(lake.keys("rows/one/")) - {before}
    told = {key: [json.loads(line) for line in gzip.decompress(lake.get(key)).splitlines()] for key in (before, gained)}
    assert {row["table"] for row in told[before]} == {*KEPT, "loads", "load_days"}
    assert [row for row in told[gained] if row not in told[before]] == [
        {"table": "fuelhh", "column": "gained", "position": 14, "type": "numeric"}
    ]


@pytest.mark.usefixtures("few_and_small")
def test_numbers_and_texts_come_back_to_the_last_digit(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    odd = 'tab\t, newline\n, quote", back\\slash, \u00e9\u4e2d\U0001f50c and \u2028'
    fuels = {odd: 1, "CCGT": 12345678901234567890, "A": 0.1, "B": -0.0, "C": 1e-7}
    body = fuelhh(DAY_ONE, fuels, note={"nested": [1.10, None, odd]}).replace(b"0.1,", b"1.10,")
    assert take_in(workspace, "fuelhh", day_request("fuelhh", DAY_ONE), body, NOON).status == "loaded"
    export_all(workspace)
    rows = rows_in_files(workspace.lake(), "rows/one")
    assert rows == rows_in_raw(workspace)
    generation = {row["fuelType"]: row["generation"] for row in map(json.loads, rows["fuelhh"])}
    assert generation["CCGT"] == "12345678901234567890"
    assert odd in generation


class Stopped(Exception):
    pass


class StoppingLake:
    """A lake that is written to some times, and then no more."""

    def __init__(self, lake: Lake, writes: int) -> None:
        self.lake, self.left = lake, writes
        self.uri = lake.uri

    def put(self, key: str, data: bytes) -> bool:
        if not self.left:
            raise Stopped
        self.left -= 1
        return self.lake.put(key, data)

    def __getattr__(self, name: str) -> object:
        return getattr(self.lake, name)


@pytest.mark.usefixtures("few_and_small")
def test_stopped_after_any_file_it_goes_on(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    for number in range(5):
        load(workspace, number, NOON + timedelta(hours=number))
    in_raw = rows_in_raw(workspace)
    for stop in range(1, 11):
        place = f"rows/stopped-{stop}"
        with pytest.raises(Stopped):
            export_all(workspace, place, StoppingLake(workspace.lake(), stop))  # type: ignore[arg-type]
        assert rows_in_files(workspace.lake(), place) != in_raw
        export_all(workspace, place)
        assert rows_in_files(workspace.lake(), place) == in_raw


KILLED = """
import os, signal, sys
from energy_monitor.cli import main
from ingestion.lake import FolderLake
put, left = FolderLake.put, iter(range(int(sys.argv.pop())))
def dies(*arguments):
    if next(left, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return put(*arguments)
FolderLake.put = dies
main()
"""


def test_killed_in_the_middle_the_same_command_goes_on(make_workspace: WorkspaceMaker, command: Command) -> None:
    workspace = make_workspace()
    for number in range(3):
        load(workspace, number, NOON + timedelta(hours=number))
    arguments = ["--workspace", workspace.name, "export-rows"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments, "2"],
        cwd=REPOSITORY,
        env=os.environ,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed
    assert 0 < len(list(workspace.lake().keys("rows/"))) < 4
    done = command(*arguments)
    place = done.out.splitlines()[-1]
    name = place.rpartition("/rows/")[2]
    assert place == f"{workspace.lake_uri}/rows/{name}"
    assert rows_in_files(workspace.lake(), f"rows/{name}") == rows_in_raw(workspace)
    assert command(*arguments).out == f"no rows are new\n{place}\n"


@pytest.mark.usefixtures("few_and_small")
def test_of_two_exports_at_once_one_gives_way(make_workspace: WorkspaceMaker, lake_address: str) -> None:
    workspace = make_workspace(lake_address)
    for number in range(6):
        load(workspace, number, NOON + timedelta(hours=number))
    (part,) = [part for part in parts_in(workspace.lake(), "rows/one") if part.table == "fuelhh"]
    connection = workspace.connect("auditor")
    try:
        slow = export(connection, workspace.lake(), part)
        next(slow)
        load(workspace, 6, NOON + timedelta(hours=6))  # the other sees more than the first one does
        export_all(workspace)
        with pytest.raises(UserError, match="was written meanwhile by another export"):
            list(slow)
    finally:
        connection.close()
    assert rows_in_files(workspace.lake(), "rows/one") == rows_in_raw(workspace)


@pytest.mark.parametrize("lost", ["update raw.loads set request = request || ' '", "delete from raw.load_days"])
def test_files_of_another_database_are_not_added_to(
    make_workspace: WorkspaceMaker, command: Command, lost: str
) -> None:
    workspace = make_workspace()
    load(workspace, 1, NOON)
    arguments = ["--workspace", workspace.name, "export-rows"]
    command(*arguments)
    rows_of(workspace, lost, role="owner")
    assert "begin a new set of files with --set NAME" in command(*arguments, expect=2).err
    command(*arguments, "--set", "restored")
    assert rows_in_files(workspace.lake(), "rows/restored") == rows_in_raw(workspace)
    assert "'a/b' is no name for a set" in command(*arguments, "--set", "a/b", expect=2).err


@pytest.mark.usefixtures("few_and_small")
def test_a_damaged_file_is_named(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    load(workspace, 1, NOON)
    key = "rows/one/fuelhh/date=2024-08-14/000000000001.json.gz"
    workspace.lake().put(key, gzip.compress(b"{}\n")[:-4])
    with pytest.raises(LakeError, match=f"{key} .* is no whole row file"):
        export_all(workspace)
