"""Real parts for tests: one embedded PostgreSQL per run, a database per workspace, an S3 server on loopback."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import psutil
import pytest
from hypothesis import HealthCheck, settings
from moto.server import ThreadedMotoServer

from benchmarks import browser as chromium
from benchmarks.recorded import recorded_folder
from dashboard import kept
from energy_monitor.cli import main
from energy_monitor.clock import clock_text
from energy_monitor.database import prepare
from energy_monitor.fetching import fetch_all, sessions
from energy_monitor.up.services import simulated_sources, simulator_budgets
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.ingest import ingest
from ingestion.landing import Answer
from ingestion.loading import Loaded
from ingestion.settlement import DAY
from ingestion.windows import requests_for
from simulator.server import Running, running
from tests.marts import build_marts

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPOSITORY = Path(__file__).resolve().parents[1]

# Examples here talk to a database: their time says nothing, and fixtures are made to be shared by them.
settings.register_profile(
    "energy-monitor",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("energy-monitor")


# What a shell runs in the background ignores the interrupt, and so would everything that is started and stopped here.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Groups that take half a minute and more: begun last, one of them would run alone at the end.
LONGEST = (
    "test_soak.py",  # of make test-full
    "test_up.py",
    "built workspaces",
    "test_drill.py",
    "test_incremental.py",
    "test_dagster_runs.py",
)


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares an expensive fixture runs in one process: a file, or all that use one of the built workspaces."""
    shared = {"recorded_workspace", "simulated_workspace", "odd_workspace"}
    places: dict[pytest.Item, int] = {}
    for item in items:
        uses_shared = not shared.isdisjoint(getattr(item, "fixturenames", ()))
        group = "built workspaces" if uses_shared else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
        places[item] = LONGEST.index(group) if group in LONGEST else len(LONGEST)
    items.sort(key=places.__getitem__)


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded bodies; a named skip where it is absent, a failure where CI says that it must be there."""
    folder = recorded_folder()
    if not (folder / "bodies" / "MANIFEST.json").is_file():
        absent = f"no recorded bodies at {folder}: point ENERGY_MONITOR_RECORDED to them"
        if os.environ.get("ENERGY_MONITOR_REQUIRE_RECORDED"):
            pytest.fail(absent)
        pytest.skip(absent)
    return folder


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An ENERGY_MONITOR_HOME of this run's own; its server is stopped at the end."""
    folder = tmp_path_factory.mktemp("home")
    before = {name: value for name, value in os.environ.items() if name.startswith(("ENERGY_MONITOR_", "PG"))}
    for name in before:
        # what a run must not skip is asked for later too
        if name not in ("ENERGY_MONITOR_RECORDED", "ENERGY_MONITOR_PG_BIN") and "_REQUIRE_" not in name:
            del os.environ[name]
    os.environ["ENERGY_MONITOR_HOME"] = str(folder)
    yield folder
    Workspace("live").postgres.stop()
    del os.environ["ENERGY_MONITOR_HOME"]
    os.environ.update(before)


@pytest.fixture(scope="session")
def s3(home: Path) -> Iterator[str]:
    """An S3 server on loopback with a bucket; gives the address of the bucket."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    credentials = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }
    os.environ.update(credentials)
    place = {"LocationConstraint": "eu-west-2"}
    boto3.client("s3").create_bucket(Bucket="energy-monitor", CreateBucketConfiguration=place)
    yield "s3://energy-monitor"
    server.stop()
    for name in credentials:
        os.environ.pop(name, None)


WorkspaceMaker = Callable[..., Workspace]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def make_workspace(home: Path) -> WorkspaceMaker:
    """Makes prepared workspaces with a database and a lake of their own; `lake` is a folder or an s3:// address."""

    def make(lake: str | None = None) -> Workspace:
        environ = {"ENERGY_MONITOR_HOME": str(home)} | ({"ENERGY_MONITOR_LAKE": lake} if lake else {})
        workspace = Workspace(f"test_{next(_numbers)}", environ)
        prepare(workspace)
        return workspace

    return make


@pytest.fixture(params=["folder", "s3"])
def lake_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where lakes can be: in a folder, and in a bucket over HTTP. An address that nothing else uses."""
    if request.param == "folder":
        return str(tmp_path / "lakes")
    return f"{request.getfixturevalue('s3')}/{tmp_path.name}-{next(_numbers)}"


def run_command(
    *arguments: str, expect: int | None = 0, timeout_s: float = 300, **environ: str
) -> subprocess.CompletedProcess[str]:
    """`energy-monitor` as people run it, in a process of its own."""
    command = [sys.executable, "-c", "from energy_monitor.cli import main; main()", *arguments]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if expect is not None:
        assert done.returncode == expect, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`energy-monitor` in this process: as `run_command`, in a tenth of the time."""

    def run(*arguments: str, expect: int = 0, **environ: str) -> Done:
        code = 0
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["energy-monitor", *arguments])
            capsys.readouterr()
            try:
                main()
            except SystemExit as stop:
                code = int(stop.code or 0)
        done = Done(code, *capsys.readouterr())
        assert done.code == expect, done
        return done

    return run


@pytest.fixture(scope="session")
def recorded_workspace(home: Path, recorded: Path) -> Workspace:
    """The workspace `recorded`, replayed and built by the two commands of the README; test_analyst tests the data."""
    run_command("--workspace", "recorded", "replay", str(recorded / "bodies"))
    run_command("--workspace", "recorded", "build", "--exclude-resource-type", "test")
    return Workspace("recorded", {"ENERGY_MONITOR_HOME": str(home)})


def environ_of(grid: Running) -> dict[str, str]:
    """The sources' addresses at a simulator, and budgets that hold nothing up."""
    return simulated_sources(grid.port) | simulator_budgets()


SIMULATED_NOW = datetime(2026, 10, 28, 12, 7, tzinfo=UTC)  # three days after the clocks go back


@pytest.fixture(scope="session")
def simulated_workspace(make_workspace: WorkspaceMaker) -> Workspace:
    """Eight days of the simulated grid, built."""
    workspace = make_workspace()
    fetch_simulated(workspace)
    build_marts(workspace)
    return workspace


@pytest.fixture(scope="session")
def odd_workspace(make_workspace: WorkspaceMaker) -> Workspace:
    """A simulated day whose sources send markup where text is meant, built."""
    from tests.odd_text import take_in_odd_text  # which needs what is here

    return take_in_odd_text(make_workspace())


def fetch_simulated(workspace: Workspace) -> None:
    """Every dataset: eight days of the simulated grid up to SIMULATED_NOW, over a change of the clocks."""
    first, last = date(2026, 10, 21), SIMULATED_NOW.date()
    earlier = SIMULATED_NOW - timedelta(hours=12)
    with running(seed=11, now_utc=earlier, speed=0) as grid:
        environ = environ_of(grid)
        forecasts = [dataset for dataset in DATASETS.values() if dataset.newest]
        for now in (earlier, SIMULATED_NOW):  # a forecast of what has passed is one that was fetched before
            grid.set_clock(now, speed=0)
            wanted = [(d, request) for d in forecasts for request in requests_for(d, None, None, now)]
            assert {a.loaded.status for a in fetch_all(workspace, wanted, sessions(environ))} == {"loaded"}
        pasts = [dataset for dataset in DATASETS.values() if not dataset.newest]
        wanted = [(d, request) for d in pasts for request in requests_for(d, first, last, SIMULATED_NOW)]
        assert {a.loaded.status for a in fetch_all(workspace, wanted, sessions(environ))} == {"loaded"}


def reader_environment(workspace: Workspace) -> dict[str, str]:
    server = workspace.server()
    return {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGDATABASE": workspace.database,
        "PGUSER": "reader",
        "PGPASSWORD": workspace.password("reader"),
    }


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Points the dashboard of this process at a workspace, as the role reader, and forgets what it knew."""

    def point(workspace: Workspace, now_utc: datetime | None = None) -> None:
        for name, value in reader_environment(workspace).items():
            monkeypatch.setenv(name, value)
        if now_utc:
            monkeypatch.setenv("ENERGY_MONITOR_CLOCK", clock_text(now_utc, now_utc, 0))
        kept.forget()

    yield point
    kept.forget()


FLAGS = (
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # nothing leaves the machine
)
# Read here, as the fixture `home` takes such variables away
CHROMIUM = chromium.found()
REQUIRED = os.environ.get("ENERGY_MONITOR_REQUIRE_CHROMIUM")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; a named skip where there is none, a failure where CI says that it must be there."""
    if not CHROMIUM:
        absent = "no Chromium: install it, or point ENERGY_MONITOR_CHROMIUM to one"
        if REQUIRED:
            pytest.fail(absent)
        pytest.skip(absent)
    with chromium.browser(CHROMIUM, *FLAGS) as launched:
        yield launched


def days_between(first: date, last: date) -> Iterator[date]:
    """Every date from one to another."""
    while first <= last:
        yield first
        first += DAY


def manifest_folder(folder: Path, entries: list[dict]) -> Path:
    """A folder of recorded bodies: `entries` as in MANIFEST.json, with the body's bytes under `body`."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = []
    for number, entry in enumerate(entries):
        file = f"{number:05}.json"
        (folder / file).write_bytes(entry["body"])
        manifest.append({k: v for k, v in entry.items() if k != "body"} | {"file": file})
    (folder / "MANIFEST.json").write_text(json.dumps(manifest))
    return folder


def day_request(dataset: str, day: date) -> str:
    """How a settlement date of a dataset is asked for."""
    form = next(form for form in DATASETS[dataset].forms if form.type == "day")
    return form.write(day, day)


def take_in(workspace: Workspace, dataset: str, request: str, body: object, fetched_at: datetime) -> Loaded:
    """Lands and loads one answer, by the function that everything else uses. `body`: bytes, or what JSON can say."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(request, fetched_at, 200, content)
    connection = workspace.connect("ingester")
    try:
        return ingest(DATASETS[dataset], request, lambda _: [answer], workspace.lake(), connection)
    finally:
        connection.close()


def marked(mark: str) -> list[psutil.Process]:
    """The living processes that inherited a mark in their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("LC_TEST_MARK") == mark:
                found.append(process)
    return found


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark for the environment of processes; what bears it is killed at the end."""
    name = uuid.uuid4().hex
    yield name
    for process in marked(name):
        with contextlib.suppress(psutil.Error):
            process.kill()
