"""The simulation's clock: the machine's, or one that is set to any moment and runs at any speed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock


class Clock:
    """Tells the simulation's time. `speed` is simulated seconds per second; 0 stands still.

    Without `now_utc` it starts at the machine's time. `elapsed_s` counts real seconds, also those of a
    machine asleep, and can be replaced in tests.
    """

    def __init__(
        self, now_utc: datetime | None = None, speed: float = 1.0, elapsed_s: Callable[[], float] = time.time
    ) -> None:
        self._elapsed_s = elapsed_s
        self._lock = Lock()
        self.set(now_utc, speed)

    def set(self, now_utc: datetime | None = None, speed: float = 1.0) -> None:
        """Starts anew from a moment (None: the machine's). Raises ValueError for a time without a zone."""
        if now_utc is not None and now_utc.tzinfo is None:
            raise ValueError(f"{now_utc.isoformat()} has no time zone")
        if not 0 <= speed <= 1e6:
            raise ValueError(f"speed {speed} is not between 0 and 1,000,000")
        with self._lock:
            self._base_utc = now_utc.astimezone(UTC) if now_utc else datetime.now(UTC)
            self._started_s = self._elapsed_s()
            self._speed = speed

    @property
    def speed(self) -> float:
        return self._speed

    def now_utc(self) -> datetime:
        """The simulation's time, to the second below."""
        with self._lock:
            passed = timedelta(seconds=(self._elapsed_s() - self._started_s) * self._speed)
            return (self._base_utc + passed).replace(microsecond=0)
