"""`energy-monitor advise`: writes down the advice of evenings, as given from what was known then."""

from collections import Counter
from contextlib import closing
from datetime import date, datetime

import click

from energy_monitor.advice import asked_at, evenings, newest_evening
from energy_monitor.advising import due, give
from energy_monitor.cli_loading import DAY_TYPE, pass_workspace, progress
from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.up.source_choice import know_the_clock
from energy_monitor.workspace import Workspace


@click.command()
@click.option("--evening", type=DAY_TYPE, help="One evening, by its UK date.")
@click.option("--from", "first", type=DAY_TYPE, help="First evening.")
@click.option("--to", "last", type=DAY_TYPE, help="Last evening; the newest that has passed if not given.")
@pass_workspace
def advise(workspace: Workspace, evening: datetime | None, first: datetime | None, last: datetime | None) -> None:
    """Write down when to charge, for the standard loads, from what was known at 18:00 UK time of an evening.

    Without dates: of the newest evening, and of those missed in the week before. What was given stays as it was given;
    what is given more than an hour late is marked as reconstructed. `energy-monitor build` then scores it.
    """
    prepare(workspace)
    know_the_clock(workspace)
    now = now_utc()
    wanted = _wanted(workspace, _day(evening), _day(first), _day(last), now)
    counts: Counter[str] = Counter()
    before = silent = 0
    with progress() as bar:
        task = bar.add_task("evenings", total=len(wanted))
        for done in give(workspace, wanted, now):
            counts.update(done.given)
            before += done.before
            silent += not done.given and not done.before
            bar.advance(task)
    told = ", ".join(f"{count:,} {how}" for how, count in counts.items()) or "nothing new"
    click.echo(f"{_counted(len(wanted))}: {told}; {before:,} given before")
    if silent:
        click.echo(f"{_counted(silent)} without advice: neither prices nor a carbon forecast were known then")


def _counted(number: int) -> str:
    return f"{number:,} evening{'' if number == 1 else 's'}"


def _wanted(
    workspace: Workspace, evening: date | None, first: date | None, last: date | None, now: datetime
) -> list[date]:
    newest = newest_evening(now)
    if evening and (first or last):
        raise UserError("give either --evening, or --from and --to")
    if last and not first:
        raise UserError("--to needs --from: write `--from 2022-11-01 --to 2023-06-30`")
    begin, end = first or evening, last or evening or newest
    if begin is None:
        with closing(workspace.connect("auditor")) as connection:
            return due(connection, now)
    if end > newest or begin > newest:
        raise UserError(
            f"the evening of {max(begin, end)} has not come: advice is given from "
            f"{asked_at(max(begin, end)):%Y-%m-%d %H:%MZ} on, and it is {now:%Y-%m-%d %H:%MZ}"
        )
    if begin > end:
        raise UserError(f"--from {begin} lies after --to {end}: write the earlier evening first")
    return list(evenings(begin, end))


def _day(text: datetime | None) -> date | None:
    return text.date() if text else None
