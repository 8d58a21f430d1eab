"""What runs in one go: exact in continuous time.

What a run costs is piecewise linear in its start: it bends only where the start, the end, or an edge of the profile
lies on an edge of a slot, on earliest or on the deadline. So one of these starts is the best of all, and only these
are looked at.
"""

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from planner.cells import HOUR, SAME, Cell, Use, stretches
from planner.model import Step, Tie


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
        part = min(max((energy - self.energy[cell]) / (self.energy[cell + 1] - self.energy[cell]), 0.0), 1.0)
        time = self.times[cell] + part * (self.times[cell + 1] - self.times[cell])
        return time, self.value[cell] + part * (self.value[cell + 1] - self.value[cell])

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


def _others(starts: list[float]) -> tuple[float, ...]:
    """All but the first, without those that differ by rounding only, at most ten."""
    found: list[float] = []
    for start in starts:
        if all(round(start) != round(other) for other in found):
            found.append(start)
    return tuple(sorted(found[1:11]))


def of_profile(cells: Sequence[Cell], profile: Sequence[Step], tie: Tie) -> Runs:
    raise NotImplementedError(HOUR)
