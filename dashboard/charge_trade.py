"""What less carbon costs: the plans of which none is beaten in both, in words, as rows and as points. Pure."""

from collections.abc import Sequence

from dashboard import text
from dashboard.charge_answer import Answer
from dashboard.charge_charts import BEST, ONCE, Point
from dashboard.charge_words import ALIKE_G, ALIKE_P, is_like, kilograms, money, when
from dashboard.connection import Row
from planner.model import Plan


def of(answer: Answer) -> list[Plan]:
    """The plans from the cheapest to the greenest that differ by what can be seen; empty where there is no choice.

    The two ends are those of the cards, whatever lies close to them.
    """
    known = [plan for plan in answer.front if plan.carbon_g is not None and is_like(plan, answer.front[0])]
    found = known[:1]
    for plan in known[1:]:
        if _greener(found[-1], plan) >= ALIKE_G:
            found.append(plan)
    if len(found) > 1:
        found[-1] = known[-1]
    if len(found) < 2 or found[-1].cost_p - found[0].cost_p < ALIKE_P:
        return []
    return found


def _greener(plan: Plan, other: Plan) -> float:
    """By how many grams the other is greener."""
    return (plan.carbon_g or 0) - (other.carbon_g or 0)


def words(plans: Sequence[Plan]) -> str:
    """What the greenest costs more, and what a kilogram less comes to."""
    cheapest, greenest = plans[0], plans[-1]
    more, less = greenest.cost_p - cheapest.cost_p, _greener(cheapest, greenest)
    others = f"Of the {len(plans)} plans none is both dearer and dirtier than another. " if len(plans) > 2 else ""
    return (
        f"The greenest costs {money(more)} more than the cheapest and emits {kilograms(less)} less: "
        f"{money(more / less * 1000)} for each kilogram. {others}How much a kilogram counts is among the choices."
    )


def rows(answer: Answer, plans: Sequence[Plan]) -> list[Row]:
    """A row for each plan."""
    now = answer.choice.now_utc
    return [
        {
            "start_utc": plan.start_utc,
            "end_utc": plan.end_utc,
            "runs": plan.starts,
            "when_uk_local": when(plan, now).replace(text.NBSP, " "),
            "cost_p": plan.cost_p,
            "carbon_gco2": plan.carbon_g,
        }
        for plan in plans
    ]


def points(answer: Answer, plans: Sequence[Plan]) -> list[Point]:
    """The plans, and charging at once where it brings the same energy; a plan that is just that is one point."""
    labels = {0: "cheapest", len(plans) - 1: "greenest"}
    once = answer.once
    at_once = [n for n, plan in enumerate(plans) if plan.pieces == once.pieces]
    for n in at_once:
        labels[n] = f"{labels[n]} and at once" if n in labels else "at once"
    found = [_point(plan, BEST, labels.get(n, ""), answer) for n, plan in enumerate(plans)]
    if not at_once and once.carbon_g is not None and is_like(once, plans[0]):
        found.append(_point(once, ONCE, "at once", answer))
    return found


def _point(plan: Plan, kind: str, label: str, answer: Answer) -> Point:
    return Point(plan.cost_p / 100, (plan.carbon_g or 0) / 1000, kind, when(plan, answer.choice.now_utc), label)
