"""Dagster as it runs: its webserver, daemon and worker over a simulated grid in quick motion, asked by GraphQL."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from energy_monitor.clock import machine_seconds, now_utc
from energy_monitor.up.source_choice import clock_of
from orchestration.client import LOCATION, REPOSITORY, Client
from tests.conftest import REPOSITORY as ROOT

HALF_HOUR = timedelta(minutes=30)
BEGIN = "2025-10-25T22:30Z"  # two and a half hours before the one that comes twice is over
QUIET_LOOKS = 3
BUILDS_NOTHING = {"check_freshness"}  # in quick motion there is always one again, on a slow machine without a pause

RUNS = """
query($filter: RunsFilter, $limit: Int) { runsOrError(filter: $filter, limit: $limit) { ... on Runs { results {
  runId status jobName creationTime startTime endTime tags { key value }
  assetSelection { path } assetMaterializations { assetKey { path } timestamp partition } } } } }"""
MATERIALIZATIONS = """
query($keys: [AssetKeyInput!]) { assetNodes(assetKeys: $keys) { assetKey { path }
  assetMaterializations(limit: 2000) { timestamp partition runId } } }"""
ASSETS = "query { assetNodes { assetKey { path } isMaterializable } }"
STOP = """
mutation($id: String!) { stopSensor(id: $id) { __typename } }"""
SENSORS = """
query($at: RepositorySelector!) { sensorsOrError(repositorySelector: $at) { ... on Sensors { results {
  name id sensorState { id status } } } } }"""
BACKFILL = """
mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) { __typename
  ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
BACKFILL_STATUS = """
query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""
PLACE = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}


@dataclass
class Soak:
    """A running `energy-monitor up` over a simulated grid, and its Dagster."""

    process: subprocess.Popen[str]
    client: Client
    grid: str
    clock: dict[str, str] = field(default_factory=dict)

    def now(self) -> datetime:
        """The simulated time."""
        return now_utc(self.clock)

    def wait_until(self, instant: datetime) -> None:
        """Until the simulated clock shows it."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            assert self.process.poll() is None, "it has ended"
            time.sleep(min(1, machine_seconds(left, self.clock)))

    def simulated(self, timestamp: float) -> datetime:
        """When in simulated time something was that has a time of the machine's."""
        return now_utc(self.clock, datetime.fromtimestamp(timestamp, UTC))

    def break_elexon(self, start: datetime, end: datetime) -> None:
        times = {"from_utc": start.isoformat(), "until_utc": end.isoformat()}
        body = json.dumps([{"match": "/bmrs/", "kind": "http_503", "share": 1, **times}]).encode()
        request = urllib.request.Request(f"{self.grid}/simulator/faults", body, method="PUT")
        urllib.request.urlopen(request, timeout=10).close()

    def runs(self, limit: int = 5000, **conditions: Any) -> list[dict[str, Any]]:
        """Runs, the newest first."""
        found = self.client.query(RUNS, filter=conditions, limit=limit)["runsOrError"]["results"]
        return list(found)

    def under_way(self) -> list[dict[str, Any]]:
        return self.runs(statuses=["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"])

    def kill_a_run(self) -> str:
        """Kills the process of a run, whichever is under way next; its id."""
        while True:
            for run in self.runs(statuses=["STARTED"]):
                tags = {tag["key"]: tag["value"] for tag in run["tags"]}
                if process := tags.get("energy_monitor/process"):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(process.split()[0]), signal.SIGKILL)
                        return str(run["runId"])
            time.sleep(0.05)

    def backfill(self, dataset: str, days: list[date]) -> str:
        """As the user interface launches one; its id."""
        params = {"assetSelection": [{"path": ["raw", dataset]}], "partitionNames": [str(day) for day in days]}
        found = self.client.query(BACKFILL, params=params)["launchPartitionBackfill"]
        assert found["__typename"] == "LaunchBackfillSuccess", found
        return str(found["backfillId"])

    def backfill_status(self, backfill: str) -> str:
        return str(self.client.query(BACKFILL_STATUS, id=backfill)["partitionBackfillOrError"]["status"])

    def materializations(self) -> dict[str, list[dict[str, Any]]]:
        """Of each asset that Dagster can make, the newest first."""
        nodes = self.client.query(ASSETS)["assetNodes"]
        keys = [node["assetKey"] for node in nodes if node["isMaterializable"]]
        found = self.client.query(MATERIALIZATIONS, keys=keys)["assetNodes"]
        return {"/".join(node["assetKey"]["path"]): node["assetMaterializations"] for node in found}

    def come_to_rest(self) -> None:
        """Asks nothing new, and waits until all that landed is built."""
        quiet = 0
        while quiet < QUIET_LOOKS:
            was_stopped = self._stop("ask")
            builds = [run for run in self.under_way() if run["jobName"] not in BUILDS_NOTHING]
            quiet = quiet + 1 if was_stopped and not builds else 0
            time.sleep(6)  # longer than automation takes between two looks

    def _stop(self, name: str) -> bool:
        """Stops a sensor; whether it was stopped before. A tick under way may note afterwards that it runs on."""
        sensors = self.client.query(SENSORS, at=PLACE)["sensorsOrError"]["results"]
        state = next(sensor["sensorState"] for sensor in sensors if sensor["name"] == name)
        if state["status"] == "STOPPED":
            return True
        stopped = self.client.query(STOP, id=state["id"])["stopSensor"]
        assert stopped["__typename"] == "StopSensorMutationResult", stopped
        return False


@contextlib.contextmanager
def soaking(home: Path, ports: tuple[int, int], speed: float, days: int, **environ: str) -> Iterator[Soak]:
    """Starts everything, and ends it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ENERGY_MONITOR_", "PG"))}
    options = ["--dashboard-port", str(ports[0]), "--dagster-port", str(ports[1]), "--days", str(days)]
    command = [sys.executable, "-c", "from energy_monitor.cli import main; main()", "--workspace", "simulated", "up"]
    process = subprocess.Popen(
        [*command, *options, "--now", BEGIN, "--speed", f"{speed:g}"],
        cwd=ROOT,
        env=kept | {"ENERGY_MONITOR_HOME": str(home)} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if line.startswith("Up after"):
                break
        assert process.poll() is None, "".join(said)
        grid = next(line.split()[1] for line in said if line.startswith("simulator"))
        clock = clock_of(grid)
        assert clock is not None
        yield Soak(process, Client(f"http://127.0.0.1:{ports[1]}"), grid, {"ENERGY_MONITOR_CLOCK": clock})
    finally:
        process.terminate()
        process.wait(30)
