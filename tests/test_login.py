"""The ingester's way in: a secret that rotates under a running process, and a server that is full."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import psycopg2
import pytest

from energy_monitor.database import prepare
from energy_monitor.workspace import Workspace
from ingestion import handler as handler_module
from ingestion.handler import handler
from ingestion.login import KEPT_FOR, SECRET, URL, Login, NoWayIn
from ingestion.settlement import DAY
from tests.marts import rows_of
from tests.scripted_source import scripted_source
from tests.test_backfill import prices
from tests.test_live_path import urls
from tests.tls_postgres import TlsPostgres, tls_postgres

CONNECTIONS = 20  # three of them are the superuser's alone


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsPostgres]:
    """A small server with TLS."""
    with tls_postgres(tmp_path_factory.mktemp("tls"), max_connections=CONNECTIONS) as (server, _):
        yield server


@pytest.fixture(scope="module")
def workspace(server: TlsPostgres, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("home")
    environ = {"ENERGY_MONITOR_HOME": str(folder), "ENERGY_MONITOR_DATABASE_URL": server.url}
    workspace = Workspace("small", environ)
    prepare(workspace)
    return workspace


@dataclass
class Secret:
    """A secret of the ingester's in Secrets Manager on loopback."""

    arn: str
    said: dict[str, Any]

    def say(self, **fields: object) -> None:
        """Another version of it."""
        self.said |= fields
        boto3.client("secretsmanager").put_secret_value(SecretId=self.arn, SecretString=json.dumps(self.said))


@pytest.fixture
def secret(s3: str, server: TlsPostgres, workspace: Workspace) -> Iterator[Secret]:
    """Of the ingester's login, which is right again afterwards."""
    host, port = server.address
    password = workspace.password("ingester")
    said = {"host": host, "port": port, "username": "ingester", "password": password, "dbname": workspace.database}
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name=f"ingester-{time.time_ns()}", SecretString=json.dumps(said))["ARN"]
    yield Secret(arn, said)
    server.do(f"alter role ingester password '{password}'")


def is_in(login: Login, wait_s: float = 5) -> bool:
    with contextlib.closing(login.connect(wait_s)) as connection, connection.cursor() as cursor:
        cursor.execute("select ssl, current_user from pg_stat_ssl where pid = pg_backend_pid()")
        return cursor.fetchall() == [(True, "ingester")]


def test_a_password_that_rotates_is_read_again_without_a_restart(secret: Secret, server: TlsPostgres) -> None:
    login = Login({SECRET: secret.arn})
    assert is_in(login)
    server.do("alter role ingester password 'another'")
    secret.say(password="another")
    assert is_in(login), "the secret was kept though it was refused"


def test_a_rotation_that_reaches_the_database_first_is_waited_for(secret: Secret, server: TlsPostgres) -> None:
    login = Login({SECRET: secret.arn})
    server.do("alter role ingester password 'a third'")
    later = threading.Timer(1.0, secret.say, kwargs={"password": "a third"})
    later.start()
    assert is_in(login, wait_s=15)
    later.join()


def test_a_secret_is_kept_for_some_time_and_then_read_again(secret: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    read, now = [], [1000.0]
    say = dict(secret.said)
    monkeypatch.setattr("ingestion.login.read_secret", lambda arn: read.append(arn) or dict(say))
    login = Login({SECRET: secret.arn, KEPT_FOR: "60"}, steady=lambda: now[0])
    for moment, times in ((1000, 1), (1059, 1), (1061, 2), (1100, 2)):
        now[0] = moment
        assert is_in(login)
        assert len(read) == times


def test_a_password_that_stays_wrong_is_given_up_in_words(secret: Secret, server: TlsPostgres) -> None:
    server.do("alter role ingester password 'unknown'")
    began = time.monotonic()
    with pytest.raises(NoWayIn, match=r"does not let the ingester in: .*password authentication failed") as raised:
        Login({SECRET: secret.arn}).connect(1)
    assert time.monotonic() - began < 5
    assert secret.said["password"] not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"host": "127.0.0.1", "username": "ingester"}', "lacks port, dbname, password$"),
        ("hunter2", "is no JSON object$"),
        ('["hunter2"]', "is no JSON object$"),
    ],
)
def test_what_is_no_login_is_said_without_being_shown(secret: Secret, text: str, reason: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=secret.arn, SecretString=text)
    with pytest.raises(NoWayIn, match=reason):
        Login({SECRET: secret.arn}).connect(1)


def test_no_secret_and_no_address_are_said(secret: Secret) -> None:
    with pytest.raises(NoWayIn, match=r"^the secret nothing-there cannot be read: .*ResourceNotFoundException"):
        Login({SECRET: "nothing-there"}).connect(1)
    with pytest.raises(NoWayIn, match=f"^neither {SECRET} nor {URL} is set"):
        Login({}).connect(1)


def test_a_secret_is_never_used_without_verifying_the_server(secret: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGSSLMODE")
    assert Login({SECRET: secret.arn}).parameters()["sslmode"] == "verify-full"
    monkeypatch.delenv("PGSSLROOTCERT")
    monkeypatch.setenv("HOME", "/nowhere")
    with pytest.raises(NoWayIn, match="root certificate file"):
        Login({SECRET: secret.arn}).connect(1)
    secret.say(host="localhost")  # another name than that of its certificate
    monkeypatch.setenv("PGSSLROOTCERT", "system")
    with pytest.raises(NoWayIn, match=r"does not let the ingester in: .*"):
        Login({SECRET: secret.arn}).connect(1)


# A server with 20 connections -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def filled(url: str) -> Iterator[list[psycopg2.extensions.connection]]:
    """All connections of the server taken, for as long as the block runs."""
    taken = []
    try:
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                taken.append(psycopg2.connect(url))
        yield taken
    finally:
        for connection in taken:
            connection.close()


@pytest.fixture
def url(server: TlsPostgres, workspace: Workspace) -> str:
    host, port = server.address
    return f"postgresql://ingester:{workspace.password('ingester')}@{host}:{port}/{workspace.database}"


def test_for_a_free_connection_it_waits_but_not_for_ever(url: str) -> None:
    login, began = Login({URL: url}), time.monotonic()
    with filled(url) as taken:
        assert len(taken) > CONNECTIONS / 2
        with pytest.raises(NoWayIn, match=r"no free connection for \d s .*: ask for less at once, or raise max_conn"):
            login.connect(1.0)
        assert 0.5 < time.monotonic() - began < 4
        threading.Timer(0.7, taken[0].close).start()
        assert is_in(login, wait_s=10)


@pytest.mark.parametrize(
    "limit", ["alter role ingester connection limit 0", "alter database {database} connection limit 0"]
)
def test_a_limit_of_the_role_or_the_database_is_waited_for_too(
    server: TlsPostgres, workspace: Workspace, url: str, limit: str
) -> None:
    server.do(limit.format(database=workspace.database))
    lift = limit.format(database=workspace.database).replace("limit 0", "limit -1")
    timer = threading.Timer(0.5, server.do, args=(lift,))
    timer.start()
    assert is_in(Login({URL: url}), wait_s=10)
    timer.join()


CALLS, EACH_DAYS = 100, 2
MOST_WAIT_S = 60


def test_a_hundred_calls_at_once_lose_nothing_on_a_server_with_twenty_connections(
    server: TlsPostgres, workspace: Workspace, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads, not processes: a hundred interpreters are 8 GB and more than two cores start in a minute. What is tried
    is the server's limit and the locks of the load, and of these each call has its own: it connects, waits for a
    place, lands and loads by itself, as a process would.
    """
    days = [date(2025, 1, 1) + n * DAY for n in range(40)]
    now, waits, lock = datetime.now(UTC), [], threading.Lock()
    monkeypatch.setenv(URL, url)
    monkeypatch.setenv("ENERGY_MONITOR_LAKE", str(tmp_path / "lake"))
    refused = [0]

    class Counting(Login):
        def connect(self, wait_s: float) -> psycopg2.extensions.connection:
            began = time.monotonic()
            connection = super().connect(wait_s)
            with lock:
                waits.append(time.monotonic() - began)
            return connection

    def sleep(seconds: float) -> None:
        refused[0] += 1
        time.sleep(seconds)

    monkeypatch.setattr(handler_module, "login", Counting(sleep=sleep))
    start = threading.Barrier(CALLS)

    def call(number: int) -> dict[str, Any]:
        first = days[number % (len(days) - EACH_DAYS + 1)]
        start.wait()
        event = {"dataset": "system_prices", "from": str(first), "to": str(first + (EACH_DAYS - 1) * DAY)}
        return handler(event | {"run_id": f"call {number}"})

    with scripted_source(prices) as source:
        for name, value in urls(source.url).items():
            monkeypatch.setenv(name, value)
        with ThreadPoolExecutor(CALLS) as pool:
            outcomes = list(pool.map(call, range(CALLS)))
    took = (datetime.now(UTC) - now).total_seconds()
    assert len(outcomes) == CALLS
    assert {(outcome["failed"], len(outcome["left"])) for outcome in outcomes} == {(0, 0)}
    assert refused[0] > 0, "the server was never full"
    assert max(waits) < MOST_WAIT_S
    # An answer that is loaded after a later one gets a version of its own, with the same content; no other one does.
    found = """
        select "settlementDate", count(distinct "settlementPeriod")::int,
            count(distinct ("settlementPeriod", content_hash))::int, count(*)::int
        from raw.system_prices where not is_absent group by 1 order by 1
    """
    rows = rows_of(workspace, found)
    assert [row[:3] for row in rows] == [(day, 48, 48) for day in days]
    repeated = """
        select count(*)::int from (
            select load_id, lag(load_id) over (
                partition by "settlementDate", "settlementPeriod" order by fetched_at, lake_key
            ) as load_before
            from raw.system_prices
        ) as versions where load_before < load_id
    """
    assert rows_of(workspace, repeated) == [(0,)]
    statuses = "select status, count(*)::int, count(distinct attempt_key)::int from raw.loads group by 1"
    assert rows_of(workspace, statuses) == [("loaded", CALLS * EACH_DAYS, CALLS * EACH_DAYS)]
    assert sum(outcome["rows_new"] for outcome in outcomes) == sum(versions for *_, versions in rows)
    print(f"{CALLS} calls in {took:.1f} s, refused {refused[0]} times, waited {max(waits):.1f} s at most")
