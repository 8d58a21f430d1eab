"""Every feature of the planner against a solver that knows nothing of it, and against the rules of others."""

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from planner.choose import plan
from planner.front import front
from planner.model import Load, Slot, Wishes
from tests.peers import RULES, price_of
from tests.plan_cases import KINDS, ORIGIN, Case, minutes, random_case
from tests.plan_checker import check, counts
from tests.plan_oracle import best

CHUNK = 500
AT_LENGTH = [pytest.mark.full, pytest.mark.timeout(1800)]
SOME = [pytest.param(first, id=f"from {first}") for first in range(0, 2_000, CHUNK)]
MANY = [
    pytest.param(
        first, id=f"from {first}", marks=[*AT_LENGTH, pytest.mark.xdist_group(f"plans {first // CHUNK % 8 // 4}")]
    )
    for first in range(2_000, 100_000, 4 * CHUNK)
]


@pytest.mark.parametrize("first", SOME + MANY)
def test_plans_cost_what_the_solver_finds_and_keep_to_what_was_asked(first: int) -> None:
    number = CHUNK if first < 2_000 else 4 * CHUNK
    wholes = dict.fromkeys(KINDS, 0)
    for seed in range(first, first + number):
        case = random_case(seed)
        found = plan(case.load, case.wishes, case.slots)
        wholes[case.kind] += found.is_whole and bool(found.pieces)
        try:
            check(found, case)
            _is_best(found.energy_at_meter_kwh, counts(found, case), case)
        except AssertionError as problem:
            raise AssertionError(f"case {seed}, {case.kind}: {problem}\n{found}") from problem
        _is_never_dearer_than_others(seed)
    # Most of what is asked can be done, or the comparison would say little.
    assert all(whole > number / len(KINDS) * 0.4 for whole in wholes.values()), wholes


def test_where_both_ways_are_short_by_as_much_some_is_left_for_later() -> None:
    case = random_case(47_843)  # 15 kWh within the data, or 10.83 and 4.17 after it: which is more, rounding said
    found = plan(case.load, case.wishes, case.slots)
    assert found.left_for_later_kwh > 0
    _is_best(found.energy_at_meter_kwh, counts(found, case), case)


def test_a_run_that_goes_on_does_not_stand_in_for_one_that_is_over() -> None:
    case = random_case(23_074)  # a cell that may bring more than is asked was compared with schedules of another state
    found = plan(case.load, case.wishes, case.slots)
    _is_best(found.energy_at_meter_kwh, counts(found, case), case)


def _is_best(energy: float, value: float, case: Case) -> None:
    optimum = best(case)
    assert energy == pytest.approx(optimum.energy, rel=1e-6, abs=1e-6)
    assert abs(value - optimum.value) <= 1e-6 * max(1.0, abs(optimum.value)), f"{value} and not {optimum.value}"


def _is_never_dearer_than_others(seed: int) -> None:
    rng = random.Random(seed)
    prices = [rng.choice([rng.uniform(-5, 40), 10.0]) for _ in range(rng.randint(4, 12))]
    slots = [Slot(ORIGIN + minutes(30 * i), ORIGIN + minutes(30 * (i + 1)), price) for i, price in enumerate(prices)]
    end = slots[-1].end_utc
    now = ORIGIN + minutes(rng.randint(0, 45))
    length = minutes(rng.randint(5, (end - now) // minutes(1)))
    deadline = end - minutes(rng.randint(0, (end - now - length) // minutes(1)))
    ours = plan(Load(length / timedelta(hours=1), 1.0), Wishes(now, deadline, in_one_go=True), slots)
    for name, rule in RULES.items():
        start = rule(slots, now, deadline, length)
        if start is not None:
            assert now <= start
            assert start + length <= deadline
            assert ours.cost_p <= price_of(slots, start, length) + 1e-9, f"{name} is cheaper in case {seed}"


def test_finer_steps_are_planned_exactly_too() -> None:
    for seed in [*range(3, 200, 5), *range(4, 200, 5)]:
        case = random_case(seed, most_slots=6)
        found = plan(case.load, case.wishes, case.slots, step=minutes(15))
        cut = _cut(case, 15)
        _is_best(found.energy_at_meter_kwh, counts(found, cut), cut)


def _cut(case: Case, step: int) -> Case:
    """The same with each slot cut at every `step` minutes since earliest."""
    found = []
    for slot in case.slots:
        edges = [slot.start_utc, slot.end_utc]
        at = case.wishes.earliest_utc
        while at < slot.end_utc:
            edges += [at] if at > slot.start_utc else []
            at += minutes(step)
        edges.sort()
        found += [replace(slot, start_utc=a, end_utc=b) for a, b in itertools.pairwise(edges)]
    return replace(case, slots=tuple(found))


@pytest.mark.parametrize("kind", KINDS)
def test_no_plan_of_the_front_is_beaten_and_each_is_best_for_a_weight(kind: str) -> None:
    fronts = 0
    for seed in range(KINDS.index(kind), 200, len(KINDS)):
        case = random_case(seed, most_slots=8)
        slots = tuple(replace(slot, carbon_gco2_per_kwh=slot.carbon_gco2_per_kwh or 150.0) for slot in case.slots)
        case = replace(case, slots=slots, wishes=replace(case.wishes, carbon_weight_p_per_kg=0.0))
        found = front(case.load, case.wishes, case.slots)
        fronts += len(found) > 1
        costs, carbons = [each.cost_p for each in found], [each.carbon_g or 0.0 for each in found]
        assert costs == sorted(costs)
        assert all(a > b for a, b in itertools.pairwise(carbons))
        for each in found:
            check(each, case)
        cheapest = plan(case.load, case.wishes, case.slots)
        assert costs[0] == pytest.approx(cheapest.cost_p, rel=1e-6, abs=1e-6)
        # For any weight, one of the front is as good as the solver's best: so no corner is missing.
        for weight in (0.01, 1.0, 5.0, 25.0, 100.0, 10_000.0):
            weighed = replace(case, wishes=replace(case.wishes, carbon_weight_p_per_kg=weight))
            least = min(cost + weight * carbon / 1000 for cost, carbon in zip(costs, carbons, strict=True))
            assert least == pytest.approx(best(weighed).value, rel=1e-5, abs=1e-5)
    assert fronts > 5
