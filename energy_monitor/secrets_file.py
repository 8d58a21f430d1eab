"""The roles' passwords from AWS Secrets Manager, in files of this machine: a new one holds without a new start.

    python -m energy_monitor.secrets_file [--dagster FILE] [--dashboard FOLDER]

ENERGY_MONITOR_SECRETS says which secret is whose: `owner=energy-monitor/owner ingester=arn:aws:… admin=rds!db-…`. A
secret is the password, or JSON with the field `password`. They are written to the file that ENERGY_MONITOR_PASSWORDS
names, which is read again at each connection; where a login is refused they are fetched at once.

The dashboard may read neither that file nor any secret. It has a folder of its own, with what it needs to connect as
the role reader: `env`, for its unit, and `reader.password`, which it reads at each connection.

Nothing of a secret is ever printed. Where ENERGY_MONITOR_SECRETS is not set, nothing is fetched.
"""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from energy_monitor.clock import VARIABLE as CLOCK
from energy_monitor.database import DAGSTER, ROLES
from energy_monitor.dbt import environment
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace, write_private

VARIABLE = "ENERGY_MONITOR_SECRETS"
WHOSE = (*ROLES, DAGSTER, "admin")
PASSWORD_FILE = "reader.password"


def named_secrets(text: str) -> dict[str, str]:
    """Which secret is whose, as ENERGY_MONITOR_SECRETS says. Raises UserError."""
    named = {}
    for word in text.split():
        role, _, secret = word.partition("=")
        if not secret or role not in WHOSE:
            raise UserError(f"{VARIABLE} has {word!r}: write ROLE=SECRET, with a role of {', '.join(WHOSE)}")
        named[role] = secret
    return named


def password_in(secret_text: str) -> str:
    """A secret's password: its field `password` where it is JSON, else all of it. Raises ValueError, without it."""
    try:
        fields = json.loads(secret_text)
    except ValueError:
        return secret_text
    if not isinstance(fields, dict):  # a password of digits
        return secret_text
    password = fields.get("password")
    if not isinstance(password, str) or not password:
        raise ValueError("it is JSON without a field `password`")
    return password


def fetch(workspace: Workspace, client: Any = None) -> bool:
    """Writes the passwords file where secrets are configured; says whether anything in it has changed.

    Raises UserError where a secret cannot be read; then the file is as it was.
    """
    named = named_secrets(workspace.environ.get(VARIABLE, ""))
    if not named:
        return False
    import boto3  # slow to import
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    passwords: dict[str, str] = {}
    secret = ""
    try:
        config = Config(connect_timeout=5, read_timeout=5, retries={"max_attempts": 3, "mode": "standard"})
        client = client or boto3.client("secretsmanager", config=config)
        for role, secret in named.items():
            passwords[role] = password_in(client.get_secret_value(SecretId=secret)["SecretString"])
    except (BotoCoreError, ClientError, KeyError, ValueError) as error:
        raise UserError(f"cannot read the secret {secret} of Secrets Manager: {error}") from error
    text = json.dumps(passwords, indent=1) + "\n"
    return _write(workspace.passwords_file, text, 0o600)


def write_for_dashboard(workspace: Workspace, folder: Path) -> bool:
    """Writes what the dashboard needs to connect; says whether any of it has changed. Raises UserError."""
    variables = dict(environment(workspace, "reader"))
    password = variables.pop("PGPASSWORD")
    variables["ENERGY_MONITOR_PASSWORD_FILE"] = str(folder / PASSWORD_FILE)
    if domain := workspace.environ.get("ENERGY_MONITOR_DOMAIN"):  # Streamlit talks to pages of that name alone
        variables["STREAMLIT_BROWSER_SERVER_ADDRESS"] = domain
    if CLOCK in workspace.environ:  # of a simulated grid
        variables[CLOCK] = workspace.environ[CLOCK]
    changed = _write(folder / PASSWORD_FILE, password, 0o640)
    return _write(folder / "env", _lines(variables), 0o640) or changed


def write_for_dagster(workspace: Workspace, file: Path) -> None:
    """Writes the address of Dagster's records, where they are in the database, for the units of its processes."""
    if not workspace.has_password(DAGSTER) or not workspace.database_url:
        return
    server = workspace.server()
    login = f"{DAGSTER}:{quote(workspace.password(DAGSTER), safe='')}"
    place = f"{server.host}:{server.port}/{DAGSTER}?sslmode={server.sslmode}"
    root = f"&sslrootcert={server.sslrootcert}" if server.sslrootcert else ""
    _write(file, _lines({"ENERGY_MONITOR_DAGSTER_URL": f"postgresql+psycopg2://{login}@{place}{root}"}), 0o600)


def _lines(variables: Mapping[str, str]) -> str:
    """As systemd's EnvironmentFile= and a shell read it."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def _write(file: Path, text: str, mode: int) -> bool:
    try:
        if file.exists() and file.read_text() == text:
            return False
        write_private(file, text, mode)
    except OSError as error:
        raise UserError(f"cannot write {file}: {error.strerror}") from error
    return True


@click.command()
@click.option("--dagster", type=click.Path(path_type=Path), help="A file for the address of Dagster's records.")
@click.option("--dashboard", type=click.Path(path_type=Path), help="A folder for what the dashboard needs.")
def main(dagster: Path | None, dashboard: Path | None) -> None:
    """Fetch the secrets where there are any."""
    workspace = Workspace(os.environ.get("ENERGY_MONITOR_WORKSPACE") or "live")
    try:
        if fetch(workspace):
            click.echo("the passwords that Secrets Manager holds are new here")
        if dagster:
            write_for_dagster(workspace, dagster)
        if dashboard and write_for_dashboard(workspace, dashboard):
            click.echo("the dashboard's way to the database is new")
    except UserError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
