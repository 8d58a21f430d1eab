"""The memory of each process over many ticks: everything as `up` runs it, over a simulated grid, read by somebody.

ENERGY_MONITOR_TICKS says how many builds to wait for (200), ENERGY_MONITOR_FIGURES a file for what was found.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.dashboard import reader_of
from tests.soak import Soak, soaking
from tests.test_up import free_ports

TICKS = int(os.environ.get("ENERGY_MONITOR_TICKS", "200"))
FIRST = 20  # by then each process has done everything once
SPEED = 20  # something lands every 15 seconds, as five minutes are, so that a build follows another
# What a process may gain on the way, in MB and as a part: pages of its heap that lie between others.
MOST_MB, MOST_SHARE = 10, 0.05
COMMANDS = {
    "webserver": "dagster-webserver",
    "daemon": "dagster-daemon",
    "code server": "api grpc",
    "worker": "orchestration.worker",
    "dashboard": "streamlit run",
}
BUILT = {"tags": [{"key": "energy_monitor/follows", "value": "at once"}], "statuses": ["SUCCESS", "FAILURE"]}
COUNT = "query($filter: RunsFilter) { runsOrError(filter: $filter) { ... on Runs { count } } }"


def memory_mb(soak: Soak) -> dict[str, float]:
    """What each process holds, without what another one has mapped too."""
    processes = psutil.Process(soak.process.pid).children(recursive=False)
    lines = {process: " ".join(process.cmdline()) for process in processes}
    found = {}
    for name, words in COMMANDS.items():
        (process,) = (process for process, line in lines.items() if words in line)
        found[name] = round(process.memory_full_info().uss / 1e6, 1)
    return found


def ticks(soak: Soak, dashboard_port: int, number: int) -> Iterator[tuple[int, dict[str, float]]]:
    """How many builds are over, and the memory then, as the number goes up; somebody reads the pages each time."""
    done = 0
    while done < number:
        assert soak.process.poll() is None, "it has ended"
        before, done = done, soak.client.query(COUNT, filter=BUILT)["runsOrError"]["count"]
        if done > before:
            with reader_of(dashboard_port) as reader:
                reader.ask("", "")
                reader.ask("mix", "window=week")
            yield done, memory_mb(soak)
        time.sleep(2)


@pytest.mark.soak
@pytest.mark.timeout(6 * 3600)
def test_memory_is_flat_over_many_ticks(tmp_path: Path) -> None:
    first: dict[str, float] = {}
    looks = []
    web, dagster = free_ports(2)
    with soaking(tmp_path / "home", (web, dagster), SPEED, 1) as soak:
        for done, found in ticks(soak, web, TICKS):
            first = first if first or done < min(FIRST, TICKS // 2) else found
            looks.append({"ticks": done, "seconds": round(time.monotonic()), "megabytes": found})
            print(looks[-1], flush=True)
            if file := os.environ.get("ENERGY_MONITOR_FIGURES"):
                Path(file).write_text(json.dumps(looks))
    for name, megabytes in looks[-1]["megabytes"].items():
        assert megabytes <= first[name] * (1 + MOST_SHARE) + MOST_MB, name
