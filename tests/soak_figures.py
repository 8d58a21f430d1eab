"""What Dagster's looks cost as they add up: time, statements of SQL in its storage, and disk after housekeeping."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import dagster as dg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from orchestration.definitions import WORKSPACE_VARIABLE, build_defs
from orchestration.maintenance import prune_runs
from tests.soak import PLACE, Soak

SENSORS = ("ask", "build", "hear", "tell")
NEWEST_LOOKS = 50
TICKS = """
query($at: SensorSelector!) { sensorOrError(sensorSelector: $at) { ... on Sensor {
  sensorState { ticks(limit: 20000) { timestamp endTimestamp status cursor } } } } }"""


@dataclass(frozen=True)
class Figures:
    """Of a moment: how many looks and runs there were, and what one look costs now.

    seconds: the median of the newest looks of each sensor. statements: of SQL in Dagster's storage, for one look.
    """

    looks: int
    failed_looks: int
    runs: int
    disk_mb: float
    seconds: dict[str, float]
    statements: dict[str, int]


def figures(soak: Soak, home: Path) -> Figures:
    """Taken after the housekeeping has deleted all that it may."""
    ticks = {name: _ticks(soak, name) for name in SENSORS}
    runs = len(soak.runs())
    with _instance(home) as instance:
        prune_runs(instance, kept=timedelta())
        statements = _statements(soak, home, instance, {name: found[0]["cursor"] for name, found in ticks.items()})
    return Figures(
        looks=sum(map(len, ticks.values())),
        failed_looks=sum(tick["status"] == "FAILURE" for found in ticks.values() for tick in found),
        runs=runs,
        disk_mb=round(_bytes(_dagster(home)) / 1e6, 1),
        seconds={name: round(median(map(_seconds, found[:NEWEST_LOOKS])), 3) for name, found in ticks.items()},
        statements=statements,
    )


def _dagster(home: Path) -> Path:
    return home / "workspaces" / "simulated" / "dagster"


@contextmanager
def _instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENERGY_MONITOR_WORKER_PORT", "1")
        with dg.DagsterInstance.from_config(str(_dagster(home))) as instance:
            yield instance


def _ticks(soak: Soak, name: str) -> list[dict]:
    """The looks of a sensor that are over, the newest first."""
    found = soak.client.query(TICKS, at={**PLACE, "sensorName": name})["sensorOrError"]["sensorState"]["ticks"]
    return [tick for tick in found if tick["endTimestamp"]]


def _seconds(tick: dict) -> float:
    return float(tick["endTimestamp"]) - float(tick["timestamp"])


def _statements(soak: Soak, home: Path, instance: dg.DagsterInstance, cursors: dict[str, str]) -> dict[str, int]:
    """How many statements one more look of each sensor makes, in this process, and nothing comes of it."""
    counted = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (soak.clock | {"ENERGY_MONITOR_HOME": str(home), WORKSPACE_VARIABLE: "simulated"}).items():
            patch.setenv(name, value)
        patch.delenv("ENERGY_MONITOR_NOTIFY", raising=False)
        defs = build_defs()
        for name in SENSORS:
            with _counting() as statements:
                defs.get_sensor_def(name)(dg.build_sensor_context(instance=instance, cursor=cursors[name]))
            counted[name] = len(statements)
    return counted


@contextmanager
def _counting() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _bytes(folder: Path) -> int:
    return sum(os.path.getsize(path) for path in folder.rglob("*") if path.is_file())
