"""The command line as people and programs use it."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_monitor.cli import cli
from energy_monitor.output import as_json_text
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.landing import Answer, land
from tests.conftest import REPOSITORY, Done, WorkspaceMaker, day_request, run_command, take_in

Command = Callable[..., Done]

MORNING = datetime(2024, 1, 2, 8, tzinfo=UTC)
MIX = day_request("fuelhh", date(2024, 1, 1))
ROW = {"startTime": "2024-01-01T00:00:00Z", "fuelType": "WIND", "generation": 1234.5}


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    """With one row of generation."""
    made = make_workspace()
    assert take_in(made, "fuelhh", MIX, [ROW], MORNING).rows_new == 1
    return made


@pytest.fixture
def query(workspace: Workspace, command: Command) -> Callable[[str, str], str]:
    """What `query` prints."""
    return lambda statement, form: command("--workspace", workspace.name, "query", statement, "--format", form).out


# query ---------------------------------------------------------------------------------------------------------------

AWKWARD = 'a, "b" [bold]c[/bold]\n[d] :smile: é'
STATEMENT = f"""
    select
        null::text as nothing, -1.50::numeric as negative, 0.0000001::numeric as small, true as flag,
        12345678901234567890.123456789012345678901234567890 as exact, 7 as whole, '' as empty,
        $${AWKWARD}$$ as text, timestamptz '2024-07-01 12:00+01' as instant, date '2024-07-01' as day,
        '{{"mw": 1.10000000000000000000000000001, "of": [null, "x"]}}'::jsonb as nested, '\\x00ff'::bytea as bytes
"""


def test_query_as_json_keeps_every_digit_and_tells_null_from_nothing(query: Callable[[str, str], str]) -> None:
    (row,) = json.loads(query(STATEMENT, "json"), parse_float=Decimal)
    assert row == {
        "nothing": None,
        "negative": Decimal("-1.50"),
        "small": Decimal("0.0000001"),
        "flag": True,
        "exact": Decimal("12345678901234567890.123456789012345678901234567890"),
        "whole": 7,
        "empty": "",
        "text": AWKWARD,
        "instant": "2024-07-01T11:00:00Z",
        "day": "2024-07-01",
        "nested": {"mw": Decimal("1.10000000000000000000000000001"), "of": [None, "x"]},
        "bytes": "\\x00ff",
    }


def test_query_as_csv_can_be_read_back(query: Callable[[str, str], str]) -> None:
    names, row = csv.reader(io.StringIO(query(STATEMENT, "csv")))
    read = dict(zip(names, row, strict=True))
    assert read == {
        "nothing": "",
        "negative": "-1.50",
        "small": "0.0000001",
        "flag": "True",
        "exact": "12345678901234567890.123456789012345678901234567890",
        "whole": "7",
        "empty": "",
        "text": AWKWARD,
        "instant": "2024-07-01T11:00:00Z",
        "day": "2024-07-01",
        "nested": '{"mw": 1.10000000000000000000000000001, "of": [null, "x"]}',
        "bytes": "\\x00ff",
    }


def test_query_as_a_table_shows_the_words_as_they_are(query: Callable[[str, str], str]) -> None:
    shown = query(STATEMENT, "table")
    for text in ('a, "b" [bold]c[/bold]', "[d] :smile: é", "-1.50", "0.0000001", "2024-07-01T11:00:00Z"):
        assert text in shown
    assert "12345678901234567890.123456789012345678901234567890" in shown
    assert "None" not in shown
    assert "[red]x" in query('select 1 as "[red]x"', "table")


def test_query_without_rows_or_without_an_answer_is_no_error(query: Callable[[str, str], str]) -> None:
    assert query("select 1 as a where false", "csv") == "a\n"
    assert query("select 1 as a where false", "json") == "[]\n"
    assert query("set application_name = 'x'", "json") == "[]\n"


def test_query_reads_raw(query: Callable[[str, str], str]) -> None:
    statement = 'select "fuelType", generation from raw.fuelhh'
    assert query(statement, "csv") == "fuelType,generation\nWIND,1234.5\n"


@pytest.mark.parametrize("special", ["'NaN'::numeric", "'Infinity'::numeric", "'NaN'::float8", "'-Infinity'::float8"])
def test_numbers_that_json_lacks_are_text_in_it(query: Callable[[str, str], str], special: str) -> None:
    (row,) = json.loads(query(f"select {special} as it", "json"), parse_constant=lambda name: pytest.fail(name))
    assert row["it"].lower() in ("nan", "infinity", "inf", "-infinity", "-inf")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_json_says_what_was_to_be_said(value: Any) -> None:
    assert json.loads(as_json_text(value), parse_float=Decimal) == value


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("selekt 1", 'syntax error at or near "selekt"'),
        ("select * from raw.nothing", 'relation "raw.nothing" does not exist'),
        ("select 1/0", "division by zero"),
        ("select '%s' || x", 'column "x" does not exist'),
        ("", "can't execute an empty query"),
        ("select timestamptz '20000-01-01'", "cannot show a time of the answer (year 20000 is out of range): cast it"),
        ("select date '0044-03-15 BC'", "cannot show a time of the answer"),
    ],
)
def test_a_failing_query_is_a_sentence(workspace: Workspace, command: Command, statement: str, says: str) -> None:
    done = command("--workspace", workspace.name, "query", statement, expect=2)
    assert says in done.err
    assert done.err.startswith("energy-monitor: ")
    assert done.out == ""


def test_two_columns_of_one_name_are_refused_where_one_would_be_lost(workspace: Workspace, command: Command) -> None:
    statement = ("--workspace", workspace.name, "query", "select 1 as a, 2 as a, 3 as b")
    assert "two columns are named 'a'" in command(*statement, "--format", "json", expect=2).err
    assert command(*statement, "--format", "csv").out == "a,a,b\n1,2,3\n"


def test_a_reader_that_stops_early_is_no_traceback(workspace: Workspace) -> None:
    statement = "select number from generate_series(1, 300000) as series (number)"
    arguments = ["--workspace", workspace.name, "query", statement, "--format", "csv"]
    command = [sys.executable, "-c", "from energy_monitor.cli import main; main()", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "number\n"
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert said == ""


# status --------------------------------------------------------------------------------------------------------------


def test_status_as_json_has_every_dataset(workspace: Workspace, command: Command) -> None:
    told = json.loads(command("--workspace", workspace.name, "status", "--json").out)
    assert (told["workspace"], told["lake"]) == (workspace.name, workspace.lake_uri)
    datasets = {one["dataset"]: one for one in told["datasets"]}
    assert list(datasets) == list(DATASETS)
    assert datasets["fuelhh"] == {
        "dataset": "fuelhh",
        "title": DATASETS["fuelhh"].title,
        "newest_data": "2024-01-01T00:00:00Z",
        "newest_fetch_utc": "2024-01-02T08:00:00Z",
        "lag_minutes": datasets["fuelhh"]["lag_minutes"],
        "allowed_lag_minutes": 95.0,
        "gaps": 0,
        "bodies_loaded": 1,
        "versions": 1,
        "bodies_failed": 0,
        "bodies_waiting": 0,
        "last_error": None,
        "remarks": [],
    }
    passed = datetime.now(UTC) - datetime(2024, 1, 1, 0, 30, tzinfo=UTC)
    assert datasets["fuelhh"]["lag_minutes"] == pytest.approx(passed.total_seconds() / 60, abs=2)
    sources = {one["source"]: one for one in told["sources"]}
    assert sources["elexon"]["budget_per_minute"] == 120
    assert sources["elexon"]["silent_since_utc"] is None
    assert datasets["system_prices"]["newest_data"] is None


def test_status_for_people_names_every_dataset_and_what_was_loaded(workspace: Workspace) -> None:
    shown = run_command("--workspace", workspace.name, "status").stdout
    assert all(dataset in shown for dataset in DATASETS)
    assert "2024-01-01 00:00Z" in shown
    assert "2024-01-02 08:00:00" in shown
    assert workspace.lake_uri in shown


CONNECT = """
import os, psycopg2
connection = psycopg2.connect("")
with connection.cursor() as cursor:
    cursor.execute("select current_user, current_database(), count(*) from raw.fuelhh")
    print(*cursor.fetchone())
"""


def test_status_env_is_all_that_another_tool_needs_to_connect(workspace: Workspace, command: Command) -> None:
    lines = command("--workspace", workspace.name, "status", "--env").out
    assert {line.split("=")[0] for line in lines.splitlines()} == {
        f"export {name}" for name in ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSSLMODE")
    }
    script = f'{lines}\n"$0" -c "$1"'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, CONNECT], env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"analyst {workspace.database} 1\n"


def test_status_env_survives_the_shell_whatever_the_password(workspace: Workspace, command: Command) -> None:
    password = """it's "a" $HOME `x` \\ password"""
    lines = command("--workspace", workspace.name, "status", "--env", ENERGY_MONITOR_ANALYST_PASSWORD=password).out
    script = f'{lines}\nprintf %s "$PGPASSWORD"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == password


# doctor --------------------------------------------------------------------------------------------------------------

PARTS = ["state folder", "PostgreSQL", "roles", "lake", "landed and loaded", "dbt"]


def examined(command: Command, workspace: Workspace, expect: int, **environ: str) -> dict[str, tuple[str, str]]:
    """What `doctor` found of each part: ok or FAIL, and in words."""
    lines = command("--workspace", workspace.name, "doctor", expect=expect, **environ).out.splitlines()
    return {line[6:24].strip(): (line[:4].strip(), line[25:]) for line in lines}


def test_doctor_finds_a_healthy_workspace_healthy(workspace: Workspace, command: Command) -> None:
    found = examined(command, workspace, 0)
    assert list(found) == PARTS
    assert {word for word, _ in found.values()} == {"ok"}
    assert found["landed and loaded"][1] == "1 answers in the lake, all in the database"


def test_doctor_finds_what_was_landed_and_not_loaded_and_its_advice_helps(
    make_workspace: WorkspaceMaker, command: Command
) -> None:
    workspace = make_workspace()
    take_in(workspace, "fuelhh", MIX, [ROW], MORNING)
    body = json.dumps([ROW | {"generation": 1}]).encode()
    attempt = land(workspace.lake(), DATASETS["fuelhh"], Answer(MIX, MORNING + timedelta(hours=1), 200, body))
    found = examined(command, workspace, 1)
    assert [part for part, (word, _) in found.items() if word == "FAIL"] == ["landed and loaded"]
    said = found["landed and loaded"][1]
    assert said.startswith(f"1 answers are in the lake and not in the database, {attempt.key} among them")
    advice = said.partition("`energy-monitor ")[2].rstrip("`").split()
    command(*advice)
    assert examined(command, workspace, 0)["landed and loaded"][1] == "2 answers in the lake, all in the database"


def test_doctor_finds_a_body_that_could_not_be_loaded(make_workspace: WorkspaceMaker, command: Command) -> None:
    workspace = make_workspace()
    take_in(workspace, "fuelhh", MIX, b"<html>", MORNING)
    found = examined(command, workspace, 1)
    assert [part for part, (word, _) in found.items() if word == "FAIL"] == ["landed and loaded"]
    said = found["landed and loaded"][1]
    assert said.startswith("1 bodies could not be loaded: ")
    advice = said.partition("`energy-monitor ")[2].partition("`")[0].split()
    assert "fuelhh: 1 body is landed and not loaded" in command(*advice).out


def test_doctor_finds_a_lake_that_cannot_be_used(workspace: Workspace, tmp_path: Path, command: Command) -> None:
    (tmp_path / workspace.name).write_bytes(b"where the lake's folder should be")
    found = examined(command, workspace, 1, ENERGY_MONITOR_LAKE=str(tmp_path))
    assert list(found) == PARTS, "the other parts are tried all the same"
    word, said = found["lake"]
    assert word == "FAIL"
    assert said.startswith(f"cannot write doctor/written.txt into the lake at {tmp_path / workspace.name}: ")


def test_doctor_finds_a_database_that_cannot_be_reached(workspace: Workspace, command: Command) -> None:
    url = "postgresql://admin:secret@127.0.0.1:1/postgres"
    found = examined(command, workspace, 1, ENERGY_MONITOR_DATABASE_URL=url)
    assert found["state folder"][0] == found["lake"][0] == found["dbt"][0] == "ok"
    for part in ("PostgreSQL", "roles", "landed and loaded"):
        assert found[part][0] == "FAIL"
        assert "cannot connect to PostgreSQL at 127.0.0.1:1" in found[part][1]


def test_doctor_finds_a_home_that_is_none(workspace: Workspace, tmp_path: Path, command: Command) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = examined(command, workspace, 1, ENERGY_MONITOR_HOME=str(tmp_path / "file"))
    assert found["state folder"][0] == found["PostgreSQL"][0] == "FAIL"
    assert str(tmp_path / "file") in found["state folder"][1]


# stop and help -------------------------------------------------------------------------------------------------------


def test_stop_stops_the_server_and_the_next_command_starts_it_with_everything_in_it(
    workspace: Workspace, command: Command
) -> None:
    assert workspace.postgres.is_up()
    for _ in range(2):
        assert command("stop").out == "the embedded PostgreSQL is stopped\n"
        assert not workspace.postgres.is_up()
    statement = "select count(*) from raw.fuelhh"
    assert command("--workspace", workspace.name, "query", statement, "--format", "csv").out == "count\n1\n"
    assert workspace.postgres.is_up()


def test_help_lists_every_command_with_a_sentence(command: Command) -> None:
    for ask in ("--help", "-h"):
        shown = command(ask).out
        assert {"replay", "build", "status", "query", "doctor", "stop"} <= set(cli.commands)
        for name, one in cli.commands.items():
            (line,) = [line for line in shown.splitlines() if line.startswith(f"  {name} ")]
            assert line.split(maxsplit=1)[1]
            assert one.help
    for name in cli.commands:
        assert f"Usage: energy-monitor {name}" in command(name, "--help").out


def test_a_look_at_help_or_version_makes_nothing(tmp_path: Path, command: Command) -> None:
    for arguments in (("--help",), ("--version",), ("replay", "--help")):
        command(*arguments, ENERGY_MONITOR_HOME=str(tmp_path / "home"))
    assert not (tmp_path / "home").exists()
    assert os.environ["ENERGY_MONITOR_HOME"] != str(tmp_path / "home")
