"""Whether a plan keeps to what was asked, worked out from its pieces and the slots alone."""

import itertools
from datetime import timedelta

from planner.model import Plan
from tests.plan_cases import Case
from tests.plan_oracle import is_usable, power_in, value_of

HOUR = timedelta(hours=1)
# Pieces are on whole microseconds.
ROUNDING = timedelta(microseconds=2)


def counts(plan: Plan, case: Case) -> float:
    """What is made least: cost, and carbon by its weight."""
    return plan.cost_p + case.wishes.carbon_weight_p_per_kg * (plan.carbon_g or 0.0) / 1000


def check(plan: Plan, case: Case) -> None:
    load, wishes = case.load, case.wishes
    numbers = [plan.cost_p, plan.carbon_g, plan.energy_at_meter_kwh, plan.shortfall_kwh, plan.left_for_later_kwh]
    for number in [*numbers, *(piece.power_kw for piece in plan.pieces)]:
        assert number is None or type(number) in (float, int), "no number of Python: it writes itself in another way"
    energy = value = cost = 0.0
    for before, after in itertools.pairwise(plan.pieces):
        assert before.end_utc <= after.start_utc, "pieces overlap"
    for piece in plan.pieces:
        assert piece.start_utc < piece.end_utc
        assert wishes.earliest_utc <= piece.start_utc
        assert piece.end_utc <= wishes.deadline_utc, "past the deadline"
        covered = timedelta(0)
        for slot in case.slots:
            begin, end = max(slot.start_utc, piece.start_utc), min(slot.end_utc, piece.end_utc)
            if begin >= end or (end - begin <= ROUNDING and not is_usable(slot, load, wishes)):
                continue
            assert is_usable(slot, load, wishes), f"uses {slot}"
            assert piece.power_kw <= power_in(slot, load) * (1 + 1e-9) or end - begin <= ROUNDING, f"too much in {slot}"
            kwh = piece.power_kw * ((end - begin) / HOUR)
            energy, cost, value = energy + kwh, cost + kwh * slot.price_p_per_kwh, value + kwh * value_of(slot, wishes)
            covered += end - begin
            if load.min_power_kw and case.kind == "throttled" and (end - begin) > ROUNDING:
                assert piece.power_kw >= load.min_power_kw * (1 - 1e-9), "below the least power"
        assert piece.end_utc - piece.start_utc - covered <= ROUNDING, "bridges what is missing"
    rounding = 1e-7 * max(1.0, load.power_kw)
    asked = load.energy_at_meter_kwh
    assert abs(energy - plan.energy_at_meter_kwh) <= rounding
    assert abs(energy + (plan.shortfall_kwh + plan.left_for_later_kwh) / load.efficiency - asked) <= rounding
    runs = _runs(plan)
    assert plan.starts == len(runs)
    assert abs(cost + len(runs) * wishes.start_cost_p - plan.cost_p) <= 1e-5 * max(1.0, abs(plan.cost_p))
    if case.kind in ("in_one_go", "profile"):
        assert len(runs) <= 1
    if case.kind in ("throttled", "on_or_off"):
        _limits_hold(plan, case, runs)


def _runs(plan: Plan) -> list[tuple[timedelta, timedelta]]:
    origin = plan.pieces[0].start_utc if plan.pieces else None
    found: list[tuple[timedelta, timedelta]] = []
    for piece in plan.pieces:
        assert origin is not None
        begin, end = piece.start_utc - origin, piece.end_utc - origin
        if found and found[-1][1] == begin:
            found[-1] = found[-1][0], end
        else:
            found.append((begin, end))
    return found


def _limits_hold(plan: Plan, case: Case, runs: list[tuple[timedelta, timedelta]]) -> None:
    wishes, load = case.wishes, case.load
    if wishes.max_pieces is not None:
        assert len(runs) <= wishes.max_pieces, "too many runs"
    planned = load.energy_at_meter_kwh - (plan.left_for_later_kwh / load.efficiency)
    shortest = wishes.min_run
    if case.kind == "on_or_off":
        shortest = min(shortest, planned / load.power_kw * HOUR)
    for begin, end in runs:
        assert end - begin >= shortest - ROUNDING, "a run is too short"
    for before, after in itertools.pairwise(runs):
        assert after[0] - before[1] >= wishes.min_gap - ROUNDING, "a gap is too short"
