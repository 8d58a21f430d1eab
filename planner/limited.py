"""What may pause under limits: least runs and gaps, a number of runs, a cost of each start, a least power.

On a grid of cells, each of which is on or off; a run is a stretch of adjacent cells that are on. Two kinds of charger:

- It can be throttled (`least_kw` above 0): a cell that is on takes from least_kw to full power, on average.
- It is on or off (`least_kw` 0): a cell that is on takes full power, but for one cell of the whole plan, which evens
  the energy out: the first of its run may begin late, or the last of it end early. Even so the run is long enough.

Exact: a best-first search over what is used so far, with bounds from the Lagrangian dual in `dual`. The first whole
schedule that it takes up is the best, as the bound of none that is left is lower.
"""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from planner.cells import SAME, Cell, Use
from planner.dual import Rules, Structure, bounds, most_energy
from planner.model import Tie

# A shortfall of a kWh counts for so many times as much as the dearest kWh.
_DEAR = 1e6
# Bounds that differ by less than this part are alike: what is further on is looked at first.
_ALIKE = 1e-9

# What a cell does in a schedule.
_FULL, _LEAST, _BETWEEN, _LATE, _EARLY = range(5)
_Deeds = tuple[tuple[int, int], ...]


def of_energy(cells: Sequence[Cell], energy_kwh: float, rules: Rules, tie: Tie) -> tuple[Use, ...]:
    """The best schedule for energy_kwh at the meter; where there is none, of those with the most energy below it."""
    if energy_kwh <= 0 or not cells:
        return ()
    if tie == "latest":
        return _mirrored(of_energy(_mirror(cells), energy_kwh, rules, "earliest"))
    shape = Structure.of(cells, rules)
    noise = SAME * max(1.0, energy_kwh)
    asked = min(energy_kwh, most_energy(shape))
    found, energy = _search(shape, asked)
    if energy < asked - noise:
        # A whole schedule does not exist: find how much can be had at any price, then what that costs at least.
        free = Structure.of([replace(cell, value=0.0) for cell in cells], replace(rules, start_value=0.0))
        _, asked = _search(free, asked)
        found, _ = _search(shape, asked)
    return found


def _mirror(cells: Sequence[Cell]) -> list[Cell]:
    return [replace(cell, begin=-cell.end, end=-cell.begin) for cell in reversed(cells)]


def _mirrored(uses: Sequence[Use]) -> tuple[Use, ...]:
    turned = (
        Use(replace(use.cell, begin=-use.cell.end, end=-use.cell.begin), -use.end, -use.begin, use.kw) for use in uses
    )
    return tuple(sorted(turned, key=lambda use: use.begin))


class _Label(NamedTuple):
    """A schedule up to a cell: energy used and what it counts for, and how much more the part-used cell may take.

    place: a cell's number. is_on: a run goes on that may end here. block_to: one goes on that may not, until this cell;
    else 0. left: how many runs may begin.
    """

    place: int
    is_on: bool
    block_to: int
    left: int
    energy: float
    value: float
    more: float
    slope: float
    has_part: bool
    before: "_Label | None"
    deeds: _Deeds


def _search(shape: Structure, asked: float) -> tuple[tuple[Use, ...], float]:
    """The best schedule of at most `asked`, where what is short is very dear, and its energy."""
    duals = bounds(shape, asked)
    dear = _DEAR * shape.scale
    noise = SAME * max(1.0, asked)
    grain = _ALIKE * max(1.0, abs(duals.best))
    count = itertools.count()
    queue: list[tuple[int, int, float, int, _Label | None, _Label, float]] = []
    seen: dict[tuple[int, bool, int, int, bool, int, int, int], float] = {}

    def push(label: _Label) -> None:
        if label.energy > asked + noise:
            return
        rest = asked - label.energy
        if label.place == shape.size and not label.is_on:
            more = min(label.more, max(rest, 0.0))
            short = max(rest - more, 0.0)
            bound = label.value + label.slope * more + (dear * short if short > noise else 0.0)
            heapq.heappush(queue, (round(bound / grain), -shape.size - 1, bound, next(count), label, label, more))
            return
        bound = duals.of(label.place, label.is_on, label.block_to, label.left, rest, label.more, label.slope)
        bound += label.value
        if bound == float("inf"):
            return
        key = (
            label.place,
            label.is_on,
            label.block_to,
            label.left,
            label.has_part,
            round(label.energy / noise),
            round(label.more / noise),
            round(label.slope * 1e9),
        )
        if seen.get(key, float("inf")) <= label.value + grain * 1e-3:
            return
        seen[key] = label.value
        heapq.heappush(queue, (round(bound / grain), -label.place, bound, next(count), None, label, 0.0))

    push(_Label(0, False, 0, shape.rules.most_runs or 0, 0.0, 0.0, 0.0, 0.0, False, None, ()))
    while queue:
        *_, whole, label, more = heapq.heappop(queue)
        if whole is not None:
            return _uses(shape, whole, more), label.energy + more
        for follower in _followers(shape, label):
            push(follower)
    return (), 0.0


def _followers(shape: Structure, at: _Label) -> Iterator[_Label]:
    if at.is_on:
        yield at._replace(place=shape.resume[at.place], is_on=False, before=at, deeds=())
        if at.place < shape.size and shape.joined[at.place]:
            yield from (_with_cell if shape.is_throttled else _with_last)(shape, at)
    elif at.block_to:
        yield from _with_cell(shape, at)
    else:
        yield at._replace(place=at.place + 1, before=at, deeds=())
        if shape.block[at.place] and (at.left or shape.rules.most_runs is None):
            yield from (_throttled_run if shape.is_throttled else _run)(shape, at)


def _begun(shape: Structure, at: _Label) -> _Label:
    """A run begins: one less is left, and what its start counts for."""
    left = at.left if shape.rules.most_runs is None else at.left - 1
    return at._replace(left=left, value=at.value + shape.rules.start_value, before=at)


def _throttled_run(shape: Structure, at: _Label) -> Iterator[_Label]:
    yield from _with_cell(shape, _begun(shape, at)._replace(block_to=shape.block[at.place]), at)


def _with_cell(shape: Structure, at: _Label, before: _Label | None = None) -> Iterator[_Label]:
    """The next cell is on: at the least, at full power, or, once in a schedule, between them."""
    i = at.place
    is_enough = at.is_on or i + 1 == at.block_to
    least, full, value = shape.least[i], shape.full[i], shape.value[i]
    on = at._replace(place=i + 1, is_on=is_enough, block_to=0 if is_enough else at.block_to, before=before or at)
    yield on._replace(energy=at.energy + full, value=at.value + full * value, deeds=((i, _FULL),))
    if least < full:
        low = on._replace(energy=at.energy + least, value=at.value + least * value, deeds=((i, _LEAST),))
        yield low
        if not at.has_part:
            yield low._replace(more=full - least, slope=value, has_part=True, deeds=((i, _BETWEEN),))


def _run(shape: Structure, at: _Label) -> Iterator[_Label]:
    """A run of a charger that is on or off begins: of as many cells as it has to last, or with one of them in part."""
    i, begun = at.place, _begun(shape, at)
    yield _all_on(shape, begun, i, shape.block[i])._replace(is_on=True)
    if at.has_part:
        return
    if i + 1 < shape.size and shape.joined[i + 1] and shape.block[i + 1]:
        run = _all_on(shape, begun, i + 1, shape.block[i + 1])
        yield _part(shape, run, i, 0.0, _LATE)._replace(is_on=True)
    for short in shape.short[i]:
        first, last = (i + 1, short.end) if short.is_first else (i, short.end - 1)
        run = _all_on(shape, begun, first, last)._replace(place=shape.resume[short.end])
        yield _part(shape, run, *((i, short.part, _LATE) if short.is_first else (last, short.part, _EARLY)))


def _with_last(shape: Structure, at: _Label) -> Iterator[_Label]:
    """A run goes on for a cell, or ends within it."""
    i = at.place
    yield _all_on(shape, at._replace(before=at), i, i + 1)
    if not at.has_part:
        end = at._replace(place=shape.resume[i + 1], is_on=False, before=at, deeds=())
        yield _part(shape, end, i, 0.0, _EARLY)


def _all_on(shape: Structure, at: _Label, first: int, end: int) -> _Label:
    cells = range(first, end)
    energy = sum(shape.full[i] for i in cells)
    value = sum(shape.full[i] * shape.value[i] for i in cells)
    deeds = tuple((i, _FULL) for i in cells)
    return at._replace(place=end, energy=at.energy + energy, value=at.value + value, deeds=deeds)


def _part(shape: Structure, at: _Label, i: int, part: float, how: int) -> _Label:
    """Cell i is on for at least `part` of it."""
    full, value = shape.full[i], shape.value[i]
    return at._replace(
        energy=at.energy + part * full,
        value=at.value + part * full * value,
        more=(1 - part) * full,
        slope=value,
        has_part=True,
        deeds=(*at.deeds, (i, how)),
    )


def _uses(shape: Structure, whole: _Label, more: float) -> tuple[Use, ...]:
    """The schedule that ends in a label, with so much more in the cell that is used in part."""
    found: list[Use] = []
    at: _Label | None = whole
    while at is not None:
        for i, how in at.deeds:
            cell = shape.cells[i]
            if how == _FULL:
                found.append(Use(cell, cell.begin, cell.end, cell.full_kw))
            elif how in (_LEAST, _BETWEEN):
                kwh = shape.least[i] + (more if how == _BETWEEN else 0.0)
                found.append(Use(cell, cell.begin, cell.end, kwh / cell.hours))
            else:
                part = 1 - (whole.more - more) / shape.full[i]
                span = part * (cell.end - cell.begin)
                begin, end = (cell.end - span, cell.end) if how == _LATE else (cell.begin, cell.begin + span)
                found.append(Use(cell, begin, end, cell.full_kw))
        at = at.before
    return tuple(sorted(found, key=lambda use: use.begin))
