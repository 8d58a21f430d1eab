"""Waiting for what happens elsewhere: in another process, in the database, on the disk."""

import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen


def wait_until(
    is_so: Callable[[], object], timeout_s: float = 30, every_s: float = 0.02, instead: Callable[[], object] = str
) -> float:
    """Looks again and again until it is so; gives the seconds that it took.

    Raises AssertionError when the time is up, and says what there is instead.
    """
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < timeout_s, f"waited {timeout_s} s in vain {instead()}"
        time.sleep(every_s)
    return time.monotonic() - began


def wait_for(server: Popen, is_up: Callable[[], object], log: Path, timeout_s: float, every_s: float = 0.02) -> None:
    """Waits until a server that was just started is up. Raises AssertionError, with its log, also when it has ended."""

    def lives_and_is_up() -> object:
        assert server.poll() is None, log.read_text()
        return is_up()

    wait_until(lives_and_is_up, timeout_s, every_s, instead=log.read_text)
