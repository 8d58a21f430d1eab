"""The restore drill: the database is lost, and the documented commands rebuild it from the lake in S3, row for row."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from energy_monitor.errors import UserError
from energy_monitor.replay import recorded_answers
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.landing import attempt_keys
from tests.conftest import REPOSITORY, fetch_simulated
from tests.marts import marts_of

PAGE = (REPOSITORY / "deploy" / "README.md").read_text()
FEW = ("2022-03-27", "2023-03-26", "REMIT", "2026-06")


def few_recorded(workspace: Workspace, recorded: Path) -> None:
    """Some recorded bodies, over a change of the clocks."""
    _load(workspace, recorded, FEW)


def all_recorded(workspace: Workspace, recorded: Path) -> None:
    """All recorded bodies, which are of half of the datasets."""
    _load(workspace, recorded, ("",))


def all_datasets(workspace: Workspace, recorded: Path) -> None:
    """Days of every dataset, from the simulator."""
    fetch_simulated(workspace)
    assert {key.split("/")[2] for key in workspace.lake().keys("landing/")} == set(DATASETS)


def _load(workspace: Workspace, recorded: Path, parts: tuple[str, ...]) -> None:
    lake, connection = workspace.lake(), workspace.connect("ingester")
    for answer in recorded_answers(str(recorded / "bodies"), lake):
        if answer.dataset and any(part in answer.label for part in parts):
            assert answer.replay(lake, connection).error is None
    connection.close()


def documented() -> list[str]:
    """The commands under the heading, but those around them, for the services: systemd does not run here."""
    found = re.search(r"## Restore from the lake.*?```sh\n(.*?)```", PAGE, re.DOTALL)
    assert found
    lines = found[1].splitlines()
    assert lines[:2] == [". /etc/energy-monitor/env", "systemctl stop energy-monitor.target 'energy-monitor-*'"]
    assert lines[-1] == "systemctl start energy-monitor.target"
    return lines[2:-1]


@pytest.mark.full
@pytest.mark.timeout(3600)  # two whole builds
@pytest.mark.parametrize("fill", [few_recorded, all_recorded, all_datasets])
def test_the_lake_rebuilds_a_lost_database_by_the_documented_commands(
    home: Path, s3: str, recorded: Path, fill: Callable[[Workspace, Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"restored_{fill.__name__}"
    server = Workspace(name, {"ENERGY_MONITOR_HOME": str(home)}).server()
    url = f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/postgres"
    told = {
        "ENERGY_MONITOR_HOME": str(home),
        "ENERGY_MONITOR_LAKE": s3,
        "ENERGY_MONITOR_DATABASE_URL": url,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    workspace = Workspace(name, told)

    def run(line: str) -> None:
        line = line.replace("--workspace live", f"--workspace {name}").replace(
            "energy_monitor_live", workspace.database
        )
        line = line.replace("$ENERGY_MONITOR_LAKE/live", f"$ENERGY_MONITOR_LAKE/{name}")
        done = subprocess.run(line, shell=True, cwd=REPOSITORY, env=os.environ | told, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"

    run("energy-monitor --workspace live prepare")
    fill(workspace, recorded)
    run("energy-monitor --workspace live build")
    before = marts_of(workspace)
    assert sum(map(len, before.values())) > (1_000 if fill is few_recorded else 10_000)

    took: dict[str, float] = {}
    for line in documented():
        began = time.monotonic()
        run(line)
        took[line] = time.monotonic() - began
        if "drop database" in line:
            with pytest.raises(UserError, match="does not exist"):
                workspace.connect("auditor")
    after = marts_of(workspace)
    assert before.keys() == after.keys()
    assert [mart for mart in before if before[mart] != after[mart]] == []
    with capsys.disabled():
        total, answers = sum(map(len, after.values())), len(list(attempt_keys(workspace.lake())))
        print(
            f"restored {total:,} rows of marts from {answers} answers in {sum(took.values()):.0f} s",
            {k[:60]: round(v) for k, v in took.items()},
        )
