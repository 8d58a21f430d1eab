"""`dbt build` as an analyst runs it: from its folder, into a schema of its own, with every test of data and rules."""

import os
import re
import subprocess
import sys
from pathlib import Path

from energy_monitor.workspace import Workspace
from tests.conftest import REPOSITORY, run_command
from tests.marts import rows_of

DBT = Path(sys.executable).with_name("dbt")


def test_dbt_build_works_from_its_folder_without_a_warning(recorded_workspace: Workspace, tmp_path: Path) -> None:
    lines = run_command("--workspace", "recorded", "status", "--env").stdout
    variables = dict(re.findall(r"export (\w+)='?([^'\n]*)'?", lines))
    assert variables["PGUSER"] == "analyst"
    places = ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")]
    done = subprocess.run(
        [str(DBT), "build", *places],
        cwd=REPOSITORY / "dbt_project",
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"PASS=\d{3} WARN=0 ERROR=0 SKIP=0", done.stdout), done.stdout[-500:]
    assert "warning" not in done.stdout.lower().replace("warn=0", "")
    ours, theirs = (
        rows_of(
            recorded_workspace,
            f"select count(*), sum(generation_mw) from {schema}.fct_generation_half_hourly",
            role="analyst",
        )
        for schema in ("analyst", "marts")
    )
    assert ours == theirs
