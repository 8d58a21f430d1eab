"""The database is changed while it is read and loaded: nobody waits for long, nothing is half done."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from energy_monitor import database
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from ingestion import schema
from tests.conftest import WorkspaceMaker
from tests.marts import rows_of

READ = "select count(*) from raw.loads"
LOAD = """
    insert into raw.loads (dataset, status, request, fetched_at, attempt_key)
    values ('x', 'failed', '/x', now(), 'x')
"""


@pytest.fixture
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    return make_workspace()


def change(patch: pytest.MonkeyPatch, *more: str) -> None:
    """A newer version of the program, with further migrations."""
    for module in (schema, database):
        patch.setattr(module, "MIGRATIONS", (*schema.MIGRATIONS[:original], *more))


original = len(schema.MIGRATIONS)


@contextmanager
def at_work(workspace: Workspace) -> Iterator[dict[str, list[float]]]:
    """Someone reads and someone loads all the time; gives how long each of their statements took, in seconds."""
    over, took = threading.Event(), {"auditor": [], "ingester": []}

    def go_on(role: str, statement: str) -> None:
        connection = workspace.connect(role)
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not over.is_set():
                began = time.monotonic()
                cursor.execute(statement)
                took[role].append(time.monotonic() - began)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(go_on, "auditor", READ), pool.submit(go_on, "ingester", LOAD)]
        try:
            yield took
        finally:
            over.set()
        for one in both:
            one.result()


@contextmanager
def held(workspace: Workspace) -> Iterator[Callable[[], None]]:
    """A long look at what has to be changed; gives what ends it."""
    connection = workspace.connect("auditor")
    with connection.cursor() as cursor:
        cursor.execute(READ)
        try:
            yield connection.rollback
        finally:
            connection.close()


def columns(workspace: Workspace) -> set[str]:
    statement = """
        select column_name from information_schema.columns where table_schema = 'raw' and table_name = 'loads'
    """
    return {name for (name,) in rows_of(workspace, statement)}


def test_a_change_waits_for_a_long_reader_without_holding_up_the_others(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0.5)
    change(monkeypatch, "alter table raw.loads add column later text")
    with at_work(workspace) as took, held(workspace) as let_go, ThreadPoolExecutor(1) as beside:
        changing = beside.submit(prepare, workspace)
        time.sleep(2)
        assert not changing.done()
        assert "later" not in columns(workspace)
        counts = {role: len(all_) for role, all_ in took.items()}
        let_go()
        changing.result(timeout=20)
    assert "later" in columns(workspace)
    with capsys.disabled():
        print({role: f"{len(times):,} statements, longest {max(times):.2f} s" for role, times in took.items()})
    for role, times in took.items():
        assert max(times) < 0.5 + 1.0, f"{role} waited for the change"
        assert counts[role] > 20, f"{role} went on while the change waited"
    assert rows_of(workspace, "select count(*) from raw.loads") == [(len(took["ingester"]),)]


def test_a_change_that_never_gets_its_turn_changes_nothing_and_says_so(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 0.1)
    monkeypatch.setattr(database, "LOCK_TRIES", 3)
    change(monkeypatch, "create table raw.new (a int)", "alter table raw.loads add column later text")
    with held(workspace), pytest.raises(UserError, match=r"in use all the time: nothing has been changed"):
        prepare(workspace)
    assert "later" not in columns(workspace)
    assert rows_of(workspace, "select to_regclass('raw.new')") == [(None,)]
    assert rows_of(workspace, "select max(number) from raw.migrations") == [(original,)]
    prepare(workspace)
    assert "later" in columns(workspace)


def test_a_change_that_is_wrong_changes_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch, "alter table raw.loads add column later text", "alter table raw.nowhere add column a int")
    with pytest.raises(UserError, match="cannot make the raw tables"):
        prepare(workspace)
    assert "later" not in columns(workspace)


def test_an_older_version_goes_on_beside_a_newer_one(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a roll back needs: the newer one has only added, and the older one finds what it knows."""
    with monkeypatch.context() as newer:
        change(newer, "alter table raw.loads add column later text")
        prepare(workspace)
    prepare(workspace)
    assert "later" in columns(workspace)
    assert rows_of(workspace, "select count(*) from raw.prepared") == [(2,)]


def test_many_may_prepare_at_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 1.0)
    change(monkeypatch, "alter table raw.loads add column later text")
    with at_work(workspace) as took, ThreadPoolExecutor(4) as several:
        for done in [several.submit(prepare, workspace, set_passwords=True) for _ in range(4)]:
            done.result(timeout=60)
    assert rows_of(workspace, "select count(*) from raw.migrations") == [(original + 1,)]
    assert max(map(max, took.values())) < 2
