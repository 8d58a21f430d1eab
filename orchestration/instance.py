"""Prepares a Dagster instance in DAGSTER_HOME, before any of its processes starts.

    python -m orchestration.instance --grpc-port N

Several processes that begin in a fresh home at once would race to make its tables. A run that was under way when the
machine or its process was killed would hold the queue for ever. Both are settled here.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import dagster as dg
import psycopg2
from sqlalchemy.exc import SQLAlchemyError

from energy_monitor.errors import UserError
from energy_monitor.server import tls_of
from orchestration.runs import UNDER_WAY
from orchestration.warehouse import parsed_project

URL = "ENERGY_MONITOR_DAGSTER_URL"
DRIVER = "postgresql+psycopg2://"
WORKSPACE = """load_from:
  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: energy_monitor}}
"""


def prepare_instance(home: Path, grpc_port: int) -> int:
    """Writes the configuration, makes the tables, ends runs that nobody runs any more; says how many.

    Only while no Dagster process uses the home. Raises UserError where the home cannot be used.
    """
    chosen = configuration(os.environ)
    try:
        home.mkdir(parents=True, exist_ok=True)
        if url := os.environ.get(URL):  # Dagster would try for a long time, and say much
            psycopg2.connect(url.replace(DRIVER, "postgresql://", 1), connect_timeout=10).close()
        shutil.copyfile(chosen, home / "dagster.yaml")
        (home / "workspace.yaml").write_text(WORKSPACE.format(port=grpc_port))
        with dg.DagsterInstance.from_config(str(home)) as instance:
            return cancel_abandoned_runs(instance)
    except (OSError, sqlite3.Error, psycopg2.Error, SQLAlchemyError, dg.DagsterError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"Dagster cannot use its database, as {URL} tells of it: {reason}"
            if os.environ.get(URL)
            else f"Dagster cannot use its folder {home}: {reason}. Check its permissions and the free disk space, or "
            "move it away: only the history of runs is in it"
        ) from error


def configuration(environ: Mapping[str, str]) -> Path:
    """The file for this machine: with PostgreSQL where ENERGY_MONITOR_DAGSTER_URL names a database, else with SQLite.

    Raises UserError for an address of another form, or of a server that need not prove who it is.
    """
    url = environ.get(URL)
    if url and not url.startswith(DRIVER):
        raise UserError(f"{URL} is an address of another form than {DRIVER}user:password@host:port/database")
    if url:
        tls_of(url, URL)
    return Path(__file__).with_name("dagster.production.yaml" if url else "dagster.yaml")


def cancel_abandoned_runs(instance: dg.DagsterInstance) -> int:
    """Marks runs that seem under way as canceled; says how many."""
    runs = instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY))
    for run in runs:
        instance.report_run_canceled(run, message="Dagster was stopped while this run was under way.")
    return len(runs)


@click.command()
@click.option("--grpc-port", type=int, required=True, help="Where `dagster api grpc` will serve the code location.")
def main(grpc_port: int) -> None:
    """Prepare DAGSTER_HOME and parse the dbt project."""
    try:
        home = os.environ.get("DAGSTER_HOME")
        if not home:
            raise UserError("DAGSTER_HOME is not set: it names the folder of Dagster's records")
        abandoned = prepare_instance(Path(home), grpc_port)
        parsed_project()
    except UserError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if abandoned:
        click.echo(f"{abandoned} runs that were under way when Dagster was stopped are marked as canceled")


if __name__ == "__main__":
    main()
