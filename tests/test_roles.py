"""Each role does what it must, and is refused by PostgreSQL itself at what it must not."""

import contextlib
import json
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege, ReadOnlySqlTransaction
from psycopg2.extensions import cursor as Cursor

from energy_monitor.database import BUILT, ROLES
from energy_monitor.workspace import Workspace
from tests.conftest import Done, WorkspaceMaker, day_request, take_in
from tests.marts import rows_of

Refusals = type[Exception] | tuple[type[Exception], ...]
DAY = date(2024, 1, 1)
ROW = {"startTime": "2024-01-01T00:00:00Z", "fuelType": "WIND", "generation": 1}


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    """With one row loaded by the ingester, and a table of the transformer's in each schema that dbt builds."""
    made = make_workspace()
    assert take_in(made, "fuelhh", day_request("fuelhh", DAY), [ROW], datetime(2024, 1, 2, tzinfo=UTC)).rows_new == 1
    for schema in BUILT:
        do(made, "transformer", f"create table {schema}.made as select * from raw.fuelhh")
    do(made, "analyst", "create table analyst.own as select * from marts.made")
    return made


@contextlib.contextmanager
def session(workspace: Workspace, role: str) -> Iterator[Cursor]:
    """A session of a role in which each statement is committed for itself."""
    connection = workspace.connect(role)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def do(workspace: Workspace, role: str, *statements: str) -> list[tuple]:
    """Runs statements one by one; gives the rows of the last."""
    with session(workspace, role) as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def refused(workspace: Workspace, role: str, *statements: str, by: Refusals = InsufficientPrivilege) -> None:
    """Each of the statements is refused; for want of a right also where a role switches its read-only default off."""
    for start, expected in (("select 1", by), ("set default_transaction_read_only = off", InsufficientPrivilege)):
        with session(workspace, role) as cursor:
            cursor.execute(start)
            for statement in statements:
                with pytest.raises(expected):
                    cursor.execute(statement)
                cursor.execute("rollback")  # ends what a `begin` began


def reads(workspace: Workspace, role: str, *tables: str) -> None:
    for table in tables:
        assert do(workspace, role, f"select count(*) from {table}") == [(1,)], table


RAW = ("raw.fuelhh", "raw.loads", "raw.load_days")
MADE = tuple(f"{schema}.made" for schema in BUILT)


def writes_to(*tables: str) -> list[str]:
    """Everything that changes rows or tables."""
    return [
        statement
        for table in tables
        for statement in (
            f"insert into {table} select * from {table}",
            f"update {table} set fetched_at = now()",
            f"delete from {table}",
            f"truncate {table} cascade",
            f"drop table {table} cascade",
            f"alter table {table} add column more integer",
            f"create index on {table} (fetched_at)",
            f"create trigger t before insert on {table} execute function suppress_redundant_updates_trigger()",
            f"begin; lock table {table} in access exclusive mode",
        )
    ]


def creations_in(*schemas: str) -> list[str]:
    kinds = ("table {}.x (a int)", "view {}.x as select 1", "sequence {}.x", "function {}.x() returns int return 1")
    return [f"create {kind.format(schema)}" for schema in schemas for kind in kinds]


NOBODY_MAY = (
    "create schema mine",
    "create role mine",
    "alter role postgres password 'x'",
    "select rolpassword from pg_authid",
    "select pg_read_file('/etc/passwd')",
    "copy (select 1) to program 'true'",
    "select lo_create(0)",
    "select lo_from_bytea(0, 'x')",
    "alter system set fsync = off",
)


def test_the_owner_makes_raw_tables_and_has_no_part_in_what_dbt_builds(workspace: Workspace) -> None:
    do(workspace, "owner", "create table raw.x (a int)", "alter table raw.x add column b int", "drop table raw.x")
    refused(workspace, "owner", *writes_to("marts.made"), *creations_in("marts", "analyst"))
    refused(workspace, "owner", "select * from marts.made", *NOBODY_MAY[1:])


def test_the_ingester_appends_to_raw_and_reads_it_and_no_more(workspace: Workspace) -> None:
    reads(workspace, "ingester", *RAW)
    columns = "(dataset, status, request, fetched_at, attempt_key)"
    appended = f"insert into raw.loads {columns} values ('x', 'failed', '/x', now(), 'x') returning load_id"
    do(workspace, "ingester", "begin", appended, "rollback", "create temporary table t (a int)")

    beyond_appending = [statement for statement in writes_to(*RAW) if not statement.startswith("insert")]
    refused(workspace, "ingester", *beyond_appending, *writes_to("marts.made"))
    refused(workspace, "ingester", "insert into raw.migrations values (99)", "insert into raw.prepared values ('x')")
    refused(workspace, "ingester", *(f"select * from {table}" for table in (*MADE, "analyst.own")))
    refused(workspace, "ingester", *creations_in("raw", "marts", "analyst"), *NOBODY_MAY)
    refused(workspace, "ingester", "select setval('raw.load_numbers', 1)", "drop sequence raw.load_numbers")
    refused(workspace, "ingester", "set role owner")


def test_the_transformer_builds_the_deployed_schemas_and_only_reads_raw(workspace: Workspace) -> None:
    reads(workspace, "transformer", *RAW, *MADE)
    for schema in BUILT:
        new = (f"create table {schema}.new as select * from {schema}.made", f"alter table {schema}.made rename to old")
        do(workspace, "transformer", *new, f"drop table {schema}.old", f"alter table {schema}.new rename to made")
    refused(workspace, "transformer", *writes_to(*RAW), *creations_in("raw", "analyst"), *NOBODY_MAY)
    refused(workspace, "transformer", "select nextval('raw.load_numbers')", "select * from analyst.own")


def test_the_analyst_reads_raw_and_all_that_was_built_and_builds_in_a_schema_of_their_own(workspace: Workspace) -> None:
    reads(workspace, "analyst", *RAW, *MADE)
    do(workspace, "analyst", "create table analyst.x as select * from raw.fuelhh", "drop table analyst.x")
    do(workspace, "analyst", "create view analyst.v as select * from marts.made", "drop view analyst.v")
    do(workspace, "analyst", "create temporary table t (a int)")
    refused(workspace, "analyst", *writes_to(*RAW, *MADE), *creations_in("raw", *BUILT), *NOBODY_MAY)
    refused(workspace, "analyst", "select nextval('raw.load_numbers')", "set role transformer")


READ_ONLY = (InsufficientPrivilege, ReadOnlySqlTransaction)


def test_the_reader_reads_marts_and_nothing_else_and_writes_nowhere(workspace: Workspace) -> None:
    reads(workspace, "reader", "marts.made")
    elsewhere = [table for table in (*RAW, *MADE, "analyst.own") if table != "marts.made"]
    refused(workspace, "reader", *(f"select * from {table}" for table in elsewhere))
    refused(workspace, "reader", *writes_to(*RAW, *MADE), *creations_in("raw", "analyst", *BUILT), by=READ_ONLY)
    refused(workspace, "reader", *NOBODY_MAY, "create temporary table t (a int)", by=READ_ONLY)
    refused(workspace, "reader", "set role analyst")


def test_a_reader_who_forgets_to_switch_read_only_off_is_in_a_read_only_session_that_ends_by_itself(
    workspace: Workspace,
) -> None:
    settings = ("default_transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout")
    assert [do(workspace, "reader", f"show {setting}") for setting in settings] == [[("on",)], [("30s",)], [("1min",)]]
    with pytest.raises(psycopg2.errors.QueryCanceled):
        do(workspace, "reader", "set statement_timeout = '10ms'", "select pg_sleep(5)")


def test_the_auditor_reads_everything_and_writes_nowhere(workspace: Workspace) -> None:
    reads(workspace, "auditor", *RAW, *MADE)
    assert do(workspace, "auditor", "show default_transaction_read_only") == [("on",)]
    refused(workspace, "auditor", *writes_to(*RAW, *MADE), *creations_in("raw", "analyst", *BUILT), by=READ_ONLY)
    refused(workspace, "auditor", *NOBODY_MAY, "create temporary table t (a int)", by=READ_ONLY)
    refused(workspace, "auditor", "select nextval('raw.load_numbers')", by=READ_ONLY)
    refused(workspace, "auditor", "set role ingester")


@pytest.mark.parametrize(
    "statement",
    [
        "create table analyst.x (a int)",
        "select 1; commit; create table analyst.x (a int)",
        "select 1; commit; create temporary table x (a int)",
        "commit; set default_transaction_read_only = off; insert into raw.fuelhh select * from raw.fuelhh",
        "commit; begin read write; delete from raw.loads; commit",
        "set transaction read write; update raw.fuelhh set generation = 0",
        "rollback; set session characteristics as transaction read write; truncate raw.loads cascade",
        "do $$ begin delete from raw.loads; end $$",
        "with gone as (delete from raw.loads returning *) select * from gone",
        "set role ingester",
        "set session authorization owner",
        "select nextval('raw.load_numbers')",
        "commit; set default_transaction_read_only = off; select lo_create(0)",
        "copy raw.loads from stdin",
        "copy (select 1) to '/tmp/energy-monitor-query'",
        "explain analyze delete from raw.loads",
    ],
)
def test_query_cannot_write_however_it_is_put(
    workspace: Workspace, command: Callable[..., Done], statement: str
) -> None:
    everything = "select (select count(*) from pg_class), (select count(*) from pg_largeobject_metadata)"
    before = [rows_of(workspace, "select * from raw.fuelhh"), rows_of(workspace, "select * from raw.loads")]
    objects = rows_of(workspace, everything)
    done = command("--workspace", workspace.name, "query", statement, expect=2)
    assert done.err.startswith("energy-monitor: PostgreSQL refused the query: ")
    assert [rows_of(workspace, "select * from raw.fuelhh"), rows_of(workspace, "select * from raw.loads")] == before
    assert rows_of(workspace, everything) == objects


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
def test_nobody_but_the_owners_may_create_in_public(workspace: Workspace, role: str) -> None:
    by = READ_ONLY if role in ("reader", "auditor") else InsufficientPrivilege
    refused(workspace, role, *creations_in("public"), by=by)


def test_what_dbt_puts_in_place_of_a_mart_is_readable_at_once(workspace: Workspace) -> None:
    swap = ("create table marts.new as select 1 as a", "drop table marts.made", "alter table marts.new rename to made")
    do(workspace, "transformer", "create table marts.kept as select * from marts.made", *swap)
    reads(workspace, "reader", "marts.made")
    do(workspace, "transformer", "drop table marts.made", "alter table marts.kept rename to made")


def test_another_role_or_a_wrong_password_does_not_get_in(workspace: Workspace) -> None:
    server = workspace.server()
    for user, password in (("reader", ""), ("reader", "wrong"), ("postgres", workspace.password("owner"))):
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(
                host=server.host, port=server.port, dbname=workspace.database, user=user, password=password
            )


def test_passwords_are_for_their_owner_only_and_are_not_printed(
    workspace: Workspace, command: Callable[..., Done]
) -> None:
    file = workspace.home / "passwords.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    passwords = json.loads(file.read_text())
    assert set(passwords) == set(ROLES)
    assert len(set(passwords.values())) == len(ROLES)
    secrets = {*passwords.values(), workspace.server().password}
    assert all(len(secret) > 20 for secret in secrets)
    name = ("--workspace", workspace.name)
    shown = [
        command(*name, "status"),
        command(*name, "status", "--json"),
        command(*name, "doctor"),
        command(*name, "query", "select * from pg_roles"),
        command(*name, "query", "select * from pg_authid", expect=2),
    ]
    assert not [secret for secret in secrets for done in shown if secret in done.out + done.err]
    shell = command(*name, "status", "--env").out
    assert [role for role, secret in passwords.items() if secret in shell] == ["analyst"]
