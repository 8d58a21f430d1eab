"""The command line: `energy-monitor [--workspace NAME] COMMAND`."""

import dataclasses
import json
import os
import shlex
import sys
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import click
import psycopg2
from psycopg2.extras import register_default_json, register_default_jsonb

from energy_monitor.advise_command import advise
from energy_monitor.cli_loading import COMMANDS, pass_workspace
from energy_monitor.clock import now_utc
from energy_monitor.database import ROLES, prepare
from energy_monitor.doctor import examine
from energy_monitor.errors import UserError
from energy_monitor.history import history
from energy_monitor.output import PRINTERS, as_json_text, print_table
from energy_monitor.plan_command import plan
from energy_monitor.postgres import PostgresError
from energy_monitor.row_files import export_rows
from energy_monitor.status import DatasetStatus, SourceStatus, dataset_statuses, source_statuses
from energy_monitor.up.command import up
from energy_monitor.up.source_choice import know_the_clock
from energy_monitor.workspace import Workspace
from ingestion.lake import LakeError
from ingestion.landing import KindError

if TYPE_CHECKING:
    from energy_monitor.publishing import Published


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--workspace", "name", default="live", show_default=True, help="Which lake and database to use.")
@click.version_option(package_name="energy-monitor")
@click.pass_context
def cli(context: click.Context, name: str) -> None:
    """Great Britain's electricity grid: price, demand, fuel mix and carbon."""
    context.obj = Workspace(name)


def main() -> None:
    """Entry point. A mistake of the user is one sentence and exit code 2, never a traceback."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        _fail("stopped; the same command goes on from here", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (UserError, PostgresError, LakeError, KindError) as error:
        _fail(str(error), 2)
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:  # the second when a rollback finds it gone
        _fail(f"PostgreSQL went away: {str(error).strip()}", 2)


def _fail(sentence: str, code: int) -> None:
    click.echo(f"energy-monitor: {sentence}", err=True)
    sys.exit(code)


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("dbt_arguments", nargs=-1, type=click.UNPROCESSED)
@pass_workspace
def build(workspace: Workspace, dbt_arguments: tuple[str, ...]) -> None:
    """Build and test the marts with dbt. Further arguments are dbt's, such as --select fct_grid_daily+."""
    from energy_monitor.dbt import build as dbt_build

    prepare(workspace)
    if not dbt_build(workspace, dbt_arguments):
        sys.exit(1)
    know_the_clock(workspace)
    try:
        _publish(workspace)
    except (UserError, LakeError) as error:  # the marts are built, which is what was asked for
        click.echo(f"energy-monitor: the marts are built, and the page was not published: {error}", err=True)


@cli.command(name="prepare")
@click.option("--set-passwords", is_flag=True, help="Give the roles the passwords that are known here, after a change.")
@pass_workspace
def prepare_database(workspace: Workspace, set_passwords: bool) -> None:
    """Make what is missing in the database: roles, schemas, tables. Each command that needs it does so by itself."""
    prepare(workspace, set_passwords=set_passwords)
    server = workspace.server()
    done = f", the passwords of {', '.join(ROLES)} set" if set_passwords else ""
    click.echo(f"{workspace.database} at {server.host}:{server.port} is prepared{done}")


@cli.command()
@pass_workspace
def publish(workspace: Workspace) -> None:
    """Make the page for everyone from the marts, as site/index.html in the lake. A build does so too."""
    prepare(workspace)
    know_the_clock(workspace)
    done = _publish(workspace)
    click.echo(f"{done.place}  {done.size:,} bytes" + ("" if done.has_data else ", without any data yet"))


def _publish(workspace: Workspace) -> "Published":
    from energy_monitor.publishing import publish as publish_page  # brings SQLAlchemy, which takes a second

    return publish_page(workspace)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--env", "as_env", is_flag=True, help="Shell lines that let psql, dbt and others connect.")
@pass_workspace
def status(workspace: Workspace, as_json: bool, as_env: bool) -> None:
    """Say where things are, what each dataset holds, and what is wrong."""
    prepare(workspace)
    if as_env:
        from energy_monitor.dbt import environment

        for name, value in environment(workspace, "analyst").items():
            click.echo(f"export {name}={shlex.quote(value)}")
        return
    know_the_clock(workspace)
    server = workspace.server()
    connection = workspace.connect("auditor")
    try:
        now = now_utc()
        statuses, sources = dataset_statuses(connection, now), source_statuses(connection, now, os.environ)
    finally:
        connection.close()
    places = {
        "workspace": workspace.name,
        "lake": workspace.lake_uri,
        "database": f"postgresql://analyst@{server.host}:{server.port}/{workspace.database}",
    }
    if as_json:
        told = {
            "datasets": [dataclasses.asdict(one) for one in statuses],
            "sources": [dataclasses.asdict(one) for one in sources],
        }
        click.echo(as_json_text(places | told))
    else:
        _show_status(workspace, places, statuses, sources)


def _show_status(
    workspace: Workspace, places: dict[str, str], statuses: list[DatasetStatus], sources: list[SourceStatus]
) -> None:
    for name, place in places.items():
        click.echo(f"{name:10} {place}")
    click.echo(f'connect    eval "$(energy-monitor --workspace {workspace.name} status --env)", then psql or dbt\n')
    rows = [
        (
            one.dataset,
            f"{one.newest_data:%Y-%m-%d %H:%MZ}" if one.newest_data else None,
            f"{one.newest_fetch_utc:%Y-%m-%d %H:%M:%S}" if one.newest_fetch_utc else None,
            _lag_text(one),
            f"{one.gaps:,}" if one.gaps else None,
            f"{one.bodies_loaded:,}",
            f"{one.versions:,}",
            f"{one.bodies_failed:,}" if one.bodies_failed else None,
        )
        for one in statuses
    ]
    print_table(("dataset", "newest data", "newest fetch (UTC)", "lag", "gaps", "bodies", "versions", "failed"), rows)
    asked = [
        (
            one.source,
            f"{one.requests_in_the_last_hour:,}",
            f"{one.most_requests_in_a_minute:,}",
            f"{one.budget_per_minute:,.0f}",
            f"since {one.silent_since_utc:%Y-%m-%d %H:%MZ}" if one.silent_since_utc else None,
            f"{one.asked_again_utc:%Y-%m-%d %H:%MZ}" if one.asked_again_utc else None,
        )
        for one in sources
    ]
    print_table(("source", "requests, last hour", "most in a minute", "budget", "silent", "asked again"), asked)
    for one in statuses:
        for remark in one.remarks:
            click.echo(f"{one.dataset}: {remark}")


def _lag_text(status: DatasetStatus) -> str | None:
    if status.lag_minutes is None:
        return None
    minutes = max(0, round(status.lag_minutes))
    days, hours = divmod(minutes // 60, 24)
    text = f"{days} d {hours} h" if days else f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min"
    return f"{text}, late" if status.is_late else text


@cli.command()
@click.argument("statement")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@pass_workspace
def query(workspace: Workspace, statement: str, form: str) -> None:
    """Run one SQL query over raw and marts, read-only. Times are UTC."""
    prepare(workspace)
    connection = workspace.connect("auditor")
    exact = partial(json.loads, parse_float=Decimal)
    register_default_json(connection, loads=exact)
    register_default_jsonb(connection, loads=exact)
    try:
        connection.set_session(readonly=True)
        with connection.cursor() as cursor:
            cursor.execute(statement)
            names = [column.name for column in cursor.description or ()]
            rows = cursor.fetchall() if cursor.description else []
    except psycopg2.Error as error:
        raise UserError(f"PostgreSQL refused the query: {str(error).strip()}") from error
    except ValueError as error:  # PostgreSQL's calendar is longer than Python's
        raise UserError(f"cannot show a time of the answer ({error}): cast it to text") from error
    finally:
        connection.close()
    PRINTERS[form](names, rows)


@cli.command()
@pass_workspace
def doctor(workspace: Workspace) -> None:
    """Try each part that the others need; exit code 1 where one is broken."""
    broken = False
    for name, works, found in examine(workspace):
        click.echo(f"{'ok  ' if works else 'FAIL'}  {name:18} {found}")
        broken |= not works
    sys.exit(1 if broken else 0)


@cli.command()
@pass_workspace
def stop(workspace: Workspace) -> None:
    """Stop the embedded PostgreSQL, which all workspaces of a home share. Any command starts it again."""
    workspace.postgres.stop()
    click.echo("the embedded PostgreSQL is stopped")


for command in (*COMMANDS, history, export_rows, plan, advise, up):
    cli.add_command(command)
