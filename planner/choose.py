"""One call that picks the method for a load, and charging at once to compare it with."""

from dataclasses import replace
from datetime import timedelta

from planner import contiguous, split
from planner.cells import Aim, as_plan, grid
from planner.check import load_is_sound, wishes_are_sound
from planner.model import Load, Plan, Slots, Wishes


def plan(load: Load, wishes: Wishes, slots: Slots, *, step: timedelta | None = None) -> Plan:
    """The best plan of all. Raise PlanError where there can be none, whatever the slots hold."""
    load_is_sound(load)
    wishes_are_sound(load, wishes)
    aim = Aim(1.0, wishes.carbon_weight_p_per_kg)
    on = grid(load, wishes, slots, aim)
    need = load.energy_at_meter_kwh
    if load.profile:
        runs = contiguous.of_profile(on.cells, load.profile, wishes.tie)
        return as_plan(load, wishes, on, runs.uses, ties=tuple(on.at(time) for time in runs.ties))
    if wishes.in_one_go:
        runs = contiguous.of_energy(on.cells, need, wishes.tie)
        return as_plan(load, wishes, on, runs.uses, ties=tuple(on.at(time) for time in runs.ties))
    return as_plan(load, wishes, on, split.of_energy(on.cells, need, wishes.tie))


def at_once(load: Load, wishes: Wishes, slots: Slots) -> Plan:
    """Without a pause from earliest on, or from the first instant from which all of it fits.

    What is chosen for price or carbon does not count: no cap, no weight, no limits of runs. Where no stretch of time
    holds all of it, the first that holds the most.
    """
    flat = replace(
        wishes,
        price_cap_p_per_kwh=None,
        carbon_weight_p_per_kg=0.0,
        in_one_go=True,
        tie="earliest",
        min_run=timedelta(0),
        min_gap=timedelta(0),
        max_pieces=None,
        beyond_data="known_only" if wishes.beyond_data == "expect_later" else wishes.beyond_data,
    )
    load_is_sound(load)
    wishes_are_sound(load, flat)
    on = grid(load, flat, slots, Aim(of_cost=0.0))
    if load.profile:
        return as_plan(load, flat, on, contiguous.of_profile(on.cells, load.profile, "earliest").uses)
    return as_plan(load, flat, on, contiguous.of_energy(on.cells, load.energy_at_meter_kwh, "earliest").uses)
