"""`energy-monitor plan`: when to charge, from the marts, in words, as JSON, or as a calendar file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from psycopg2 import errors

from dashboard.local_time import moment_text
from energy_monitor.ahead import Ahead, Ask, ahead_by, asker, regions
from energy_monitor.calendar_file import calendar
from energy_monitor.cli_loading import pass_workspace
from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.output import as_json_text, print_table
from energy_monitor.plan_json import FORMAT, as_json
from energy_monitor.plan_options import Number, OneOf, Whole, load_of, region_of, span_of, wishes_of
from energy_monitor.plan_times import read_time
from energy_monitor.plan_words import (
    TITLES,
    carbon_words,
    energy_text,
    grams,
    headline,
    kilograms,
    pounds,
    price_words,
    remarks,
    run_text,
)
from energy_monitor.planned import Offer, Planned, planned
from energy_monitor.up.source_choice import know_the_clock
from energy_monitor.workspace import Workspace
from planner.check import load_is_sound, wishes_are_sound
from planner.model import Load, PlanError, Wishes
from planner.presets import PRESETS

NOT_BUILT = "the workspace {} has no marts yet: run `energy-monitor --workspace {} build` first"


@click.command()
@click.option("--preset", type=OneOf(list(PRESETS)), help="A load that many have; the options below replace a part.")
@click.option("--energy-kwh", type=Number(), help="What has to go into the battery.")
@click.option("--power-kw", type=Number(), help="Of the charger, at the meter.")
@click.option("--efficiency", type=Number(), help="The part of the energy that arrives, above 0 to 1.  [default: 1]")
@click.option("--name", help="What the load is called in the calendar.")
@click.option("--postcode", help="Where it is, for prices and carbon there: a district such as BS1 is enough.")
@click.option("--region", help="In place of a postcode, the letter of a region, such as L.")
@click.option("--from", "earliest", help="Not before, such as 22:00 or 2026-10-29T22:00, in the UK.  [default: now]")
@click.option("--until", "deadline", help="Done by, such as 07:00, in the UK.  [default: tomorrow 07:00]")
@click.option("--one-go", is_flag=True, help="Without a pause.")
@click.option("--max-pieces", type=Whole(), help="At most so many runs.")
@click.option("--min-run", type=Number(), help="Shortest run, in minutes.  [default: the preset's, else 0]")
@click.option("--min-gap", type=Number(), default=0, help="Shortest pause between runs, in minutes.")
@click.option("--price-cap", type=Number(), help="Not in half-hours that are dearer, in p/kWh.")
@click.option("--start-cost", type=Number(), default=0, help="What each run costs beside its energy, in p.")
@click.option("--carbon-weight", type=Number(), default=0, help="What a kg of CO2 counts for beside cost, in p.")
@click.option("--objective", type=OneOf(["cheapest", "greenest", "both"]), default="both", show_default=True)
@click.option(
    "--tie", type=OneOf(["earliest", "latest"]), default="earliest", show_default=True, help="If equally good."
)
@click.option(
    "--beyond-data",
    type=OneOf(["known-only", "refuse", "expect-later"]),
    default="known-only",
    show_default=True,
    help="Where prices end before the deadline.",
)
@click.option("--as-known-at", help="As it would have been planned at a past moment, such as 2026-10-27T18:00.")
@click.option("--json", "as_json_", is_flag=True, help="For programs.")
@click.option("--ics", type=click.Path(dir_okay=False, allow_dash=True), help="A calendar file to write; - prints it.")
@pass_workspace
def plan(workspace: Workspace, /, as_json_: bool, ics: str | None, **options: Any) -> None:
    """When to charge, or to run a machine: the cheapest and the greenest time, and what either saves.

    Only what is published is planned with: Agile prices of a region, and forecasts of carbon intensity.
    """
    if as_json_ and ics == "-":
        raise UserError("--json and --ics - both print: write the calendar to a file, or ask twice")
    preset, load = load_of(options)
    know_the_clock(workspace)
    machine_now = now = now_utc()
    if options["as_known_at"] is not None:
        now = read_time("--as-known-at", options["as_known_at"], machine_now).utc
        if now > machine_now:
            raise UserError(f"--as-known-at {options['as_known_at']} is in the future: give a moment that has passed")
    span = span_of(options, now)
    wishes = wishes_of(options, span, preset)
    _look_at(load, wishes)
    name = " ".join((options["name"] or (preset.name if preset else "Charging")).split()) or "Charging"
    known = now if options["as_known_at"] is not None else None
    with _asking(workspace) as ask:
        code, note = region_of(options, regions(ask))
        found = ahead_by(ask, code, span.earliest_utc, span.deadline_utc, known)
        is_simulated = bool(ask("select bool_or(is_simulated) as simulated from marts.dim_datasets")[0]["simulated"])
    done = _planned(found, lambda: planned(name, load, wishes, found, options["objective"]))
    then = f"All as it was known at {moment_text(known)}." if known else ""
    notes = [text for text in (then, *span.notes, note, _advice_on_place(found)) if text]
    if preset:
        notes.append(f"{preset.name}: {preset.figures}. {preset.origin}")
    told = [*remarks(done), *notes]
    if ics == "-":
        click.echo(_calendar(done, now, is_simulated), nl=False)
        return
    if ics:
        _write(Path(ics), _calendar(done, now, is_simulated))
    if as_json_:
        place = {"format": FORMAT, "workspace": workspace.name, "is_simulated": is_simulated, "now_utc": now}
        preset_id = {"preset": preset.id if preset else None}
        click.echo(as_json_text(place | preset_id | as_json(done) | {"remarks": told}))
        return
    _show(done, now, told, workspace.name if is_simulated else None)
    if ics:
        click.echo(f"The calendar file is {ics}: the {TITLES[done.best.kind]} plan, an event for each run.")


@contextmanager
def _asking(workspace: Workspace) -> Iterator[Ask]:
    """The marts, as the role reader. Raises UserError where there are none."""
    prepare(workspace)
    connection = workspace.connect("reader")
    try:
        yield asker(connection)
    except (errors.UndefinedTable, errors.UndefinedFunction, errors.InvalidSchemaName) as error:
        raise UserError(NOT_BUILT.format(workspace.name, workspace.name)) from error
    finally:
        connection.close()


def _look_at(load: Load, wishes: Wishes) -> None:
    """Raises UserError where no data could meet them, before any is asked for."""
    try:
        load_is_sound(load)
        wishes_are_sound(load, wishes)
    except PlanError as error:
        raise UserError(str(error)) from error


def _planned(found: Ahead, make: Callable[[], Planned]) -> Planned:
    if not found.slots and not found.carbon.values:
        raise UserError(
            f"nothing is known of the time asked for, neither a price nor carbon for {found.region_name}: bring it in "
            "with `energy-monitor ingest` and `energy-monitor build`, or ask for another time"
        )
    try:
        return make()
    except PlanError as error:
        raise UserError(str(error)) from error


def _advice_on_place(found: Ahead) -> str:
    if found.region_code is None and found.prices.basis != "agile":
        return "A region (--region L) or a postcode (--postcode BS1) gives the Agile prices and the carbon there."
    return ""


def _calendar(done: Planned, now: datetime, is_simulated: bool) -> str:
    if not done.best.runs:
        raise UserError("the plan runs nothing yet, so there is nothing for a calendar: leave --ics out to see why")
    return calendar(done, done.best, now, is_simulated)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"cannot write the calendar to {file}: {error.strerror}") from error


def _show(done: Planned, now: datetime, told: list[str], simulated: str | None) -> None:
    if simulated:
        click.echo(f"The workspace {simulated} holds a simulated grid: no number here is of the real one.\n")
    for offer in done.offers:
        click.echo(headline(done, offer))
    print_table(("", *(TITLES[offer.kind] for offer in done.offers)), _table(done))
    for line in (*told, price_words(done.ahead), carbon_words(done.ahead)):
        click.echo(line)


def _table(done: Planned) -> list[tuple[str, ...]]:
    lines: list[tuple[str, Callable[[Offer], str]]] = [
        ("when", lambda one: "\n".join(run_text(run) for run in one.runs) or "not at all"),
        ("from the meter", lambda one: energy_text(one.plan.energy_at_meter_kwh)),
        ("cost", lambda one: pounds(one.cost_gbp) if one.runs else "–"),
        ("g CO2 per kWh", lambda one: grams(one.carbon_gco2_per_kwh) if one.runs else "–"),
        ("CO2", lambda one: kilograms(one.carbon_kg) if one.runs else "–"),
        ("saves", lambda one: _saved(one, pounds(done.saving_gbp(one)))),
        ("saves CO2", lambda one: _saved(one, kilograms(done.saving_kg(one)))),
    ]
    if any(one.plan.shortfall_kwh > 0 for one in done.offers):
        lines.append(("falls short by", lambda one: energy_text(one.plan.shortfall_kwh)))
    return [(title, *(cell(offer) for offer in done.offers)) for title, cell in lines]


def _saved(offer: Offer, text: str) -> str:
    return "" if offer.kind == "at_once" else text if offer.runs else "–"
