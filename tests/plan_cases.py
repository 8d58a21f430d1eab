"""Random things to plan, small and odd: the same seed gives the same case. Everything is on whole minutes."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from planner.model import Load, Slot, Step, Wishes

ORIGIN = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
KINDS = ("in_one_go", "profile", "split", "throttled", "on_or_off")


@dataclass(frozen=True)
class Case:
    kind: str
    load: Load
    wishes: Wishes
    slots: tuple[Slot, ...]


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def random_case(seed: int, most_slots: int = 16) -> Case:
    rng = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    slots = _slots(rng, rng.randint(4, most_slots))
    first, last = slots[0].start_utc, slots[-1].end_utc
    span = (last - first) // minutes(1)
    earliest = first + minutes(rng.choice([0, rng.randint(-30, span // 3)]))
    deadline = max(last - minutes(rng.choice([0, rng.randint(-60, span // 3)])), earliest + minutes(10))
    wishes = Wishes(
        earliest,
        deadline,
        in_one_go=kind == "in_one_go",
        price_cap_p_per_kwh=rng.choice([None, None, None, rng.uniform(5, 30)]),
        carbon_weight_p_per_kg=rng.choice([0.0, 0.0, rng.uniform(1, 60)]),
        tie=rng.choice(["earliest", "latest"]),
        beyond_data=rng.choice(["known_only", "known_only", "expect_later"]),
    )
    if kind == "profile":
        return Case(kind, Load(profile=_profile(rng)), wishes, slots)
    power = rng.choice([1.0, 2.3, 3.6, 7.4, 10.0])
    hours = (deadline - earliest) / minutes(60)
    share = rng.choice([rng.uniform(0.02, 0.4), rng.uniform(0.02, 0.4), rng.uniform(0.3, 1.2)])
    energy = rng.choice([power * hours * share, power * rng.randint(1, 8) / 4])
    efficiency = rng.choice([1.0, 0.9, rng.uniform(0.5, 1)])
    load = Load(energy * efficiency, power, efficiency)
    if kind == "throttled":
        load = replace(load, min_power_kw=power * rng.choice([0.1, 0.2, 0.4, 1.0, rng.uniform(0.05, 0.9)]))
    if kind in ("throttled", "on_or_off"):
        wishes = _limits(rng, wishes)
        if kind == "on_or_off" and not (
            wishes.min_run or wishes.min_gap or wishes.start_cost_p or wishes.max_pieces is not None
        ):
            wishes = replace(wishes, max_pieces=rng.randint(1, 3))
    return Case(kind, load, wishes, slots)


def _slots(rng: random.Random, number: int) -> tuple[Slot, ...]:
    lengths = rng.choice([[30], [30], [60], [15, 30, 45, 60], [5, 7, 30, 90]])
    prices = rng.choice(["any", "few", "flat", "negative", "walk"])
    has_limits, has_gaps, all_carbon = rng.random() < 0.4, rng.random() < 0.4, rng.random() < 0.8
    at = ORIGIN + minutes(rng.choice([0, 0, rng.randint(0, 59)]))
    price = rng.uniform(5, 30)
    found: list[Slot] = []
    for _ in range(number):
        if has_gaps and rng.random() < 0.15:
            at += minutes(rng.choice([5, 30, 60]))
        end = at + minutes(rng.choice(lengths))
        price = {
            "any": rng.uniform(0, 40),
            "few": float(rng.choice([5, 10, 20])),
            "flat": price,
            "negative": rng.uniform(-20, 0),
            "walk": price + rng.uniform(-4, 4),
        }[prices]
        carbon = rng.uniform(20, 300) if all_carbon or rng.random() < 0.9 else None
        limit = rng.choice([None, rng.uniform(0.3, 10), 0.0, 2.0]) if has_limits else None
        found.append(Slot(at, end, price, carbon, limit))
        at = end
    return tuple(found)


def _profile(rng: random.Random) -> tuple[Step, ...]:
    return tuple(
        Step(minutes(rng.choice([5, 13, 20, 30, 45])), rng.choice([0.0, 0.1, 0.8, 2.0, 2.2]))
        for _ in range(rng.randint(1, 4))
    ) + (Step(minutes(rng.randint(1, 40)), rng.choice([0.3, 1.7])),)


def _limits(rng: random.Random, wishes: Wishes) -> Wishes:
    return replace(
        wishes,
        min_run=minutes(rng.choice([0, 0, 30, 60, 90, rng.randint(1, 120)])),
        min_gap=minutes(rng.choice([0, 0, 30, 60, rng.randint(1, 120)])),
        max_pieces=rng.choice([None, None, 1, 2, 3]),
        start_cost_p=rng.choice([0.0, 0.0, rng.uniform(0.1, 30)]),
    )
