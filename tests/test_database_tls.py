"""A database elsewhere proves who it is to every client, and passwords change without a new start."""

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import boto3
import pytest

from dashboard import connection as dashboard
from energy_monitor.database import CONNECTIONS, ROLES, prepare
from energy_monitor.dbt import environment
from energy_monitor.errors import UserError
from energy_monitor.secrets_file import fetch, named_secrets, password_in, write_for_dashboard
from energy_monitor.server import LoginRefused, server_at
from energy_monitor.workspace import Workspace
from orchestration.instance import configuration, prepare_instance
from tests.certificates import authority
from tests.conftest import day_request, run_command, take_in
from tests.marts import build_marts, rows_of
from tests.tls_server import PASSWORD, TlsServer, tls_server


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    with tls_server(tmp_path_factory.mktemp("with_tls"), 25877) as running:
        yield running


@pytest.fixture(scope="module")
def environ(server: TlsServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    own = tmp_path_factory.mktemp("tls_home")
    return {"ENERGY_MONITOR_HOME": str(own), "ENERGY_MONITOR_DATABASE_URL": server.url()}


@pytest.fixture(scope="module")
def workspace(environ: dict[str, str]) -> Workspace:
    made = Workspace("tls", environ)
    prepare(made)
    return made


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """The certificate of an authority that has not signed the server's."""
    return authority(tmp_path, "another").file


# Every client verifies the server ------------------------------------------------------------------------------------

WITH_TLS = "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"


def test_every_role_and_client_comes_over_tls(
    workspace: Workspace, environ: dict[str, str], server: TlsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for role in ROLES:
        with closing(workspace.connect(role)) as connection, connection.cursor() as cursor:
            cursor.execute(WITH_TLS)
            assert cursor.fetchone() == (True, "TLSv1.3"), role
    # dbt: the server takes nothing but TLS, and so whatever it builds came over it
    body = {"data": [{"settlementDate": "2025-01-01", "settlementPeriod": 1, "systemSellPrice": -1.5}]}
    take_in(
        workspace,
        "system_prices",
        day_request("system_prices", date(2025, 1, 1)),
        body,
        datetime(2025, 1, 3, tzinfo=UTC),
    )
    build_marts(workspace, "--select", "stg_elexon__system_prices")
    price = "select system_sell_price_gbp_per_mwh::text from staging.stg_elexon__system_prices"
    assert rows_of(workspace, price) == [("-1.5",)]
    # the dashboard
    for name, value in environment(workspace, "reader").items():
        monkeypatch.setenv(name, value)
    (row,) = dashboard.rows(WITH_TLS)
    assert row == {"ssl": True, "version": "TLSv1.3"}
    # Dagster's records
    server.as_superuser("create database dagster owner administrator")
    url = server.url().replace("postgresql://", "postgresql+psycopg2://").replace("/postgres?", "/dagster?")
    monkeypatch.setenv("ENERGY_MONITOR_DAGSTER_URL", url)
    assert prepare_instance(tmp_path / "dagster", 4000) == 0
    assert server.as_superuser("select pg_get_userbyid(datdba) from pg_database where datname = 'dagster'")


def test_a_server_that_another_authority_vouches_for_is_refused_by_every_client(
    workspace: Workspace,
    environ: dict[str, str],
    server: TlsServer,
    strangers: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    wrong = environ | {"ENERGY_MONITOR_DATABASE_URL": server.url(root=strangers)}
    with pytest.raises(
        UserError, match=f"not signed by an authority in {strangers}: another server answers"
    ) as refusal:
        Workspace("tls", wrong).connect("reader")
    assert workspace.password("reader") not in str(refusal.value)
    # the command line, before anything is asked of the server
    said = run_command("--workspace", "tls", "build", expect=2, **wrong).stderr
    assert said.count("\n") == 1
    assert "certificate verify failed" in said
    assert PASSWORD not in said
    for name, value in environment(Workspace("tls", wrong), "reader").items():
        monkeypatch.setenv(name, value)
    dashboard._engine.cache_clear()
    with pytest.raises(dashboard.WarehouseError, match="certificate verify failed"):
        dashboard.rows("select 1")
    url = server.url(root=strangers).replace("postgresql://", "postgresql+psycopg2://")
    monkeypatch.setenv("ENERGY_MONITOR_DAGSTER_URL", url)
    with pytest.raises(UserError, match="certificate verify failed"):
        prepare_instance(tmp_path / "dagster", 4000)


def test_a_certificate_for_another_name_is_refused(environ: dict[str, str], server: TlsServer) -> None:
    elsewhere = Workspace("tls", environ | {"ENERGY_MONITOR_DATABASE_URL": server.url(host="127.0.0.1")})
    with pytest.raises(UserError, match="Write the name that is in the certificate"):
        prepare(elsewhere)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "does not say how db.example is to prove who it is: add [?]sslmode=verify-full&sslrootcert=FILE"),
        ("?sslmode=verify-full", "no sslrootcert"),
        ("?sslmode=verify_full&sslrootcert=system", "has sslmode=verify_full; there are disable"),
        ("?sslmode=verify-full&sslrootcert=/nowhere/ca.pem", "sslrootcert=/nowhere/ca.pem, and there is no such file"),
        ("?sslmode=require&options=-cfsync%3Doff", "'options' after its [?]"),
    ],
)
def test_an_address_that_does_not_say_enough_about_tls_is_refused(query: str, sentence: str) -> None:
    url = f"postgresql://admin:secret@db.example/postgres{query}"
    with pytest.raises(UserError, match=sentence) as refusal:
        server_at(url)
    assert "secret" not in str(refusal.value)


def test_dagsters_records_elsewhere_need_a_server_that_proves_who_it_is() -> None:
    bare = "postgresql+psycopg2://dagster:secret@db.example/dagster"
    with pytest.raises(UserError, match="ENERGY_MONITOR_DAGSTER_URL does not say how"):
        configuration({"ENERGY_MONITOR_DAGSTER_URL": bare})
    assert configuration({"ENERGY_MONITOR_DAGSTER_URL": f"{bare}?sslmode=verify-full&sslrootcert=system"}).is_file()


def test_what_the_address_says_holds_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server_at("postgresql://a@localhost/x").sslmode == "prefer"
    assert server_at("postgresql://a@10.0.0.5/x?sslmode=disable").tls() == {"PGSSLMODE": "disable"}
    everything = "postgresql://a@db.example/x?sslmode=verify-full&sslrootcert=system"
    assert server_at(everything).tls() == {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "system"}


# Limits and passwords ------------------------------------------------------------------------------------------------


def test_a_role_cannot_take_all_connections(workspace: Workspace) -> None:
    limits = "select rolname, rolconnlimit from pg_roles where rolname = any(%s)"
    assert dict(rows_of(workspace, limits, [list(ROLES)])) == CONNECTIONS
    assert sum(CONNECTIONS.values()) < 80, "the smallest RDS has about as many, and keeps some to itself"
    held = [workspace.connect("owner") for _ in range(CONNECTIONS["owner"])]
    try:
        with pytest.raises(UserError, match='too many connections for role "owner"'):
            workspace.connect("owner")
        workspace.connect("reader").close()
    finally:
        for connection in held:
            connection.close()


def test_without_aws_a_password_is_changed_in_its_file(workspace: Workspace, tmp_path: Path) -> None:
    assert write_for_dashboard(workspace, tmp_path)
    kept = json.loads(workspace.passwords_file.read_text())
    workspace.passwords_file.write_text(json.dumps(kept | {"reader": "another-of-the-reader"}))
    assert "set" in run_command("--workspace", "tls", "prepare", "--set-passwords", **workspace.environ).stdout
    assert write_for_dashboard(workspace, tmp_path)
    assert (tmp_path / "reader.password").read_text() == "another-of-the-reader"
    workspace.connect("reader").close()  # a service that has run all the time


@pytest.fixture
def secrets(s3: str, environ: dict[str, str], workspace: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """The same workspace on an instance that has its passwords from Secrets Manager, and no password by environment."""
    client = boto3.client("secretsmanager")
    for role in ROLES:
        client.create_secret(Name=f"em/{role}", SecretString=workspace.password(role))
    client.create_secret(Name="rds!db-1", SecretString=json.dumps({"username": "administrator", "password": PASSWORD}))
    wanted = " ".join([*(f"{role}=em/{role}" for role in ROLES), "admin=rds!db-1"])
    bare = environ["ENERGY_MONITOR_DATABASE_URL"].replace(f":{PASSWORD.replace('@', '%40').replace('/', '%2F')}@", "@")
    own = {
        "ENERGY_MONITOR_HOME": str(tmp_path / "instance"),
        "ENERGY_MONITOR_DATABASE_URL": bare,
        "ENERGY_MONITOR_SECRETS": wanted,
        "ENERGY_MONITOR_PASSWORDS": str(tmp_path / "passwords"),
    }
    yield Workspace("tls", own)
    for name in [*(f"em/{role}" for role in ROLES), "rds!db-1"]:
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_a_changed_password_holds_without_a_new_start(
    secrets: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert fetch(secrets)
    assert not fetch(secrets), "nothing is new"
    assert stat.S_IMODE(secrets.passwords_file.stat().st_mode) == 0o600
    assert write_for_dashboard(secrets, tmp_path)
    for line in (tmp_path / "env").read_text().splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value.strip("'"))
    monkeypatch.delenv("PGPASSWORD", raising=False)
    assert dashboard.rows("select current_user::text as who") == [{"who": "reader"}]

    old = secrets.password("reader")
    for role in ROLES:
        boto3.client("secretsmanager").put_secret_value(SecretId=f"em/{role}", SecretString=f"new-{role}-password")
    assert fetch(secrets)
    assert "set" in run_command("--workspace", "tls", "prepare", "--set-passwords", **secrets.environ).stdout
    assert write_for_dashboard(secrets, tmp_path)

    # a long-lived service, which holds what it read before
    secrets.passwords_file.write_text(json.dumps({"reader": old, "ingester": old}))
    for role in ("reader", "ingester"):
        secrets.connect(role).close()
    assert json.loads(secrets.passwords_file.read_text())["ingester"] == "new-ingester-password"
    # the dashboard's pool is what it was; a connection that it makes now has the new password
    dashboard.engine().pool.dispose()
    assert dashboard.rows("select current_user::text as who") == [{"who": "reader"}]
    out = "".join(capfd.readouterr())
    assert "new-" not in out
    assert old not in out

    # wrong in the store too: one look there, and a sentence
    boto3.client("secretsmanager").put_secret_value(SecretId="em/reader", SecretString="wrong")
    fetch(secrets)
    with pytest.raises(LoginRefused, match="password authentication failed"):
        secrets.connect("reader")


def test_a_secret_that_cannot_be_read_is_a_sentence_without_secrets(s3: str, tmp_path: Path) -> None:
    lost = Workspace("tls", {"ENERGY_MONITOR_HOME": str(tmp_path), "ENERGY_MONITOR_SECRETS": "owner=em/nowhere"})
    with pytest.raises(UserError, match="cannot read the secret em/nowhere of Secrets Manager"):
        fetch(lost)
    assert not lost.passwords_file.exists()
    for text, sentence in (("own=x", "ROLE=SECRET"), ("owner", "ROLE=SECRET")):
        with pytest.raises(UserError, match=sentence):
            named_secrets(text)
    assert [password_in(text) for text in ("plain", "12345", '{"password": "p"}')] == ["plain", "12345", "p"]
    with pytest.raises(ValueError, match="without a field") as refusal:
        password_in('{"passwd": "hidden"}')
    assert "hidden" not in str(refusal.value)
