"""What holds of every plan, whatever is planned: under other clocks, other units, more slots and more time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.choose import at_once, plan
from planner.model import Plan
from tests.plan_cases import Case, minutes, random_case
from tests.plan_checker import check, counts

NOISE = 1e-6
cases = st.integers(0, 10**9).map(lambda seed: random_case(seed, most_slots=10))
few = settings(max_examples=100, deadline=None)


def planned(case: Case) -> Plan:
    return plan(case.load, case.wishes, case.slots)


def no_dearer(one: Plan, other: Plan, case: Case) -> bool:
    """More energy, or as much for no more."""
    more = one.energy_at_meter_kwh + one.left_for_later_kwh / case.load.efficiency
    less = other.energy_at_meter_kwh + other.left_for_later_kwh / case.load.efficiency
    if more > less + NOISE:
        return True
    noise = NOISE * max(1.0, abs(counts(other, case)))
    return more > less - NOISE and counts(one, case) <= counts(other, case) + noise


@few
@given(cases, st.integers(-500_000, 500_000))
def test_another_time_gives_the_same_plan_then(case: Case, by: int) -> None:
    shift = minutes(by)
    moved = replace(
        case,
        wishes=replace(
            case.wishes,
            earliest_utc=case.wishes.earliest_utc + shift,
            deadline_utc=case.wishes.deadline_utc + shift,
        ),
        slots=tuple(
            replace(slot, start_utc=slot.start_utc + shift, end_utc=slot.end_utc + shift) for slot in case.slots
        ),
    )
    one, other = planned(case), planned(moved)
    assert [(piece.start_utc + shift, piece.end_utc + shift, piece.power_kw) for piece in one.pieces] == [
        (piece.start_utc, piece.end_utc, piece.power_kw) for piece in other.pieces
    ]
    assert one.cost_p == other.cost_p


@few
@given(cases, st.floats(0.01, 100))
def test_prices_in_other_units_give_the_same_cost_in_them(case: Case, by: float) -> None:
    cap = case.wishes.price_cap_p_per_kwh
    scaled = replace(
        case,
        wishes=replace(
            case.wishes,
            price_cap_p_per_kwh=None if cap is None else cap * by,
            start_cost_p=case.wishes.start_cost_p * by,
            carbon_weight_p_per_kg=case.wishes.carbon_weight_p_per_kg * by,
        ),
        slots=tuple(replace(slot, price_p_per_kwh=slot.price_p_per_kwh * by) for slot in case.slots),
    )
    one, other = planned(case), planned(scaled)
    assert one.energy_at_meter_kwh == pytest.approx(other.energy_at_meter_kwh)
    assert counts(other, scaled) == pytest.approx(counts(one, case) * by, rel=1e-6, abs=1e-6 * max(by, 1))


@few
@given(cases, st.floats(-20, 60), st.integers(10, 90))
def test_one_more_slot_is_never_dearer(case: Case, price: float, length: int) -> None:
    last = case.slots[-1]
    more = replace(
        last, start_utc=last.end_utc, end_utc=last.end_utc + minutes(length), price_p_per_kwh=price, limit_kw=None
    )
    case = replace(case, wishes=replace(case.wishes, beyond_data="known_only"))
    bound = replace(case, wishes=replace(case.wishes, deadline_utc=case.wishes.deadline_utc + minutes(length)))
    assert no_dearer(planned(replace(bound, slots=(*case.slots, more))), planned(bound), case)


@few
@given(cases, st.integers(1, 300))
def test_more_time_is_never_dearer(case: Case, by: int) -> None:
    # What is expected of the time after the data depends on how much of it there is.
    case = replace(case, wishes=replace(case.wishes, beyond_data="known_only"))
    for other in (
        replace(case.wishes, deadline_utc=case.wishes.deadline_utc + minutes(by)),
        replace(case.wishes, earliest_utc=case.wishes.earliest_utc - minutes(by)),
    ):
        if case.kind == "throttled" and _cuts_anew(case, other.earliest_utc, other.deadline_utc):
            continue
        assert no_dearer(planned(replace(case, wishes=other)), planned(case), case)


def _cuts_anew(case: Case, *edges: object) -> bool:
    """Whether the part of a slot that could be used becomes another: the least energy of a cell grows with it."""
    old = (case.wishes.earliest_utc, case.wishes.deadline_utc)
    return any(slot.start_utc < edge < slot.end_utc for slot in case.slots for edge in old) and edges != old


@few
@given(cases)
def test_each_freedom_costs_nothing(case: Case) -> None:
    case = replace(case, wishes=replace(case.wishes, beyond_data="known_only"))
    found = planned(case)
    check(found, case)
    if case.kind == "profile":
        return
    free = replace(
        case,
        kind="split",
        load=replace(case.load, min_power_kw=0.0),
        wishes=replace(
            case.wishes, in_one_go=False, min_run=timedelta(0), min_gap=timedelta(0), max_pieces=None, start_cost_p=0.0
        ),
    )
    assert no_dearer(planned(free), found, free if not case.wishes.start_cost_p else case)


@few
@given(cases)
def test_one_piece_under_limits_is_a_run_in_one_go(case: Case) -> None:
    load = replace(case.load, min_power_kw=0.0)
    if case.kind == "profile":
        return
    plain = replace(
        case.wishes, in_one_go=True, min_run=timedelta(0), min_gap=timedelta(0), beyond_data="known_only", max_pieces=1
    )
    one = plan(load, plain, case.slots)
    other = plan(load, replace(plain, in_one_go=False), case.slots)
    assert no_dearer(one, other, case)
    assert no_dearer(other, one, case)


@few
@given(cases)
def test_charging_at_once_is_never_better_than_a_plan_in_one_go(case: Case) -> None:
    free = replace(
        case.wishes,
        in_one_go=case.kind != "profile",
        price_cap_p_per_kwh=None,
        carbon_weight_p_per_kg=0.0,
        beyond_data="known_only",
        min_run=timedelta(0),
    )
    plain = replace(case, wishes=free)
    now = at_once(case.load, free, case.slots)
    assert no_dearer(planned(plain), now, plain)
    assert now.is_whole == planned(plain).is_whole
