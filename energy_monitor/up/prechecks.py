"""What must be so before `up` starts anything. Each check raises UserError with what is wrong and what to do."""

import contextlib
import fcntl
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import psutil

from energy_monitor.doctor import SPACE_NEEDED_BYTES
from energy_monitor.errors import UserError

HOST = "127.0.0.1"
CLEARING_S = 30  # how long an `up` that was killed may take to end what it had started


def make_folder(folder: Path) -> None:
    """Makes a private folder, unless it is there, that this user can write to."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(0, "it is not yours to write to")
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror
        raise UserError(
            f"the folder {folder} cannot be made or written ({reason}): correct that, or set ENERGY_MONITOR_HOME to "
            "another folder"
        ) from error


def check_space(home: Path) -> None:
    """That there is room for the database and some weeks of data."""
    free = shutil.disk_usage(home).free
    if free < SPACE_NEEDED_BYTES:
        raise UserError(
            f"only {free / 1e6:,.0f} MB are free at {home}, and {SPACE_NEEDED_BYTES / 1e9:.0f} GB is needed: make "
            "room, or set ENERGY_MONITOR_HOME to a folder on another disk"
        )


def only_one(home: Path, say: Callable[[str, str], None]) -> TextIO:
    """One `up` per home: the file whose lock this process and its guard hold for as long as they have it open.

    Where the `up` that holds it is dead, waits until the guard has ended what that one had started.
    """
    path = home / "up.lock"
    try:
        file = path.open("a+")
        if not _lock(file):
            _wait_for_the_dead(file, say)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
    except OSError as error:
        raise UserError(f"cannot write {path} ({error.strerror}): correct that, or set ENERGY_MONITOR_HOME") from error
    return file


def _wait_for_the_dead(file: TextIO, say: Callable[[str, str], None]) -> None:
    file.seek(0)
    holder = file.read().strip()
    if _runs(holder):
        raise UserError(
            f"`energy-monitor up` runs already as process {holder} ({file.name} is locked): stop that one first, or "
            "set ENERGY_MONITOR_HOME to another folder"
        )
    say("waiting", "until all that an earlier `up`, which was killed, had started has ended")
    deadline = time.monotonic() + CLEARING_S
    while not _lock(file):
        if time.monotonic() > deadline:
            raise UserError(f"{file.name} is still locked after {CLEARING_S} s: end the process that holds it")
        time.sleep(0.1)


def _lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _runs(pid: str) -> bool:
    with contextlib.suppress(psutil.Error, ValueError):
        return psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
    return False


def check_ports(dashboard: int, dagster: int) -> None:
    """That two ports of 127.0.0.1 can be listened on."""
    if dashboard == dagster:
        raise UserError(f"--dashboard-port and --dagster-port are both {dagster}: choose another for one of them")
    for port, option in ((dashboard, "--dashboard-port"), (dagster, "--dagster-port")):
        if reason := _why_not(port):
            raise UserError(f"port {port} of {HOST} is not free ({reason}): choose another with {option} PORT")


def _why_not(port: int) -> str | None:
    with socket.socket() as client:  # where another listens on all addresses, macOS would let us bind beside it
        client.settimeout(1)
        if client.connect_ex((HOST, port)) == 0:
            return _listener(port)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            return error.strerror
        except OSError:
            return _listener(port)
    return None


def _listener(port: int) -> str:
    """Who has a port, as far as this user may know."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens_at = tuple(connection.laddr) if connection.status == psutil.CONN_LISTEN else ()
            if listens_at[1:] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, process {connection.pid}, has it"
    return "another program has it"
