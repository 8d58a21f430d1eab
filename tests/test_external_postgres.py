"""Any PostgreSQL by environment: one whose administrator is no superuser, as on RDS."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg2
import pytest

from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.postgres import EmbeddedPostgres
from energy_monitor.workspace import Workspace
from tests.conftest import day_request, take_in
from tests.marts import build_marts, rows_of


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of another server, with an administrator who may make roles and databases, and no more."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("elsewhere"), preferred_port=25777)
    server.start()
    host, port = server.address
    connection = psycopg2.connect(
        host=host, port=port, user="postgres", password=server.superuser_password(), dbname="postgres"
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create role administrator login createrole createdb password 'p@ss/word'")
    connection.close()
    yield f"postgresql://administrator:p%40ss%2Fword@{host}:{port}/postgres"
    server.stop()


def test_a_server_elsewhere_is_prepared_loaded_and_built(url: str, tmp_path: Path) -> None:
    environ = {"ENERGY_MONITOR_HOME": str(tmp_path / "home"), "ENERGY_MONITOR_DATABASE_URL": url}
    workspace = Workspace("elsewhere", environ)
    for _ in range(2):
        prepare(workspace)
    body = {"data": [{"settlementDate": "2025-01-01", "settlementPeriod": 1, "systemSellPrice": -1.5}]}
    request = day_request("system_prices", date(2025, 1, 1))
    take_in(workspace, "system_prices", request, body, datetime(2025, 1, 3, tzinfo=UTC))
    build_marts(workspace, "--select", "+fct_prices_half_hourly")
    found = rows_of(
        workspace,
        "select system_price_gbp_per_mwh from marts.fct_prices_half_hourly where state = 'provisional'",
        role="reader",
    )
    assert [float(price) for (price,) in found] == [-1.5]
    assert not (tmp_path / "home" / "postgres").exists(), "the embedded server was started all the same"

    # another machine does not know the passwords, and must not change them
    stranger = Workspace("elsewhere", environ | {"ENERGY_MONITOR_HOME": str(tmp_path / "other")})
    with pytest.raises(UserError, match="ENERGY_MONITOR_OWNER_PASSWORD"):
        prepare(stranger)
