"""A workspace: its name, its lake and its database. Simulated and real data never share one.

Where things are is told by the environment, and nothing else:

    ENERGY_MONITOR_HOME          folder of all state (default ~/.energy-monitor)
    ENERGY_MONITOR_LAKE          s3://bucket/prefix or a folder; each workspace has its own folder or prefix in it
    ENERGY_MONITOR_DATABASE_URL  postgresql://admin:…@host:port/db of a server to use instead of the embedded one;
                                 each workspace has its own database there (energy_monitor/server.py tells of TLS)
    ENERGY_MONITOR_<ROLE>_PASSWORD  a role's password, where it was not made here
    ENERGY_MONITOR_PASSWORDS     file of the passwords that were (default passwords.json in the home). It is read again
                                 at each connection, and may hold the administrator's as "admin"
    ENERGY_MONITOR_SECRETS       where these passwords are kept: energy_monitor/secrets_file.py fetches them
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from psycopg2.extensions import connection as Connection

from energy_monitor.errors import UserError
from energy_monitor.postgres import EmbeddedPostgres
from energy_monitor.server import LoginRefused, Server, connect, server_at
from ingestion.lake import Lake, open_lake

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


class Workspace:
    """Opening one touches nothing; `server`, `connect` and `lake` do."""

    def __init__(self, name: str, environ: Mapping[str, str] | None = None) -> None:
        self.environ = os.environ if environ is None else environ
        if not NAME.fullmatch(name):
            raise UserError(f"{name!r} is no name for a workspace: use up to 31 of a-z, 0-9 and _, with a letter first")
        self.name = name
        self.home = Path(self.environ.get("ENERGY_MONITOR_HOME") or "~/.energy-monitor").expanduser().absolute()
        self.folder = self.home / "workspaces" / name
        self.database = f"energy_monitor_{name}"
        self.postgres = EmbeddedPostgres(self.home / "postgres")
        self.passwords_file = Path(self.environ.get("ENERGY_MONITOR_PASSWORDS") or self.home / "passwords.json")

    @property
    def lake_uri(self) -> str:
        shared = self.environ.get("ENERGY_MONITOR_LAKE")
        return f"{shared.rstrip('/')}/{self.name}" if shared else str(self.folder / "lake")

    def lake(self) -> Lake:
        """The lake. The two workspaces that are named for their kind take answers of that kind alone."""
        lake = open_lake(self.lake_uri)
        lake.kind = {"live": "real", "simulated": "simulated"}.get(self.name)
        return lake

    @property
    def database_url(self) -> str | None:
        return self.environ.get("ENERGY_MONITOR_DATABASE_URL") or None

    def server(self) -> Server:
        """The server; starts the embedded one where it is not running."""
        if self.database_url:
            return server_at(self.database_url, self._kept_passwords().get("admin"))
        self.postgres.start()
        host, port = self.postgres.address
        return Server(host, port, "postgres", self.postgres.superuser_password(), "postgres", is_embedded=True)

    def password(self, role: str) -> str:
        """A role's password: from the environment, else the one made here. Raises UserError where there is none."""
        found = self._find_password(role)
        if found is None:
            raise UserError(
                f"the password of the role {role} is not known in {self.home}: "
                f"run any command that prepares the workspace, or set ENERGY_MONITOR_{role.upper()}_PASSWORD"
            )
        return found

    def has_password(self, role: str) -> bool:
        return self._find_password(role) is not None

    def _find_password(self, role: str) -> str | None:
        given = self.environ.get(f"ENERGY_MONITOR_{role.upper()}_PASSWORD")
        return given or self._kept_passwords().get(role)

    def _kept_passwords(self) -> dict[str, str]:
        file = self.passwords_file
        try:
            kept: dict[str, str] = json.loads(file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise UserError(f"cannot read the roles' passwords in {file}: {error}") from error
        return kept

    def make_password(self, role: str) -> str:
        """Makes a password and keeps it in a file of mode 0600. One process at a time: the caller holds a lock."""
        kept = self._kept_passwords() | {role: secrets.token_urlsafe(24)}
        file = self.passwords_file
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(file, json.dumps(kept, indent=1) + "\n")
        except OSError as error:
            raise UserError(f"cannot write the roles' passwords to {file}: {error.strerror}") from error
        return kept[role]

    def connect(self, role: str) -> Connection:
        """A connection to the workspace's database with one of its roles, in UTC.

        A password that is refused is fetched again, once, where it is kept elsewhere: it may have been changed there.
        """
        server, password = self.server(), self.password(role)
        try:
            return connect(server, self.database, role, password)
        except LoginRefused:
            if not self.environ.get("ENERGY_MONITOR_SECRETS"):
                raise
            from energy_monitor.secrets_file import fetch  # imports boto3, which is slow

            fetch(self)
            if (newer := self.password(role)) == password:
                raise
            return connect(server, self.database, role, newer)


def write_private(file: Path, text: str, mode: int = 0o600) -> None:
    """Writes a file whole or not at all, never with more rights than those of `mode`."""
    new = file.with_suffix(f".{os.getpid()}")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text)
    new.chmod(mode)
    new.replace(file)
