"""What goes into a plan and what comes out of it.

Prices are pence per kWh, carbon is grams of CO2 per kWh, power is kW at the meter, and energy kWh at the meter but
where it says `at the battery`. All instants are aware; slots and pieces are half-open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

NO_TIME = timedelta(0)

Tie = Literal["earliest", "latest"]
BeyondData = Literal["refuse", "known_only", "expect_later"]


class PlanError(ValueError):
    """What cannot be planned, in a sentence that says what, which value and what to do."""


@dataclass(frozen=True)
class Slot:
    """A span of one price and one carbon intensity, and of how much power there may be in it.

    carbon_gco2_per_kwh: None where it is not known. limit_kw: None where nothing but the charger limits it.
    """

    start_utc: datetime
    end_utc: datetime
    price_p_per_kwh: float
    carbon_gco2_per_kwh: float | None = None
    limit_kw: float | None = None


@dataclass(frozen=True)
class Step:
    """A part of what an appliance does once it runs: so much power for so long."""

    length: timedelta
    power_kw: float


@dataclass(frozen=True)
class Load:
    """What has to be done.

    Either energy into a battery: `energy_kwh` at the battery, which takes energy_kwh / efficiency at the meter, with up
    to `power_kw`, and where it is charged within a step never with less than `min_power_kw` on average; or a
    `profile`, which runs in one go as it is.
    """

    energy_kwh: float = 0.0
    power_kw: float = 0.0
    efficiency: float = 1.0
    min_power_kw: float = 0.0
    profile: tuple[Step, ...] = ()

    @property
    def energy_at_meter_kwh(self) -> float:
        if self.profile:
            return sum(step.power_kw * (step.length / timedelta(hours=1)) for step in self.profile)
        return self.energy_kwh / self.efficiency


@dataclass(frozen=True)
class Wishes:
    """Within what it has to be done, and what counts.

    earliest, deadline: nothing runs before or after. price_cap_p_per_kwh: slots above it are left out. in_one_go:
    without a pause. min_run, min_gap: of each run, and between two. max_pieces: runs, None for any number.
    start_cost_p: what each run costs beside its energy. carbon_weight_p_per_kg: what a kilogram of CO2 counts for, in
    pence; cost alone at 0. tie: which of equally good plans. beyond_data: what to do where slots end before the
    deadline, see `choose`.
    """

    earliest_utc: datetime
    deadline_utc: datetime
    in_one_go: bool = False
    price_cap_p_per_kwh: float | None = None
    min_run: timedelta = NO_TIME
    min_gap: timedelta = NO_TIME
    max_pieces: int | None = None
    start_cost_p: float = 0.0
    carbon_weight_p_per_kg: float = 0.0
    tie: Tie = "earliest"
    beyond_data: BeyondData = "known_only"


@dataclass(frozen=True)
class Piece:
    """Power used from one instant to another, the same all the while (the mean, where a charger is throttled)."""

    start_utc: datetime
    end_utc: datetime
    power_kw: float

    @property
    def energy_kwh(self) -> float:
        return self.power_kw * ((self.end_utc - self.start_utc) / timedelta(hours=1))


@dataclass(frozen=True)
class Plan:
    """A schedule. Pieces that touch are one run: `starts` counts runs.

    cost_p: of the energy and the starts. carbon_g: None where a used slot's is not known. shortfall_kwh: at the battery
    (at the meter, of a profile), what cannot be had in time; 0 of a whole plan. missing: spans between earliest and
    deadline that no slot covers. is_data_short: whether slots end before the deadline, so that a better plan may come.
    ties: other instants at which an equally good plan begins (of loads in one go), at most ten. left_for_later_kwh: as
    shortfall_kwh is, what is expected to be had after the slots end (`beyond_data` is "expect_later"); no shortfall.
    """

    pieces: tuple[Piece, ...]
    starts: int
    cost_p: float
    carbon_g: float | None
    energy_at_meter_kwh: float
    shortfall_kwh: float
    missing: tuple[tuple[datetime, datetime], ...] = ()
    is_data_short: bool = False
    ties: tuple[datetime, ...] = field(default=())
    left_for_later_kwh: float = 0.0

    @property
    def start_utc(self) -> datetime | None:
        return self.pieces[0].start_utc if self.pieces else None

    @property
    def end_utc(self) -> datetime | None:
        return self.pieces[-1].end_utc if self.pieces else None

    @property
    def is_whole(self) -> bool:
        return self.shortfall_kwh == 0


Slots = Sequence[Slot]
