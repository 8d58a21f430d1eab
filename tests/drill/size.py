"""How large a drill is, and at which moments of simulated time it asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# What a small drill can do without: 56 requests of the same kind, and the largest bodies.
SLOW = ("octopus_unit_rates", "octopus_standing_charges", "carbon_regional_forecast", "frequency")


@dataclass(frozen=True)
class Size:
    """What a drill does. Times in seconds are the machine's; all others are simulated.

    until_requests: days are added until the ill side made so many requests.
    every_n_ticks: builds, kills, restarts of PostgreSQL and failures of the lake come once in so many ticks.
    in_processes: each ingest is a process of its own; else only those that something happens to.
    """

    days: float = 0.5
    ticks_per_day: int = 8
    seed: int = 1
    until_requests: int = 0
    build_every: int = 3
    kill_every: int = 3
    restart_every: int = 4
    lake_fails_every: int = 4
    # each day is asked for again up to 53 hours after its end
    catch_up_days: float = 3
    catch_up_ticks_per_day: int = 1
    share: float = 0.04  # of the requests that a kind applies to, for each kind
    patience_s: float = 0.7  # before a silent source counts as timed out
    in_processes: bool = False
    leave_out: tuple[str, ...] = SLOW
    # seven minutes past, so that no tick is the moment at which something becomes due; the clocks go back on the 26th
    first_tick_utc: datetime = datetime(2025, 10, 25, 6, 7, tzinfo=UTC)

    @property
    def step(self) -> timedelta:
        return timedelta(days=1) / self.ticks_per_day

    def ticks(self) -> Iterator[datetime]:
        """Moments of the drill, without end: whoever runs it says when it is enough."""
        tick = self.first_tick_utc
        while True:
            yield tick
            tick += self.step

    def catch_up(self, last: datetime) -> Iterator[datetime]:
        """Moments after the drill, when all is well again."""
        step = timedelta(days=1) / self.catch_up_ticks_per_day
        for number in range(1, round(self.catch_up_days * self.catch_up_ticks_per_day) + 1):
            yield last + step * number


FULL = Size(
    days=2.5,
    ticks_per_day=48,
    until_requests=10_000,
    build_every=24,
    kill_every=3,
    restart_every=8,
    lake_fails_every=12,
    catch_up_days=3,
    catch_up_ticks_per_day=12,
    share=0.012,
    patience_s=3,
    in_processes=True,
    leave_out=(),
)
