"""docs/operations.md does what it says: every command in it runs, and every kind of problem has its place."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from energy_monitor.database import prepare
from energy_monitor.fetching import fetch_all, sessions
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.windows import requests_for
from orchestration import problems
from orchestration.notifications import VARIABLE
from simulator.server import running
from tests.conftest import REPOSITORY, SIMULATED_NOW, environ_of
from tests.test_notifications import receiver

PAGE = (REPOSITORY / "docs" / "operations.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
# what the page asks for are days of its own; the test's grid has others
DAYS = {"2026-11-20": "2026-10-26", "2026-11-21": "2026-10-27"}


@pytest.fixture(scope="module")
def environ(home: Path):
    """A simulated grid, and the workspace of the page with a day of prices in it; nobody's shell beside it."""
    workspace = Workspace("simulated", {"ENERGY_MONITOR_HOME": str(home)})
    prepare(workspace)
    with running(seed=11, now_utc=SIMULATED_NOW, speed=0) as grid, receiver() as told:
        own = environ_of(grid) | {"ENERGY_MONITOR_CLOCK": f"{SIMULATED_NOW.isoformat()},{SIMULATED_NOW.isoformat()},0"}
        day = date(2026, 10, 27)
        wanted = [(d, r) for d in (DATASETS["fuelhh"],) for r in requests_for(d, day, day, SIMULATED_NOW)]
        assert all(asked.loaded.status == "loaded" for asked in fetch_all(workspace, wanted, sessions(own)))
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        yield os.environ | own | {"PATH": path, VARIABLE: told.address}, told


@pytest.mark.parametrize("line", dict.fromkeys(COMMANDS))
def test_each_command_runs(environ, line: str) -> None:
    variables, told = environ
    for of_the_page, of_the_grid in DAYS.items():
        line = line.replace(of_the_page, of_the_grid)
    done = subprocess.run(line, shell=True, cwd=REPOSITORY, env=variables, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    if line.startswith("apprise"):
        assert told.got[-1]["message"] == "A test"


def test_each_kind_of_problem_has_its_place_on_the_page() -> None:
    source = Path(problems.__file__).read_text()
    kinds = set(re.findall(r'(?:Problem\(\s*|return )f?"(\w+) [\w{]', source))
    assert kinds == {"silent", "late", "bodies", "behind", "failing"}
    assert kinds == set(re.findall(r"^### (\w+):", PAGE, re.MULTILINE))
