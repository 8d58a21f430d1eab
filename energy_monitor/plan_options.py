"""What is typed behind `energy-monitor plan`, made a load and wishes. Each mistake is a UserError of one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

import click

from dashboard import postcodes
from dashboard.local_time import moment_text
from energy_monitor.ahead import Row
from energy_monitor.errors import UserError
from energy_monitor.plan_times import read_time, tomorrow_morning
from ingestion.settlement import DAY
from planner.model import Load, Wishes
from planner.presets import PRESETS, Preset

LONGEST = 14 * DAY  # forecasts go two days ahead
MOST_MINUTES = LONGEST / timedelta(minutes=1)
BATTERY_ALONE = ("energy_kwh", "power_kw", "efficiency")


class Number(click.ParamType[float]):
    """A finite number."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not isfinite(number):
            raise UserError(f"{param.opts[0] if param else 'an option'} {value!r} is no number: write one such as 7.4")
        return number


class Whole(Number):
    """A whole number."""

    name = "whole number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = super().convert(value, param, ctx)
        if number != int(number):
            raise UserError(
                f"{param.opts[0] if param else 'an option'} {value!r} is no whole number: write one such as 2"
            )
        return int(number)


class OneOf(click.ParamType[str]):
    """One of some words."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words, self.name = words, "|".join(words)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return f"[{self.name}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.words:
            option = param.opts[0] if param else "an option"
            raise UserError(f"{option} {value!r} is not known: there are {', '.join(self.words)}")
        return str(value)


@dataclass(frozen=True)
class Span:
    """From when to when, and what has to be said of how that was read."""

    earliest_utc: datetime
    deadline_utc: datetime
    notes: tuple[str, ...]


def load_of(options: Mapping[str, Any]) -> tuple[Preset | None, Load]:
    """The preset, if any, and the load: the preset's with what was given in its place, or all as given."""
    given = {name: options[name] for name in BATTERY_ALONE if options[name] is not None}
    preset = PRESETS[options["preset"]] if options["preset"] else None
    if preset and preset.is_appliance and given:
        raise UserError(
            f"{option_of(next(iter(given)))} does not go with --preset {preset.id}, which runs in one go as it is: "
            "leave it out"
        )
    if preset is None and (lacks := [option_of(name) for name in ("energy_kwh", "power_kw") if name not in given]):
        raise UserError(
            f"{' and '.join(lacks)} not given: say what has to be charged, as --energy-kwh 30 --power-kw 7.4, or take "
            f"a preset, as --preset van (there are {', '.join(PRESETS)})"
        )
    load = replace(preset.load if preset else Load(), **given)
    if not load.profile and load.energy_kwh <= 0:
        raise UserError(f"--energy-kwh is {load.energy_kwh:g}: say how much has to go into the battery, above 0")
    return preset, load


def option_of(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def span_of(options: Mapping[str, Any], now_utc: datetime) -> Span:
    """From now or --from to --until or tomorrow at 07:00 in the UK."""
    notes, earliest = [], now_utc
    if options["earliest"] is not None:
        begin = read_time("--from", options["earliest"], now_utc)
        notes, earliest = [begin.note], begin.utc
        if earliest < now_utc:
            raise UserError(
                f"--from {options['earliest']} is {moment_text(earliest)}, which has passed: it is "
                f"{moment_text(now_utc)}; leave --from out to begin now"
            )
    if options["deadline"] is not None:
        end = read_time("--until", options["deadline"], earliest)
        notes, deadline = [*notes, end.note], end.utc
    else:
        deadline = tomorrow_morning(max(earliest, now_utc))
    if deadline <= now_utc:
        raise UserError(
            f"--until {options['deadline']} is {moment_text(deadline)}, which has passed: it is "
            f"{moment_text(now_utc)}; give a later time"
        )
    if deadline <= earliest:
        raise UserError(
            f"--until {options['deadline']} is {moment_text(deadline)}, which is not after --from, "
            f"{moment_text(earliest)}: give a later time"
        )
    if deadline - earliest > LONGEST:
        raise UserError(
            f"from {moment_text(earliest)} to {moment_text(deadline)} is more than {LONGEST.days} days: prices are "
            "published for one or two days ahead, so give an earlier --until"
        )
    return Span(earliest, deadline, tuple(note for note in notes if note))


def wishes_of(options: Mapping[str, Any], span: Span, preset: Preset | None) -> Wishes:
    """What was asked for; the preset's shortest run where none is given and the load may pause."""
    if options["one_go"] and (options["max_pieces"] or 1) > 1:
        raise UserError("--one-go means one run, and --max-pieces says more: leave one of them out")
    runs_at_least = _minutes("min_run", options["min_run"] or 0)
    if options["min_run"] is None and preset and not options["one_go"]:
        runs_at_least = preset.min_run
    return Wishes(
        earliest_utc=span.earliest_utc,
        deadline_utc=span.deadline_utc,
        in_one_go=options["one_go"],
        price_cap_p_per_kwh=options["price_cap"],
        min_run=runs_at_least,
        min_gap=_minutes("min_gap", options["min_gap"]),
        max_pieces=options["max_pieces"],
        start_cost_p=options["start_cost"],
        carbon_weight_p_per_kg=options["carbon_weight"],
        tie=options["tie"],
        beyond_data=options["beyond_data"].replace("-", "_"),
    )


def _minutes(name: str, number: float) -> timedelta:
    if not 0 <= number <= MOST_MINUTES:
        raise UserError(f"{option_of(name)} is {number:g} minutes: give 0 to {MOST_MINUTES:g}")
    return timedelta(minutes=number)


def region_of(options: Mapping[str, Any], regions: Sequence[Row]) -> tuple[str | None, str]:
    """The letter of the region that was named, and what has to be said of it. The postcode goes no further."""
    if options["region"] is not None and options["postcode"] is not None:
        raise UserError("--region and --postcode both say where: give one of them")
    if options["postcode"] is None:
        return options["region"], ""
    found = postcodes.find(options["postcode"])
    if not found.regions:
        raise UserError(f"--postcode: {found.words}")
    by_id = {row["region_id"]: row for row in regions}
    known = [by_id[one] for one in found.regions if one in by_id]
    if not known:
        raise UserError("the marts name no region for this postcode: run `energy-monitor build`, or leave it out")
    first, *others = known
    if not others:
        return first["gsp_group_code"], ""
    also = " or ".join(f"{row['region_name']} (--region {row['gsp_group_code']})" for row in others)
    return first["gsp_group_code"], f"The postcode is taken to be in {first['region_name']}; it may lie in {also}."
