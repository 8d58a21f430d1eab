"""Plans from the cheapest to the greenest, each of which no other beats in both."""

from dataclasses import replace
from datetime import timedelta

from planner.cells import Aim
from planner.choose import solve
from planner.model import Load, Plan, Slots, Wishes

# What counts second, so that the cheapest of all is the greenest of the cheapest, and the other way round.
_SECOND = 1e-6
# Two plans that differ by less than this part are one.
_SAME = 1e-7


def front(load: Load, wishes: Wishes, slots: Slots, *, step: timedelta | None = None) -> tuple[Plan, ...]:
    """From the cheapest to the greenest: the plans that are best for some weight of carbon, whatever wishes say of it.

    Of a load that may pause without limits these are the corners of the whole front, and what lies between two of them
    is a mix of both. Of others there may be more plans that no plan beats, but each of those costs more than a mix of
    its neighbours in the front would.

    Slots whose carbon is not known cannot be weighed and are left out, named in `missing`; where none is known there is
    nothing to weigh, and the cheapest plan stands alone.
    """
    if not any(slot.carbon_gco2_per_kwh is not None for slot in slots):
        return (solve(load, replace(wishes, carbon_weight_p_per_kg=0.0), slots, Aim(), step=step),)
    cheapest = solve(load, wishes, slots, Aim(1.0, _SECOND), step=step)
    greenest = solve(load, wishes, slots, Aim(_SECOND, 1.0), step=step)
    found = [cheapest]
    between = [(cheapest, greenest)]
    while between:
        one, other = between.pop()
        if _carbon_kg(one) - _carbon_kg(other) <= _SAME * max(1.0, _carbon_kg(one)):
            continue
        found.append(other)
        if other.cost_p - one.cost_p <= _SAME * max(1.0, abs(one.cost_p)):
            continue
        # The weight at which both are as good: what is better than both lies between them.
        weight = (other.cost_p - one.cost_p) / (_carbon_kg(one) - _carbon_kg(other))
        middle = solve(load, wishes, slots, Aim(1.0, weight), step=step)
        better = one.cost_p + weight * _carbon_kg(one) - middle.cost_p - weight * _carbon_kg(middle)
        if better > _SAME * max(1.0, abs(one.cost_p)):
            between += [(one, middle), (middle, other)]
    return _unbeaten(found)


def _carbon_kg(plan: Plan) -> float:
    return (plan.carbon_g or 0.0) / 1000


def _unbeaten(plans: list[Plan]) -> tuple[Plan, ...]:
    """By cost, without those that another beats, or equals, in both."""
    found: list[Plan] = []
    for plan in sorted(plans, key=lambda plan: (plan.cost_p, _carbon_kg(plan))):
        if not found or _carbon_kg(plan) < _carbon_kg(found[-1]) - _SAME * max(1.0, _carbon_kg(plan)):
            found.append(plan)
    return tuple(found)
