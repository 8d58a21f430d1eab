"""The time between earliest and deadline, cut into cells that can be used, and a schedule over them made a plan.

Time is in microseconds since `earliest`, so that edges are whole numbers and compare exactly.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from planner.check import in_order, instant
from planner.model import Load, Piece, Plan, PlanError, Slots, Wishes

MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000
# Two costs, or two amounts of energy, that differ by less than this part are the same but for rounding.
SAME = 1e-9


@dataclass(frozen=True)
class Aim:
    """What is made least: so much of the cost (p) and so much of the carbon (kg)."""

    of_cost: float = 1.0
    of_carbon: float = 0.0

    @property
    def needs_carbon(self) -> bool:
        return self.of_carbon != 0


@dataclass(frozen=True)
class Cell:
    """A span that can be used. full_kw: the most power in it, infinite for a profile. value: of a kWh, by the aim."""

    begin: int
    end: int
    price: float
    carbon: float | None
    full_kw: float
    value: float

    @property
    def hours(self) -> float:
        return (self.end - self.begin) / HOUR

    @property
    def full_kwh(self) -> float:
        return self.full_kw * self.hours


@dataclass(frozen=True)
class Grid:
    """cells: what can be used, by time. known_to: until when there are slots, at most `length`, the deadline."""

    origin: datetime
    length: int
    known_to: int
    cells: tuple[Cell, ...]
    missing: tuple[tuple[datetime, datetime], ...]

    @property
    def is_short(self) -> bool:
        return self.known_to < self.length

    def at(self, time: float) -> datetime:
        return self.origin + timedelta(microseconds=round(time))


@dataclass(frozen=True)
class Use:
    """Power in a part of a cell."""

    cell: Cell
    begin: float
    end: float
    kw: float

    @property
    def kwh(self) -> float:
        return self.kw * (self.end - self.begin) / HOUR


def grid(load: Load, wishes: Wishes, slots: Slots, aim: Aim) -> Grid:
    """Cut slots at earliest and deadline and leave out those that cannot be used.

    Where carbon counts, a slot whose carbon is not known cannot be weighed: it is missing, as if it were not there.
    """
    origin = wishes.earliest_utc.astimezone(UTC)
    length = (wishes.deadline_utc.astimezone(UTC) - origin) // MICROSECOND
    cells: list[Cell] = []
    missing: list[tuple[int, int]] = []
    known_to = 0
    for start, end, slot in in_order(slots):
        if aim.needs_carbon and slot.carbon_gco2_per_kwh is None:
            continue
        begin, until = max((start - origin) // MICROSECOND, 0), min((end - origin) // MICROSECOND, length)
        if begin >= until:
            continue
        if begin > known_to:
            missing.append((known_to, begin))
        known_to = until
        full_kw = float("inf") if load.profile else load.power_kw
        if slot.limit_kw is not None:
            full_kw = min(full_kw, slot.limit_kw)
        if wishes.price_cap_p_per_kwh is not None and slot.price_p_per_kwh > wishes.price_cap_p_per_kwh:
            continue
        if not load.profile and (full_kw < load.min_power_kw or full_kw <= 0):
            continue
        value = aim.of_cost * slot.price_p_per_kwh
        if aim.needs_carbon:
            value += aim.of_carbon * (slot.carbon_gco2_per_kwh or 0) / 1000
        cells.append(Cell(begin, until, slot.price_p_per_kwh, slot.carbon_gco2_per_kwh, full_kw, value))
    if known_to < length:
        missing.append((known_to, length))
    spans = tuple((origin + a * MICROSECOND, origin + b * MICROSECOND) for a, b in missing)
    found = Grid(origin, length, known_to, tuple(cells), spans)
    if found.is_short and wishes.beyond_data == "refuse":
        what = "prices and carbon" if aim.needs_carbon else "prices"
        end_of = f"There are {what} until {instant(found.at(known_to))} only" if known_to else f"There are no {what}"
        raise PlanError(f"{end_of}, and the deadline is {instant(found.at(length))}: choose an earlier one, or wait.")
    return found


def finer(cells: Iterable[Cell], step: timedelta) -> tuple[Cell, ...]:
    """Cells cut at each whole `step` since earliest."""
    every = step // MICROSECOND
    cut: list[Cell] = []
    for cell in cells:
        edges = [cell.begin, *range((cell.begin // every + 1) * every, cell.end, every), cell.end]
        cut += (replace(cell, begin=begin, end=end) for begin, end in itertools.pairwise(edges))
    return tuple(cut)


def stretches(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells in runs of which each touches the next."""
    found: list[list[Cell]] = []
    for cell in cells:
        if found and found[-1][-1].end == cell.begin:
            found[-1].append(cell)
        else:
            found.append([cell])
    return found


def as_plan(
    load: Load,
    wishes: Wishes,
    on: Grid,
    uses: Sequence[Use],
    *,
    ties: tuple[datetime, ...] = (),
    later_kwh: float = 0.0,
) -> Plan:
    """A plan of the uses, by time. later_kwh: at the meter, what is left for the time after the slots end."""
    used = [use for use in uses if round(use.end) > round(use.begin)]
    pieces: list[Piece] = []
    starts = 0
    for use in used:
        begin, end = on.at(use.begin), on.at(use.end)
        touches = bool(pieces) and pieces[-1].end_utc == begin
        starts += not touches
        if touches and abs(pieces[-1].power_kw - use.kw) <= SAME * max(1.0, use.kw):
            pieces[-1] = replace(pieces[-1], end_utc=end)
        else:
            pieces.append(Piece(begin, end, use.kw))
    energy = sum(use.kwh for use in used)
    asked = load.energy_at_meter_kwh
    short = max(asked - energy - later_kwh, 0.0)
    carbons = [None if use.cell.carbon is None else use.kwh * use.cell.carbon for use in used]
    known = [grams for grams in carbons if grams is not None]
    return Plan(
        pieces=tuple(pieces),
        starts=starts,
        cost_p=sum(use.kwh * use.cell.price for use in used) + starts * wishes.start_cost_p,
        carbon_g=sum(known) if len(known) == len(carbons) else None,
        energy_at_meter_kwh=energy,
        shortfall_kwh=0.0 if short <= SAME * max(1.0, asked) else short * load.efficiency,
        missing=on.missing,
        is_data_short=on.is_short,
        ties=ties,
        left_for_later_kwh=later_kwh * load.efficiency,
    )
