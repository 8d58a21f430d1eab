"""The best that can be, found by a solver of mixed-integer programmes (HiGHS, through SciPy) without the planner's code.

Each feature is written as its own programme over the usable parts of slots, in minutes since `earliest`:

- what may pause: the linear programme itself;
- in one go: which parts are used, as one stretch, of which all but the first and the last are used whole. As a price
  holds within a slot, that is the problem in continuous time, with nothing rounded;
- throttled: a part is on or off, and takes between its least and its most when it is on;
- on or off: which whole runs, from one part to another, are chosen, and which one of them is used in part at one end;
- a profile: each whole minute is tried. Cases are on whole minutes, so that what a run costs bends on whole minutes
  only: no start between two is better than both.

Binaries are rounded and the rest solved again, so that the solver's tolerance is not in the answer.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from scipy.optimize import LinearConstraint, milp

from planner.model import Load, Slot, Wishes
from tests.plan_cases import Case

NOISE = 1e-9


@dataclass(frozen=True)
class Part:
    """A usable part of a slot, in minutes since earliest; value: what a kWh counts for."""

    begin: int
    end: int
    kw: float
    value: float

    @property
    def kwh(self) -> float:
        return self.kw * (self.end - self.begin) / 60


@dataclass(frozen=True)
class Best:
    """Energy at the meter within the data, what it counts for with its starts, and what is left for later."""

    energy: float
    value: float
    later: float = 0.0


def parts_of(case: Case) -> tuple[list[Part], int]:
    """Usable parts by time, and how many minutes there are after the data."""
    wishes = case.wishes
    found, known_to = [], 0
    horizon = whole(wishes.deadline_utc - wishes.earliest_utc)
    for slot in sorted(case.slots, key=lambda slot: slot.start_utc):
        if wishes.carbon_weight_p_per_kg and slot.carbon_gco2_per_kwh is None:
            continue
        begin = max(whole(slot.start_utc - wishes.earliest_utc), 0)
        end = min(whole(slot.end_utc - wishes.earliest_utc), horizon)
        if end <= begin:
            continue
        known_to = end
        kw = power_in(slot, case.load)
        if is_usable(slot, case.load, wishes):
            found.append(Part(begin, end, kw, value_of(slot, wishes)))
    return found, horizon - known_to


def whole(span: timedelta) -> int:
    minutes = span / timedelta(minutes=1)
    assert minutes == round(minutes)
    return round(minutes)


def power_in(slot: Slot, load: Load) -> float:
    full = float("inf") if load.profile else load.power_kw
    return full if slot.limit_kw is None else min(full, slot.limit_kw)


def is_usable(slot: Slot, load: Load, wishes: Wishes) -> bool:
    cap = wishes.price_cap_p_per_kwh
    if cap is not None and slot.price_p_per_kwh > cap:
        return False
    if wishes.carbon_weight_p_per_kg and slot.carbon_gco2_per_kwh is None:
        return False
    return bool(load.profile) or power_in(slot, load) >= max(load.min_power_kw, 1e-12)


def value_of(slot: Slot, wishes: Wishes) -> float:
    return slot.price_p_per_kwh + wishes.carbon_weight_p_per_kg * (slot.carbon_gco2_per_kwh or 0) / 1000


def best(case: Case) -> Best:
    parts, after = parts_of(case)
    load, wishes = case.load, case.wishes
    need = load.energy_at_meter_kwh
    later = load.power_kw * after / 60 if wishes.beyond_data == "expect_later" else 0.0
    if case.kind == "profile":
        lasts = sum(whole(step.length) for step in load.profile)
        if wishes.beyond_data == "expect_later" and lasts <= after:
            return Best(0.0, 0.0, need)
        return profile(parts, case)
    if case.kind == "in_one_go":
        if later >= need - NOISE and later > 0:
            return Best(0.0, 0.0, need)
        found = solved(in_one_go(parts), need)
        if later and found.energy < need - 1e-7:
            tail = 0.0  # what touches the end of the data
            edge = whole(wishes.deadline_utc - wishes.earliest_utc) - after
            for part in reversed(parts):
                if part.end != edge:
                    break
                tail, edge = tail + part.kwh, part.begin
            if min(tail + later, need) > found.energy + 1e-7:
                return at_end(parts, min(tail, need - later), later)
        return found
    later = min(later, need)
    rows = {"split": split, "throttled": throttled, "on_or_off": on_or_off}[case.kind]
    found = solved(rows(parts, case, need - later), need - later)
    if later and case.kind != "split" and found.energy < need - later - 1e-7:
        other = solved(rows(parts, case, need), need)
        if other.energy > found.energy + later + 1e-7:
            return other
    return Best(found.energy, found.value, later)


def at_end(parts: list[Part], energy: float, later: float) -> Best:
    value, left = 0.0, energy
    for part in reversed(parts):
        value += min(left, part.kwh) * part.value
        left -= min(left, part.kwh)
    return Best(energy, value, later)


@dataclass
class Programme:
    """Least value·x with rows of coefficients·x ≤ limit; energy·x is the energy. Columns are 0 to 1, or to `most`."""

    value: list[float]
    energy: list[float]
    most: list[float]
    is_binary: list[bool]
    rows: list[tuple[dict[int, float], float]]

    @classmethod
    def empty(cls) -> "Programme":
        return cls([], [], [], [], [])

    def column(self, value: float = 0.0, energy: float = 0.0, most: float = 1.0, *, binary: bool = False) -> int:
        self.value.append(value)
        self.energy.append(energy)
        self.most.append(most)
        self.is_binary.append(binary)
        return len(self.value) - 1

    def at_most(self, limit: float, **_: Any) -> dict[int, float]:
        row: dict[int, float] = {}
        self.rows.append((row, limit))
        return row

    def row(self, coefficients: dict[int, float], limit: float) -> None:
        self.rows.append((coefficients, limit))


def solved(programme: Programme, need: float) -> Best:
    """The least value with all of the energy that can be had up to `need`."""
    if not programme.value or need <= 0:
        return Best(0.0, 0.0)
    value, energy = np.array(programme.value), np.array(programme.energy)
    found = _solve(programme, value, need, need)
    if found is None:
        most = _solve(programme, -energy, 0.0, need)
        assert most is not None
        asked = float(energy @ most)
        found = _solve(programme, value, asked, asked, spare=1e-8)
        assert found is not None
        return Best(asked, float(value @ found))
    return Best(need, float(value @ found))


def _solve(programme: Programme, goal: Any, low: float, high: float, spare: float = 0.0) -> Any:
    size = len(programme.value)
    matrix = np.zeros((len(programme.rows) + 1, size))
    for number, (row, _) in enumerate(programme.rows):
        for column, coefficient in row.items():
            matrix[number, column] = coefficient
    matrix[-1] = programme.energy
    lower = np.array([-np.inf] * len(programme.rows) + [low - spare])
    upper = np.array([limit for _, limit in programme.rows] + [high + spare])
    binary = np.array(programme.is_binary, int)
    most = np.array(programme.most)
    options = {"mip_rel_gap": 0.0}
    rows = LinearConstraint(matrix, lower, upper)
    found = milp(goal, constraints=rows, integrality=binary, bounds=(np.zeros(size), most), options=options)
    if found.x is None:
        return None
    if not binary.any():
        return found.x
    exact = np.round(found.x)
    lows, highs = np.where(binary, exact, 0.0), np.where(binary, exact, most)
    again = milp(goal, constraints=LinearConstraint(matrix, lower, upper), bounds=(lows, highs))
    return again.x


def split(parts: list[Part], case: Case, need: float) -> Programme:
    found = Programme.empty()
    for part in parts:
        found.column(part.value, 1.0, part.kwh)
    return found


def in_one_go(parts: list[Part]) -> Programme:
    found = Programme.empty()
    size = len(parts)
    on = [found.column(binary=True) for _ in parts]
    starts = [found.column() for _ in parts]
    energy = [found.column(part.value, 1.0, part.kwh) for part in parts]
    for i, part in enumerate(parts):
        follows = i > 0 and parts[i - 1].end == part.begin
        leads = i + 1 < size and parts[i + 1].begin == part.end
        found.row({on[i]: 1, starts[i]: -1} | ({on[i - 1]: -1} if follows else {}), 0)
        found.row({energy[i]: 1, on[i]: -part.kwh}, 0)
        if follows and leads:
            found.row({on[i - 1]: part.kwh, on[i + 1]: part.kwh, energy[i]: -1}, part.kwh)
    found.row(dict.fromkeys(starts, 1.0), 1)
    return found


def throttled(parts: list[Part], case: Case, need: float) -> Programme:
    wishes, least_kw = case.wishes, case.load.min_power_kw
    found = Programme.empty()
    size = len(parts)
    min_run, gap = whole(wishes.min_run), whole(wishes.min_gap)
    on = [found.column(binary=True) for _ in parts]
    starts = [found.column(wishes.start_cost_p, binary=True) for _ in parts]
    energy = [found.column(part.value, 1.0, part.kwh) for part in parts]
    for i, part in enumerate(parts):
        follows = i > 0 and parts[i - 1].end == part.begin
        leads = i + 1 < size and parts[i + 1].begin == part.end
        found.row({on[i]: 1, starts[i]: -1} | ({on[i - 1]: -1} if follows else {}), 0)
        found.row({energy[i]: 1, on[i]: -part.kwh}, 0)
        found.row({on[i]: least_kw * (part.end - part.begin) / 60, energy[i]: -1}, 0)
        # From a start on, parts stay on until the run is long enough; where that cannot be there is no start.
        j, is_enough = i, False
        while True:
            found.row({starts[i]: 1, on[j]: -1}, 0)
            is_enough = parts[j].end - part.begin >= min_run
            if is_enough or j + 1 == size or parts[j + 1].begin != parts[j].end:
                break
            j += 1
        if not is_enough:
            found.row({starts[i]: 1}, 0)
        # A run that ends here keeps parts off for the gap.
        for k in range(i + 1, size):
            if parts[k].begin - part.end < gap and not (k == i + 1 and leads):
                found.row({on[i]: 1, on[k]: 1} | ({on[i + 1]: -1} if leads else {}), 1)
    if wishes.max_pieces is not None:
        found.row(dict.fromkeys(starts, 1.0), wishes.max_pieces)
    return found


def on_or_off(parts: list[Part], case: Case, need: float) -> Programme:
    wishes = case.wishes
    # What takes less than the shortest run at full power may be as short as it is.
    min_run = min(wishes.min_run / timedelta(minutes=1), need / case.load.power_kw * 60)
    gap = whole(wishes.min_gap)
    found = Programme.empty()
    runs: list[tuple[int, int, int]] = []
    some: dict[int, float] = {}
    for i, first in enumerate(parts):
        for j in range(i, len(parts)):
            if j > i and parts[j].begin != parts[j - 1].end:
                break
            spare = parts[j].end - first.begin - min_run
            if spare < -NOISE:
                continue
            inside = parts[i : j + 1]
            value = wishes.start_cost_p + sum(part.kwh * part.value for part in inside)
            run = found.column(value, sum(part.kwh for part in inside), binary=True)
            runs.append((run, i, j))
            for end in {i, j}:
                most = min(parts[end].kwh, max(spare, 0.0) / 60 * parts[end].kw)
                is_part = found.column(binary=True)
                cut = found.column(-parts[end].value, -1.0, most)
                found.row({cut: 1, is_part: -most}, 0)
                found.row({is_part: 1, run: -1}, 0)
                some[is_part] = 1.0
    found.row(some, 1)
    # Runs with the gap after them are spans of which no two overlap: none of their beginnings lies in two.
    for at in sorted({parts[i].begin for _, i, _ in runs}):
        found.row({run: 1.0 for run, i, j in runs if parts[i].begin <= at < parts[j].end + gap}, 1)
    if wishes.max_pieces is not None:
        found.row({run: 1.0 for run, _, _ in runs}, wishes.max_pieces)
    return found


def profile(parts: list[Part], case: Case) -> Best:
    powers = [step.power_kw for step in case.load.profile for _ in range(whole(step.length))]
    at = {minute: part for part in parts for minute in range(part.begin, part.end)}
    values = []
    for start in range(min(at, default=0), max(at, default=-1) + 2 - len(powers)):
        used = [at.get(start + minute) for minute in range(len(powers))]
        if all(part is not None and part.kw >= power for part, power in zip(used, powers, strict=True)):
            values.append(sum(power / 60 * part.value for part, power in zip(used, powers, strict=True) if part))
    if not values:
        return Best(0.0, 0.0)
    return Best(case.load.energy_at_meter_kwh, min(values) + case.wishes.start_cost_p)
