"""From a fresh clone to the dashboard with its first number, and the whole of `make test`.

    python -m benchmarks.clone [--tests]

Clones what is committed here into a temporary folder and runs `make up` there, with a home of its own, until Chromium
shows the first number of *Now*. Where no source can be reached, that is over a simulated grid, as `make up` has it.
Packages come from where uv keeps them, if it has them already: the time of a download is the network's.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.browser import browser
from benchmarks.figures import Figure, at_most
from benchmarks.recorded import recorded_folder
from energy_monitor.postgres import free_port

ROOT = Path(__file__).resolve().parents[1]
BUDGET, LIMIT_S, TEST_LIMIT_S = "fresh clone → dashboard", 180.0, 480.0
PATIENCE_S = 900.0


def cloned(folder: Path) -> Path:
    """A clone of what is committed here."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True, capture_output=True)
    return folder


def environ_of(folder: Path) -> dict[str, str]:
    """This environment without what it says of this project or of its .venv."""
    ours = ("ENERGY_MONITOR_", "PG", "VIRTUAL_ENV", "PYTHONPATH", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "ENERGY_MONITOR_HOME": str(folder)}


def to_the_first_number(folder: Path) -> float:
    """Seconds from `git clone` to the first number of Now in Chromium. Raises RuntimeError where it never comes."""
    ports = free_port(0), free_port(0)
    log = folder / "up.log"
    began = time.perf_counter()
    clone = cloned(folder / "clone")
    arguments = f"UP_ARGS=--dashboard-port {ports[0]} --dagster-port {ports[1]}"
    with log.open("wb") as told:
        up = subprocess.Popen(
            ["make", "up", arguments],
            cwd=clone,
            env=environ_of(folder / "home"),
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            with browser() as chromium:
                page = chromium.new_page()
                while not _shows_a_number(page, f"http://127.0.0.1:{ports[0]}/"):
                    if up.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                        raise RuntimeError(f"make up shows no number: {log.read_text(errors='replace')[-2000:]}")
                return time.perf_counter() - began
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(up.pid, signal.SIGTERM)  # what was begun in the background ignores an interrupt
            up.wait(120)


def _shows_a_number(page: Any, url: str) -> bool:
    from playwright.sync_api import Error

    try:
        page.goto(url, wait_until="commit")
        page.get_by_role("heading", level=1, name=re.compile(r"\d")).wait_for(timeout=10_000)
        return True
    except Error:  # nobody serves it yet, or what it shows is none
        time.sleep(0.25)
        return False


def whole_test(folder: Path) -> float:
    """Seconds of `make test` in a clone whose environment is installed. Raises RuntimeError where a test fails."""
    clone, environ = cloned(folder / "tested"), environ_of(folder / "home")
    environ = {**environ, "ENERGY_MONITOR_RECORDED": str(recorded_folder()), "TMPDIR": str(folder)}
    subprocess.run(["make", "install"], cwd=clone, env=environ, check=True, capture_output=True)
    began = time.perf_counter()
    done = subprocess.run(["make", "test"], cwd=clone, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"make test failed: {done.stdout[-2000:]}")
    return time.perf_counter() - began


def run(folder: Path, *, tests: bool = False) -> dict[str, float]:
    """Seconds by what was measured."""
    found = {"first_number": to_the_first_number(folder)}
    return {**found, "make_test": whole_test(folder)} if tests else found


def figures(found: dict[str, float]) -> list[Figure]:
    told = [at_most(BUDGET, "git clone, make up, first number in the browser", found["first_number"], "s", LIMIT_S)]
    if "make_test" in found:
        told.append(at_most("make test", "in a fresh clone, installed", found["make_test"], "s", TEST_LIMIT_S))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tests", action="store_true", help="make test too")
    with tempfile.TemporaryDirectory(prefix="energy-monitor-bench-") as folder:
        print(json.dumps(run(Path(folder), tests=parser.parse_args().tests)))


if __name__ == "__main__":
    main()
