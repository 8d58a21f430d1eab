"""Dagster's own webserver and daemon over ticks of a simulated grid, across a clock change, with things going wrong.

Elexon does not answer for a while, a source revises what it said, the process of a run is killed, days are backfilled.
Afterwards, by GraphQL: everything was asked for and made, nothing that failed is left so, the outage was told once and
its end once, and the marts are what a direct build makes of the same raw data.
"""

import time
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from energy_monitor.status import dataset_statuses
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import HOUR
from ingestion.sources import SOURCES
from orchestration.asking import due_since
from orchestration.building import Graph
from orchestration.warehouse import SHARED, parsed_project, warehouse_assets
from tests.marts import build_marts, marts_of, rows_of
from tests.soak import BEGIN, HALF_HOUR, Soak, soaking
from tests.soak_figures import Figures, figures
from tests.test_notifications import receiver
from tests.test_up import free_ports

CLOCKS_CHANGE = datetime(2025, 10, 26, 1, tzinfo=UTC)
ASKED_WITHIN_S = 300  # in quick motion a source is asked for what became due while it was asked, on a slow machine late
REVISED = """
select count(*) from (
    select "from" from raw.carbon_national_actual where actual is not null group by "from" having count(*) > 1
) as revised
"""


def unhealed(soak: Soak) -> list[str]:
    """What failed runs left unmade: assets that they were to make and that no later run has made."""
    made_at = {name: float(found[0]["timestamp"]) / 1000 for name, found in soak.materializations().items() if found}
    left = []
    for run in soak.runs(statuses=["FAILURE", "CANCELED"]):
        names = ["/".join(key["path"]) for key in run["assetSelection"] or []]
        left += [f"{run['runId']} {name}" for name in names if made_at.get(name, 0) < run["startTime"]]
    return left


def never_asked(soak: Soak, began: datetime, ended: datetime) -> list[str]:
    """Datasets that had a tick in the time that was looked at, and of which nothing was made in it."""
    made = {
        name: [soak.simulated(float(one["timestamp"]) / 1000) for one in found]
        for name, found in soak.materializations().items()
    }
    due = [one for source in SOURCES for one in due_since(source, began, ended)]
    return [one.id for one in due if not any(at >= began for at in made[f"raw/{one.id}"])]


def behind(soak: Soak) -> list[str]:
    """Nodes of dbt that are older than something that they read, and should not be."""
    graph = Graph.of(warehouse_assets(parsed_project()), SHARED)
    made = {name: float(found[0]["timestamp"]) for name, found in soak.materializations().items() if found}
    return [
        f"{node.to_user_string()} before {dep.to_user_string()}"
        for node, deps in graph.reads.items()
        if node not in graph.shown and node not in graph.hourly
        for dep in set(deps) - SHARED - graph._of_records
        if made.get(dep.to_user_string(), 0) > made[node.to_user_string()]
    ]


def live_through(soak: Soak, hours: float, home: Path, looks: int) -> tuple[datetime, str, list[Figures]]:
    """Lets the ticks pass, with the outage, the killed run and the backfill; some times on the way, what looks cost."""
    began, found = soak.now(), []
    outage, back = began + HALF_HOUR, began + HALF_HOUR + min(hours / 2, 4) * HOUR
    soak.break_elexon(outage, back)
    backfill = soak.backfill("carbon_national_actual", [date(2025, 10, 20), date(2025, 10, 21), date(2025, 10, 22)])
    soak.kill_a_run()
    for part in range(1, looks + 1):
        soak.wait_until(began + hours * HOUR * part / looks)
        if looks > 1:
            found.append(figures(soak, home))
            print(found[-1], flush=True)
    return began, backfill, found


def hold(home: Path, hours: float, speed: float, looks: int = 1) -> list[Figures]:
    web, dagster = free_ports(2)
    with receiver() as told, soaking(home, (web, dagster), speed, 1, ENERGY_MONITOR_NOTIFY=told.address) as soak:
        began, backfill, found = live_through(soak, hours, home, looks)
        ended = soak.now()
        deadline = time.monotonic() + ASKED_WITHIN_S
        while (left := never_asked(soak, began, ended)) and time.monotonic() < deadline:
            time.sleep(1)
        assert left == [], "they had a tick, and nothing was made of them"
        soak.come_to_rest()
        assert datetime.fromisoformat(BEGIN) < CLOCKS_CHANGE < ended
        assert unhealed(soak) == []
        assert behind(soak) == []
        assert soak.backfill_status(backfill) == "COMPLETED_SUCCESS"
        assert [title for title in told.titles if "Elexon" in title] == [
            "Energy Monitor (simulated): Elexon Insights does not answer",
            "Energy Monitor (simulated): over: Elexon Insights does not answer",
        ]
        workspace = Workspace("simulated", {"ENERGY_MONITOR_HOME": str(home)})
        assert rows_of(workspace, REVISED)[0][0] > 0
        with closing(workspace.connect("auditor")) as connection:
            statuses = dataset_statuses(connection, soak.now())
        assert [one.dataset for one in statuses if one.bodies_waiting] == []
        build_marts(workspace, "--select", "tag:hourly")  # their hour may not have come
        built = marts_of(workspace)
        build_marts(workspace, "--full-refresh")
        assert marts_of(workspace) == built, "as a direct build makes them"
    return found


@pytest.mark.full
@pytest.mark.timeout(1500)
def test_six_ticks_across_a_clock_change_with_an_outage_and_a_revision(tmp_path: Path) -> None:
    hold(tmp_path / "home", hours=3, speed=60)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_whole_day_in_which_looks_do_not_become_dearer(tmp_path: Path) -> None:
    _, second, *_, last = hold(tmp_path / "home", hours=24, speed=90, looks=4)  # the first quarter fills what is kept
    assert last.looks > second.looks + 200
    assert last.failed_looks == 0
    assert last.disk_mb < 1.5 * second.disk_mb
    for name, statements in last.statements.items():
        assert statements <= 4 * len(DATASETS), f"{name}: a few for each dataset that changed"
        assert last.seconds[name] < 2 * second.seconds[name] + 0.2, name
