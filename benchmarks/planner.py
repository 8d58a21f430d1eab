"""How much cheaper exact plans are than the rules of others, on recorded prices and carbon, and how long they take.

    python -m benchmarks.planner [--loads 2000] [--timed 200] [--recorded FOLDER] [--json]

Loads that run in one go: now, deadline and 20 to 360 minutes at random, the same for each rule. The rules of others are
those of tests/peers.py, in our words. The recorded data is looked for where ENERGY_MONITOR_RECORDED points, or in
../shared/recorded.
"""

import argparse
import csv
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.figures import Figure, at_most
from benchmarks.recorded import recorded_folder
from planner.choose import at_once, plan
from planner.model import Load, Slot, Wishes
from tests.peers import RULES, price_of

BUDGET, LIMIT_MS, LIMIT_OF_RUNS_MS = "planner, 48 hours", 5.0, 50.0
HALF_HOUR = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SEED = 9
KW = 7.4
# A plan is better than a rule if it saves more than this, in pence (grams) for a load of 1 kW.
BETTER = 1e-6
# How far ahead a load may be planned, from one to two days.
AHEAD = 96


def agile(folder: Path) -> list[Slot]:
    """The recorded Agile prices; local times, of which the repeated hour of October is there once and left out."""
    found = []
    with (folder / "history" / "agile_half_hourly_2022-11_2023-06.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            local = datetime.strptime(row["Period from"], "%d/%m/%Y %H:%M").replace(tzinfo=ZoneInfo("Europe/London"))
            start = local.astimezone(UTC)
            found.append(Slot(start, start + HALF_HOUR, float(row["Agile Import price (p/kWh)"])))
    return found


def carbon(folder: Path) -> list[Slot]:
    """The recorded national carbon intensity, in the place of a price: grams and not pence."""
    found = []
    with (folder / "history" / "carbon_national_2023_h1.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            start = datetime.fromisoformat(row["from"])
            if row["actual"]:
                found.append(Slot(start, start + HALF_HOUR, float(row["actual"])))
    return found


def without_gaps(slots: Sequence[Slot]) -> list[list[Slot]]:
    """Slots in stretches of which each slot touches the next, a start only once; too short ones are left out."""
    stretches: list[list[Slot]] = []
    for slot in sorted({slot.start_utc: slot for slot in slots}.values(), key=lambda slot: slot.start_utc):
        if stretches and stretches[-1][-1].end_utc == slot.start_utc:
            stretches[-1].append(slot)
        else:
            stretches.append([slot])
    return [stretch for stretch in stretches if len(stretch) >= AHEAD]


def compared(slots: Sequence[Slot], loads: int, seed: int = SEED) -> dict[str, Any]:
    """By rule: how often an exact plan is better, by what part in all, and by how much for each kWh."""
    rng = random.Random(seed)
    stretches = without_gaps(slots)
    paid: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(loads):
        (stretch,) = rng.choices(stretches, weights=[len(stretch) for stretch in stretches])
        first = rng.randint(0, len(stretch) - AHEAD)
        ahead = stretch[first : first + AHEAD]
        now = ahead[0].start_utc + rng.randint(0, 24 * 60 - 1) * MINUTE
        length = rng.randint(20, 360) * MINUTE
        deadline = now + length + rng.randint(0, (ahead[-1].end_utc - now - length) // MINUTE) * MINUTE
        hours = length / HOUR
        wishes = Wishes(now, deadline, in_one_go=True)
        ours = plan(Load(hours, 1.0), wishes, ahead).cost_p
        starts = {name: rule(ahead, now, deadline, length) for name, rule in RULES.items()}
        starts["at once"] = at_once(Load(hours, 1.0), wishes, ahead).start_utc
        for name, start in starts.items():
            if start is not None:
                paid.setdefault(name, []).append((price_of(ahead, start, length), ours, hours))
    return {name: _figures(rows, loads) for name, rows in paid.items()}


def _figures(rows: list[tuple[float, float, float]], loads: int) -> dict[str, float]:
    each = [(theirs - ours) / hours for theirs, ours, hours in rows]
    return {
        "better_percent": 100 * sum(more * row[2] > BETTER for more, row in zip(each, rows, strict=True)) / len(rows),
        "worse": sum(more * row[2] < -BETTER for more, row in zip(each, rows, strict=True)),
        "dearer_percent": 100 * (sum(row[0] for row in rows) / sum(row[1] for row in rows) - 1),
        "p95_per_kwh": quantiles(each, n=20)[-1],
        "max_per_kwh": max(each),
        "none_percent": 100 * (1 - len(rows) / loads),
    }


METHODS: dict[str, tuple[Load, dict[str, Any]]] = {
    "in one go": (Load(20, KW, 0.9), {"in_one_go": True}),
    "may pause": (Load(20, KW, 0.9), {}),
    "runs of an hour or more, at most 3": (Load(20, KW, 0.9), {"min_run": HOUR, "max_pieces": 3}),
    "the same, throttled down to 1.4 kW": (Load(20, KW, 0.9, 1.4), {"min_run": HOUR, "max_pieces": 3}),
    "the same, and gaps of an hour, and 5 p a start": (
        Load(20, KW, 0.9),
        {"min_run": HOUR, "max_pieces": 3, "min_gap": HOUR, "start_cost_p": 5.0},
    ),
}


def as_it_is(rng: random.Random, slots: Sequence[Slot]) -> list[Slot]:
    return list(slots)


def with_limits(rng: random.Random, slots: Sequence[Slot]) -> list[Slot]:
    """Another limit of power in each slot."""
    return [replace(slot, limit_kw=rng.uniform(0.5, 8)) for slot in slots]


def with_few_prices(rng: random.Random, slots: Sequence[Slot]) -> list[Slot]:
    """One to four prices, and another limit of power in each slot."""
    prices = [float(rng.randint(5, 40)) for _ in range(rng.randint(1, 4))]
    return [replace(slot, price_p_per_kwh=rng.choice(prices)) for slot in with_limits(rng, slots)]


# Any limits of runs, and any energy, of a charger that is on or off.
AT_RANDOM: dict[str, Callable[[random.Random, Sequence[Slot]], list[Slot]]] = {
    "limits of runs at random": as_it_is,
    "the same, with a limit of power in each slot": with_limits,
    "the same, with one to four prices": with_few_prices,
}


def limits_at_random(rng: random.Random) -> dict[str, Any]:
    return {
        "min_run": rng.choice([0, 30, 60, 60, 90, 120, rng.randint(1, 150)]) * MINUTE,
        "min_gap": rng.choice([0, 0, 60, rng.randint(1, 150)]) * MINUTE,
        "max_pieces": rng.choice([None, 1, 2, 3, 3, 5]),
        "start_cost_p": rng.choice([0.0, 5.0, rng.uniform(0.1, 30)]),
        "tie": rng.choice(["earliest", "latest"]),
    }


def timed(slots: Sequence[Slot], number: int, seed: int = SEED) -> dict[str, dict[str, float]]:
    """Milliseconds of a processor for a plan over 48 hours, by what is asked; energy and now at random."""
    stretches = without_gaps(slots)
    found = {}
    for name in (*METHODS, *AT_RANDOM):
        rng = random.Random(seed)
        taken = []
        for _ in range(number):
            stretch = rng.choice(stretches)
            first = rng.randint(0, len(stretch) - AHEAD)
            ahead = stretch[first : first + AHEAD]
            now = ahead[0].start_utc + rng.randint(0, 29) * MINUTE
            if name in METHODS:
                load, limits = METHODS[name]
                asked = replace(load, energy_kwh=rng.uniform(2, 60))
            else:
                limits, ahead = limits_at_random(rng), AT_RANDOM[name](rng, ahead)
                asked = Load(rng.uniform(2, 150), KW, 0.9)
            wishes = Wishes(now, ahead[-1].end_utc, **limits)
            begun = time.process_time()
            plan(asked, wishes, ahead)
            taken.append((time.process_time() - begun) * 1000)
        found[name] = {"p50": median(taken), "p95": quantiles(taken, n=20)[-1], "max": max(taken)}
    return found


def run(folder: Path, loads: int, number: int) -> dict[str, Any]:
    series: dict[str, Callable[[Path], list[Slot]]] = {"Agile, p": agile, "national carbon, g": carbon}
    slots = {name: read(folder) for name, read in series.items()}
    return {
        "loads": loads,
        "seed": SEED,
        "dearer": {name: compared(found, loads) for name, found in slots.items()},
        "timed": number,
        "milliseconds": timed(slots["Agile, p"], number),
    }


def figures(milliseconds: dict[str, dict[str, float]]) -> list[Figure]:
    """The p95 and the most of each method of `timed`, in milliseconds of a processor."""
    without_limits = [name for name, (_, asked) in METHODS.items() if "min_run" not in asked]
    return [
        at_most(BUDGET, f"{name}, {what}", row[what], "ms", LIMIT_MS if name in without_limits else LIMIT_OF_RUNS_MS)
        for name, row in milliseconds.items()
        for what in ("p95", "max")
    ]


def table(found: dict[str, Any]) -> list[str]:
    lines = []
    for series, rules in found["dearer"].items():
        lines += [
            f"| {series} | exact is better | the rule in all | p95, a kWh | most, a kWh | finds nothing |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {name} | {row['better_percent']:.0f} % | +{row['dearer_percent']:.2f} % | {row['p95_per_kwh']:.2f} "
            f"| {row['max_per_kwh']:.2f} | {row['none_percent']:.1f} % |"
            for name, row in rules.items()
        ]
        lines.append("")
    lines += ["| milliseconds of a processor, 48 hours of half-hours | p50 | p95 | max |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {row['p50']:.1f} | {row['p95']:.1f} | {row['max']:.1f} |"
        for name, row in found["milliseconds"].items()
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=2000)
    parser.add_argument("--timed", type=int, default=200)
    parser.add_argument("--recorded", type=Path, default=recorded_folder())
    parser.add_argument("--json", action="store_true", help="print all that was measured")
    asked = parser.parse_args()
    if not (asked.recorded / "history").is_dir():
        parser.error(f"no recorded history at {asked.recorded}: say where it is with --recorded")
    if asked.loads < 2 or asked.timed < 2:
        parser.error("at least two loads, and two plans to time, are needed")
    found = run(asked.recorded, asked.loads, asked.timed)
    print(json.dumps(found, indent=2) if asked.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
