"""Every role at everything, as one table: what it may do works, and what it must not do PostgreSQL itself refuses.

A refusal counts only with PostgreSQL's own code for a missing right (42501), also after the session has switched its
read-only default off. One thing no PostgreSQL refuses is missing here: a role may change its own password and defaults.
"""

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from psycopg2.errors import ForeignKeyViolation, InsufficientPrivilege

from energy_monitor.database import BUILT, ROLES
from energy_monitor.workspace import Workspace, connect
from tests.conftest import WorkspaceMaker, day_request, take_in
from tests.test_roles import (
    MADE,
    RAW,
    READ_ONLY,
    ROW,
    creations_in,
    do,
    refused,
    session,
    writes_to,
)

BELOW = tuple(table for table in MADE if table != "marts.made")
COLUMNS = "(dataset, status, request, fetched_at, attempt_key)"
APPENDED = f"insert into raw.loads {COLUMNS} values ('x', 'failed', '/x', now(), 'x')"


def read(*tables: str) -> list[str]:
    return [f"select count(*) from {table}" for table in tables]


def change(*tables: str) -> list[str]:
    """What alters, removes or holds up rows and tables that are there."""
    return [statement for statement in writes_to(*tables) if not statement.startswith(("insert", "begin"))]


# What is tried, and by whom it may be done. {other} is a role that the one who tries is not.
TABLE: dict[str, tuple[list[str], str]] = {
    # raw
    "read raw": (read(*RAW), "owner ingester transformer analyst auditor"),
    "append to raw": ([APPENDED, "insert into raw.fuelhh select * from raw.fuelhh where false"], "owner ingester"),
    "draw a load's number": (["select nextval('raw.load_numbers')"], "owner ingester"),
    "set the load's number": (["select setval('raw.load_numbers', 1000)"], "owner"),
    "change raw": (change(*RAW), "owner"),
    "lock raw": (["begin; lock table raw.loads in access exclusive mode"], "owner"),
    "make in raw": (creations_in("raw"), "owner"),
    "say that a migration was made": (["insert into raw.migrations values (99)"], "owner"),
    "say that all is prepared": (["insert into raw.prepared values ('x')"], "owner"),
    "remove raw": (["drop schema raw cascade"], "owner"),
    # what dbt builds
    "read marts": (read("marts.made"), "transformer analyst reader auditor"),
    "read what is below marts": (read(*BELOW), "transformer analyst auditor"),
    "append to what dbt built": ([f"insert into {table} select * from {table}" for table in MADE], "transformer"),
    "change what dbt built": (change(*MADE), "transformer"),
    "lock what dbt built": (["begin; lock table marts.made in access exclusive mode"], "transformer"),
    "make where dbt builds": (creations_in(*BUILT), "transformer"),
    "remove marts": (["drop schema marts cascade"], "transformer"),
    # the analyst's own
    "read the analyst's": (read("analyst.own"), "analyst"),
    "change the analyst's": (change("analyst.own"), "analyst"),
    "make in the analyst's": (creations_in("analyst"), "analyst"),
    # the database
    "make a temporary table": (["create temporary table t (a int)"], "owner ingester transformer analyst"),
    "make in public": (creations_in("public"), "owner"),
    "make a schema": (["create schema mine"], "owner"),
    "make a large object": (["select lo_create(0)", "select lo_from_bytea(0, 'x')"], ""),
    "make a publication of everything": (["create publication p for all tables"], ""),
    # the server
    "make a database or a role": (["create database mine", "create role mine"], ""),
    "become another": (["set role {other}", "set session authorization {other}"], ""),
    "become the administrator": (["set role postgres", "set session authorization postgres"], ""),
    "be given another's rights": (["grant {other} to {role}", "grant pg_read_all_data to {role}"], ""),
    "raise itself": (
        ["alter role {role} createrole", "alter role {role} bypassrls", "alter role {role} superuser"],
        "",
    ),
    "change another's password or limits": (
        ["alter role {other} password 'x'", "alter role {other} set statement_timeout = 0"],
        "",
    ),
    "change the administrator's password": (["alter role postgres password 'x'"], ""),
    "read passwords": (["select rolpassword from pg_authid"], ""),
    "read the server's files": (["select pg_read_file('/etc/passwd')", "copy raw.loads from '/etc/passwd'"], ""),
    "write the server's files": (["copy (select 1) to '/tmp/energy-monitor-never'"], ""),
    "run programs on the server": (["copy (select 1) to program 'true'"], ""),
    "change the server's settings": (["alter system set fsync = off", "set session_replication_role = replica"], ""),
    "see where the server's data is": (["show data_directory"], ""),
    "copy the server": (["select pg_create_physical_replication_slot('x')"], ""),
    "end the administrator's sessions": (
        [
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
            "select pg_cancel_backend(pid) from pg_stat_activity where usename = 'postgres'",
        ],
        "",
    ),
}


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker) -> Iterator[Workspace]:
    """With rows in every schema, and a session of the administrator's that could be ended."""
    made = make_workspace()
    loaded = take_in(made, "fuelhh", day_request("fuelhh", date(2024, 1, 1)), [ROW], datetime(2024, 1, 2, tzinfo=UTC))
    assert loaded.rows_new == 1
    for schema in BUILT:
        do(made, "transformer", f"create table {schema}.made as select * from raw.fuelhh")
    do(made, "analyst", "create table analyst.own as select * from marts.made")
    server = made.server()
    with contextlib.closing(connect(server, server.database, server.user, server.password)):
        yield made


def as_tried_by(role: str, statements: list[str]) -> list[str]:
    other = "ingester" if role == "owner" else "owner"
    return [statement.format(role=role, other=other) if "{" in statement else statement for statement in statements]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_refused_whatever_it_may_not_do(workspace: Workspace, role: str) -> None:
    by = READ_ONLY if role in ("reader", "auditor") else InsufficientPrivilege
    tried = [action for action, (_, allowed) in TABLE.items() if role not in allowed.split()]
    assert len(tried) >= 20
    for action in tried:
        refused(workspace, role, *as_tried_by(role, TABLE[action][0]), by=by)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_what_it_may(workspace: Workspace, role: str) -> None:
    """So that no refusal in the table is that of a statement that nobody could run."""
    for action, (statements, allowed) in TABLE.items():
        if role not in allowed.split():
            continue
        for statement in as_tried_by(role, statements):
            with session(workspace, role) as cursor:
                try:
                    cursor.execute("begin")
                    cursor.execute(statement.removeprefix("begin; "))
                except ForeignKeyViolation:
                    pass  # the right was there
                except Exception as error:
                    raise AssertionError(f"{role} may {action}, and {statement} says: {error}") from error
                finally:
                    cursor.execute("rollback")


def test_nothing_in_the_table_is_a_statement_that_no_one_could_run(workspace: Workspace) -> None:
    """What nobody may do, the administrator can: a typing mistake would be refused too, in other words."""
    server = workspace.server()
    for action, (statements, allowed) in TABLE.items():
        if allowed or action in ("run programs on the server", "end the administrator's sessions", "raise itself"):
            continue
        for statement in as_tried_by("ingester", statements):
            outside = ("create database", "alter system", "copy raw.loads", "copy (select", "select pg_create_phys")
            if statement.startswith(outside):
                continue  # cannot be taken back
            with contextlib.closing(connect(server, workspace.database, server.user, server.password)) as connection:
                with connection.cursor() as cursor:
                    cursor.execute(statement)
                connection.rollback()
