"""The search for a charger that is on or off: which runs, and which one of their ends is used in part.

Schedules part-way are followed over the cells, all that have come to the same cell at once. One is left out where it
cannot become the best: where its bound is not below the best whole schedule that is known, or where others do as well
whatever energy is still to come. To know a good one soon, only the few with the lowest bounds are followed at first,
then more, until the bounds of those left out for their number show that none of them would have been better.
"""

import itertools
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from planner.cells import SAME, Use
from planner.dual import Floats, Room, Structure, dual
from planner.search import ALIKE, DEAR

Numbers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

# How many schedules are followed from a cell at first, and how many times as many each time after that.
_FEW, _TIMES = 16, 16
# Of no more than these it takes longer to find those that others make up for than to follow them.
_WORTHWHILE = 48
# How many that are used in part are compared with each other at every energy; of more, only at so many spans of it.
_TOGETHER = 48
# So many mu to either side of the best, and as many among all, bound nearly as well as all of them.
_NEAR = 6

# Schedules part-way are the columns of an array. Its rows: the energy used and what it counts for; how much more energy
# the cell used in part may take (0 where there is none) and what a kWh of that counts for; twice the number of runs
# that may begin, and 1 more where a run goes on that may end here; the numbers of the schedule before and of the move
# since then.
_ENERGY, _VALUE, _MORE, _SLOPE, _STATE, _BEFORE, _MOVE = range(7)


class _Move(NamedTuple):
    """Cells that are on next, or none; then cell `to` is next. was_on, is_on: whether a run goes on, before and after.

    part: a cell that is on from `share` of it up: its end where `is_late`, else its begin.
    """

    to: int
    was_on: bool
    is_on: bool
    cells: range
    part: int | None = None
    share: float = 0.0
    is_late: bool = False

    @property
    def begins(self) -> bool:
        return bool(self.cells) and not self.was_on


@dataclass(frozen=True)
class _Moves:
    """Those from a cell, by move. added: to a schedule's column; spans: the first and last + 1 that lead to a cell.

    Columns: was_on; takes: what a state needs at least; has_part.
    """

    added: Floats
    was_on: Floats
    takes: Floats
    has_part: Flags
    spans: list[tuple[int, int, int]]


def search(shape: Structure, room: Room, asked: float) -> tuple[tuple[Use, ...], float]:
    """The best schedule of at most `asked` kWh, where what is short is very dear, and its energy."""
    found = _Search(shape, room, asked)
    few = _FEW
    while not found.follow(few):
        few *= _TIMES
    return found.uses()


class _Search:
    """What is searched, and the best whole schedule that is known: its value, its column, its moves from the last."""

    def __init__(self, shape: Structure, room: Room, asked: float) -> None:
        bounds = dual(shape, asked)
        whole = bounds.off[0, -1] + bounds.mus * asked
        best, count = int(whole.argmax()), len(whole)
        near = np.arange(max(best - _NEAR, 0), min(best + _NEAR + 1, count))
        some = np.union1d(near, np.linspace(0, count - 1, _NEAR).astype(int))
        self.shape, self.asked = shape, asked
        self.mus = bounds.mus[some]
        # By cell and state.
        lines = np.stack([bounds.off[..., some], bounds.on[..., some]], axis=2)
        self.lines = lines.reshape(shape.size + 1, -1, len(some))
        self.rooms = np.stack([room.off, room.on], axis=2).reshape(shape.size + 1, -1)
        self.noise = SAME * max(1.0, asked)
        self.grain = ALIKE * max(1.0, abs(float(whole[best])))
        self.moves, self.numbered = _moves(shape)
        self.best = float("inf")
        self.column: Floats = np.zeros(7)
        self.path: list[_Move] = []

    def follow(self, few: int) -> bool:
        """Look for better ones, with at most so many followed from a cell. Whether the best of all is known now."""
        waiting: list[list[Floats]] = [[] for _ in range(self.shape.size + 1)]
        waiting[0].append(np.zeros((7, 1)))
        waiting[0][0][[_STATE, _BEFORE]] = [[2 * (self.shape.rules.most_runs or 0)], [-1]]
        came: list[Floats] = []
        count = 0
        known, left_out = self.best, float("inf")
        for place, columns in enumerate(waiting):
            if not columns:
                continue
            at = np.concatenate(columns, axis=1)
            bound, total = self._bounds(place, at)
            best = int(total.argmin())
            if total[best] < self.best - self.grain:
                self.best, self.column = float(total[best]), at[:, best].copy()
            (kept,) = (bound < self.best - self.grain).nonzero()
            if len(kept) > _WORTHWHILE:
                kept = kept[self._needed(at[:, kept])]
            if len(kept) > few:
                order = bound[kept].argpartition(few)
                left_out = min(left_out, float(bound[kept[order[few]]]))
                kept = np.sort(kept[order[:few]])
            if len(kept) and place < self.shape.size:
                at = at[:, kept]
                came.append(at[_BEFORE:].copy())
                at[_BEFORE], at[_MOVE] = np.arange(count, count + len(kept)), 0
                count += len(kept)
                self._move_on(place, at, waiting)
        if self.best < known:
            self._retrace(np.concatenate(came, axis=1))
        return left_out >= self.best - self.grain

    def _bounds(self, place: int, at: Floats) -> tuple[Floats, Floats]:
        """What each counts for at least once it is whole; and what it does if nothing more is on, infinite on a run."""
        energy, value, more, slope = at[:_STATE]
        state = at[_STATE].astype(np.int64)
        dear = DEAR * self.shape.scale
        rest = self.asked - energy
        lacks = np.maximum(rest - more, 0.0)
        short = np.maximum(lacks - self.rooms[place, state], 0.0)
        lacks[lacks <= self.noise] = 0.0
        short[short <= self.noise] = 0.0
        # For any mu that is paid for what follows, the part-used cell takes what would count for more elsewhere.
        lines = self.lines[place, state] + self.mus * (rest - short)[:, None]
        lines -= more[:, None] * np.maximum(self.mus - slope[:, None], 0.0)
        bound = value + lines.max(axis=1) + dear * short
        total = value + slope * np.clip(rest, 0.0, more) + dear * lacks
        total[state % 2 > 0] = np.inf
        is_over = rest < -self.noise
        bound[is_over] = total[is_over] = np.inf
        return bound, total

    def _needed(self, at: Floats) -> Numbers:
        """Those than which no others are as good: with a cell used in part, at some energy; else at just theirs."""
        energy = np.rint(at[_ENERGY] / self.noise)
        value, more, state = at[_VALUE], at[_MORE], at[_STATE]
        (parts,), (others,) = (more > 0).nonzero(), (more == 0).nonzero()
        others = others[np.lexsort((value[others], energy[others], state[others]))]
        is_first = np.ones(len(others), bool)
        is_first[1:] = (np.diff(energy[others]) != 0) | (np.diff(state[others]) != 0)
        parts = parts[np.lexsort((-more[parts], energy[parts], state[parts]))]
        if len(parts) > 1:
            parts = parts[self._lowest(at[:, parts])]
        if len(parts) > _TOGETHER:
            groups = np.split(parts, range(_TOGETHER, len(parts), _TOGETHER))
            parts = np.concatenate([group[self._lowest(at[:, group])] for group in groups])
        found: Numbers = np.sort(np.concatenate([others[is_first], parts]))
        return found

    def _lowest(self, at: Floats) -> Flags:
        """Which may count for least at some energy, of those with a cell used in part: each is a line over a stretch.

        Over each span of energy they are compared with one that covers it and is the lowest in its middle.
        """
        noise = self.grain * 1e-3
        # More than is asked is never used, and so no two of different states overlap.
        apart = at[_STATE] * 4 * self.asked
        begins, ends = at[_ENERGY] + apart, np.minimum(at[_ENERGY] + at[_MORE], self.asked) + apart
        at_zero, slope = at[_VALUE] - at[_SLOPE] * begins, at[_SLOPE]
        low, high = np.rint(begins / self.noise) * self.noise, np.rint(ends / self.noise) * self.noise
        edges = np.sort(np.concatenate([low, high]))
        is_new = np.ones(len(edges), bool)
        np.greater(edges[1:], edges[:-1], out=is_new[1:])
        edges = edges[is_new]
        if len(edges) > 2 * _TOGETHER:
            edges = edges[np.linspace(0, len(edges) - 1, 2 * _TOGETHER).astype(int)]
        first, last, lows, highs = edges[:-1], edges[1:], low[:, None], high[:, None]
        lines = at_zero[:, None] + slope[:, None] * edges
        at_first, at_last = lines[:, :-1], lines[:, 1:]
        middle = np.where((lows <= first) & (highs >= last), at_first + at_last, np.inf)
        best, spans = (middle <= middle.min(axis=0) + noise).argmax(axis=0), np.arange(len(first))
        is_needed = (at_first < at_first[best, spans] - noise) | (at_last < at_last[best, spans] - noise)
        is_needed[:, ~np.isfinite(middle[best, spans])] = True
        is_needed[best, spans] = True
        found: Flags = (is_needed & (lows < last) & (highs > first)).any(axis=1)
        return found

    def _move_on(self, place: int, at: Floats, waiting: list[list[Floats]]) -> None:
        moves = self.moves[place]
        state, has_part = at[_STATE], at[_MORE] > 0
        fits = (state % 2 == moves.was_on) & (state >= moves.takes) & ~(moves.has_part & has_part)
        move, one = fits.nonzero()
        after = at[:, one] + moves.added[:, move]
        for to, first, end in moves.spans:
            begin, until = move.searchsorted((first, end))
            if begin < until:
                waiting[to].append(after[:, begin:until])

    def _retrace(self, came: Floats) -> None:
        self.path = []
        before, number = self.column[_BEFORE:]
        while before >= 0:
            self.path.append(self.numbered[int(number)])
            before, number = came[:, int(before)]

    def uses(self) -> tuple[tuple[Use, ...], float]:
        """The best schedule that is known, and its energy."""
        # Numbers of Python: those of numpy write themselves in another way where the plan is told.
        energy, more = float(self.column[_ENERGY]), float(self.column[_MORE])
        takes = min(more, max(self.asked - energy, 0.0))
        found = []
        for move in self.path:
            for i in move.cells:
                cell = self.shape.cells[i]
                begin, end = float(cell.begin), float(cell.end)
                if i == move.part:
                    span = (1 - (more - takes) / self.shape.full[i]) * (end - begin)
                    begin, end = (end - span, end) if move.is_late else (begin, begin + span)
                found.append(Use(cell, begin, end, cell.full_kw))
        return tuple(sorted(found, key=lambda use: use.begin)), float(energy + takes)


def _moves(shape: Structure) -> tuple[list[_Moves], list[_Move]]:
    """All moves, by cell and by number."""
    energy = [0.0, *itertools.accumulate(shape.full)]
    value = [0.0, *itertools.accumulate(full * value for full, value in zip(shape.full, shape.value, strict=True))]
    is_limited = shape.rules.most_runs is not None
    numbered: list[_Move] = []
    rows: list[tuple[float, ...]] = []
    every: list[tuple[slice, list[tuple[int, int, int]]]] = []
    for i in range(shape.size):
        moves = _moves_from(shape, i)
        for number, move in enumerate(moves, len(numbered)):
            first, end = move.cells.start, move.cells.stop
            begins = move.begins
            takes = 2 * (begins and is_limited)
            more = slope = 0.0
            if move.part is not None:
                more, slope = (1 - move.share) * shape.full[move.part], shape.value[move.part]
            counts = value[end] - value[first] - more * slope + (shape.rules.start_value if begins else 0.0)
            state = move.is_on - move.was_on - takes
            rows.append((energy[end] - energy[first] - more, counts, more, slope, state, 0, number, move.was_on, takes))
        tos = [move.to for move in moves]
        spans = [(to, tos.index(to), len(tos) - tos[::-1].index(to)) for to in dict.fromkeys(tos)]
        every.append((slice(len(numbered), len(numbered) + len(moves)), spans))
        numbered += moves
    table = np.array(rows).T
    added, was_on, takes_at_least = table[:7], table[7, :, None], table[8, :, None]
    has_part = table[_MORE, :, None] > 0
    found = [_Moves(added[:, own], was_on[own], takes_at_least[own], has_part[own], spans) for own, spans in every]
    return found, numbered


def _moves_from(shape: Structure, i: int) -> list[_Move]:
    """What may be next at a cell, by where it leads. A run that may end comes in two: one goes on, and one ends."""
    goes_on: list[_Move] = []
    ends: list[_Move] = []
    block, resume = shape.block, shape.resume
    if shape.joined[i]:
        # A run goes on for a cell, or ends within it.
        goes_on.append(_Move(i + 1, True, True, range(i, i + 1)))
        ends.append(_Move(resume[i + 1], True, False, range(i, i + 1), i))
    if block[i]:
        # A run begins: of as many cells as it has to last, or with one of them in part.
        goes_on.append(_Move(block[i], False, True, range(i, block[i])))
        if i + 1 < shape.size and shape.joined[i + 1] and block[i + 1]:
            goes_on.append(_Move(block[i + 1], False, True, range(i, block[i + 1]), i, is_late=True))
        for short in shape.short[i]:
            part = i if short.is_first else short.end - 1
            cells = range(i, short.end)
            ends.append(_Move(resume[short.end], False, False, cells, part, short.part, short.is_first))
    ends += [move._replace(to=resume[move.to], is_on=False) for move in goes_on]
    return sorted([_Move(i + 1, False, False, range(0)), *goes_on, *ends], key=lambda move: move.to)
