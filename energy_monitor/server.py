"""A PostgreSQL server: its address, how its certificate is verified, and a connection to it.

`ENERGY_MONITOR_DATABASE_URL` is the one place that says how TLS is used. It is libpq's own, and so holds for psycopg2,
dbt, the dashboard and psql alike:

    postgresql://admin@host:5432/postgres?sslmode=verify-full&sslrootcert=/etc/energy-monitor/database-ca.pem

A server elsewhere has to be given an `sslmode`: without one libpq sends the password to whoever answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg2
from psycopg2.extensions import connection as Connection

from energy_monitor.errors import UserError

VARIABLE = "ENERGY_MONITOR_DATABASE_URL"
FORM = f"{VARIABLE} is not of the form postgresql://user:password@host:port/database"
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
REFUSED = "password authentication failed"  # of a login; libpq gives no code for it


class LoginRefused(UserError):
    """The server knows another password."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server, and the login that may make roles and databases on it."""

    host: str
    port: int
    user: str
    password: str
    database: str
    is_embedded: bool
    sslmode: str = "disable"  # the embedded server listens on this machine alone and has no TLS
    sslrootcert: str = ""  # a file of certificates, or "system"; "" where libpq's own is meant

    def tls(self) -> Mapping[str, str]:
        """How libpq is told of TLS, by its environment: complete, so that nothing from outside adds to it."""
        root = {"PGSSLROOTCERT": self.sslrootcert} if self.sslrootcert else {}
        return {"PGSSLMODE": self.sslmode, **root}


def connect(server: Server, database: str, user: str, password: str) -> Connection:
    """A connection in UTC. Raises UserError where the server cannot be reached, LoginRefused where it refuses."""
    try:
        return psycopg2.connect(
            host=server.host,
            port=server.port,
            dbname=database,
            user=user,
            password=password,
            sslmode=server.sslmode,
            sslrootcert=server.sslrootcert or None,
            connect_timeout=10,
            application_name="energy-monitor",
            options="-c timezone=UTC",
        )
    except psycopg2.OperationalError as error:
        reason = str(error).strip()
        place = f"{server.host}:{server.port}/{database}"
        kind = LoginRefused if REFUSED in reason else UserError
        raise kind(f"cannot connect to PostgreSQL at {place} as {user}: {reason}{_advice(reason, server)}") from error


def server_at(url: str, admin_password: str | None = None) -> Server:
    """The server of an address. `admin_password`: where the address holds none. Raises UserError for a wrong one."""
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:  # a port that is no number, half a bracket
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not parts.username:
        raise UserError(FORM)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(given.keys() - {"sslmode", "sslrootcert"}):
        raise UserError(f"{VARIABLE} has {unknown[0]!r} after its ?; only sslmode and sslrootcert are known there")
    sslmode, sslrootcert = tls_of(url)
    return Server(
        parts.hostname,
        port,
        unquote(parts.username),
        unquote(parts.password or "") or admin_password or "",
        parts.path.lstrip("/") or "postgres",
        is_embedded=False,
        sslmode=sslmode,
        sslrootcert=sslrootcert,
    )


def tls_of(url: str, variable: str = VARIABLE) -> tuple[str, str]:
    """`sslmode` and `sslrootcert` of an address. Raises UserError, naming its variable, where they are not enough."""
    parts = urlsplit(url)
    given, host = dict(parse_qsl(parts.query, keep_blank_values=True)), parts.hostname
    mode, root = given.get("sslmode", ""), given.get("sslrootcert", "")
    if not mode:
        if host not in THIS_MACHINE:
            raise UserError(
                f"{variable} does not say how {host} is to prove who it is: add ?sslmode=verify-full&sslrootcert=FILE, "
                "with the file of the authority that signed its certificate, or ?sslmode=disable on your own network"
            )
        mode = "prefer"
    if mode not in SSL_MODES:
        raise UserError(f"{variable} has sslmode={mode}; there are {', '.join(SSL_MODES)}")
    if mode == "verify-full" and not root:
        raise UserError(f"{variable} has sslmode=verify-full and no sslrootcert: add &sslrootcert=FILE, or =system")
    if root and root != "system" and not Path(root).is_file():
        raise UserError(f"{variable} has sslrootcert={root}, and there is no such file")
    return mode, root


def _advice(reason: str, server: Server) -> str:
    if "certificate verify failed" in reason:
        return (
            f". Its certificate is not signed by an authority in {server.sslrootcert}: another server answers, or the "
            f"file is out of date. Leave the verification on, and correct sslrootcert in {VARIABLE}"
        )
    if "does not match host name" in reason:
        return f". Write the name that is in the certificate into {VARIABLE}"
    return ""
