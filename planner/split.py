"""What may pause without limits: the best cells first, and one of them in part.

This is the optimum of the linear programme: energy moved from a used cell to an unused one would never count for less.
"""

from collections.abc import Sequence

from planner.cells import SAME, Cell, Use
from planner.model import Tie


def of_energy(cells: Sequence[Cell], energy_kwh: float, tie: Tie) -> tuple[Use, ...]:
    """The best use of the cells for energy_kwh at the meter, by time; all of them where they hold less.

    Among equally good cells the earliest (or the latest, by `tie`) are used. The part of the cell that is used in part
    touches a used neighbour where there is one, so that starts are few; else, or between two, it lies at the cell's
    begin (or end, by `tie`).
    """
    late = tie == "latest"
    order = sorted(range(len(cells)), key=lambda i: (cells[i].value, -i if late else i))
    left = energy_kwh
    whole: set[int] = set()
    partial: tuple[int, float] | None = None
    for i in order:
        if left <= SAME * max(1.0, energy_kwh):
            break
        if cells[i].full_kwh > left * (1 + SAME):
            partial = i, left / cells[i].full_kwh
            break
        whole.add(i)
        left -= cells[i].full_kwh
    uses = [Use(cells[i], cells[i].begin, cells[i].end, cells[i].full_kw) for i in whole]
    if partial is not None:
        uses.append(_part(cells, whole, *partial, late=late))
    return tuple(sorted(uses, key=lambda use: use.begin))


def _part(cells: Sequence[Cell], whole: set[int], i: int, part: float, *, late: bool) -> Use:
    cell = cells[i]
    after_used = i - 1 in whole and cells[i - 1].end == cell.begin
    before_used = i + 1 in whole and cells[i + 1].begin == cell.end
    at_end = late if after_used == before_used else before_used
    span = part * (cell.end - cell.begin)
    return (
        Use(cell, cell.end - span, cell.end, cell.full_kw)
        if at_end
        else Use(cell, cell.begin, cell.begin + span, cell.full_kw)
    )
