"""The services that `up` runs: how each is started, what of the environment it gets, and when it is ready."""

import socket
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from energy_monitor.clock import VARIABLE as CLOCK
from energy_monitor.dbt import environment
from energy_monitor.postgres import free_port
from energy_monitor.up.prechecks import HOST
from energy_monitor.up.processes import ROOT
from energy_monitor.workspace import Workspace
from ingestion.sources import SOURCES
from simulator.clock import Clock
from simulator.faults import Faults
from simulator.server import Running

BIN = Path(sys.executable).parent
SIMULATOR_PORT = 8787
SIMULATOR_BEARS_PER_MINUTE = 60_000
LOCATION_QUERY = "{workspaceOrError{... on Workspace{locationEntries{locationOrLoadError{__typename}}}}}"
# What a program needs to run at all; everything else, passwords above all, goes only to those that use it.
NEEDED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
NEEDED_FAMILIES = ("LC_", "PYTHON")
DAGSTER_URL = "ENERGY_MONITOR_DAGSTER_URL"  # where all of Dagster's processes keep their records
# glibc gives threads heaps of their own, up to eight for each core, and what is freed in one is of no use to another:
# a server that answers from many threads grows for hours. Two are enough where Python's lock lets one thread run.
FEW_HEAPS = {"MALLOC_ARENA_MAX": "2"}
NO_TELEMETRY = {"DAGSTER_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # this machine is behind no proxy


@dataclass(frozen=True)
class Plan:
    """A program to run: its name, its command, its whole environment."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]


def bare(environ: Mapping[str, str]) -> dict[str, str]:
    """The part of the environment that any program may have."""
    return {name: value for name, value in environ.items() if name in NEEDED or name.startswith(NEEDED_FAMILIES)}


def beside_proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """For a place behind a proxy: what is on this machine is asked directly."""
    before = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    direct = ",".join(filter(None, [before, HOST, "localhost"]))
    return {"no_proxy": direct, "NO_PROXY": direct}


def simulator(port: int, start: str | None, speed: float, environ: Mapping[str, str]) -> Plan:
    command = [str(BIN / "energy-monitor"), "simulate", "--port", str(port), "--speed", f"{speed:g}"]
    return Plan("simulator", command + (["--now", start] if start else []), bare(environ))


def simulator_port() -> int:
    return free_port(SIMULATOR_PORT, 0) or 0


def simulated_sources(port: int) -> dict[str, str]:
    """The sources' addresses where a simulator on a port of this machine stands in for all of them."""
    clock = Clock()
    grid = Running(port, clock, Faults(0, clock))
    return {f"ENERGY_MONITOR_{source.upper()}_URL": getattr(grid, f"{source}_url") for source in SOURCES}


def simulator_budgets() -> dict[str, str]:
    """How much may be asked of a simulator, in the place of the sources' budgets."""
    names = (f"ENERGY_MONITOR_{source.upper()}_REQUESTS_PER_MINUTE" for source in SOURCES)
    return dict.fromkeys(names, str(SIMULATOR_BEARS_PER_MINUTE))


class Dagster:
    """Dagster's processes for a workspace. `environ` is the workspace's whole environment."""

    def __init__(self, workspace: Workspace, port: int, environ: Mapping[str, str]) -> None:
        self.home = workspace.folder / "dagster"
        self.url = f"http://{HOST}:{port}"
        self.port, self.code_port, self.worker_port = port, free_port(0) or 0, free_port(0) or 0
        places = {"DAGSTER_HOME": str(self.home), "ENERGY_MONITOR_WORKER_PORT": str(self.worker_port)}
        own = NO_TELEMETRY | FEW_HEAPS | places
        if DAGSTER_URL in environ:
            own |= {DAGSTER_URL: environ[DAGSTER_URL]}
        self._full, self._bare = {**environ, **own}, {**bare(environ), **own}
        self._where = ["-w", str(self.home / "workspace.yaml")]

    def instance(self) -> Plan:
        """Makes the home ready; to be run to its end before the others."""
        command = [sys.executable, "-m", "orchestration.instance", "--grpc-port", str(self.code_port)]
        return Plan("dagster-instance", command, self._full)

    def code(self) -> Plan:
        """The code server: it needs what the workspace needs."""
        command = [sys.executable, "-m", "dagster", "api", "grpc", "-m", "orchestration.definitions", "-d", str(ROOT)]
        return Plan("dagster-code", [*command, "-h", HOST, "-p", str(self.code_port)], self._full)

    def worker(self) -> Plan:
        """The process whose children are the runs: it needs that too."""
        command = [sys.executable, "-m", "orchestration.worker", "--port", str(self.worker_port)]
        return Plan("dagster-worker", command, self._full)

    def webserver(self) -> Plan:
        command = [str(BIN / "dagster-webserver"), "-h", HOST, "-p", str(self.port), *self._where]
        return Plan("dagster-webserver", command, self._bare)

    def daemon(self) -> Plan:
        return Plan("dagster-daemon", [str(BIN / "dagster-daemon"), "run", *self._where], self._bare)

    def code_is_served(self) -> bool:
        return _listens(self.code_port)

    def worker_waits(self) -> bool:
        return _listens(self.worker_port)

    def is_ready(self) -> bool:
        """Whether the user interface answers and has the code."""
        if not answers(f"{self.url}/server_info"):
            return False
        from orchestration.client import Client, DagsterError

        try:
            entries = Client(self.url).query(LOCATION_QUERY)["workspaceOrError"].get("locationEntries") or []
        except DagsterError:
            return False
        loaded = [(entry["locationOrLoadError"] or {}).get("__typename") == "RepositoryLocation" for entry in entries]
        return bool(loaded) and all(loaded)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


def dashboard(workspace: Workspace, port: int, environ: Mapping[str, str]) -> Plan:
    """The dashboard, which knows one password: that of the role reader."""
    clock = {CLOCK: environ[CLOCK]} if CLOCK in environ else {}
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    return Plan("dashboard", command, bare(environ) | FEW_HEAPS | clock | dict(environment(workspace, "reader")))


def dashboard_is_ready(port: int) -> bool:
    return answers(f"http://{HOST}:{port}/_stcore/health")


def answers(url: str) -> bool:
    """Whether a service of this machine answers well."""
    try:
        with _direct.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False
