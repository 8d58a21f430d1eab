"""When units are out: planned and forced outages, each a pure function of (seed, unit, block of time).

Time is cut into blocks for each unit. A block holds at most one outage, which lies in it whole, so that the outages
of a window are found by looking at the few blocks that touch it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import exp

from simulator.half_hours import PER_DAY
from simulator.noise import key, normal, uniform
from simulator.units import Unit, units


@dataclass(frozen=True)
class Kind:
    """A kind of outage: the length of its blocks in half-hours, how likely a block has one, and how long it lasts."""

    name: str
    planned: bool
    block: int
    likelihood: float
    median_days: float
    spread: float
    longest_days: float


@dataclass(frozen=True)
class Outage:
    """One outage: its half-hours (first included, last not), the MW it takes away, and who it is."""

    unit: Unit
    kind: Kind
    block: int
    first_index: int
    last_index: int
    unavailable_mw: float
    never_happened: bool  # announced, then withdrawn before it began


_REFUEL = Kind("R", True, 540 * PER_DAY, 0.97, 72, 0.35, 170)
_TRIP = Kind("T", False, 60 * PER_DAY, 0.45, 6, 1.0, 40)
_SERVICE = Kind("P", True, 200 * PER_DAY, 0.85, 12, 0.6, 60)
_FAULT = Kind("F", False, 3 * PER_DAY, 0.7, 0.2, 0.9, 2.5)
KINDS = {
    "NUCLEAR": (_REFUEL, _TRIP),
    "BIOMASS": (_SERVICE, _FAULT),
    "CCGT": (_SERVICE, _FAULT),
    "PS": (_SERVICE, _FAULT),
}
LONGEST_LEAD = 400 * PER_DAY  # how long before its start an outage is announced at the earliest


@lru_cache(maxsize=1 << 16)
def outage_in(seed: int, unit: Unit, kind: Kind, block: int) -> Outage | None:
    """The outage of a unit in a block of time, if it has one."""
    chance = key(seed, f"outage {kind.name} {unit.name}")
    if uniform(chance, 8 * block) > kind.likelihood:
        return None
    days = min(kind.longest_days, kind.median_days * exp(kind.spread * normal(chance, 8 * block + 1)))
    length = max(2, round(days * PER_DAY))
    first = block * kind.block + int(uniform(chance, 8 * block + 2) * (kind.block - length))
    if not unit.first_index <= first < first + length <= unit.last_index:
        return None
    if not kind.planned and _is_out_anyway(seed, unit, first, first + length):
        return None
    is_partial = not kind.planned and uniform(chance, 8 * block + 3) < 0.4
    part = 0.1 + 0.6 * uniform(chance, 8 * block + 4) if is_partial else 1.0
    never = kind.planned and uniform(chance, 8 * block + 5) < 0.06
    return Outage(unit, kind, block, first, first + length, round(part * unit.capacity_mw), never)


def _is_out_anyway(seed: int, unit: Unit, first_index: int, last_index: int) -> bool:
    """Whether a planned outage of a unit touches [first_index, last_index): what stands still cannot trip."""
    (planned,) = (kind for kind in KINDS[unit.fuel_code] if kind.planned)
    for block in range(first_index // planned.block, (last_index - 1) // planned.block + 1):
        other = outage_in(seed, unit, planned, block)
        if other and not other.never_happened and other.first_index < last_index and other.last_index > first_index:
            return True
    return False


def outages_between(seed: int, first_index: int, last_index: int, planned: bool) -> Iterator[Outage]:
    """Every planned or forced outage, withdrawn ones too, whose block of time touches [first_index, last_index)."""
    for unit in units():
        for kind in (kind for kind in KINDS[unit.fuel_code] if kind.planned == planned):
            for block in range(first_index // kind.block, (last_index - 1) // kind.block + 1):
                outage = outage_in(seed, unit, kind, block)
                if outage is not None:
                    yield outage


@lru_cache(maxsize=4096)
def _of_day(seed: int, day: int) -> tuple[Outage, ...]:
    first, last = day * PER_DAY, (day + 1) * PER_DAY
    return tuple(
        outage
        for planned in (True, False)
        for outage in outages_between(seed, first, last, planned)
        if outage.first_index < last and outage.last_index > first and not outage.never_happened
    )


@lru_cache(maxsize=16)
def _fleet(fuel_code: str) -> tuple[Unit, ...]:
    return tuple(unit for unit in units() if unit.fuel_code == fuel_code)


@lru_cache(maxsize=1 << 14)
def available_mw(seed: int, fuel_code: str, index: int) -> float:
    """Capacity in MW of a fuel's units that is not out in a half-hour."""
    total = sum(unit.capacity_mw for unit in _fleet(fuel_code) if unit.first_index <= index < unit.last_index)
    out: dict[Unit, float] = {}
    for outage in _of_day(seed, index // PER_DAY):
        if outage.unit.fuel_code == fuel_code and outage.first_index <= index < outage.last_index:
            out[outage.unit] = max(out.get(outage.unit, 0.0), outage.unavailable_mw)
    return total - sum(out.values())
