"""Waiting for what happens elsewhere: in another process, in the database, on the disk."""

import time
from collections.abc import Callable


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
