"""A workspace's database: roles, schemas and grants. Idempotent, forward only, run before each use.

It is safe on a live system: what is there is not touched; and a change of a table that is in use waits for a lock no
longer than LOCK_TIMEOUT_S at a time, so that those who read and load behind it wait no longer either.

owner        makes the raw tables
ingester     appends to raw and reads it
transformer  runs dbt: reads raw, owns the schemas that dbt builds
analyst      reads raw and all that dbt built; builds into the schema `analyst`
reader       the dashboard: reads marts, and nothing else
auditor      `status` and `query`: reads everything, writes nothing
"""

import time
from hashlib import sha256

from psycopg2 import errors, sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, encrypt_password
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from energy_monitor.errors import UserError
from energy_monitor.server import Server, connect
from energy_monitor.workspace import Workspace
from ingestion.catalogue import KEPT
from ingestion.schema import BOOKKEEPING, BY_FETCH, MIGRATIONS, create_raw

ROLES = ("owner", "ingester", "transformer", "analyst", "reader", "auditor")
# How many connections each may hold at once, on one server: 74 with Dagster's, of the about 80 of the smallest RDS.
CONNECTIONS = {"owner": 4, "ingester": 22, "transformer": 10, "analyst": 6, "reader": 12, "auditor": 8}
DAGSTER, DAGSTER_CONNECTIONS = "dagster", 12  # its login and database, where its password is known
LOCK_TIMEOUT_S = 2.0
LOCK_TRIES = 15  # with pauses as long as the time-out between them: a minute in all
BUILT = ("reference", "staging", "intermediate", "marts")  # the schemas that dbt builds

# As the administrator, in the workspace's database. Default privileges also cover what is made later, and so what
# dbt swaps in at each build.
GRANTS = """
revoke all on database {database} from public;
grant connect on database {database} to owner, ingester, transformer, analyst, reader, auditor;
grant temporary on database {database} to ingester, transformer, analyst;
grant create on database {database} to owner;
alter database {database} set timezone to 'UTC';
revoke all on schema public from public;
revoke execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) from public;

create schema if not exists raw authorization owner;
grant usage on schema raw to ingester, transformer, analyst, auditor;
alter default privileges for role owner in schema raw grant select on tables to ingester, transformer, analyst, auditor;
alter default privileges for role owner in schema raw grant insert on tables to ingester;
alter default privileges for role owner in schema raw grant usage on sequences to ingester;

create schema if not exists analyst authorization analyst;

alter role reader set default_transaction_read_only = on;
alter role reader set statement_timeout = '30s';
alter role reader set idle_in_transaction_session_timeout = '60s';
alter role auditor set default_transaction_read_only = on;
"""
BUILT_GRANTS = """
create schema if not exists {schema} authorization transformer;
grant usage on schema {schema} to {readers};
alter default privileges for role transformer in schema {schema} grant select on tables to {readers};
"""


def prepare(workspace: Workspace, *, set_passwords: bool = False) -> None:
    """Makes the workspace's database and all that is missing in it; a look is enough where nothing is.

    `set_passwords`: the roles that exist get the passwords that are known here. Raises UserError.
    """
    if not set_passwords and _is_prepared(workspace):
        return
    server = workspace.server()
    admin = connect(server, server.database, server.user, server.password)
    try:
        admin.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with admin.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(hashtext('energy_monitor.prepare'))")
            _make_roles(cursor, workspace, server, set_passwords)
            _make_database(cursor, workspace.database, "owner")
            if workspace.has_password(DAGSTER):
                _make_role(cursor, DAGSTER, workspace, server, set_passwords)
                _limit(cursor, DAGSTER, DAGSTER_CONNECTIONS)
                _make_database(cursor, DAGSTER, DAGSTER)
                cursor.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(DAGSTER)))
            inside = connect(server, workspace.database, server.user, server.password)
            try:
                with inside:
                    _grant(inside, workspace.database)
            finally:
                inside.close()
            _make_raw(workspace)
    finally:
        admin.close()  # frees the lock


def _fingerprint() -> str:
    """Of all that `prepare` makes: it has to be run again where this differs."""
    tables = [(d.id, d.title, d.columns, d.time_column) for d in KEPT.values()]
    made = (ROLES, CONNECTIONS, BUILT, GRANTS, BUILT_GRANTS, MIGRATIONS, BOOKKEEPING, BY_FETCH, tables)
    return sha256(repr(made).encode()).hexdigest()


def _is_prepared(workspace: Workspace) -> bool:
    if not all(map(workspace.has_password, ROLES)):
        return False
    try:
        connection = workspace.connect("owner")
    except UserError:
        return False
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select 1 from raw.prepared where fingerprint = %s", [_fingerprint()])
            return cursor.fetchone() is not None
    except errors.UndefinedTable:
        return False
    finally:
        connection.close()


def _make_roles(cursor: Cursor, workspace: Workspace, server: Server, set_passwords: bool) -> None:
    for role in ROLES:
        _make_role(cursor, role, workspace, server, set_passwords)
        # 40 dashboards, or an ingester gone wild, do not keep the others out
        _limit(cursor, role, CONNECTIONS[role])


def _limit(cursor: Cursor, role: str, connections: int) -> None:
    limit = sql.SQL("alter role {} connection limit {}")
    cursor.execute(limit.format(sql.Identifier(role), sql.Literal(connections)))


def _make_role(cursor: Cursor, role: str, workspace: Workspace, server: Server, set_password: bool) -> None:
    cursor.execute("select 1 from pg_roles where rolname = %s", [role])
    exists = cursor.fetchone() is not None
    if exists and not workspace.has_password(role) and not server.is_embedded:
        raise UserError(
            f"the role {role} exists on {server.host}:{server.port} and its password is not known here: "
            f"set ENERGY_MONITOR_{role.upper()}_PASSWORD"
        )
    if exists and workspace.has_password(role) and not set_password:
        return
    password = workspace.password(role) if workspace.has_password(role) else workspace.make_password(role)
    statement = sql.SQL("alter role {} login password %s" if exists else "create role {} login password %s")
    # as a verifier: the password itself is in no log of the server
    verifier = encrypt_password(password, role, cursor.connection, "scram-sha-256")
    cursor.execute(statement.format(sql.Identifier(role)), [verifier])
    # an administrator who is no superuser must be a member to set a role's default privileges
    if not exists:
        cursor.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


def _make_database(cursor: Cursor, database: str, owner: str) -> None:
    cursor.execute("select 1 from pg_database where datname = %s", [database])
    if cursor.fetchone() is None:
        # template0 holds nothing that somebody added to the server's template
        create = sql.SQL("create database {} owner {} encoding 'UTF8' template template0")
        cursor.execute(create.format(sql.Identifier(database), sql.Identifier(owner)))


def _grant(connection: Connection, database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(GRANTS).format(database=sql.Identifier(database)))
        for schema in BUILT:
            readers = ["analyst", "auditor"] + (["reader"] if schema == "marts" else [])
            cursor.execute(
                sql.SQL(BUILT_GRANTS).format(
                    schema=sql.Identifier(schema), readers=sql.SQL(", ").join(map(sql.Identifier, readers))
                )
            )


def _make_raw(workspace: Workspace) -> None:
    """Makes the raw tables, or what is new in them: all in one transaction, or nothing.

    Whoever asks for a table while an `alter table` waits for it waits behind that. So it does not wait for long, and
    comes back later.
    """
    connection = workspace.connect("owner")
    try:
        for last in (*[False] * (LOCK_TRIES - 1), True):
            try:
                _try_to_make_raw(connection)
                break
            except errors.LockNotAvailable as error:
                if last:
                    raise UserError(
                        f"the raw tables in {workspace.database} have to be changed, and were in use all the time: "
                        "nothing has been changed; run this again, or end what holds them (pg_stat_activity shows it)"
                    ) from error
                time.sleep(LOCK_TIMEOUT_S)
    except errors.Error as error:
        raise UserError(f"cannot make the raw tables in {workspace.database}: {str(error).strip()}") from error
    finally:
        connection.close()


def _try_to_make_raw(connection: Connection) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('energy_monitor.schema'))")  # before there is a time-out
        cursor.execute("select set_config('lock_timeout', %s, true)", [f"{LOCK_TIMEOUT_S * 1000:.0f}ms"])
        create_raw(connection)
        cursor.execute(
            """
            create table if not exists raw.prepared (
                fingerprint text primary key,
                prepared_at timestamptz not null default clock_timestamp()
            );
            revoke insert on raw.migrations, raw.prepared from ingester;
            insert into raw.prepared (fingerprint) values (%s) on conflict do nothing
            """,
            [_fingerprint()],
        )
