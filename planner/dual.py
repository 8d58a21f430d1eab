"""Which schedules limits allow, and what the rest of a schedule counts for at least.

Bounds come from the Lagrangian dual: pay mu for each kWh, and let the energy be what it will. For one mu the best
schedule is a short recursion backwards over the cells; it is worked out for many mu at once. The best mu is where the
bound on the whole is highest; a handful around it bound what is left of a schedule part-way.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from planner.cells import Cell

Floats: TypeAlias = npt.NDArray[np.float64]
# How many mu are tried between the lowest and the highest price, and how many close around the best.
_TRIED = 32


@dataclass(frozen=True)
class Rules:
    """Limits of runs. min_run, min_gap: microseconds. most_runs: None for any number. start_value: of each run."""

    min_run: int = 0
    min_gap: int = 0
    most_runs: int | None = None
    start_value: float = 0.0
    least_kw: float = 0.0


@dataclass(frozen=True)
class Short:
    """A run of the cells up to `end` that is just long enough with one cell in part, from `part` of it up."""

    end: int
    is_first: bool
    part: float


@dataclass(frozen=True)
class Structure:
    """Cells by number. full, least: kWh of a cell that is on. value: of a kWh.

    joined[i]: cell i touches the one before it. block[i]: a run from cell i is long enough with the cells up to here, 0
    where it cannot be. resume[j]: after a run of the cells up to j the next may begin here. short[i]: what a run from i
    may be where a cell in part makes it just long enough, see Short.
    """

    cells: Sequence[Cell]
    rules: Rules
    size: int
    full: list[float]
    least: list[float]
    value: list[float]
    joined: list[bool]
    block: list[int]
    resume: list[int]
    short: list[list[Short]]
    scale: float

    @property
    def is_throttled(self) -> bool:
        return self.rules.least_kw > 0

    @classmethod
    def of(cls, cells: Sequence[Cell], rules: Rules) -> "Structure":
        size = len(cells)
        joined = [False, *(cells[i].begin == cells[i - 1].end for i in range(1, size))]
        last = list(range(1, size + 1))  # of the stretch that a cell is in, the number after its last
        for i in range(size - 2, -1, -1):
            if joined[i + 1]:
                last[i] = last[i + 1]
        ends, begins = [cell.end for cell in cells], [cell.begin for cell in cells]
        block = []
        for i in range(size):
            j = max(bisect_left(ends, cells[i].begin + rules.min_run) + 1, i + 1)
            block.append(j if j <= last[i] else 0)
        resume = [0] + [max(bisect_left(begins, ends[j - 1] + rules.min_gap), j) for j in range(1, size + 1)]
        full = [cell.full_kwh for cell in cells]
        throttled = rules.least_kw > 0
        return cls(
            cells,
            rules,
            size,
            full,
            [rules.least_kw * cell.hours for cell in cells] if throttled else full,
            [cell.value for cell in cells],
            joined,
            block,
            resume,
            [[] if throttled or not block[i] else _short(cells, rules, block, last, i) for i in range(size)],
            max([1.0, *(abs(cell.value) for cell in cells)]),
        )


def _short(cells: Sequence[Cell], rules: Rules, block: list[int], last: list[int], i: int) -> list[Short]:
    def part(end: int, of: int) -> float:
        spare = cells[end - 1].end - cells[i].begin - rules.min_run
        return max(1 - spare / (cells[of].end - cells[of].begin), 0.0)

    # Where the block of the next cell ends no further on, that cell's own run does as well with cell i in part.
    until = block[i + 1] if i + 1 < last[i] and block[i + 1] else last[i] + 1
    # Of one cell alone the begin is used, which is the earlier part.
    found = [Short(end, end > i + 1, part(end, i)) for end in range(block[i], until)]
    if block[i] > i + 1:
        found.append(Short(block[i], False, part(block[i], block[i] - 1)))
    return [short for short in found if short.part < 1]


@dataclass(frozen=True)
class Room:
    """The most energy that is left, by cell and runs left, where no run goes on (off) and where one does (on)."""

    off: list[list[float]]
    on: list[list[float]]

    @property
    def whole(self) -> float:
        return self.off[0][-1]

    @classmethod
    def of(cls, shape: Structure) -> "Room":
        off, on, _ = _backwards(shape, np.array([1.0]), energy_only=True)
        return cls((-off[..., 0]).tolist(), (-on[..., 0]).tolist())


@dataclass(frozen=True)
class Dual:
    """For each mu: what is left of a schedule counts for at least so much, after mu is paid for each of its kWh.

    off[i], on[j]: where no run goes on and cell i is next, and where one goes on up to cell j that may end: arrays
    (runs left + 1, mus), with one layer where any number of runs may begin. sums[i]: the same of all cells up to i that
    are on: (mus).
    """

    mus: Floats
    off: Floats
    on: Floats
    sums: Floats


def dual(shape: Structure, energy_kwh: float) -> Dual:
    """The dual over many mu, closely around the best for energy_kwh; at each price too where power can be throttled.

    Beyond the highest price too, as a start costs more than the energy behind it.
    """
    lowest = min(shape.value)
    highest = max(max(shape.value), lowest + 1e-6 * shape.scale)
    beyond = highest + shape.scale * 2.0 ** np.arange(-3, 12)
    mus = np.concatenate([np.linspace(lowest, highest, _TRIED), beyond])
    off, *_ = _backwards(shape, mus)
    at = int(np.argmax(off[0, -1] + mus * energy_kwh))
    near = np.linspace(mus[max(at - 1, 0)], mus[min(at + 1, len(mus) - 1)], _TRIED)
    mus = np.unique(np.concatenate([mus, near, shape.value if shape.is_throttled else []]))
    return Dual(mus, *_backwards(shape, mus))


def _backwards(shape: Structure, mus: Floats, *, energy_only: bool = False) -> tuple[Floats, Floats, Floats]:
    """off[i], on[j]: by runs left and mu, the least that cells from here on count for, after mu is paid for each kWh.

    Shapes (size + 1, runs left + 1, mus); (size + 1, 1, mus) where any number of runs may begin. And sums over the
    cells that are all on, up to each: (size + 1, mus).
    """
    rules = shape.rules
    limited = rules.most_runs is not None
    start = 0.0 if energy_only else rules.start_value
    each = np.zeros(shape.size) if energy_only else np.array(shape.value)
    paid = each[:, None] - mus
    cost = np.minimum(paid * np.array(shape.full)[:, None], paid * np.array(shape.least)[:, None])
    sums = np.concatenate([np.zeros((1, len(mus))), np.cumsum(cost, axis=0)])
    layers = (rules.most_runs or 0) + 1
    off = np.zeros((shape.size + 1, layers, len(mus)))
    on = np.zeros((shape.size + 1, layers, len(mus)))
    spent = slice(0, -1) if limited else slice(None)
    able = slice(1, None) if limited else slice(None)
    for i in range(shape.size, -1, -1):
        if i < shape.size:
            off[i] = off[i + 1]
            end = shape.block[i]
            if end:
                run = on[end, spent] + (sums[end] - sums[i] + start)
                np.minimum(off[i, able], run, out=off[i, able])
                for short in shape.short[i]:
                    of = i if short.is_first else short.end - 1
                    spared = sums[short.end] - sums[i] - (1 - short.part) * paid[of] * shape.full[of]
                    run = off[shape.resume[short.end], spent] + (spared + start)
                    np.minimum(off[i, able], run, out=off[i, able])
        if i:
            on[i] = off[shape.resume[i]]
            if i < shape.size and shape.joined[i]:
                np.minimum(on[i], on[i + 1] + cost[i], out=on[i])
    return off, on, sums
