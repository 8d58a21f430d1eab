"""The processes that `up` runs: each in a session of its own, its output in a bounded log, all ended by a guard."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from energy_monitor.postgres import PostgresError
from energy_monitor.up import guard
from energy_monitor.up.child import Child

ROOT = Path(__file__).resolve().parents[2]
READY_S = 120.0
# The pipe to the guard comes as standard input: before a child becomes its program it says that it is there. While it
# has not, it holds the pipe open, so that the guard cannot miss it.
ANNOUNCED = 'echo "began $$ $0" >&0 && exec "$@" </dev/null'


class Ended(Exception):
    """Something that has to run has ended; the message says what, with the last lines of its log."""


class Processes:
    """What `up` started. `stop` ends it all; so does the end of this process, of whatever kind."""

    def __init__(
        self,
        postgres: Path,
        *,
        keep_open: int | None = None,
        is_unwanted: Callable[[], bool] = lambda: False,
        patience_s: float = 5,
    ) -> None:
        """`keep_open`: a file that stays open until all is ended, such as a lock. `is_unwanted`: whether to stop.

        `patience_s`: how long what is asked to end may take before it is killed.
        """
        self.logs: Path | None = None  # the folder; known once the workspace is
        self.is_unwanted, self.patience_s = is_unwanted, patience_s
        self.services: list[Child] = []
        self._sessions: dict[int, str] = {}
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "energy_monitor.up.guard", str(postgres), str(patience_s)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=[] if keep_open is None else [keep_open],
        )
        assert self._guard.stdin is not None
        assert self._guard.stdout is not None
        self._to_guard, self._from_guard = self._guard.stdin, self._guard.stdout

    def start_postgres(self) -> None:
        """Starts the embedded PostgreSQL unless it runs. Raises PostgresError where it cannot."""
        self._tell("postgres")
        if why := (self._from_guard.readline() or "the process that starts it has ended").strip():
            raise PostgresError(why)

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str], *, stays: bool = True) -> Child:
        """Starts a program in the repository's root. One that `stays` must not end before `stop`."""
        assert self.logs is not None
        process = subprocess.Popen(
            ["/bin/sh", "-c", ANNOUNCED, name, *command],
            cwd=ROOT,
            env=environ,
            stdin=self._to_guard,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._sessions[process.pid] = name
        child = Child(name, process, self.logs / f"{name}.log")
        if stays:
            self.services.append(child)
        return child

    def wait(self, child: Child, timeout_s: float = READY_S) -> int:
        """Waits for a child that does not stay; its exit code. Raises Ended where it takes too long."""
        self.wait_ready(child, lambda: child.process.poll() is not None, timeout_s)
        if not guard.members([child.process.pid]):
            self._tell(f"over {child.process.pid}")
            del self._sessions[child.process.pid]
        return child.process.returncode

    def wait_ready(self, child: Child, is_ready: Callable[[], bool], timeout_s: float = READY_S) -> None:
        """Waits for a child to get somewhere. Raises Ended where it takes too long."""
        if not self.wait_until(is_ready, timeout_s):
            raise Ended(f"{child.name} was not ready after {timeout_s:g} s; {child.last_words()}")

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float = float("inf"), every_s: float = 0.1) -> bool:
        """Waits for something while all that stays runs; False where it did not come in time. Raises Ended."""
        deadline = time.monotonic() + timeout_s
        while not is_so():
            self.check()
            if time.monotonic() > deadline:
                return False
            time.sleep(every_s)
        return True

    def check(self) -> None:
        """Raises Ended where something that has to run has ended, KeyboardInterrupt where nobody wants it to run."""
        if self.is_unwanted():
            raise KeyboardInterrupt
        for child in self.services:
            if (code := child.process.poll()) is not None:
                raise Ended(f"{child.name} ended with code {code}; {child.last_words()}")
        if self._guard.poll() is not None:
            raise Ended("the process that ends the others was ended")

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # `check` finds out that it is gone
            self._to_guard.write(line + "\n")
            self._to_guard.flush()

    def stop(self) -> str:
        """Ends everything. Returns what could not be ended, in words, or nothing."""
        with contextlib.suppress(OSError):
            self._to_guard.close()
        trouble = self._from_guard.read().strip()
        if self._guard.wait() != 0:
            guard.end(self._sessions, self.patience_s)
            trouble = trouble or "the guard was ended; PostgreSQL may still run: `energy-monitor stop` stops it"
        for child in self.services:
            child.process.wait()
        self._sessions.clear()
        return trouble
