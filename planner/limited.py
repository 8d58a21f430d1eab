"""What may pause under limits: least runs and gaps, a number of runs, a cost of each start, a least power.

On a grid of cells, each of which is on or off; a run is a stretch of adjacent cells that are on. Two kinds of charger:

- It can be throttled (`least_kw` above 0): a cell that is on takes from least_kw to full power, on average.
- It is on or off (`least_kw` 0): a cell that is on takes full power, but for one cell of the whole plan, which evens
  the energy out: the first of its run may begin late, or the last of it end early. Even so the run is long enough.

Exact, both: a search over schedules part-way, with bounds from the Lagrangian dual. One that can be throttled follows
the schedule with the lowest bound first; one that is on or off follows many at once, until none left out can be better.
"""

from collections.abc import Sequence
from dataclasses import replace

from planner import on_or_off, throttled
from planner.cells import SAME, Cell, Use
from planner.dual import Room, Rules, Structure
from planner.model import Tie


def of_energy(cells: Sequence[Cell], energy_kwh: float, rules: Rules, tie: Tie) -> tuple[Use, ...]:
    """The best schedule for energy_kwh at the meter; where there is none, of those with the most energy below it.

    Of equally good schedules one that is early is preferred, or late, by `tie`, but not to the last.
    """
    if energy_kwh <= 0 or not cells:
        return ()
    if tie == "latest":
        return _mirrored(of_energy(_mirror(cells), energy_kwh, rules, "earliest"))
    shape = Structure.of(cells, rules)
    search = throttled.search if shape.is_throttled else on_or_off.search
    noise = SAME * max(1.0, energy_kwh)
    room = Room.of(shape)
    if room.whole <= noise:
        return ()
    asked = min(energy_kwh, room.whole)
    found, energy = search(shape, room, asked)
    if energy < asked - noise:
        # No schedule takes just that: find how much one can at any price, then what that costs at least.
        free = Structure.of([replace(cell, value=0.0) for cell in cells], replace(rules, start_value=0.0))
        _, asked = search(free, room, asked)
        found, _ = search(shape, room, asked)
    return found


def _mirror(cells: Sequence[Cell]) -> list[Cell]:
    return [replace(cell, begin=-cell.end, end=-cell.begin) for cell in reversed(cells)]


def _mirrored(uses: Sequence[Use]) -> tuple[Use, ...]:
    turned = (
        Use(replace(use.cell, begin=-use.cell.end, end=-use.cell.begin), -use.end, -use.begin, use.kw) for use in uses
    )
    return tuple(sorted(turned, key=lambda use: use.begin))
