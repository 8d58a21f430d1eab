"""The systemd units: well formed, the same commands as `up`, and services that survive being killed."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser

from energy_monitor.postgres import free_port
from energy_monitor.up import services
from energy_monitor.up.processes import ROOT
from energy_monitor.workspace import Workspace
from orchestration.client import Client
from orchestration.warehouse import parsed_project
from tests.conftest import REPOSITORY
from tests.supervisor import COMMON, INSTALLED, UNITS, USERS, Supervisor, Unit
from tests.test_dashboard_browser import SIMULATED_CLOCK, SIZES, visitor
from tests.waiting import wait_until

ALL = sorted(file.stem.removeprefix("energy-monitor-") for file in UNITS.glob("*.service"))
STAY = ("code", "worker", "webserver", "daemon", "dashboard")


def test_systemd_finds_nothing_wrong_with_them(tmp_path: Path) -> None:
    """`systemd-analyze verify`, with the programs of this repository in the place of installed ones."""
    if not shutil.which("systemd-analyze"):
        assert not os.environ.get("ENERGY_MONITOR_REQUIRE_SYSTEMD"), "systemd-analyze is not installed"
        pytest.skip("no systemd-analyze: install systemd")
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    stand_in = tmp_path / "program"
    stand_in.touch(mode=0o755)
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_text(re.sub(rf"{INSTALLED}/\.venv/bin/[\w-]+", str(stand_in), file.read_text()))
    units = [str(file) for kind in ("service", "timer", "target") for file in sorted(folder.glob(f"*.{kind}"))]
    assert len(units) == len(ALL) + 2
    environ = os.environ | {"SYSTEMD_UNIT_PATH": f"{folder}:"}

    def verify() -> tuple[int, str]:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *units], env=environ, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    assert verify() == (0, "")
    exposure = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager"]
    for name in ALL:
        unit = str(folder / f"energy-monitor-{name}.service")
        done = subprocess.run([*exposure, unit], env=environ, capture_output=True, text=True)
        assert done.returncode == 0, f"{name} is exposed by more than 2.0\n{done.stdout}"
    (folder / "energy-monitor-code.service").write_text("[Service]\nExecStart=/nowhere\n")
    assert verify()[0] != 0, "what is wrong is found"


def test_what_runs_them_is_held_to_little() -> None:
    for name in ALL:
        unit = Unit.read(name)
        for key, value in (("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("PrivateTmp", "yes")):
            assert unit.one(key) == value, name
        assert unit.one("User") in USERS, name
        assert unit.one("MemoryMax"), name
        own = (UNITS / f"energy-monitor-{name}.service").read_text()
        keys = {line.partition("=")[0] for line in COMMON.read_text().splitlines() if re.match(r"\w+=", line)}
        again = {line.partition("=")[0] for line in own.splitlines()} & keys - {"Environment"}
        assert not again, f"{name}: what is in common would win over {again}"
    # what is open to the world, and what shows Dagster, know no secret
    for name in ("webserver", "daemon", "dashboard"):
        unit = Unit.read(name)
        assert "-/etc/energy-monitor" in unit.one("InaccessiblePaths") + " ".join(unit.all("InaccessiblePaths"))
        assert "/etc/energy-monitor/env" not in unit.all("EnvironmentFile")
        assert "169.254.169.254/32" in unit.one("IPAddressDeny")
    wanted = re.findall(r"energy-monitor-(\w+)\.service", (UNITS / "energy-monitor.target").read_text())
    assert set(wanted) == {"prepare", *STAY}


def test_they_start_what_up_starts(home: Path, tmp_path: Path) -> None:
    workspace = Workspace(
        "units", {"ENERGY_MONITOR_HOME": str(tmp_path), "ENERGY_MONITOR_READER_PASSWORD": "x"} | _database()
    )
    ports = {"DAGSTER_PORT": "1", "DAGSTER_CODE_PORT": "2", "ENERGY_MONITOR_WORKER_PORT": "3", "DASHBOARD_PORT": "4"}
    supervisor = Supervisor(tmp_path, ports | {"DAGSTER_HOME": str(workspace.folder / "dagster")})
    dagster = services.Dagster(workspace, 1, {})
    dagster.code_port, dagster.worker_port = 2, 3
    plans = {
        "code": dagster.code(),
        "worker": dagster.worker(),
        "webserver": dagster.webserver(),
        "daemon": dagster.daemon(),
        "dashboard": services.dashboard(workspace, 4, {}),
    }
    (tmp_path / "etc").mkdir()
    for name, plan in plans.items():
        unit = Unit.read(name)
        environ = ports | {"DAGSTER_HOME": str(workspace.folder / "dagster")}
        words = supervisor.place(unit.one("ExecStart")).split()
        words = [re.sub(r"\$\{(\w+)\}", lambda m, known=environ: known[m[1]], word) for word in words]
        assert words == [str(word) for word in plan.command], name
    assert ROOT == REPOSITORY
    last = Unit.read("prepare").all("ExecStart")[-1].partition(" ")[2].replace("${DAGSTER_CODE_PORT}", "2")
    assert last.split() == [str(word) for word in dagster.instance().command[1:]]


def _database() -> dict[str, str]:
    return {"ENERGY_MONITOR_DATABASE_URL": "postgresql://nobody@localhost/postgres"}


# Killed --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def supervisor(simulated_workspace: Workspace) -> Iterator[Supervisor]:
    """All services, on the database of the simulated workspace, in a folder that others may reach."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    names = ("DAGSTER_PORT", "DAGSTER_CODE_PORT", "ENERGY_MONITOR_WORKER_PORT", "DASHBOARD_PORT")
    ports = {name: str(free_port(0)) for name in names}
    made = Supervisor(root, ports | {"ENERGY_MONITOR_WORKSPACE": simulated_workspace.name})
    for place, user in (
        ("etc/energy-monitor", "energy-monitor"),
        ("run/energy-monitor", "energy-monitor"),
        ("run/energy-monitor-dashboard", "energy-monitor"),
        ("var/lib/energy-monitor", "energy-monitor"),
    ):
        folder = root / place
        folder.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(folder, USERS[user], USERS[user])
    if os.geteuid() == 0:  # what is written there is its group's, the dashboard's
        os.chown(root / "run/energy-monitor-dashboard", USERS["energy-monitor"], USERS["energy-monitor-dashboard"])
        (root / "run/energy-monitor-dashboard").chmod(0o2750)
    server = simulated_workspace.server()
    passwords = json.loads((simulated_workspace.home / "passwords.json").read_text())
    told = {f"ENERGY_MONITOR_{role.upper()}_PASSWORD": password for role, password in passwords.items()} | {
        "ENERGY_MONITOR_DATABASE_URL": f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/postgres",
        "ENERGY_MONITOR_CLOCK": SIMULATED_CLOCK,
        "ENERGY_MONITOR_LAKE": str(root / "var/lib/energy-monitor/lake"),
    }
    (root / "etc/energy-monitor/env").write_text("".join(f"{name}='{value}'\n" for name, value in told.items()))
    parsed_project()  # as deploy/install does: later nothing may be written there
    made.run_once("prepare")
    for name in STAY:
        made.start(name)
    yield made
    made.stop()
    shutil.rmtree(root, ignore_errors=True)


def until(is_so: Callable[[], bool], made: Supervisor) -> float:
    """Waits; gives the seconds that it took. In vain, it tells the end of each service's log."""

    def logs() -> str:
        written = [(name, made.log(name)) for name in STAY]
        return "".join(f"\n{name}: {log.read_text()[-1500:]}" for name, log in written if log.exists())

    return wait_until(is_so, 90, every_s=0.2, instead=logs)


def dagster_is_whole(made: Supervisor) -> bool:
    """The user interface answers, and has the code."""
    url = f"http://127.0.0.1:{made.settings['DAGSTER_PORT']}"
    if not services.answers(f"{url}/server_info"):
        return False
    try:
        entries = Client(url).query(services.LOCATION_QUERY)["workspaceOrError"].get("locationEntries") or []
    except Exception:
        return False
    return [(entry["locationOrLoadError"] or {}).get("__typename") for entry in entries] == ["RepositoryLocation"]


def daemon_beats(made: Supervisor, since: float) -> bool:
    query = "{instance{daemonHealth{allDaemonStatuses{daemonType healthy lastHeartbeatTime}}}}"
    try:
        url = f"http://127.0.0.1:{made.settings['DAGSTER_PORT']}"
        told = Client(url).query(query)["instance"]["daemonHealth"]["allDaemonStatuses"]
    except Exception:
        return False
    beats = [one["lastHeartbeatTime"] or 0 for one in told if one["daemonType"] == "SENSOR"]
    return bool(beats) and beats[0] > since


def dashboard_answers(made: Supervisor) -> bool:
    return services.dashboard_is_ready(int(made.settings["DASHBOARD_PORT"]))


def kill(made: Supervisor, name: str) -> int:
    """kill -9 of a service's own process; gives how often it had been started."""
    os.kill(made.running[name].pid, signal.SIGKILL)
    return made.starts[name]


@pytest.mark.timeout(900)
def test_services_that_are_killed_are_started_again_and_answer(
    supervisor: Supervisor, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    port = int(supervisor.settings["ENERGY_MONITOR_WORKER_PORT"])
    code_port = int(supervisor.settings["DAGSTER_CODE_PORT"])
    began = time.time()
    checks: dict[str, Callable[[], bool]] = {
        "dashboard": lambda: dashboard_answers(supervisor),
        "code": lambda: services._listens(code_port) and dagster_is_whole(supervisor),
        "webserver": lambda: dagster_is_whole(supervisor),
        "worker": lambda: services._listens(port),
        "daemon": lambda: daemon_beats(supervisor, began),
    }
    took = {f"{name} first": until(check, supervisor) for name, check in checks.items()}
    for name, check in checks.items():
        began = time.time()
        starts = kill(supervisor, name)
        until(lambda name=name, starts=starts: supervisor.starts[name] > starts, supervisor)
        took[name] = until(check, supervisor)
    with capsys.disabled():
        print({name: f"{seconds:.0f} s" for name, seconds in took.items()})
    with visitor(browser, f"http://127.0.0.1:{supervisor.settings['DASHBOARD_PORT']}", **SIZES["desk"]) as seen:
        seen.go("")
        assert re.search(r"\d+\s%", seen.text('[data-testid="stMetricValue"] >> nth=0')), "numbers again"
        assert re.match(r"\d+ % of Great Britain’s electricity is zero-carbon", seen.text("h1"))


def test_they_need_not_write_where_the_program_is_nor_know_more_than_they_do(supervisor: Supervisor) -> None:
    env = (supervisor.root / "run/energy-monitor-dashboard/env").read_text()
    assert "PGUSER=reader" in env
    assert "PASSWORD=" not in env
    for name, secret in (("dashboard", "OWNER_PASSWORD"), ("webserver", "_PASSWORD"), ("daemon", "_PASSWORD")):
        assert not [one for one in supervisor.environment(Unit.read(name)) if secret in one], name
    assert "Read-only file system" not in "".join(supervisor.log(name).read_text() for name in STAY)
    for port in ("DAGSTER_PORT", "DASHBOARD_PORT"):
        with pytest.raises(requests.ConnectionError):  # on this machine's own address alone
            requests.get(f"http://{_other_address()}:{supervisor.settings[port]}/", timeout=3)


def _other_address() -> str:
    return "127.0.0.2"
