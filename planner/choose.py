"""One call that picks the method for a load, and charging at once to compare it with."""

from dataclasses import replace
from datetime import datetime, timedelta

from planner import contiguous, limited, split
from planner.cells import HOUR, MICROSECOND, SAME, Aim, Cell, Grid, Use, as_plan, finer, grid, stretches
from planner.check import load_is_sound, wishes_are_sound
from planner.dual import Rules
from planner.keep import keep
from planner.model import NO_TIME, Load, Plan, Slots, Wishes


def plan(load: Load, wishes: Wishes, slots: Slots, *, step: timedelta | None = None) -> Plan:
    """The best plan of all: the least cost, with what carbon counts for and what starts cost.

    In one go: exact in continuous time. What may pause: the optimum of the linear programme. Under limits of runs:
    exact on a grid of the slots, cut at earliest and deadline, and at each `step` since earliest where one is given.
    Where the load cannot be done whole, the most of it that can, as cheaply as that can be.

    Where data ends before the deadline: `refuse` raises; `known_only` plans within the data; `expect_later` leaves for
    later what the time after the data can take at full power, and plans only the rest (in one go: all or nothing of it,
    but where it fits into neither it begins at the end of the data and goes on after it).

    Raise PlanError where there can be no plan, whatever the slots hold.
    """
    return solve(load, wishes, slots, Aim(1.0, wishes.carbon_weight_p_per_kg), step=step)


def solve(load: Load, wishes: Wishes, slots: Slots, aim: Aim, *, step: timedelta | None = None) -> Plan:
    """The plan that is best by `aim`, whatever wishes say of carbon."""
    load_is_sound(load)
    wishes_are_sound(load, wishes)
    on = grid(load, wishes, slots, aim)
    later_hours = (on.length - on.known_to) / HOUR if wishes.beyond_data == "expect_later" else 0.0
    if load.profile:
        return _profile(load, wishes, on, later_hours)
    if wishes.in_one_go:
        return _in_one_go(load, wishes, on, later_hours * load.power_kw)
    need = load.energy_at_meter_kwh
    later = min(need, later_hours * load.power_kw)
    if not is_limited(load, wishes):
        return as_plan(load, wishes, on, split.of_energy(on.cells, need - later, wishes.tie), later_kwh=later)
    cells = finer(on.cells, step) if step is not None else on.cells
    found = as_plan(load, wishes, on, _limited(load, wishes, aim, cells, need - later), later_kwh=later)
    if later and not found.is_whole:
        # Too little is left to plan for the limits of a run: plan all of it, and nothing for later.
        other = as_plan(load, wishes, on, _limited(load, wishes, aim, cells, need))
        found = _with_more(found, other)
    return found


def at_once(load: Load, wishes: Wishes, slots: Slots) -> Plan:
    """Without a pause from earliest on, or from the first instant from which all of it fits.

    What is chosen for price or carbon does not count: no cap, no weight, no limits of runs. Where no stretch of time
    holds all of it, the first that holds the most.
    """
    plain = replace(
        wishes,
        price_cap_p_per_kwh=None,
        carbon_weight_p_per_kg=0.0,
        in_one_go=True,
        tie="earliest",
        min_run=NO_TIME,
        min_gap=NO_TIME,
        max_pieces=None,
        beyond_data="refuse" if wishes.beyond_data == "refuse" else "known_only",
    )
    return replace(solve(load, plain, slots, Aim(of_cost=0.0)), ties=())


def replan(
    current: Plan, load: Load, wishes: Wishes, slots: Slots, now_utc: datetime, threshold_p: float = 0.0
) -> Plan:
    """The rest of the current plan, unless the best plan from now on saves more than threshold_p; see `keep`."""
    return keep(current, load, wishes, slots, now_utc, threshold_p, plan)


def is_limited(load: Load, wishes: Wishes) -> bool:
    """Whether a load that may pause does so under limits of its runs."""
    return bool(
        wishes.min_run or wishes.min_gap or wishes.max_pieces is not None or wishes.start_cost_p or load.min_power_kw
    )


def _with_more(found: Plan, other: Plan) -> Plan:
    """The other plan where it holds more energy than the found one, by more than rounding does."""
    spare = SAME * max(1.0, found.shortfall_kwh + found.energy_at_meter_kwh + found.left_for_later_kwh)
    return other if other.shortfall_kwh < found.shortfall_kwh - spare else found


def _profile(load: Load, wishes: Wishes, on: Grid, later_hours: float) -> Plan:
    if sum((step.length for step in load.profile), NO_TIME) <= later_hours * HOUR * MICROSECOND:
        return as_plan(load, wishes, on, (), later_kwh=load.energy_at_meter_kwh)
    runs = contiguous.of_profile(on.cells, load.profile, wishes.tie)
    return as_plan(load, wishes, on, runs.uses, ties=tuple(on.at(time) for time in runs.ties))


def _in_one_go(load: Load, wishes: Wishes, on: Grid, later_kwh: float) -> Plan:
    need = load.energy_at_meter_kwh
    noise = SAME * max(1.0, need)
    if later_kwh and later_kwh >= need - noise:
        return as_plan(load, wishes, on, (), later_kwh=need)
    runs = contiguous.of_energy(on.cells, need, wishes.tie)
    found = as_plan(load, wishes, on, runs.uses, ties=tuple(on.at(time) for time in runs.ties))
    if later_kwh and not found.is_whole:
        *_, tail = stretches(on.cells) or [[]]
        uses: tuple[Use, ...] = ()
        if tail and tail[-1].end == on.known_to:
            uses = contiguous.at_end(tail, need - later_kwh)
        across = as_plan(load, wishes, on, uses, later_kwh=later_kwh)
        found = _with_more(found, across)
    return found


def _limited(load: Load, wishes: Wishes, aim: Aim, cells: tuple[Cell, ...], energy_kwh: float) -> tuple[Use, ...]:
    min_run = wishes.min_run // MICROSECOND
    if not load.min_power_kw:
        # What takes less than the shortest run is one run, as long as it takes.
        min_run = min(min_run, int(energy_kwh / load.power_kw * HOUR))
    most_runs = wishes.max_pieces if wishes.max_pieces is None or wishes.max_pieces < len(cells) else None
    rules = Rules(
        min_run, wishes.min_gap // MICROSECOND, most_runs, aim.of_cost * wishes.start_cost_p, load.min_power_kw
    )
    return limited.of_energy(cells, energy_kwh, rules, wishes.tie)
