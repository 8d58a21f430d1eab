"""The embedded PostgreSQL, with real servers in temporary folders."""

import contextlib
import fcntl
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from energy_monitor import postgres
from energy_monitor.postgres import EmbeddedPostgres, PostgresError

ROOT = Path(__file__).resolve().parents[1]
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
START = """if True:
    import sys
    from pathlib import Path
    from energy_monitor.postgres import EmbeddedPostgres
    EmbeddedPostgres(Path(sys.argv[1])).start()
"""


def query(server: EmbeddedPostgres, sql: str, password: str | None = None) -> list[tuple]:
    host, port = server.address
    connection = psycopg2.connect(
        host=host,
        port=port,
        user="postgres",
        dbname="postgres",
        password=password or server.superuser_password(),
        connect_timeout=5,
    )
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def postmaster_pid(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def kill_9(server: EmbeddedPostgres) -> None:
    os.kill(postmaster_pid(server), 9)


def processes_of(server: EmbeddedPostgres) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if server._lives_here(process)]


@contextlib.contextmanager
def stranger() -> Iterator[int]:
    """Another program that listens on a port of 127.0.0.1; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder whose server was started and stopped once: a copy spares a test the initdb."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("initialised"))
    server.start()
    query(server, "create table kept as select 42 as x")
    server.stop()
    return server.folder


@pytest.fixture
def make(tmp_path: Path, initialised: Path) -> Iterator[Callable[..., EmbeddedPostgres]]:
    """Makes servers that are stopped at the end: from nothing, or from a copy of the initialised folder."""
    stops = contextlib.ExitStack()

    def make_one(name: str = "pg", *, cold: bool = False, preferred_port: int = 25433) -> EmbeddedPostgres:
        if not cold:
            shutil.copytree(initialised, tmp_path / name)
            (tmp_path / name / "port").unlink()  # each copy chooses its own
        server = EmbeddedPostgres(tmp_path / name, preferred_port)
        stops.callback(shutil.rmtree, server.folder, ignore_errors=True)  # 40 MB each
        stops.callback(server.stop)
        return server

    with stops:
        yield make_one


def test_cold_start_second_start_stop_and_start_again(make, tmp_path):
    name = "deep/énergie & co's 100% #1"
    server = make(name, cold=True)
    assert not server.is_up()
    server.start()
    assert server.is_up()
    assert server.data == tmp_path / name / f"data-{server.major}"
    query(server, "create table kept as select 42 as x")

    pid = postmaster_pid(server)
    EmbeddedPostgres(server.folder).start()
    assert postmaster_pid(server) == pid

    server.stop()
    assert not server.is_up()
    assert not processes_of(server)
    server.stop()

    server.start()
    assert query(server, "select x from kept") == [(42,)]


def test_before_the_first_start_nothing_is_there(tmp_path):
    server = EmbeddedPostgres(tmp_path / "pg")
    server.stop()
    assert not server.is_up()
    for ask in (lambda: server.port, lambda: server.address, server.superuser_password):
        with pytest.raises(PostgresError, match="start the embedded PostgreSQL first"):
            ask()
    assert list(tmp_path.iterdir()) == []


def test_settings_privacy_and_text(make, monkeypatch):
    server = make()
    server.folder.chmod(0o755)
    for_other_clients = {"PGHOSTADDR": "203.0.113.1", "PGSSLMODE": "require", "PGPORT": "1", "PGDATA": "/x"}
    with monkeypatch.context() as patch:
        for name, value in for_other_clients.items():
            patch.setenv(name, value)
        server.start()
        assert server.is_up()
    for name, value in {
        "TimeZone": "UTC",
        "synchronous_commit": "off",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "max_wal_size": "2GB",
        "cluster_name": "energy_monitor",
        "unix_socket_directories": "",
    }.items():
        assert query(server, f"show {name}") == [(value,)]
    if server.major >= 17:
        assert query(server, "select upper('é'), 'É' ~* 'é'") == [("É", True)]

    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.folder / "superuser.password").stat().st_mode) == 0o600
    assert len(server.superuser_password()) >= 24
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        query(server, "select 1", password="wrong")
    methods = query(server, "select distinct auth_method from pg_hba_file_rules")
    assert methods == [("scram-sha-256",)]

    sockets = []
    for process in processes_of(server):
        with contextlib.suppress(psutil.NoSuchProcess):  # a session that has just ended
            sockets += process.net_connections("all")
    listening = {c.laddr for c in sockets if c.status == psutil.CONN_LISTEN}
    assert listening == {server.address}
    assert not [c for c in sockets if c.family == socket.AF_UNIX and c.laddr]


def test_four_starters_after_kill_9_of_the_server(make):
    server = make()
    server.start()
    query(server, "create table committed as select 1 as x; checkpoint")
    query(server, "insert into committed values (2)")
    time.sleep(0.7)  # synchronous_commit = off may lose the last 0.6 s
    kill_9(server)
    starters = [
        subprocess.Popen([sys.executable, "-c", START, server.folder], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    failures = [errors for starter in starters if (errors := starter.communicate(timeout=60)[1])]
    assert [starter.returncode for starter in starters] == [0] * 4, failures
    assert query(server, "select sum(x) from committed") == [(3,)]
    family = {process.pid: process.ppid() for process in processes_of(server)}
    assert [pid for pid, parent in family.items() if parent not in family] == [postmaster_pid(server)]


def test_stale_and_garbage_pid_files(make):
    server = make()
    server.start()
    truth = (server.data / "postmaster.pid").read_text()
    server.stop()
    pid_file = server.data / "postmaster.pid"
    _, rest = truth.split("\n", 1)
    for content in (f"{os.getpid()}\n{rest}", "\0garbage", "", "-7\n", f"{10**30}\n{rest}"):
        pid_file.write_text(content)
        assert not server.is_up()
        server.stop()  # must not end whoever has that pid now
        server.start()
        assert query(server, "select x from kept") == [(42,)]
        server.stop()


def test_a_starter_waits_for_a_live_server_and_for_another_starter(make):
    server = make()
    server.start()
    pid_file = server.data / "postmaster.pid"
    truth = pid_file.read_text()
    pid_file.write_text("half writ")
    with pytest.raises(PostgresError, match=r"not up after 0\.2 s"):
        server.start(timeout_s=0.2)
    assert pid_file.read_text() == "half writ"  # deleting it would let a second server in
    pid_file.write_text(truth)
    server.stop()

    with (server.folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(PostgresError, match=r"another process keeps .*lock locked"):
            server.start(timeout_s=0.2)
    server.start()


def test_a_half_made_data_folder_is_set_aside(make):
    server = make("half", cold=True)
    (server.data / "base").mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("18\n")
    (server.folder / "initdb.killed").mkdir()
    server.start()
    assert query(server, "select 1") == [(1,)]
    assert len(list(server.folder.glob("unusable-data-*"))) == 1
    assert not list(server.folder.glob("initdb.*"))


def test_a_stranger_on_our_port_with_our_stale_pid_file_is_not_us(make):
    server, other = make(), make("other")
    server.start()
    left = (server.data / "postmaster.pid").read_text()
    server.stop()
    other.preferred_port = server.port
    other.start()
    assert other.port == server.port
    (server.data / "postmaster.pid").write_text(left.replace(left.split()[0], str(postmaster_pid(other)), 1))
    assert not server.is_up()
    server.stop()
    assert other.is_up()


def test_preferred_port_taken_then_persisted_port_taken(make):
    with stranger() as taken:
        server = make(preferred_port=taken)
        server.start()
        chosen = server.port
        assert chosen != taken
    assert (server.folder / "port").read_text() == f"{chosen}\n"
    server.stop()
    server.start()
    assert EmbeddedPostgres(server.folder).port == chosen
    server.stop()
    with stranger() as taken:
        (server.folder / "port").write_text(f"{taken}\n")
        with pytest.raises(PostgresError, match=f"port {taken} .* is taken by another program: stop that program"):
            server.start()
    (server.folder / "port").write_text("eighty\n")
    with pytest.raises(PostgresError, match="'eighty', not a port"):
        server.start()


def test_a_port_lost_to_someone_quicker_is_chosen_again(make, monkeypatch):
    free_port = postgres.free_port
    with stranger() as taken:
        answers = iter([taken])
        monkeypatch.setattr(postgres, "free_port", lambda *ports: next(answers, None) or free_port(*ports))
        server = make()
        server.start()
        assert server.port != taken


def test_shell_characters_in_the_path_are_refused(tmp_path):
    for bad in ("a$b", "a`b", 'a"b', "a\\b"):
        with pytest.raises(PostgresError, match="choose a path without"):
            EmbeddedPostgres(tmp_path / bad)


def test_large_log_is_rotated(make, monkeypatch):
    monkeypatch.setattr(postgres, "LOG_LIMIT_BYTES", 1000)
    server = make()
    server.log_path.write_text("old\n" * 1000)
    server.start()
    assert (server.folder / "server.log.1").read_text().startswith("old\n")
    assert "old" not in server.log_path.read_text()


def test_a_server_that_cannot_start_says_why(make):
    server = make()
    with (server.data / "postgresql.conf").open("a") as file:
        file.write("nonsense = 1\n")
    with pytest.raises(PostgresError, match=r"did not start in .*FATAL.*server\.log"):
        server.start()
    assert not server.is_up()


def test_unusable_folders_and_programs_give_one_sentence(make, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(PostgresError, match="check its owner, permissions and free disk space"):
        EmbeddedPostgres(tmp_path / "file" / "pg").start()
    monkeypatch.setenv("ENERGY_MONITOR_PG_BIN", str(tmp_path))
    with pytest.raises(PostgresError, match="set ENERGY_MONITOR_PG_BIN"):
        EmbeddedPostgres(tmp_path / "pg").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs unshare")
def test_root_without_user_namespaces_is_told_what_to_do(make, tmp_path, monkeypatch):
    fake = tmp_path / "unshare"
    fake.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2; exit 1\n")
    fake.chmod(0o755)
    for path in (f"{tmp_path}:{os.environ['PATH']}", str(tmp_path / "nothing")):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(PostgresError, match="run as an ordinary user, or point ENERGY_MONITOR_DATABASE_URL"):
            EmbeddedPostgres(tmp_path / "pg").start()
    monkeypatch.undo()


@pytest.mark.skipif(not DEBIAN_15.exists(), reason="needs Debian's PostgreSQL 15")
def test_other_binaries_get_a_data_folder_of_their_own(make, monkeypatch):
    newer = make()
    password = newer.superuser_password()
    monkeypatch.setenv("ENERGY_MONITOR_PG_BIN", str(DEBIAN_15))
    older = EmbeddedPostgres(newer.folder)
    try:
        older.start()
        assert older.data.name == "data-15"
        assert older.superuser_password() == password
        assert query(older, "select to_regclass('kept')") == [(None,)]
    finally:
        older.stop()
