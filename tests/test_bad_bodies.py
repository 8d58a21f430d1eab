"""What is not to be loaded: landed all the same, named in a sentence, and nothing else notices."""

import dataclasses
import gzip
import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection

from energy_monitor.status import DatasetStatus, dataset_statuses
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import BodyError
from ingestion.landing import attempt_keys, read_attempt, read_body
from ingestion.settlement import HALF_HOUR
from tests.conftest import Done, WorkspaceMaker, day_request, manifest_folder, take_in
from tests.marts import build_marts, marts_of, rows_of

Command = Callable[..., Done]

DAY = date(2024, 1, 1)
MORNING = datetime(2024, 1, 2, 8, tzinfo=UTC)
LONG_AFTER = MORNING + timedelta(days=365)  # then nothing is asked for again, and nothing is missing
MIX = day_request("fuelhh", DAY)


def mix(**more: Any) -> list[dict]:
    """Half an hour's generation, as Elexon sends it."""
    return [
        {
            "dataset": "FUELHH",
            "publishTime": "2024-01-01T00:30:00Z",
            "startTime": "2024-01-01T00:00:00Z",
            "settlementDate": "2024-01-01",
            "settlementPeriod": 1,
            "fuelType": fuel,
            "generation": generation,
        }
        | more
        for fuel, generation in (("WIND", 9000), ("CCGT", 4000.5))
    ]


def without(name: str) -> list[dict]:
    return [{k: v for k, v in row.items() if k != name} for row in mix()]


GOOD = json.dumps({"data": mix()}).encode()
NOISE = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))  # compresses badly
FAILING: dict[str, tuple[bytes, str]] = {
    "a cut body": (GOOD[:-40], "the body is not whole, valid JSON"),
    "no bytes at all": (b"", "the body is not whole, valid JSON"),
    "a page of HTML": (b"<html><body>Down for maintenance</body></html>", "the body is not whole, valid JSON"),
    "an empty object": (b"{}", "expected an object with a list `data`, or a list of rows"),
    "null": (b"null", "expected an object with a list `data`, or a list of rows"),
    "a string": (b'"later"', "expected an object with a list `data`, or a list of rows"),
    "rows beyond the window": (
        json.dumps(mix(settlementDate="2024-01-09")).encode(),
        "row 1 has settlementDate 2024-01-09, outside the window asked for, 2024-01-01 to 2024-01-01",
    ),
    "a missing key field": (json.dumps(without("fuelType")).encode(), "row 1 has no fuelType"),
    "a null in a key field": (json.dumps(mix(startTime=None)).encode(), "row 1 has no startTime"),
    "values under another name": (
        json.dumps(without("generation")).encode(),
        "no row has any of the fields generation",
    ),
    "a value of another type": (json.dumps(mix(generation="n/a")).encode(), 'row 1, generation: "n/a" is no number'),
    "two different rows for one key": (
        json.dumps(mix(fuelType="WIND")).encode(),
        "two different rows for startTime 2024-01-01T00:00:00Z, fuelType WIND",
    ),
    "not a number": (json.dumps(mix(generation=float("nan"))).encode(), "NaN is not a JSON number"),
    "half a surrogate in a message": (json.dumps(mix(startTime="\ud800")).encode(), 'startTime: "\\ud800" is no time'),
    "more decimals than PostgreSQL keeps": (
        GOOD.replace(b"4000.5", b"4000." + b"5" * 20_000),
        "PostgreSQL refused a value: ",
    ),
    "a key too long for an index": (json.dumps(mix(fuelType=NOISE)[:1]).encode(), "PostgreSQL refused a value: "),
}


def select(auditor: Connection, statement: str, parameters: object = None) -> list[tuple]:
    with auditor, auditor.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def raw(auditor: Connection) -> list[tuple]:
    """All that marts are made of."""
    tables = ("fuelhh", "demand_outturn", "load_days")
    every = " union all ".join(f"select '{table}', it::text from raw.{table} as it" for table in tables)
    return select(auditor, f"{every} order by 2")


def told(auditor: Connection) -> DatasetStatus:
    """What is told of the dataset that gets the bad bodies; nothing may be told of any other."""
    statuses = {one.dataset: one for one in dataset_statuses(auditor, LONG_AFTER)}
    mix_status = statuses.pop("fuelhh")
    assert not any(other.remarks or other.bodies_failed for other in statuses.values())
    assert not any("\n" in remark for remark in mix_status.remarks)
    return mix_status


def newest_landed(workspace: Workspace) -> bytes | None:
    lake = workspace.lake()
    attempt = read_attempt(lake, list(attempt_keys(lake))[-1])
    return read_body(lake, attempt.body_key) if attempt.body_key else None


@pytest.fixture(scope="module", params=["folder", "s3"])
def shared(request: pytest.FixtureRequest, make_workspace: WorkspaceMaker) -> Iterator[tuple[Workspace, Connection]]:
    """With a good body of two datasets, and an auditor. Each kind of bad body is an hour younger than the last."""
    made = make_workspace(f"{request.getfixturevalue('s3')}/bad" if request.param == "s3" else None)
    lake = made.lake()
    made.lake = lambda: lake  # type: ignore[method-assign]  # a client of S3 takes long to make
    demand = {"settlementDate": "2024-01-01", "settlementPeriod": 1, "initialDemandOutturn": 30000}
    assert take_in(made, "demand_outturn", day_request("demand_outturn", DAY), [demand], MORNING).rows_new == 1
    assert take_in(made, "fuelhh", MIX, GOOD, MORNING).rows_new == 2
    auditor = made.connect("auditor")
    assert told(auditor).remarks == ()
    yield made, auditor
    auditor.close()


@pytest.mark.parametrize("kind", FAILING)
def test_a_bad_body_is_landed_and_named_and_changes_nothing_until_a_good_one_follows(
    shared: tuple[Workspace, Connection], kind: str
) -> None:
    workspace, auditor = shared
    body, reason = FAILING[kind]
    fetched_at = MORNING + timedelta(hours=1 + list(FAILING).index(kind))
    before, failed_before = raw(auditor), told(auditor).bodies_failed
    loaded = take_in(workspace, "fuelhh", MIX, body, fetched_at)
    assert (loaded.status, loaded.rows_seen, loaded.rows_new) == ("failed", 0, 0)
    assert reason in str(loaded.error)
    assert newest_landed(workspace) == body

    status = told(auditor)
    assert status.bodies_failed == failed_before + 1
    assert status.newest_fetch_utc is not None
    assert status.newest_fetch_utc < fetched_at
    (remark,) = status.remarks
    assert f" landed and not loaded; the newest, asked 2024-01-0{fetched_at:%-d %H}:00:00Z with {MIX}: " in remark
    assert remark.endswith(str(loaded.error))

    assert take_in(workspace, "fuelhh", MIX, body, fetched_at) == loaded  # as a replay does; it is recorded once
    recorded = "select status, error from raw.loads where fetched_at = %s"
    assert select(auditor, recorded, [fetched_at]) == [("failed", loaded.error)]
    assert raw(auditor) == before

    good, later = mix(generation=fetched_at.hour), fetched_at + HALF_HOUR
    assert take_in(workspace, "fuelhh", MIX, good, later).rows_new == 2
    newest = "select generation from raw.fuelhh where fetched_at = %s"
    assert select(auditor, newest, [later]) == [(fetched_at.hour,)] * 2


@pytest.fixture
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    """With one good body."""
    made = make_workspace()
    assert take_in(made, "fuelhh", MIX, GOOD, MORNING - HALF_HOUR).rows_new == 2
    return made


@pytest.fixture
def auditor(workspace: Workspace) -> Iterator[Connection]:
    connection = workspace.connect("auditor")
    yield connection
    connection.close()


@pytest.mark.parametrize("body", [b"[]", b'{"data":[]}'])
def test_an_empty_answer_is_loaded_as_what_it_is_and_named(
    workspace: Workspace, auditor: Connection, body: bytes
) -> None:
    loaded = take_in(workspace, "fuelhh", MIX, body, MORNING)
    assert (loaded.status, loaded.rows_seen, loaded.error) == ("loaded", 0, None)
    assert told(auditor).remarks == (f"the newest answer was empty, asked 2024-01-02 08:00:00Z with {MIX}",)
    assert newest_landed(workspace) == body
    versions = """select is_absent, generation from raw.fuelhh where "fuelType" = 'WIND' order by fetched_at"""
    assert select(auditor, versions) == [(False, 9000), (True, None)], "an absence is a version, and no zero"

    assert take_in(workspace, "fuelhh", MIX, GOOD, MORNING + HALF_HOUR).rows_new == 2
    assert select(auditor, versions) == [(False, 9000), (True, None), (False, 9000)]
    assert told(auditor).remarks == ()


def test_an_unknown_field_is_loaded_and_named(workspace: Workspace, auditor: Connection) -> None:
    loaded = take_in(workspace, "fuelhh", MIX, mix(capacity=1, note="new"), MORNING)
    assert (loaded.status, loaded.rows_seen, loaded.rows_new) == ("loaded", 2, 0), "no field that we know has changed"
    assert told(auditor).remarks == ("the source sends fields that the catalogue does not know: capacity, note",)
    assert take_in(workspace, "fuelhh", MIX, mix(generation=1, note="new"), MORNING + HALF_HOUR).rows_new == 2
    extras = select(auditor, "select extra from raw.fuelhh order by fetched_at")
    assert extras == [(None,), (None,), ({"note": "new"},), ({"note": "new"},)]


def test_an_unknown_fuel_code_flows_through(workspace: Workspace, auditor: Connection) -> None:
    loaded = take_in(workspace, "fuelhh", MIX, mix() + mix(fuelType="FUSION")[:1], MORNING)
    assert (loaded.status, loaded.rows_new) == ("loaded", 1)
    rows = select(auditor, """select generation from raw.fuelhh where "fuelType" = 'FUSION'""")
    assert rows == [(9000,)]


def test_the_newest_failure_is_the_one_that_is_told(workspace: Workspace, auditor: Connection) -> None:
    for hours in (3, 1, 2):
        take_in(workspace, "fuelhh", MIX, b"{}" + b" " * hours, MORNING + timedelta(hours=hours))
    (remark,) = told(auditor).remarks
    assert remark.startswith("3 bodies are landed and not loaded; the newest, asked 2024-01-02 11:00:00Z with ")


def test_what_failed_is_loaded_once_the_catalogue_knows_better(
    workspace: Workspace, auditor: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_yet(body: Any) -> Any:
        raise BodyError("a shape that nobody has seen")

    before = raw(auditor)
    with monkeypatch.context() as patch:
        patch.setitem(DATASETS, "fuelhh", dataclasses.replace(DATASETS["fuelhh"], rows=not_yet))
        loaded = take_in(workspace, "fuelhh", MIX, mix(generation=3), MORNING)
    assert (loaded.status, loaded.error) == ("failed", "a shape that nobody has seen")
    assert len(told(auditor).remarks) == 1
    assert raw(auditor) == before
    assert take_in(workspace, "fuelhh", MIX, mix(generation=3), MORNING).rows_new == 2
    assert told(auditor).remarks == ()


# The same through the command line -----------------------------------------------------------------------------------


def test_one_command_replays_what_failed_after_a_fix(
    make_workspace: WorkspaceMaker, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    def mistaken(body: Any) -> Any:
        raise BodyError("a mistake of ours")

    workspace = make_workspace()
    with monkeypatch.context() as patch:
        patch.setitem(DATASETS, "fuelhh", dataclasses.replace(DATASETS["fuelhh"], rows=mistaken))
        assert take_in(workspace, "fuelhh", MIX, GOOD, MORNING).status == "failed"
    assert take_in(workspace, "fuelhh", MIX, b"{}", MORNING + timedelta(minutes=1)).status == "failed"
    done = command("--workspace", workspace.name, "replay", "--failed", expect=1)
    assert done.err.count("not loaded:") == 1, "what is no body of ours still is none"
    assert rows_of(workspace, "select count(*) from raw.fuelhh") == [(2,)]
    connection = workspace.connect("auditor")
    try:
        (mix_status,) = [one for one in dataset_statuses(connection, LONG_AFTER) if one.dataset == "fuelhh"]
        assert (mix_status.bodies_failed, mix_status.bodies_waiting) == (1, 1)
        take_in(workspace, "fuelhh", MIX, GOOD, MORNING + timedelta(minutes=2))
        (mix_status,) = [one for one in dataset_statuses(connection, LONG_AFTER) if one.dataset == "fuelhh"]
    finally:
        connection.close()
    assert (mix_status.bodies_failed, mix_status.bodies_waiting) == (1, 0), "the source has told the same since"
    assert mix_status.last_error is not None
    assert mix_status.last_error.startswith("expected an object with a list `data`")


def entry(body: bytes, fetched_at: datetime, request: str = MIX, **more: Any) -> dict[str, Any]:
    return {"source": "elexon", "request": request, "fetched_at": fetched_at.isoformat(), "body": body} | more


def test_a_replay_loads_what_it_can_names_what_it_cannot_and_says_so_by_its_exit_code(
    make_workspace: WorkspaceMaker, lake_address: str, tmp_path: Path, command: Command
) -> None:
    name = make_workspace(lake_address).name
    here = {"ENERGY_MONITOR_LAKE": lake_address}
    folder = manifest_folder(
        tmp_path / "recorded",
        [
            entry(GOOD, MORNING),
            entry(b"<html>", MORNING + HALF_HOUR),
            entry(b"busy", MORNING + 2 * HALF_HOUR, status=500),
            entry(GOOD, MORNING + 3 * HALF_HOUR, request="/datasets/NEW?x=1"),
        ],
    )
    done = command("--workspace", name, "replay", str(folder), expect=1, **here)
    failed = f"not loaded: elexon {MIX}: the body is not whole, valid JSON"
    unanswered = f"not loaded: elexon {MIX}: the source answered with HTTP status 500"
    assert [line.startswith((failed, unanswered)) for line in done.err.splitlines()] == [True, True]
    assert "/datasets/NEW" in done.out
    workspace = Workspace(name, os.environ | here)
    assert newest_landed(workspace) == b"busy"
    outcome = "select status, http_status from raw.loads order by fetched_at"
    assert rows_of(workspace, outcome) == [("loaded", 200), ("failed", 200), ("unanswered", 500)]
    said = command("--workspace", name, "status", **here).out
    assert (
        f"fuelhh: 1 body is landed and not loaded; the newest, asked 2024-01-02 08:30:00Z with {MIX}: the body" in said
    )
    assert f"fuelhh: the source gave no answer, asked 2024-01-02 09:00:00Z with {MIX}: the source answered with" in said

    # again, and from the lake itself: the same failures, recorded once
    command("--workspace", name, "replay", str(folder), expect=1, **here)
    command("--workspace", name, "replay", workspace.lake_uri, expect=1, **here)
    assert rows_of(workspace, outcome) == [("loaded", 200), ("failed", 200), ("unanswered", 500)]

    good = manifest_folder(tmp_path / "good", [entry(GOOD, MORNING + 4 * HALF_HOUR)])
    command("--workspace", name, "replay", str(good), **here)
    assert "the source gave no answer" not in command("--workspace", name, "status", **here).out


# Mistakes of a user --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def name(make_workspace: WorkspaceMaker) -> str:
    return make_workspace().name


def refused(command: Command, *arguments: str, says: str, **environ: str) -> None:
    """A mistake is one sentence and exit code 2. (A traceback would come through as the exception that it is.)"""
    done = command(*arguments, expect=2, **environ)
    assert done.out == ""
    assert says in done.err
    assert done.err.count("\n") == 1


def test_a_path_that_holds_nothing_to_replay_is_refused(name: str, tmp_path: Path, command: Command) -> None:
    for path, says in (
        (tmp_path / "absent", "absent is no folder; give one with a MANIFEST.json, a lake's folder, or s3://"),
        (tmp_path, "holds neither a MANIFEST.json nor a lake's folder `landing`"),
    ):
        refused(command, "--workspace", name, "replay", str(path), says=says)


ENTRY = {"file": "00000.json", "source": "elexon", "request": MIX, "fetched_at": "2024-01-02T08:00:00Z"}


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("not JSON", "is no list of entries with file, source, request and fetched_at"),
        ("", "is no list of entries"),
        ("{}", "is no list of entries"),
        ("null", "is no list of entries"),
        ('"text"', "is no list of entries"),
        ("[1]", "is no list of entries"),
        (json.dumps([{k: v for k, v in ENTRY.items() if k != "source"}]), "KeyError('source')"),
        (json.dumps([ENTRY | {"fetched_at": "yesterday"}]), "yesterday"),
        (json.dumps([ENTRY | {"fetched_at": 1704182400}]), "is no list of entries"),
        (json.dumps([ENTRY | {"request": None}]), "is no list of entries"),
        (json.dumps([ENTRY | {"file": 7}]), "is no list of entries"),
        (json.dumps([ENTRY | {"fetched_at": "2024-01-02T08:00:00"}]), "has no time zone; write 2024-08-14T08:03:47Z"),
        (json.dumps([ENTRY | {"file": "absent.json.gz"}]), "names absent.json.gz, which is not there"),
        (json.dumps([ENTRY | {"file": "cut.json.gz"}]), "cut.json.gz is no whole gzip file"),
        (json.dumps([ENTRY | {"file": "damaged.json.gz"}]), "damaged.json.gz is no whole gzip file"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_with_what_is_wrong(
    name: str, tmp_path: Path, command: Command, manifest: str, says: str
) -> None:
    (tmp_path / "00000.json").write_bytes(GOOD)
    packed = gzip.compress(GOOD)
    (tmp_path / "cut.json.gz").write_bytes(packed[:-20])
    (tmp_path / "damaged.json.gz").write_bytes(packed[:10] + b"\xff\xff" + packed[12:])
    (tmp_path / "MANIFEST.json").write_text(manifest)
    refused(command, "--workspace", name, "replay", str(tmp_path), says=says)


@pytest.mark.parametrize("workspace", ["", "Live", "../live", "1st", "a-b", "a" * 32, 'x"; drop'])
def test_a_name_that_is_none_for_a_workspace_is_refused(command: Command, workspace: str) -> None:
    refused(command, "--workspace", workspace, "status", says=f"{workspace!r} is no name for a workspace: use up to 31")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "ENERGY_MONITOR_DATABASE_URL is not of the form postgresql://user:password@host:port/database"),
        ("mysql://admin:secret@localhost/db", "ENERGY_MONITOR_DATABASE_URL is not of the form"),
        ("postgresql://admin:secret@localhost:port/db", "ENERGY_MONITOR_DATABASE_URL is not of the form"),
        ("postgresql://admin:secret@localhost:99999/db", "ENERGY_MONITOR_DATABASE_URL is not of the form"),
        ("postgresql://admin:secret@[::1/db", "ENERGY_MONITOR_DATABASE_URL is not of the form"),
        ("postgresql://localhost/db", "ENERGY_MONITOR_DATABASE_URL is not of the form"),
        ("postgresql://admin:secret@127.0.0.1:1/db", "cannot connect to PostgreSQL at 127.0.0.1:1/db as admin: "),
    ],
)
def test_a_wrong_address_of_a_database_is_refused_without_its_password(
    tmp_path: Path, command: Command, url: str, says: str
) -> None:
    done = command("status", expect=2, ENERGY_MONITOR_DATABASE_URL=url, ENERGY_MONITOR_HOME=str(tmp_path))
    assert says in done.err
    assert "secret" not in done.err + done.out
    assert "Traceback" not in done.err


@pytest.mark.parametrize("lake", ["s3:/bucket", "gs://bucket/prefix", "s3://"])
def test_a_wrong_address_of_a_lake_is_refused(
    name: str, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch, lake: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = manifest_folder(tmp_path / "recorded", [entry(GOOD, MORNING)])
    says = "write s3://bucket/prefix"
    refused(command, "--workspace", name, "replay", str(folder), says=says, ENERGY_MONITOR_LAKE=lake)
    assert [path.name for path in tmp_path.iterdir()] == ["recorded"]


def test_a_lake_that_cannot_be_written_is_named(name: str, tmp_path: Path, command: Command) -> None:
    (tmp_path / "file").write_bytes(b"")
    folder = manifest_folder(tmp_path / "recorded", [entry(GOOD, MORNING)])
    refused(
        command,
        *("--workspace", name, "replay", str(folder)),
        says=f"into the lake at {tmp_path / 'file' / name}: Not a directory",
        ENERGY_MONITOR_LAKE=str(tmp_path / "file"),
    )


@pytest.mark.parametrize("home", ["file", "file/below", "a $folder"])
def test_a_home_that_cannot_be_one_is_named(tmp_path: Path, command: Command, home: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    place = str(tmp_path / home)
    for subcommand in ("status", "build"):
        refused(command, subcommand, says=place, ENERGY_MONITOR_HOME=place)


def test_passwords_that_cannot_be_read_are_named(
    make_workspace: WorkspaceMaker, tmp_path: Path, command: Command
) -> None:
    server = make_workspace().server()
    url = f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{server.database}"
    (tmp_path / "passwords.json").write_text("not JSON")
    says = f"cannot read the roles' passwords in {tmp_path / 'passwords.json'}"
    environ = {"ENERGY_MONITOR_HOME": str(tmp_path), "ENERGY_MONITOR_DATABASE_URL": url}
    refused(command, "status", says=says, **environ)
    (tmp_path / "passwords.json").unlink()
    says = "exists on 127.0.0.1:"  # the roles are there, and this home does not know their passwords
    refused(command, "status", says=says, **environ)


def test_an_unfinished_command_line_is_refused_with_its_usage(command: Command) -> None:
    for arguments, says in (
        (("replay",), "give either a PATH to replay, or --failed"),
        (("replay", "--failed", "somewhere"), "give either a PATH to replay, or --failed"),
        (("no-such-command",), "No such command 'no-such-command'"),
        (("status", "--no-such-option"), "No such option"),
        (("query", "select 1", "--format", "xml"), "'xml' is not one of 'table', 'csv', 'json'"),
    ):
        assert says in command(*arguments, expect=2).err


def marts_of_numbers(workspace: Workspace) -> dict[str, list[str]]:
    """All marts but the one that is about what failed."""
    return {name: rows for name, rows in marts_of(workspace).items() if name != "fct_source_reliability_daily"}


def test_no_mart_changes_by_what_failed_and_a_new_fuel_flows_through_marked(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    take_in(workspace, "fuelhh", MIX, GOOD, MORNING)
    build_marts(workspace)
    before = marts_of_numbers(workspace)
    assert (
        len(before["fct_generation_half_hourly"]) == 48 * 19
    )  # what is missing of the day says so; Greenlink came later
    for number, (body, _) in enumerate(FAILING.values(), start=1):
        assert take_in(workspace, "fuelhh", MIX, body, MORNING + timedelta(minutes=number)).status == "failed"
    build_marts(workspace)
    assert marts_of_numbers(workspace) == before

    better = [row | {"generation": 4100} if row["fuelType"] == "CCGT" else row for row in mix()]
    better.append(mix()[0] | {"fuelType": "FUSION", "generation": 12, "reactor": "one"})
    assert take_in(workspace, "fuelhh", MIX, better, MORNING + timedelta(hours=1)).rows_new == 2
    build_marts(workspace, "--select", "+fct_generation_half_hourly", "+dim_fuels")
    found = rows_of(
        workspace,
        "select fuel_code, generation_mw, category, is_known from marts.fct_generation_half_hourly "
        "inner join marts.dim_fuels using (fuel_code) where generation_mw is not null order by 1",
    )
    assert found == [("CCGT", 4100, "gas", True), ("FUSION", 12, "unknown", False), ("WIND", 9000, "wind", True)]
    connection = workspace.connect("auditor")
    try:
        (mix_status,) = [one for one in dataset_statuses(connection, LONG_AFTER) if one.dataset == "fuelhh"]
    finally:
        connection.close()
    assert "the source sends fields that the catalogue does not know: reactor" in mix_status.remarks
    assert "fuel codes came that the seed `fuels` does not know: FUSION" in mix_status.remarks
