"""Dagster hears of loads that it did not make: each once, and none that it knows of."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from energy_monitor.workspace import Workspace
from orchestration import hearing
from orchestration.hearing import hear_sensor
from orchestration.loads import LOAD_ID, newest_loads
from tests.conftest import WorkspaceMaker, day_request, take_in

PRICES = dg.AssetKey(["raw", "system_prices"])
NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)


class Hearing:
    """The sensor over a workspace, look by look."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.cursor, self.count = workspace, None, 0
        self.instance = dg.DagsterInstance.ephemeral()
        self.sensor = hear_sensor(workspace.name)

    def load(self, day: date) -> None:
        """As the command line does it."""
        self.count += 1
        body = {"data": [{"settlementDate": str(day), "settlementPeriod": 1, "systemSellPrice": self.count}]}
        at = NOON + timedelta(minutes=self.count)
        take_in(self.workspace, "system_prices", day_request("system_prices", day), body, at)

    def newest(self) -> int:
        connection = self.workspace.connect("auditor")
        try:
            return newest_loads(connection)["system_prices"]
        finally:
            connection.close()

    def look(self) -> list[str]:
        """The days of the dataset that are told."""
        result = self.sensor(dg.build_sensor_context(instance=self.instance, cursor=self.cursor))
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        for told in result.asset_events:
            assert isinstance(told, dg.AssetMaterialization)
            assert told.asset_key == PRICES
            self.instance.report_runless_asset_event(told)
        return sorted(str(told.partition) for told in result.asset_events)


@pytest.fixture
def told(make_workspace: WorkspaceMaker) -> Hearing:
    return Hearing(make_workspace())


def test_each_load_is_told_once(told: Hearing) -> None:
    assert told.look() == []
    told.load(date(2026, 6, 8))
    told.load(date(2026, 6, 10))
    assert told.look() == ["2026-06-08", "2026-06-10"]
    assert told.look() == []
    told.load(date(2026, 6, 8))
    assert told.look() == ["2026-06-08"]


def test_what_dagster_loaded_is_not_told_to_it(told: Hearing) -> None:
    told.load(date(2026, 6, 8))
    told.instance.report_runless_asset_event(
        dg.AssetMaterialization(PRICES, metadata={LOAD_ID: told.newest()}, partition="2026-06-08")
    )
    assert told.look() == []
    told.load(date(2026, 6, 9))
    assert told.look() == ["2026-06-09"]


def test_while_a_run_asks_for_it_a_dataset_is_left_to_that(told: Hearing) -> None:
    told.load(date(2026, 6, 8))
    selection = frozenset([PRICES])
    run = dg.DagsterRun(job_name="ingest", status=dg.DagsterRunStatus.STARTED, asset_selection=selection)
    told.instance.add_run(run)
    assert told.look() == []
    told.instance.report_run_canceled(run)
    assert told.look() == ["2026-06-08"]


def test_years_are_told_in_portions(told: Hearing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "MOST_DAYS", 3)
    days = [date(2026, 6, day) for day in range(1, 9)]
    for day in days:
        told.load(day)
    heard = [told.look() for _ in range(6)]
    assert all(len(portion) <= 3 for portion in heard)
    assert {day for portion in heard for day in portion} == set(map(str, days))
    assert heard[-1] == []
