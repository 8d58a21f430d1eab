"""An emulated warehouse with the raw rows of a workspace, and the builds of the real adapter in it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from energy_monitor.dbt import PROJECT, in_environment
from energy_monitor.redshift_raw import create_statements, insert_statement, tables
from energy_monitor.server import connect
from energy_monitor.workspace import Workspace
from orchestration.builder import UNREAD
from tests.marts import untraced
from tests.redshift.emulation import Emulation, emulated, make_database


@dataclass(frozen=True)
class Warehouse:
    """A database of its own on the workspace's server, and the emulation in front of that."""

    workspace: Workspace
    database: str
    emulation: Emulation
    folder: Path

    def connect(self) -> Connection:
        """To PostgreSQL itself, as its administrator."""
        server = self.workspace.server()
        return connect(server, self.database, server.user, server.password)

    def copy_rows(self, up_to_load: int | None = None) -> None:
        """Brings in what the raw tables lack of the workspace's rows, by the statements that Redshift would be given.

        What `copy` reads of row files comes from the workspace itself: cells as text, as they are in the files.
        """
        wanted = f"where load_id <= {up_to_load}" if up_to_load else ""
        reading, writing = self.workspace.connect("auditor"), self.connect()
        try:
            with writing, writing.cursor() as cursor:
                for table, columns in tables().items():
                    cursor.execute(f"create temporary table new_{table} (like raw.{table})")
                    rows = io.StringIO()
                    with reading.cursor() as cells:
                        cells.copy_expert(
                            f"copy (select {_names(cells, table, list(columns))} {wanted}) to stdout", rows
                        )
                    rows.seek(0)
                    cursor.copy_expert(f"copy new_{table} from stdin", rows)
                    cursor.execute(insert_statement(table))
                    cursor.execute(f"drop table new_{table}")
                cursor.execute("analyze")
        finally:
            reading.close()
            writing.close()

    def build(self, *arguments: str) -> list[str]:
        """Builds all; gives the nodes that failed, with why."""
        done = self.dbt("build", *arguments)
        if done.exception:
            return [str(done.exception)]
        bad = [one for one in done.result.results if one.status not in ("success", "pass", "no-op")]
        return [f"{one.node.name} {one.status}: {one.message}" for one in bad]

    def dbt(self, *arguments: str) -> Any:
        """What a dbt command came to, on the target `redshift`."""
        server = self.workspace.server()
        variables = {
            "REDSHIFT_HOST": "127.0.0.1",
            "REDSHIFT_PORT": str(self.emulation.port),
            "REDSHIFT_DATABASE": self.database,
            "REDSHIFT_USER": server.user,
            "REDSHIFT_PASSWORD": server.password,
            "REDSHIFT_SSLMODE": "disable",
        }
        places = ("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "redshift")
        output = ("--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs"))
        with in_environment(variables), untraced():
            return dbtRunner().invoke([*UNREAD, *arguments, *places, *output])


def _names(cells: Any, table: str, columns: list[str]) -> str:
    """The workspace's columns in the order of the warehouse's, and whence. Both have the same, but for their case."""
    cells.execute(
        "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s", [table]
    )
    by_name = {name.lower(): name for (name,) in cells.fetchall()}
    assert sorted(by_name) == sorted(columns), table
    found = sql.SQL(", ").join(sql.Identifier(by_name[name]) for name in columns)
    return sql.SQL("{} from {}").format(found, sql.Identifier("raw", table)).as_string(cells)


@contextmanager
def warehouse(workspace: Workspace, folder: Path) -> Iterator[Warehouse]:
    """An empty emulated warehouse beside a workspace, with its raw tables made."""
    database = f"redshift_{workspace.name}"
    make_database(workspace.server(), database)
    with emulated(workspace.server()) as emulation:
        made = Warehouse(workspace, database, emulation, folder)
        connection = made.connect()
        try:
            with connection, connection.cursor() as cursor:
                for statement in create_statements():
                    cursor.execute(statement.replace(" sortkey (load_id)", ""))
        finally:
            connection.close()
        yield made
