"""What runs in one go: exact in continuous time.

What a run costs is piecewise linear in its start: it bends only where the start, the end, or an edge of the profile
lies on an edge of a slot, on earliest or on the deadline. So one of these starts is the best of all, and only these
are looked at.
"""

import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from planner.cells import HOUR, MICROSECOND, SAME, Cell, Use, stretches
from planner.model import Step, Tie

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """The best run, and the other starts (microseconds since earliest) at which one is as good, by time."""

    uses: tuple[Use, ...] = ()
    ties: tuple[float, ...] = field(default=())


@dataclass(frozen=True)
class _Stretch:
    """Adjacent cells with sums up to each of their edges: of energy at full power, and of what it counts for."""

    cells: list[Cell]
    times: list[int]
    energy: list[float]
    value: list[float]

    @classmethod
    def of(cls, cells: list[Cell]) -> "_Stretch":
        return cls(
            cells,
            [cells[0].begin, *(cell.end for cell in cells)],
            list(itertools.accumulate((cell.full_kwh for cell in cells), initial=0.0)),
            list(itertools.accumulate((cell.full_kwh * cell.value for cell in cells), initial=0.0)),
        )

    def where(self, energy: float) -> tuple[float, float]:
        """When so much energy is used since the stretch began, and what it counted for."""
        cell = min(max(bisect_right(self.energy, energy) - 1, 0), len(self.cells) - 1)
        share = min(max((energy - self.energy[cell]) / (self.energy[cell + 1] - self.energy[cell]), 0.0), 1.0)
        time = self.times[cell] + share * (self.times[cell + 1] - self.times[cell])
        return time, self.value[cell] + share * (self.value[cell + 1] - self.value[cell])

    def uses(self, begin: float, end: float) -> tuple[Use, ...]:
        return tuple(
            Use(cell, max(cell.begin, begin), min(cell.end, end), cell.full_kw)
            for cell in self.cells
            if cell.end > begin and cell.begin < end
        )


def of_energy(cells: Sequence[Cell], energy_kwh: float, tie: Tie) -> Runs:
    """The best run at full power that takes energy_kwh at the meter.

    Where no stretch holds as much, the most that one holds, at the least that counts for.
    """
    if energy_kwh <= 0:
        return Runs()
    found: list[tuple[float, float, float, _Stretch]] = []
    held = [_Stretch.of(stretch) for stretch in stretches(cells)]
    most = max((stretch.energy[-1] for stretch in held), default=0.0)
    asked = min(energy_kwh, most)
    noise = SAME * max(1.0, energy_kwh)
    for stretch in held:
        if stretch.energy[-1] < asked - noise:
            continue
        last = stretch.energy[-1]
        for time, energy, value in zip(stretch.times, stretch.energy, stretch.value, strict=True):
            if energy + asked <= last + noise:
                end, until = stretch.where(energy + asked)
                found.append((until - value, time, end, stretch))
            if energy - asked >= -noise:
                begin, before = stretch.where(energy - asked)
                found.append((value - before, begin, time, stretch))
    if not found:
        return Runs()
    best = min(run[0] for run in found)
    equal = sorted(
        (run for run in found if run[0] <= best + SAME * max(1.0, abs(best))),
        key=lambda r: r[1],
        reverse=tie == "latest",
    )
    _, begin, end, stretch = equal[0]
    return Runs(stretch.uses(begin, end), _others([run[1] for run in equal]))


def at_end(stretch: Sequence[Cell], energy_kwh: float) -> tuple[Use, ...]:
    """The run that takes energy_kwh, or what there is of it, and ends where the stretch of adjacent cells does."""
    held = _Stretch.of(list(stretch))
    begin, _ = held.where(held.energy[-1] - energy_kwh)
    return held.uses(begin, held.times[-1])


def _others(starts: list[float]) -> tuple[float, ...]:
    """All but the first, without those that differ by rounding only, at most ten."""
    found: list[float] = []
    for start in starts:
        if all(round(start) != round(other) for other in found):
            found.append(start)
    return tuple(sorted(found[1:11]))


def of_profile(cells: Sequence[Cell], profile: Sequence[Step], tie: Tie) -> Runs:
    """The best run of the profile as it is, in cells that hold the power of each of its steps; none where none fits."""
    if not cells:
        return Runs()
    offsets = np.array(list(itertools.accumulate((step.length // MICROSECOND for step in profile), initial=0)), float)
    edges = np.array(sorted({edge for cell in cells for edge in (cell.begin, cell.end)}), float)
    starts = np.unique((edges[:, None] - offsets).ravel())
    starts = starts[(starts >= edges[0]) & (starts + offsets[-1] <= edges[-1])]
    allowed = {power: _up_to(cells, edges, partial(_holds, power)) for power in _powers(profile)}
    value = _up_to(cells, edges, attrgetter("value"))
    counts = np.zeros(len(starts))
    fits = np.ones(len(starts), bool)
    for number, step in enumerate(profile):
        begin, end = starts + offsets[number], starts + offsets[number + 1]
        room = allowed[step.power_kw]
        # Whole microseconds, so that floats are exact.
        fits &= np.interp(end, edges, room) - np.interp(begin, edges, room) == end - begin
        counts += step.power_kw * (np.interp(end, edges, value) - np.interp(begin, edges, value)) / HOUR
    if not fits.any():
        return Runs()
    best = counts[fits].min()
    equal = starts[fits & (counts <= best + SAME * max(1.0, abs(best)))].tolist()
    if tie == "latest":
        equal.reverse()
    uses = [
        Use(cell, max(cell.begin, equal[0] + begin), min(cell.end, equal[0] + end), step.power_kw)
        for step, (begin, end) in zip(profile, itertools.pairwise(offsets.tolist()), strict=True)
        for cell in cells
        if cell.end > equal[0] + begin and cell.begin < equal[0] + end
    ]
    return Runs(tuple(uses), _others(equal))


def _holds(power_kw: float, cell: Cell) -> float:
    return float(cell.full_kw >= power_kw)


def _powers(profile: Sequence[Step]) -> set[float]:
    return {step.power_kw for step in profile}


def _up_to(cells: Sequence[Cell], edges: Floats, rate: Callable[[Cell], float]) -> Floats:
    """The integral of what a cell gives in a microsecond, up to each edge; nothing between cells."""
    of_start = {cell.begin: rate(cell) for cell in cells}
    held = {cell.begin: cell.end for cell in cells}
    sums = [0.0]
    for begin, end in itertools.pairwise(edges.tolist()):
        sums.append(sums[-1] + (of_start[begin] * (end - begin) if held.get(begin) == end else 0.0))
    return np.array(sums)
