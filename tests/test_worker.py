"""Runs by forks of the worker: executed, cancelled and killed; and the instance's records in either database."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import dagster as dg
import psycopg2
import pytest
import yaml
from dagster._core.launcher import LaunchRunContext, WorkerStatus
from dagster._core.storage.event_log import SqliteEventLogStorage

from energy_monitor.errors import UserError
from energy_monitor.up.services import _listens
from orchestration.instance import DRIVER, URL, configuration, prepare_instance
from orchestration.launcher import HOST, PROCESS, WarmLauncher, _living
from orchestration.maintenance import prune_runs
from orchestration.runs import OVER
from orchestration.worker import serve
from tests.conftest import REPOSITORY, WorkspaceMaker
from tests.test_up import free_ports
from tests.waiting import wait_until

PATIENCE_S = 60
PORT = "ENERGY_MONITOR_WORKER_PORT"


@dg.op
def do() -> None:
    """What the test wrote down last."""
    exec(Path(os.environ["DAGSTER_HOME"], "code.py").read_text())


@dg.job(executor_def=dg.in_process_executor)
def any_job() -> None:
    do()


class Runs:
    """An instance, and runs that are launched as the daemon launches them."""

    def __init__(self, home: Path, instance: dg.DagsterInstance, worker: subprocess.Popen[bytes]) -> None:
        self.home, self.instance, self.worker = home, instance, worker

    def launch(self, code: str) -> str:
        """A run of a job that does what `code` says."""
        (self.home / "code.py").write_text(code)
        origin = dg.reconstructable(any_job).get_python_origin()
        run = self.instance.create_run_for_job(any_job, job_code_origin=origin)
        self.instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
        return run.run_id

    def wait(self, run_id: str, *statuses: dg.DagsterRunStatus) -> dg.DagsterRun:
        deadline = time.monotonic() + PATIENCE_S
        while (run := self.instance.get_run_by_id(run_id)) is None or run.status not in statuses:
            assert time.monotonic() < deadline, run and run.status
            time.sleep(0.02)
        return run

    def started(self) -> dg.DagsterRun:
        """A run that sleeps, and has begun to."""
        run_id = self.launch("import time; open('started', 'w').close(); time.sleep(60)")
        self.wait(run_id, dg.DagsterRunStatus.STARTED)
        wait_until((self.home / "started").exists, PATIENCE_S)
        (self.home / "started").unlink()
        return self.wait(run_id, dg.DagsterRunStatus.STARTED)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, make_workspace: WorkspaceMaker) -> Iterator[Runs]:
    home, workspace = tmp_path_factory.mktemp("dagster"), make_workspace()
    own = {
        "DAGSTER_HOME": str(home),
        PORT: str(free_ports(1)[0]),
        "ENERGY_MONITOR_WORKSPACE": workspace.name,
        "PYTHONPATH": str(REPOSITORY),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        prepare_instance(home, grpc_port=1)
        command = [sys.executable, "-m", "orchestration.worker", "--port", own[PORT]]
        worker = subprocess.Popen(command, cwd=home, env=os.environ | own, stderr=subprocess.DEVNULL)
        try:
            with dg.DagsterInstance.from_config(str(home)) as instance:
                assert isinstance(instance.run_launcher, WarmLauncher)
                wait_until(lambda: _listens(int(own[PORT])), PATIENCE_S, every_s=0.1)
                yield Runs(home, instance, worker)
        finally:
            worker.kill()
            worker.wait()


def test_a_run_is_executed_by_a_fork_of_the_worker(runs: Runs) -> None:
    process = _living(runs.started().tags[PROCESS])
    assert process is not None
    assert process.ppid() == runs.worker.pid
    process.kill()
    assert runs.wait(runs.launch("print('done')"), *OVER).status is dg.DagsterRunStatus.SUCCESS


def test_a_run_that_fails_says_why(runs: Runs) -> None:
    run = runs.wait(runs.launch("raise ValueError('a reason')"), *OVER)
    assert run.status is dg.DagsterRunStatus.FAILURE
    events = runs.instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    assert "a reason" in str(events[0].event_log_entry.get_dagster_event().step_failure_data.error)


def test_a_run_is_cancelled_from_another_process(runs: Runs) -> None:
    run = runs.started()
    assert runs.instance.run_launcher.terminate(run.run_id)
    runs.wait(run.run_id, dg.DagsterRunStatus.CANCELED)
    assert not runs.instance.run_launcher.terminate(run.run_id), "it is over"


def test_a_run_whose_process_was_killed_is_known_to_be_ill(runs: Runs) -> None:
    run = runs.started()
    launcher = runs.instance.run_launcher
    assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
    process = _living(run.tags[PROCESS])
    assert process is not None
    process.send_signal(signal.SIGKILL)
    wait_until(lambda: launcher.check_run_worker_health(run).status is not WorkerStatus.RUNNING, PATIENCE_S)
    assert launcher.check_run_worker_health(run).status is WorkerStatus.FAILED
    assert launcher.terminate(run.run_id), "what is left of it is cancelled without a process"
    runs.wait(run.run_id, dg.DagsterRunStatus.CANCELED)


def test_what_is_no_run_leaves_the_worker_as_it_is(runs: Runs) -> None:
    launcher = runs.instance.run_launcher
    assert launcher._handed_over("../../etc/passwd") is None
    assert launcher._handed_over("") is None
    runs.wait(runs.launch(""), dg.DagsterRunStatus.SUCCESS)


def test_without_a_worker_dagster_starts_runs_itself() -> None:
    assert WarmLauncher(port=free_ports(1)[0])._handed_over("x") is None
    assert WarmLauncher()._handed_over("x") is None


def test_a_worker_that_was_busy_for_too_long_does_not_run_what_dagster_runs_itself_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up, taken = str(uuid4()), str(uuid4())

    def warm() -> None:
        (tmp_path / "busy").touch()
        wait_until((tmp_path / "enough").exists, PATIENCE_S)

    with socket.create_server((HOST, 0), backlog=8) as server:
        worker = get_context("fork").Process(target=serve, args=(server, warm, lambda run: (tmp_path / run).touch()))
        worker.start()
        try:
            wait_until((tmp_path / "busy").exists, PATIENCE_S)
            launcher = WarmLauncher(port=server.getsockname()[1])
            with monkeypatch.context() as patch:
                patch.setattr("orchestration.launcher.PATIENCE_S", 0.5)
                assert launcher._handed_over(given_up) is None
            (tmp_path / "enough").touch()
            assert launcher._handed_over(taken)
            wait_until((tmp_path / taken).exists, PATIENCE_S)
            assert not (tmp_path / given_up).exists()
        finally:
            worker.kill()
            worker.join()


# The instance ---------------------------------------------------------------------------------------------------------


def test_the_two_configurations_differ_in_where_the_records_are() -> None:
    local, production = (
        yaml.safe_load(configuration(environ).read_text())
        for environ in ({}, {URL: f"{DRIVER}dagster@host/dagster?sslmode=disable"})
    )
    assert production.pop("storage") == {"postgres": {"postgres_url": {"env": URL}}}
    assert local.pop("event_log_storage")["module"] == "orchestration.event_log"
    assert local == production
    assert local["run_retries"]["enabled"]
    with pytest.raises(UserError, match=r"another form than postgresql\+psycopg2://") as refused:
        configuration({URL: "postgresql://dagster:secret@host/dagster"})
    assert "secret" not in str(refused.value)


def test_the_event_log_in_sqlite_is_dagsters_and_does_not_wait_for_the_disk(runs: Runs) -> None:
    storage = runs.instance.event_log_storage
    assert isinstance(storage, SqliteEventLogStorage)
    run = runs.wait(runs.launch("print('done')"), *OVER)
    for shard in ("index", run.run_id):
        with storage._connect(shard) as connection:
            assert connection.exec_driver_sql("pragma synchronous").scalar() == 0
            assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
    dagsters_own = SqliteEventLogStorage(str(runs.home / "history" / "runs"))
    dagsters_own.register_instance(runs.instance)
    events = runs.instance.get_records_for_run(run.run_id).records
    assert len(events) > 5
    assert dagsters_own.get_records_for_run(run.run_id).records == events


def test_records_in_postgresql_are_made_used_and_pruned(
    make_workspace: WorkspaceMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_workspace().server()
    connection = psycopg2.connect(
        host=server.host, port=server.port, user=server.user, password=server.password, dbname=server.database
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create role dagster login password 'of dagster'")
        cursor.execute("create database dagster owner dagster")
    monkeypatch.setenv(URL, f"{DRIVER}dagster:of%20dagster@{server.host}:{server.port}/dagster")
    monkeypatch.setenv(PORT, "1")
    assert prepare_instance(tmp_path, grpc_port=1) == 0
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert "Postgres" in type(instance.event_log_storage).__name__

        @dg.asset
        def mart() -> None: ...

        for _ in range(3):
            assert dg.materialize([mart], instance=instance).success
        assert prune_runs(instance, kept=timedelta()) == 2, "the newest materialization stays"
        assert instance.get_latest_materialization_event(mart.key) is not None
    monkeypatch.setenv(URL, f"{DRIVER}dagster:wrong@{server.host}:{server.port}/dagster")
    with pytest.raises(UserError, match=f"its database, as {URL} tells of it"):
        prepare_instance(tmp_path, grpc_port=1)
    with connection.cursor() as cursor:
        cursor.execute("drop database dagster")
        cursor.execute("drop role dagster")
    connection.close()
