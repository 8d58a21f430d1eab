"""The search for a charger that is on or off: which runs, and which one of their ends is used in part."""

import heapq
import itertools
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from planner.cells import SAME, Use
from planner.dual import Structure, dual
from planner.search import ALIKE, DEAR

_FULL, _LATE, _EARLY = range(3)


class _Label(NamedTuple):
    """A schedule up to a cell: energy used and what it counts for, and how much more the part-used cell may take.

    place: a cell's number. is_on: a run goes on that may end here. left: how many runs may begin.
    """

    place: int
    is_on: bool
    left: int
    energy: float
    value: float
    more: float
    slope: float
    has_part: bool
    before: "_Label | None"
    deeds: tuple[tuple[int, int], ...]


class _Bounds:
    """What is left counts for at least so much, by place and energy: a convex function, the highest of lines.

    Line k has slope mus[k], and is the highest where the energy is between bends[k - 1] and bends[k].
    """

    def __init__(self, shape: Structure, energy_kwh: float) -> None:
        found = dual(shape, energy_kwh)
        self.mus = found.mus.tolist()
        self.lines = [found.off.tolist(), found.on.tolist()]
        self.rooms = [found.room_off, found.room_on]
        self.bends = []
        for lines in (found.off, found.on):
            finite = np.where(np.isfinite(lines), lines, 0.0)
            bends = -np.diff(finite, axis=-1) / np.diff(found.mus)
            # In order but for rounding.
            self.bends.append(np.maximum.accumulate(bends, axis=-1).tolist())
        self.whole = float(np.max(found.off[0, -1] + found.mus * energy_kwh))

    def of(self, at: _Label, rest: float) -> float:
        """The bound of what follows a label that needs `rest` kWh more, with what its part-used cell takes of them."""
        bends, lines = self.bends[at.is_on][at.place][at.left], self.lines[at.is_on][at.place][at.left]
        more = 0.0
        if at.more:
            # The part-used cell takes what would count for more elsewhere. Its slope is one of the lines'.
            cheaper = bends[min(bisect_left(self.mus, at.slope), len(bends) - 1)]
            more = min(max(rest - cheaper, 0.0), at.more)
        k = bisect_left(bends, rest - more)
        bound: float = at.slope * more + lines[k] + self.mus[k] * (rest - more)
        return bound


def search(shape: Structure, asked: float) -> tuple[tuple[Use, ...], float]:
    """The best schedule of at most `asked` kWh, where what is short is very dear, and its energy."""
    bounds = _Bounds(shape, asked)
    dear = DEAR * shape.scale
    noise = SAME * max(1.0, asked)
    grain = ALIKE * max(1.0, abs(bounds.whole))
    count = itertools.count()
    queue: list[tuple[int, int, float, int, _Label | None, _Label, float]] = []
    seen: dict[tuple[int, bool, int, bool, int, int, int], float] = {}

    def push(label: _Label) -> None:
        rest = asked - label.energy
        if rest < -noise:
            return
        if label.place == shape.size and not label.is_on:
            more = min(label.more, max(rest, 0.0))
            short = max(rest - more, 0.0)
            bound = label.value + label.slope * more + (dear * short if short > noise else 0.0)
            heapq.heappush(queue, (round(bound / grain), -shape.size - 1, bound, next(count), label, label, more))
            return
        key = (
            label.place,
            label.is_on,
            label.left,
            label.has_part,
            round(label.energy / noise),
            round(label.more / noise),
            round(label.slope * 1e9),
        )
        if seen.get(key, float("inf")) <= label.value + grain * 1e-3:
            return
        seen[key] = label.value
        bound = label.value + bounds.of(label, max(rest, 0.0))
        short = rest - label.more - bounds.rooms[label.is_on][label.place][label.left]
        if short > noise:
            bound += dear * short
        heapq.heappush(queue, (round(bound / grain), -label.place, bound, next(count), None, label, 0.0))

    push(_Label(0, False, shape.rules.most_runs or 0, 0.0, 0.0, 0.0, 0.0, False, None, ()))
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
            yield from _with_last(shape, at)
    else:
        yield at._replace(place=at.place + 1)
        if shape.block[at.place] and (at.left or shape.rules.most_runs is None):
            yield from _run(shape, at)


def _run(shape: Structure, at: _Label) -> Iterator[_Label]:
    """A run begins: of as many cells as it has to last, or with one of them in part."""
    i = at.place
    left = at.left if shape.rules.most_runs is None else at.left - 1
    begun = at._replace(left=left, value=at.value + shape.rules.start_value, before=at)
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
                continue
            part = 1 - (whole.more - more) / shape.full[i]
            span = part * (cell.end - cell.begin)
            begin, end = (cell.end - span, cell.end) if how == _LATE else (cell.begin, cell.begin + span)
            found.append(Use(cell, begin, end, cell.full_kw))
        at = at.before
    return tuple(sorted(found, key=lambda use: use.begin))
