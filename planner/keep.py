"""Whether to go on with a plan, or to change to a new one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from planner.cells import MICROSECOND, Aim, Grid, Use, as_plan, grid
from planner.check import instant, load_is_sound, wishes_are_sound
from planner.model import Load, Plan, PlanError, Slots, Wishes

# So much of the energy, at the most, may be lost to rounding in a plan that is kept.
_LOST = 1e-6


def keep(
    current: Plan,
    load: Load,
    wishes: Wishes,
    slots: Slots,
    now_utc: datetime,
    threshold_p: float,
    anew: Callable[[Load, Wishes, Slots], Plan],
) -> Plan:
    """The rest of `current` from now on, unless `anew` saves more than threshold_p or the rest no longer does.

    load and wishes say what is still to be done: of energy, what is still missing. The rest is counted at the prices
    of `slots`; it no longer does where a slot that it uses is gone, too dear or of too little power, where it runs past
    the deadline, or where it brings less, or more, than the new plan. A profile that runs is never broken off. A run
    that goes on at now does not pay its start again, neither in the rest nor in a new plan that goes on with it.
    """
    if now_utc.utcoffset() is None:
        raise PlanError(f"Now, {now_utc.isoformat(sep=' ')}, has no time zone: give one, such as UTC.")
    if not threshold_p >= 0:
        raise PlanError(f"The least saving to change a plan for is {threshold_p:g} p: say 0 or more.")
    now = now_utc.astimezone(UTC)
    if load.profile and any(piece.start_utc < now < piece.end_utc for piece in current.pieces):
        return current
    if now >= wishes.deadline_utc.astimezone(UTC):
        raise PlanError(
            f"It is {instant(now)}, and the deadline was {instant(wishes.deadline_utc)}: choose a later one."
        )
    wishes = replace(wishes, earliest_utc=max(now, wishes.earliest_utc.astimezone(UTC)))
    load_is_sound(load)
    wishes_are_sound(load, wishes)
    new = anew(load, wishes, slots)
    rest = _rest(current, load, wishes, grid(load, wishes, slots, Aim(1.0, wishes.carbon_weight_p_per_kg)))
    if rest is None or abs(rest.energy_at_meter_kwh - new.energy_at_meter_kwh) > _LOST * load.energy_at_meter_kwh:
        return new
    runs_now = any(piece.start_utc < now < piece.end_utc for piece in current.pieces)
    old, other = (_goes_on(plan, wishes, now, runs_now) for plan in (rest, new))
    return old if _counts(old, wishes) - _counts(other, wishes) <= threshold_p else other


def _rest(current: Plan, load: Load, wishes: Wishes, on: Grid) -> Plan | None:
    """What is left of the plan from earliest on, None where it cannot be done."""
    uses: list[Use] = []
    for piece in current.pieces:
        begin = max((piece.start_utc - on.origin) / MICROSECOND, 0.0)
        end = (piece.end_utc - on.origin) / MICROSECOND
        covered = 0.0
        for cell in on.cells:
            first, last = max(begin, cell.begin), min(end, cell.end)
            if first < last:
                if piece.power_kw > cell.full_kw * (1 + 1e-9):
                    return None
                uses.append(Use(cell, first, last, piece.power_kw))
                covered += last - first
        if covered < end - begin - 1:
            return None
    return as_plan(load, wishes, on, uses, later_kwh=current.left_for_later_kwh / load.efficiency)


def _goes_on(plan: Plan, wishes: Wishes, now: datetime, runs_now: bool) -> Plan:
    """Without the cost of a start that was paid before."""
    if runs_now and plan.start_utc == now:
        return replace(plan, cost_p=plan.cost_p - wishes.start_cost_p)
    return plan


def _counts(plan: Plan, wishes: Wishes) -> float:
    return plan.cost_p + wishes.carbon_weight_p_per_kg * (plan.carbon_g or 0.0) / 1000
