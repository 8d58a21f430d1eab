"""A PostgreSQL as on RDS: TLS or nothing, its own authority, and an administrator who is no superuser."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest

from energy_monitor.postgres import EmbeddedPostgres
from tests.certificates import Authority, authority

PASSWORD = "p@ss/word"


@dataclass(frozen=True)
class TlsServer:
    """Its certificate is for `localhost`, and not for 127.0.0.1."""

    port: int
    authority: Authority
    postgres: EmbeddedPostgres

    def url(self, host: str = "localhost", root: Path | None = None, password: str = PASSWORD) -> str:
        login = f"administrator:{quote(password, safe='')}" if password else "administrator"
        tls = f"sslmode=verify-full&sslrootcert={root or self.authority.file}"
        return f"postgresql://{login}@{host}:{self.port}/postgres?{tls}"

    def as_superuser(self, statement: str) -> list[tuple]:
        connection = psycopg2.connect(
            host="localhost",
            port=self.port,
            user="postgres",
            password=self.postgres.superuser_password(),
            dbname="postgres",
            sslmode="require",
        )
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def binaries() -> Path | None:
    """The system's PostgreSQL: the one of the wheel has no TLS."""
    given = os.environ.get("ENERGY_MONITOR_TLS_PG_BIN")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return Path(given) if given else found[-1].parent if found else None


@contextlib.contextmanager
def tls_server(folder: Path, port: int) -> Iterator[TlsServer]:
    """Runs one. A named skip where there is no PostgreSQL with TLS, a failure where CI says that there must be one."""
    if (programs := binaries()) is None:
        absent = "no PostgreSQL with TLS: install the system's, or point ENERGY_MONITOR_TLS_PG_BIN to its programs"
        if os.environ.get("ENERGY_MONITOR_REQUIRE_TLS_PG"):
            pytest.fail(absent)
        pytest.skip(absent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENERGY_MONITOR_PG_BIN", str(programs))
        own = authority(folder, "authority")
        postgres = EmbeddedPostgres(folder / "tls", preferred_port=port)
        assert postgres.bin == programs
        postgres.start()
        for file in own.sign(folder, "localhost"):
            shutil.copy(file, postgres.data / file.name)
        server = TlsServer(postgres.port, own, postgres)
        host, number = postgres.address
        connection = psycopg2.connect(
            host=host, port=number, user="postgres", password=postgres.superuser_password(), dbname="postgres"
        )
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("alter system set ssl = on")
            cursor.execute("create role administrator login createrole createdb password %s", [PASSWORD])
        rules = postgres.data / "pg_hba.conf"
        rules.write_text("hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n")
        postgres.stop()
        postgres.start()
        yield server
        postgres.stop()
