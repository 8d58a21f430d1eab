"""The restore drill: the database is lost, and the documented commands rebuild it from the lake in S3, row for row."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from energy_monitor.errors import UserError
from energy_monitor.replay import recorded_answers
from energy_monitor.workspace import Workspace
from tests.conftest import REPOSITORY, marts_of

PAGE = (REPOSITORY / "deploy" / "README.md").read_text()
FEW = ("2022-03-27", "2023-03-26", "REMIT", "2026-06")


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
@pytest.mark.parametrize("only", [FEW, None], ids=["few", "all"])
def test_the_lake_rebuilds_a_lost_database_by_the_documented_commands(
    home: Path, s3: str, recorded: Path, only: tuple[str, ...] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "restored_few" if only else "restored_all"
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
    lake, connection = workspace.lake(), workspace.connect("ingester")
    for answer in recorded_answers(str(recorded / "bodies"), lake):
        if answer.dataset and (not only or any(part in answer.label for part in only)):
            assert answer.replay(lake, connection).error is None
    connection.close()
    run("energy-monitor --workspace live build")
    before = marts_of(workspace)
    assert sum(map(len, before.values())) > (10_000 if only is None else 1_000)

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
        total = sum(map(len, after.values()))
        print(
            f"restored {total:,} rows of marts in {sum(took.values()):.0f} s",
            {k[:60]: round(v) for k, v in took.items()},
        )
