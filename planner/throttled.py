"""The search for a charger that can be throttled: which cells are on; how much each takes follows from that.

For given cells that are on, the energy is best spread by price: the linear programme's own dual is exact, and the
highest of its values over the prices there are. So what is kept of a schedule part-way is its value for each mu, and
nothing is decided about power until it is whole.
"""

import heapq
import itertools
from typing import NamedTuple

import numpy as np

from planner.cells import SAME, Use
from planner.dual import Floats, Structure, dual
from planner.search import ALIKE, DEAR


class _Label(NamedTuple):
    """A schedule up to a cell: by mu, what it counts for after mu is paid; the least and most energy it may take.

    place: a cell's number. is_on: a run goes on that may end here. left: how many runs may begin. cells: that are on
    since the label before.
    """

    place: int
    is_on: bool
    left: int
    values: Floats
    least: float
    most: float
    before: "_Label | None"
    cells: range


def search(shape: Structure, asked: float) -> tuple[tuple[Use, ...], float]:
    """The best schedule of at most `asked` kWh, where what is short is very dear, and its energy."""
    found = dual(shape, asked)
    # What is left, with all of the energy paid: the bound of a label is its highest sum with this over mu.
    lines = (found.off + found.mus * asked, found.on + found.mus * asked)
    rooms = (found.room_off, found.room_on)
    dear = DEAR * shape.scale
    noise = SAME * max(1.0, asked)
    grain = ALIKE * max(1.0, abs(float(lines[0][0, -1].max())))
    each = np.diff(found.sums, axis=0)
    count = itertools.count()
    queue: list[tuple[int, int, int, _Label]] = []
    seen: dict[tuple[int, bool, int], list[_Label]] = {}

    def push(label: _Label) -> None:
        if label.least > asked + noise:
            return
        bound = float((label.values + lines[label.is_on][label.place, label.left]).max())
        short = asked - label.most - rooms[label.is_on][label.place][label.left]
        if short > noise:
            bound += dear * short
        if bound < float("inf"):
            is_whole = label.place == shape.size and not label.is_on
            heapq.heappush(queue, (round(bound / grain), -label.place - is_whole, next(count), label))

    push(_Label(0, False, shape.rules.most_runs or 0, np.zeros(len(found.mus)), 0.0, 0.0, None, range(0)))
    while queue:
        *_, at = heapq.heappop(queue)
        i = at.place
        if i == shape.size and not at.is_on:
            return _spread(shape, at, asked)
        others = seen.setdefault((i, at.is_on, at.left), [])
        if any(_is_as_good(other, at, noise, grain) for other in others):
            continue
        others.append(at)
        if at.is_on:
            push(at._replace(place=shape.resume[i], is_on=False, before=at, cells=range(0)))
            if i < shape.size and shape.joined[i]:
                push(_with(shape, at, each[i], i + 1))
            continue
        push(at._replace(place=i + 1))
        end = shape.block[i]
        if end and (at.left or shape.rules.most_runs is None):
            left = at.left if shape.rules.most_runs is None else at.left - 1
            added = found.sums[end] - found.sums[i] + shape.rules.start_value
            push(_with(shape, at, added, end)._replace(left=left))
    return (), 0.0


def _with(shape: Structure, at: _Label, added: Floats, end: int) -> _Label:
    """The cells up to `end` are on."""
    cells = range(at.place, end)
    least = at.least + sum(shape.least[i] for i in cells)
    most = at.most + sum(shape.full[i] for i in cells)
    return _Label(end, True, at.left, at.values + added, least, most, at, cells)


def _is_as_good(one: _Label, other: _Label, noise: float, grain: float) -> bool:
    """Whether whatever follows, it is no better after the other."""
    return (
        one.least <= other.least + noise
        and one.most >= other.most - noise
        and bool((one.values <= other.values + grain * 1e-3).all())
    )


def _spread(shape: Structure, whole: _Label, asked: float) -> tuple[tuple[Use, ...], float]:
    """Energy over the cells that are on: each takes the least, and the cheapest take more."""
    on: list[int] = []
    at: _Label | None = whole
    while at is not None:
        on += at.cells
        at = at.before
    energy = {i: shape.least[i] for i in sorted(on)}
    left = asked - sum(energy.values())
    for i in sorted(energy, key=lambda i: shape.value[i]):
        more = min(max(left, 0.0), shape.full[i] - energy[i])
        energy[i] += more
        left -= more
    uses = (
        Use(shape.cells[i], shape.cells[i].begin, shape.cells[i].end, kwh / shape.cells[i].hours)
        for i, kwh in energy.items()
    )
    return tuple(uses), sum(energy.values())
