"""The way to the warehouse: place and role from libpq's environment, read-only, in UTC. Failures become sentences."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

VARIABLES = ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD")
# In the place of PGPASSWORD: a file that is read at each connection, so that a new password needs no new start
PASSWORD_FILE = "ENERGY_MONITOR_PASSWORD_FILE"
OPTIONS = "-c default_transaction_read_only=on -c statement_timeout=10000 -c timezone=UTC"
# SQLSTATEs of a database that was never built: no such table, no such schema
NOT_BUILT = ("42P01", "3F000")

Row = dict[str, Any]


class WarehouseError(Exception):
    """The warehouse cannot be asked. Its text is a sentence for the page, without secrets."""


class NotBuiltError(Exception):
    """The database has no marts yet."""


def engine(environ: Mapping[str, str] = os.environ) -> Engine:
    """The one engine of a process and database. Raises WarehouseError where the environment does not say enough."""
    file = environ.get(PASSWORD_FILE, "")
    missing = [name for name in VARIABLES if not environ.get(name) and not (file and name == "PGPASSWORD")]
    if missing:
        raise WarehouseError(
            f"The dashboard does not know which database to read: {', '.join(missing)} not set. "
            "Start it with “make up”, which sets them, or set them for the role reader."
        )
    host, port, database, user, password = (environ.get(name, "") for name in VARIABLES)
    if not port.isdecimal():
        raise WarehouseError(f"PGPORT is {port!r}, which is no port: write a number, such as 5432.")
    return _engine(host, int(port), database, user, password, file)


@lru_cache(maxsize=4)
def _engine(host: str, port: int, database: str, user: str, password: str, password_file: str) -> Engine:
    """How TLS is used, libpq reads from PGSSLMODE and PGSSLROOTCERT."""
    made = create_engine(
        URL.create("postgresql+psycopg2", user, password, host, port, database),
        pool_size=3,
        max_overflow=2,
        pool_pre_ping=True,
        connect_args={"options": OPTIONS, "connect_timeout": 5, "application_name": "energy-monitor-dashboard"},
    )
    if password_file:
        listen(made, "do_connect", partial(_give_password, password_file))
    return made


def _give_password(file: str, _dialect: object, _record: object, _words: object, known: dict[str, Any]) -> None:
    """Adds the password of the moment to the words of a new connection."""
    try:
        known["password"] = Path(file).read_text().strip()
    except OSError as error:
        raise WarehouseError(f"The password in {file} cannot be read: {error.strerror}.") from error


_of_one_moment: ContextVar[Connection | None] = ContextVar("of_one_moment", default=None)


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is asked meanwhile is of one moment, whatever is loaded beside. Raises WarehouseError.

    The caller sees to it that nobody builds: in such a transaction a table that was built anew is empty.
    """
    try:
        with engine().connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            before = _of_one_moment.set(connection)
            try:
                yield
            finally:
                _of_one_moment.reset(before)
    except SQLAlchemyError as error:
        raise WarehouseError(_in_words(str(getattr(error, "orig", error)))) from error


def rows(statement: str, **parameters: object) -> list[Row]:
    """The rows of a query. Raises WarehouseError or NotBuiltError."""
    held = _of_one_moment.get()
    try:
        with nullcontext(held) if held is not None else engine().connect() as connection:
            return [dict(row) for row in connection.execute(text(statement), parameters).mappings()]
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) in NOT_BUILT:
            raise NotBuiltError from error
        raise WarehouseError(_in_words(str(error.orig))) from error
    except SQLAlchemyError as error:  # such as a pool without a free connection
        raise WarehouseError(_in_words(str(error))) from error


def _in_words(reason: str) -> str:
    place = "{PGHOST}:{PGPORT}/{PGDATABASE} as {PGUSER}".format_map(os.environ)
    first = (reason.strip().splitlines() or ["no reason given"])[0].rstrip(".")
    return f"The warehouse cannot be read at {place}: {first}. Is it running? “make up” starts it."
