"""The process that ends what `up` started, however `up` itself ends.

`python -m energy_monitor.up.guard FOLDER SECONDS` reads lines from a pipe that closes when `up` is gone, be
it by kill -9:

    began PID NAME   a session that is to end with `up`; its leader says so before it becomes a service
    over PID         that session has ended, and its number may soon be another's
    postgres         start the embedded PostgreSQL of FOLDER unless it runs; answered with a line: why not, or nothing

When the pipe closes it ends every process of those sessions, with SECONDS to do so of themselves, then PostgreSQL
where it started it.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from energy_monitor.postgres import EmbeddedPostgres, PostgresError

ENDED_FIRST = "dagster-daemon"  # it starts work in the other sessions
ALONE_S = 1.5  # for that one
# Asked to end, its runs would be written down as failures; killed, they are canceled at the next start.
KILLED = ("dagster-code", "dagster-worker")


def members(sessions: Iterable[int]) -> list[psutil.Process]:
    """The living processes of some sessions. Zombies do not count: some never go away."""
    wanted, found = set(sessions), []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(pid) in wanted and (process := psutil.Process(pid)).status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end(sessions: dict[int, str], patience_s: float) -> None:
    """Ends every process of some sessions, by their ids and names; returns when none is left."""
    first = [pid for pid, name in sessions.items() if name == ENDED_FIRST]
    _ask_to_end(first, ALONE_S)
    _signal(members(pid for pid, name in sessions.items() if name in KILLED), signal.SIGKILL)
    _ask_to_end(sessions, patience_s)
    while left := members(sessions):  # again, as a process may have started another just before it died
        _signal(left, signal.SIGKILL)
        time.sleep(0.02)


def _ask_to_end(sessions: Iterable[int], patience_s: float) -> None:
    asked: set[int] = set()
    deadline = time.monotonic() + patience_s
    while (left := members(sessions)) and time.monotonic() < deadline:
        _signal([process for process in left if process.pid not in asked], signal.SIGTERM)
        asked.update(process.pid for process in left)
        time.sleep(0.05)


def _signal(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def watch(lines: Iterable[str], answer: Callable[[str], None], postgres: EmbeddedPostgres, patience_s: float) -> None:
    """Follows the pipe to its end, then ends what began. Raises PostgresError where PostgreSQL does not stop."""
    sessions: dict[int, str] = {}
    started_postgres = False
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        if word == "began":
            pid, _, name = rest.partition(" ")
            sessions[int(pid)] = name
        elif word == "over":
            sessions.pop(int(rest), None)
        elif word == "postgres":
            started_postgres |= not postgres.is_up()
            answer(_start(postgres))
    end(sessions, patience_s)
    if started_postgres:
        postgres.stop()


def _start(postgres: EmbeddedPostgres) -> str:
    try:
        postgres.start()
    except PostgresError as error:
        return " ".join(str(error).split())
    return ""


def _answer(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody may be there any more
        print(line, flush=True)


def main() -> None:
    """Outlives every signal that ends `up`. Handlers, not SIG_IGN: what it starts would inherit that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    try:
        watch(sys.stdin, _answer, EmbeddedPostgres(Path(sys.argv[1])), float(sys.argv[2]))
    except PostgresError as error:
        _answer(f"PostgreSQL was not stopped: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
