"""Five-minute generation inside half-hours: ramps between them with a flutter, and a mean that stays the half-hour's.

A five-minute interval is numbered from 1970: interval 6 n + k is the k-th (0 to 5) of half-hour n.
"""

from datetime import datetime, timedelta
from functools import lru_cache

from simulator.grid import FUELS, LISTED_FROM, state
from simulator.half_hours import EPOCH, FIVE_MINUTES
from simulator.noise import key, mixed, uniform

FLUTTER_MW = {
    "WIND": 45.0, "CCGT": 70.0, "PS": 35.0, "OTHER": 18.0, "NUCLEAR": 4.0, "BIOMASS": 8.0, "NPSHYD": 6.0, "COAL": 6.0,
    "OCGT": 3.0, "OIL": 0.0,
}  # fmt: skip
SIGNED = frozenset(code for code in FUELS if code.startswith("INT") or code == "PS")
_PARTS = (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)  # places of the six intervals, in five minutes from the middle


def listed_fuels(index: int) -> tuple[str, ...]:
    """The fuel codes that have rows in a half-hour, in alphabetical order."""
    return tuple(code for code in FUELS if index >= LISTED_FROM.get(code, index))


@lru_cache(maxsize=1 << 15)
def half_hour_mw(seed: int, index: int) -> tuple[int, ...]:
    """Whole MW of each fuel, in the order of FUELS, mean over a half-hour."""
    return tuple(round(mw) for mw in state(seed, index).generation_mw.values())


@lru_cache(maxsize=1 << 12)
def five_minute_mw(seed: int, index: int) -> tuple[tuple[int, ...], ...]:
    """Whole MW of each fuel in each of a half-hour's six intervals; means equal the half-hour's within rounding."""
    before, now, after = (state(seed, index + k).generation_mw for k in (-1, 0, 1))
    return tuple(_six(seed, index, code, before[code], now[code], after[code]) for code in FUELS)


def _six(seed: int, index: int, code: str, before: float, now: float, after: float) -> tuple[int, ...]:
    if now == 0:
        return (0,) * 6
    slope = (after - before) / 12
    flutter = FLUTTER_MW.get(code, 2.0)
    chance = key(seed, f"flutter {code}")
    bits = mixed(chance, index)
    steps = [((bits >> (10 * k)) & 1023) / 512 - 1 for k in range(6)]  # -1 to 1, cheap and good enough
    mean = sum(steps) / 6
    moves = [slope * part + 1.7 * flutter * (step - mean) for part, step in zip(_PARTS, steps, strict=True)]
    # An idle cable or turbine stays idle, and generation is never below 0.
    shrink = min(1.0, abs(now) / 40 if code in SIGNED else now / max(1e-9, -min(moves)))
    return tuple(round(now + shrink * move) for move in moves)


def published_at(seed: int, interval: int) -> datetime:
    """When an interval's values come out: 5 minutes after its start; a few are 24 to 39 minutes late."""
    due = EPOCH + (interval + 1) * FIVE_MINUTES
    chance = key(seed, "late sample")
    if uniform(chance, interval) > 0.0015:
        return due
    return due + timedelta(minutes=24 + int(15.99 * uniform(chance, -interval)))


LATEST = timedelta(minutes=39)
