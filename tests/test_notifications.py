"""What people are told: a message when a problem begins, one when it is over, none of what follows from another."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_monitor.errors import UserError
from energy_monitor.status import DatasetStatus
from energy_monitor.workspace import Workspace
from ingestion.settlement import HOUR
from ingestion.upkeep import Rest
from orchestration.freshness import data_clocks
from orchestration.ledger import Entry, Message, Problem, as_json, from_json, look
from orchestration.maintenance import prune_runs
from orchestration.notifications import VARIABLE, _addressed, deliver, tell_sensor
from orchestration.problems import of_datasets, of_marts, of_runs, of_sources
from orchestration.runs import Failing, repeated_failures
from orchestration.warehouse import parsed_project
from simulator.server import running
from tests.conftest import WorkspaceMaker
from tests.test_outage import tick

NOON = datetime(2026, 6, 10, 11, 32, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GRACE = timedelta(minutes=5)

# The ledger -----------------------------------------------------------------------------------------------------------

LOOKS = st.lists(st.tuples(st.integers(1, 12), st.sets(st.sampled_from("ab"))), max_size=40)


def problem(key: str) -> Problem:
    return Problem(key, f"{key} is wrong", "do this")


@given(LOOKS)
def test_each_problem_is_told_once_when_it_has_lasted_and_once_when_it_is_over(
    looks: list[tuple[int, set[str]]],
) -> None:
    now, ledger, told = NOON, {}, {"a": [], "b": []}
    present = {"a": [], "b": []}  # whether it was there at each look
    for minutes, found in looks:
        now += minutes * MINUTE
        for key in present:
            present[key].append((now, key in found))
        ledger, messages = look(from_json(json.loads(json.dumps(as_json(ledger)))), map(problem, found), now, GRACE)
        for message in messages:
            key = message.title.removeprefix("over: ")[0]
            lasted = [there for at, there in present[key] if at >= now - GRACE]
            assert set(lasted) == {not message.is_over}, "all the time of grace it was so"
            told[key].append(message.is_over)
    for key, said in told.items():
        assert said == [number % 2 == 1 for number in range(len(said))], "it begins, it is over, in turn"
        assert len(said) % 2 == int(key in ledger and ledger[key].is_told)


def test_what_heals_by_itself_is_not_told_and_what_comes_back_soon_is_not_over() -> None:
    ledger, messages = look({}, [problem("a")], NOON, GRACE)
    assert look(ledger, [], NOON + MINUTE, GRACE) == ({}, [])
    ledger, messages = look(ledger, [problem("a")], NOON + GRACE, GRACE)
    assert messages == [Message("a is wrong", "do this\nWhat to do: docs/operations.md, 'a'.", False)]
    ledger, messages = look(ledger, [], NOON + 2 * GRACE, GRACE)
    ledger, messages = look(ledger, [problem("a")], NOON + 2 * GRACE + MINUTE, GRACE)
    assert (messages, ledger["a"]) == ([], Entry(problem("a"), NOON, is_told=True))
    ledger, messages = look(ledger, [], NOON + 4 * GRACE, GRACE)
    ledger, messages = look(ledger, [], NOON + 5 * GRACE, GRACE)
    assert messages == [Message("over: a is wrong", "It was there from 2026-06-10 11:32Z to 2026-06-10 11:52Z.", True)]


# What is wrong --------------------------------------------------------------------------------------------------------

WELL = DatasetStatus("fuelhh", "Generation", NOON, NOON, 30.0, 90.0, 0, 1, 48, 0, 0, None, ())
LATE = replace(WELL, lag_minutes=400.0)
WAITING = replace(WELL, bodies_waiting=2, last_error="the key field startTime is missing")


def keys(problems: Iterator[Problem]) -> list[str]:
    return [one.key for one in problems]


def test_of_a_source_that_is_silent_only_that_is_told() -> None:
    silent = {"elexon": Rest(NOON, NOON + HOUR)}
    clock = next(c for c in data_clocks(parsed_project()) if c.mart == "fct_generation_half_hourly")
    failing = [dg_failing("elexon"), dg_failing("neso")]
    assert keys(of_sources(silent)) == ["silent elexon"]
    assert keys(of_datasets([LATE], silent)) == []
    assert keys(of_marts([(clock, 9 * HOUR)], [LATE], silent)) == []
    assert keys(of_runs(failing, [LATE], silent)) == ["failing neso"]


def dg_failing(subject: str) -> Failing:
    return Failing(subject, ("raw/x",), 2, "1", "why")


def test_late_data_waiting_bodies_and_marts_behind_what_landed_are_told_each() -> None:
    clock = next(c for c in data_clocks(parsed_project()) if c.mart == "fct_generation_half_hourly")
    assert keys(of_datasets([WELL], {})) == []
    assert keys(of_datasets([LATE], {})) == ["late fuelhh"]
    (waiting,) = of_datasets([WAITING], {})
    assert waiting.key == "bodies fuelhh"
    assert "startTime is missing" in waiting.text
    assert keys(of_runs([dg_failing("elexon")], [WAITING], {})) == [], "that is why"
    assert keys(of_marts([(clock, clock.allowed_lateness)], [WELL], {})) == []
    assert keys(of_marts([(clock, clock.allowed_lateness + MINUTE)], [WELL], {})) == ["behind marts"]
    assert keys(of_marts([(clock, None)], [WELL], {})) == [], "nothing was built yet"


def test_what_failed_in_the_last_two_runs_of_it_is_a_repeated_failure() -> None:
    broken = {"mart"}

    @dg.asset(key_prefix="staging")
    def stg() -> None: ...

    @dg.asset(key_prefix="marts", deps=[stg])
    def mart() -> None:
        assert "mart" not in broken, "the table is gone"

    @dg.op
    def prune() -> None:
        assert "prune" not in broken

    @dg.job
    def prune_old_records() -> None:
        prune()

    job = dg.Definitions(assets=[stg, mart]).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:

        def build(*names: str) -> None:
            selection = [dg.AssetKey(name.split("/")) for name in names]
            job.execute_in_process(instance=instance, asset_selection=selection, raise_on_error=False)

        build("staging/stg", "marts/mart")
        assert repeated_failures(instance) == []
        build("staging/stg")  # another run that does not build it says nothing of it
        build("staging/stg", "marts/mart")
        (failing,) = repeated_failures(instance)
        assert (failing.subject, failing.assets, failing.runs) == ("dbt", ("marts/mart",), 2)
        assert "the table is gone" in failing.error
        broken.clear()
        build("marts/mart")
        assert repeated_failures(instance) == []
        broken.add("prune")
        for _ in range(3):
            prune_old_records.execute_in_process(instance=instance, raise_on_error=False)
        assert [(one.subject, one.runs) for one in repeated_failures(instance)] == [("prune_old_records", 3)]


def test_a_run_that_is_deleted_while_it_is_looked_at_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dg.op
    def fail() -> None:
        raise RuntimeError

    @dg.job
    def failing() -> None:
        fail()

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for _ in range(2):
            failing.execute_in_process(instance=instance, raise_on_error=False)
        assert [one.subject for one in repeated_failures(instance)] == ["failing"]
        listed = instance.get_runs()
        assert prune_runs(instance, kept=timedelta()) == 2
        monkeypatch.setattr(instance, "get_runs", lambda *_, **__: listed)
        assert repeated_failures(instance) == []


# Who is told ----------------------------------------------------------------------------------------------------------


@dataclass
class Receiver:
    """A server that takes messages as Apprise's `json://` sends them, and may be ill."""

    port: int = 0
    is_ill: bool = False
    got: list[dict] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"json://:a-secret@127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.got]


@contextmanager
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not found.is_ill:
                found.got.append(body)
            self.send_response(503 if found.is_ill else 200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()


class Telling:
    """The sensor, look by look, at the clock of the test."""

    def __init__(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch, self.cursor, self.said = monkeypatch, None, ""
        self.instance = dg.DagsterInstance.ephemeral()
        self.sensor = tell_sensor(workspace.name, data_clocks(parsed_project()))

    def look(self, now: datetime) -> None:
        self.monkeypatch.setenv("ENERGY_MONITOR_CLOCK", f"{now.isoformat()},{datetime.now(UTC).isoformat()},0")
        result = self.sensor(dg.build_sensor_context(instance=self.instance, cursor=self.cursor))
        assert isinstance(result, dg.SensorResult)
        self.cursor, self.said = result.cursor, str(result.skip_reason.skip_message)


def test_an_outage_is_told_once_and_its_end_once_also_by_a_target_that_was_ill(
    make_workspace: WorkspaceMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace()
    with receiver() as one, receiver() as other, running(seed=3, now_utc=NOON, speed=0) as grid:
        monkeypatch.setenv(VARIABLE, f"{one.address}  {other.address}")
        telling = Telling(workspace, monkeypatch)
        tick(workspace, grid, NOON)
        telling.look(NOON)
        assert telling.said == "nothing is wrong"
        until = NOON + 2 * HOUR
        grid.faults.put([{"match": "/bmrs/", "kind": "http_503", "share": 1, "until_utc": until.isoformat()}])
        other.is_ill = True
        now = NOON
        while now < until + HOUR:
            now += 5 * MINUTE
            tick(workspace, grid, now)
            telling.look(now)
            if now == NOON + HOUR:
                assert "Elexon Insights does not answer" in telling.said
                assert "1 messages could not be delivered yet" in telling.said
                other.is_ill = False
        assert one.titles == other.titles
        begun, over = one.titles
        assert begun == f"Energy Monitor ({workspace.name}): Elexon Insights does not answer"
        assert over.endswith("over: Elexon Insights does not answer")
        assert "a-secret" not in (telling.cursor or "")
        assert telling.said == "nothing is wrong"


def test_a_bad_address_is_named_by_its_place_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "nosuch://password@host")
    waiting = _addressed("live", [Message("a", "b", False)])
    with pytest.raises(UserError, match="address 1 of 1 is none that Apprise knows") as refused:
        deliver(waiting)
    assert "password" not in str(refused.value)


def test_a_sources_words_are_shown_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as one:
        monkeypatch.setenv(VARIABLE, one.address)
        text = "<b>HTML</b> **and** \\n [more](http://x)"
        assert deliver(_addressed("live", [Message("a title", text, False)])) == []
        assert one.got[0]["message"] == text
