"""The proxy of the emulation: speaks to Redshift's driver on one side and to PostgreSQL on the other."""

import asyncio
import contextlib
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg2

from energy_monitor.server import Server, connect
from tests.redshift.translation import NotRedshift, to_postgres

# What PostgreSQL understands of what Redshift's driver says at the start.
STARTUP = {b"user", b"database", b"application_name", b"client_encoding"}
SSL_REQUEST = 80877103
VERSION = b"server_version\0"
SASL = struct.pack("!I", 10)

# What Redshift has and PostgreSQL has not, or has for other types.
FUNCTIONS = r"""
create function json_extract_path_text(object text, name text, null_if_invalid boolean) returns text
immutable language sql as $$ select case when object is json then coalesce(cast(object as jsonb) ->> name, '') end $$;

create function json_array_length(list text, null_if_invalid boolean) returns integer
immutable language sql as $$ select case when list is json array then jsonb_array_length(cast(list as jsonb)) end $$;

create function json_extract_array_element_text(list text, place integer, null_if_invalid boolean) returns text
immutable language sql as $$
    select case when list is json array then coalesce(cast(list as jsonb) ->> place, '') end
$$;

create function regexp_extract(subject text, pattern text) returns text
immutable language sql as $$ select coalesce(regexp_substr(subject, pattern), '') $$;

create function refused(reason text) returns void
volatile language plpgsql as $$ begin raise exception '%', reason; end $$;

create function pg_get_late_binding_view_cols() returns setof record
stable language sql as $$ select null::name, null::name, null::name, null::varchar, null::integer where false $$;

create view svv_external_columns as
select
    null::integer as columnnum, null::text as schemaname, null::text as tablename, null::text as columnname,
    null::text as external_type
where false;
"""


@dataclass
class Emulation:
    """Where it listens, and what was asked of it, as it was asked."""

    port: int
    statements: list[str] = field(default_factory=list)


def make_database(server: Server, name: str) -> None:
    """A database for one emulated warehouse, with what PostgreSQL lacks in it."""
    admin = connect(server, server.database, server.user, server.password)
    try:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(f"create database \"{name}\" encoding 'UTF8' template template0")
            cursor.execute(f"alter database \"{name}\" set timezone to 'UTC'")
    finally:
        admin.close()
    inside = connect(server, name, server.user, server.password)
    try:
        with inside, inside.cursor() as cursor:
            cursor.execute(FUNCTIONS)
    finally:
        inside.close()


@contextlib.contextmanager
def emulated(server: Server) -> Iterator[Emulation]:
    """The emulation in front of a PostgreSQL server, in a thread of its own, until the end of the block."""
    emulation, loop, ready = Emulation(0), asyncio.new_event_loop(), threading.Event()
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await _session(reader, writer, server, emulation)
        writer.close()

    async def listen() -> None:
        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        emulation.port = listening.sockets[0].getsockname()[1]
        ready.set()
        await ended.wait()
        listening.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # cancels the sessions at its end
            runner.run(listen())

    thread = threading.Thread(target=run, name="emulation")
    thread.start()
    ready.wait()
    try:
        yield emulation
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


async def _session(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server, emulation: Emulation
) -> None:
    size, code = struct.unpack("!II", await reader.readexactly(8))
    while code == SSL_REQUEST:
        writer.write(b"N")
        size, code = struct.unpack("!II", await reader.readexactly(8))
    words = (await reader.readexactly(size - 8)).split(b"\0")
    pairs = [(name, value) for name, value in zip(words[::2], words[1::2], strict=False) if name in STARTUP]
    kept = b"".join(name + b"\0" + value + b"\0" for name, value in pairs) + b"\0"
    answers, upstream = await asyncio.open_connection(server.host, server.port)
    upstream.write(struct.pack("!II", len(kept) + 8, code) + kept)
    back = asyncio.create_task(_answers(answers, writer))
    try:
        while True:
            kind, body = await _message(reader)
            upstream.write(_framed(kind, _translated(kind, body, emulation)))
            await upstream.drain()
    finally:
        upstream.close()
        back.cancel()


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            kind, body = await _message(reader)
            if kind == b"S" and body.startswith(VERSION):
                body = VERSION + b"8.0.2\0"
            if kind == b"R" and body.startswith(SASL):
                body = body.rstrip(b"\0") + b"\0"  # the driver takes the end of the list for a mechanism
            writer.write(_framed(kind, body))
            await writer.drain()
    writer.close()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    (size,) = struct.unpack("!I", head[1:])
    return head[:1], await reader.readexactly(size - 4)


def _framed(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _translated(kind: bytes, body: bytes, emulation: Emulation) -> bytes:
    """A message to PostgreSQL: of those that hold a statement, with that in its words."""
    if kind == b"Q":
        return _statement(body[:-1], emulation) + b"\0"
    if kind == b"P":
        name, statement, types = body.split(b"\0", 2)
        return name + b"\0" + _statement(statement, emulation) + b"\0" + types
    return body


def _statement(asked: bytes, emulation: Emulation) -> bytes:
    statement = asked.decode()
    emulation.statements.append(statement)
    try:
        return to_postgres(statement).encode()
    except NotRedshift as lacking:  # said by the server, as Redshift would
        return f"select public.refused({psycopg2.extensions.QuotedString(str(lacking)).getquoted().decode()})".encode()
