"""`energy-monitor up`: what it refuses and in which words, which workspace it chooses, and all of it, end to end."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from energy_monitor.clock import now_utc
from energy_monitor.errors import UserError
from energy_monitor.up.first_fill import Filling, Held
from energy_monitor.up.prechecks import only_one
from energy_monitor.up.services import bare
from energy_monitor.up.source_choice import Choice, choose, clock_of, simulator_file, told_by_up
from energy_monitor.workspace import Workspace
from ingestion.sources import SOURCES
from orchestration.client import Client, Progress
from simulator.server import running
from tests.conftest import REPOSITORY, Done, marked
from tests.marts import rows_of
from tests.scripted_source import Say, scripted_source

Command = Callable[..., Done]
UP = ["-c", "from energy_monitor.cli import main; main()", "up"]


@contextlib.contextmanager
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(listener()) for _ in range(number)]


# what is refused -----------------------------------------------------------------------------------------------------


def test_a_home_that_cannot_be_is_refused_in_one_sentence(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for home, reason in ((tmp_path / "file", "it is a file"), (tmp_path / "file" / "below", "Not a directory")):
        done = command("up", expect=2, ENERGY_MONITOR_HOME=str(home))
        assert done.err == (
            f"energy-monitor: the folder {home} cannot be made or written ({reason}): correct that, or set "
            "ENERGY_MONITOR_HOME to another folder\n"
        )
    for home in ("/proc/energy-monitor", "/sys/energy-monitor"):  # which refuse root too
        done = command("up", expect=2, ENERGY_MONITOR_HOME=home)
        assert f"the folder {home} cannot be made or written" in done.err


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root is refused nothing")
def test_a_home_without_permission_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    humble = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    environ = os.environ | {"ENERGY_MONITOR_HOME": str(home)}
    command = [*humble, sys.executable, *UP]
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"the folder {home} cannot be made or written (it is not yours to write to)" in done.stderr


def test_a_small_disk_is_refused_with_what_is_free(tmp_path: Path) -> None:
    own_disk = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mount = 'mount -t tmpfs -o size=8m none "$0" && exec "$@"'
    with contextlib.suppress(FileNotFoundError):
        if subprocess.run([*own_disk, mount, str(tmp_path), "true"], check=False).returncode == 0:
            command = [*own_disk, mount, str(tmp_path), sys.executable, *UP]
            environ = os.environ | {"ENERGY_MONITOR_HOME": str(tmp_path)}
            done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr == (
                f"energy-monitor: only 8 MB are free at {tmp_path}, and 1 GB is needed: make room, or set "
                "ENERGY_MONITOR_HOME to a folder on another disk\n"
            )
            return
    pytest.skip("this system does not let us mount a small disk")


def test_a_busy_port_is_named_with_the_program_that_has_it(command: Command, tmp_path: Path) -> None:
    with listener() as taken:
        (free,) = free_ports(1)
        for option, other in (("--dashboard-port", "--dagster-port"), ("--dagster-port", "--dashboard-port")):
            arguments = ("up", option, str(taken), other, str(free))
            done = command(*arguments, expect=2, ENERGY_MONITOR_HOME=str(tmp_path))
            name = psutil.Process().name()
            assert done.err == (
                f"energy-monitor: port {taken} of 127.0.0.1 is not free ({name}, process {os.getpid()}, has it): "
                f"choose another with {option} PORT\n"
            )
        arguments = ("up", "--dashboard-port", str(free), "--dagster-port", str(free))
        assert "are both" in command(*arguments, expect=2, ENERGY_MONITOR_HOME=str(tmp_path)).err


def test_one_up_at_a_time_and_a_dead_one_is_waited_for(command: Command, tmp_path: Path) -> None:
    with only_one(tmp_path, print):
        done = command("up", expect=2, ENERGY_MONITOR_HOME=str(tmp_path))
        assert f"runs already as process {os.getpid()}" in done.err

    ended = subprocess.Popen(["true"])
    ended.wait()
    said: list[str] = []
    holder = "import fcntl, sys, time; fcntl.flock(0, fcntl.LOCK_EX); print(flush=True); time.sleep(0.5)"
    with (tmp_path / "up.lock").open("a+") as file:
        file.truncate(0)
        file.write(str(ended.pid))
        file.flush()
        guard = subprocess.Popen([sys.executable, "-c", holder], stdin=file, stdout=subprocess.PIPE)
    assert guard.stdout is not None
    guard.stdout.readline()
    with only_one(tmp_path, lambda label, text: said.append(text)) as lock:
        assert guard.wait(5) == 0
        lock.seek(0)
        assert int(lock.read()) == os.getpid()
    assert said == ["until all that an earlier `up`, which was killed, had started has ended"]


def test_options_that_say_nothing_sensible(command: Command) -> None:
    assert "'noon' is no time" in command("up", "--now", "noon", expect=2).err
    assert "has no time zone" in command("up", "--now", "2025-06-01T12:00", expect=2).err
    assert "--dashboard-port" in command("up", "--dashboard-port", "70000", expect=2).err


# which workspace -----------------------------------------------------------------------------------------------------


def at(url: str, *names: str) -> dict[str, str]:
    """An environment that points the named sources, or all, to a place."""
    return {f"ENERGY_MONITOR_{name.upper()}_URL": url for name in names or SOURCES}


@pytest.fixture(scope="module")
def nowhere() -> dict[str, str]:
    """An environment in which no source answers."""
    return at(f"http://127.0.0.1:{free_ports(1)[0]}")


def test_where_no_source_answers_a_simulated_grid_stands_in(nowhere: dict[str, str]) -> None:
    assert choose(None, nowhere) == Choice(
        "simulated",
        "none of Elexon Insights, Carbon Intensity API, NESO Data Portal, Octopus Energy answers, "
        "so a simulated grid stands in",
        needs_simulator=True,
    )
    silent = choose("recorded", nowhere)
    assert (silent.name, silent.needs_simulator, silent.has_source) == ("recorded", False, False)
    assert silent.why == "as asked for; no source answers, so it shows what it holds"
    assert choose("simulated", {}).needs_simulator, "without asking anyone"


def test_a_simulator_that_runs_is_used_and_its_clock_too(nowhere: dict[str, str]) -> None:
    start = datetime(2025, 6, 1, 12, tzinfo=UTC)
    with running(now_utc=start, speed=60) as grid:
        environ = nowhere | at(grid.elexon_url, "elexon") | at(grid.neso_url, "neso")
        for given in (None, "simulated"):
            choice = choose(given, environ)
            assert (choice.name, choice.needs_simulator, choice.simulator_url) == ("simulated", False, grid.url)
        clock = clock_of(grid.url)
        assert clock is not None
        ahead = now_utc({"ENERGY_MONITOR_CLOCK": clock}) - grid.clock.now_utc()
        assert abs(ahead.total_seconds()) < 10, "a sixth of a second"
        with pytest.raises(UserError, match=r"live is for real answers, and .*/bmrs/api/v1 gives simulated ones"):
            choose("live", environ)


def test_a_command_beside_up_asks_its_simulator_by_its_clock(tmp_path: Path) -> None:
    workspace = Workspace("simulated", {"ENERGY_MONITOR_HOME": str(tmp_path)})
    with pytest.raises(UserError, match="none runs: start one with `energy-monitor up`"):
        told_by_up(workspace, {})
    assert told_by_up(Workspace("live", {"ENERGY_MONITOR_HOME": str(tmp_path)}), {}) == {}
    start = datetime(2025, 6, 1, 12, tzinfo=UTC)
    with running(now_utc=start, speed=0) as grid:
        workspace.folder.mkdir(parents=True)
        simulator_file(workspace).write_text(grid.url)
        told = told_by_up(workspace, {})
        assert (told["ENERGY_MONITOR_ELEXON_URL"], told["ENERGY_MONITOR_NESO_URL"]) == (grid.elexon_url, grid.neso_url)
        assert now_utc(told) == start
        assert told_by_up(workspace, at("http://127.0.0.1:1", "elexon")) == {}, "what the user says holds"
    with pytest.raises(UserError, match="none runs"):
        told_by_up(workspace, {})


def test_a_source_that_answers_makes_it_live(nowhere: dict[str, str]) -> None:
    with scripted_source(lambda path, before: Say()) as source:
        environ = nowhere | at(source.url, "carbon_intensity")
        assert choose(None, environ) == Choice("live", "Carbon Intensity API answers")
        assert [path for _, path in source.asked] == ["/intensity"], "once, and lightly"
        assert choose("recorded", environ).has_source
        with pytest.raises(UserError, match=r"simulated is for simulated answers, and http://\S+ gives real ones"):
            choose("simulated", environ)
        with running() as grid, pytest.raises(UserError, match="live is for real answers"):
            choose(None, environ | at(grid.elexon_url, "elexon"))


@pytest.mark.parametrize(
    "say",
    [
        Say(body=b"<html>Please log in</html>"),
        Say(status=503),
        Say(silence_s=20),
    ],
    ids=["login page", "unwell", "silent"],
)
def test_what_is_no_source_is_not_taken_for_one(say: Say) -> None:
    with scripted_source(lambda path, before: say) as portal:
        began = time.monotonic()
        assert choose(None, at(portal.url)).needs_simulator
        assert time.monotonic() - began < 4


@dataclass
class Dagster:
    """Stands in for a running Dagster: what it is asked to launch, and how that goes."""

    progress_of: dict[str, list[Progress]]
    url: str = "http://127.0.0.1:3000"
    launched: list[tuple[str, date | None, date | None]] = field(default_factory=list)

    def launch(self, job: str, first: date | None = None, last: date | None = None) -> str:
        self.launched.append((job, first, last))
        return job

    def progress(self, run: str) -> Progress:
        return self.progress_of[run].pop(0)


def filled(dagster: Dagster, found: Held, has_source: bool = True) -> list[str]:
    said: list[str] = []
    filling = Filling(dagster, lambda label, text: said.append(f"{label} {text}"), lambda: None)  # type: ignore[arg-type]
    filling.fill(found, has_source, date(2026, 11, 22), 7)
    return said


def test_the_first_fill_waits_names_what_failed_and_builds_what_there_is() -> None:
    failed = Progress("FAILURE", 8, 10, ("fuelhh", "remit"))
    asking = [Progress("STARTED", 0, 10, ()), failed]
    dagster = Dagster({"ingest": asking, "build": [Progress("SUCCESS", 32, 32, ())]})
    said = filled(dagster, Held(False, False))
    assert dagster.launched == [("ingest", date(2026, 11, 16), date(2026, 11, 22)), ("build", None, None)]
    assert said == [
        "asking the sources for 2026-11-16 to 2026-11-22 …",
        "asking the sources for 2026-11-16 to 2026-11-22: not all went well (fuelhh, remit); "
        "see http://127.0.0.1:3000/runs/ingest",
        "building the marts …",
        "building the marts: done in 0 s",
    ]


def test_a_filled_workspace_asks_in_the_background_and_one_without_a_source_not_at_all() -> None:
    dagster = Dagster({"build": [Progress("SUCCESS", 32, 32, ())]})
    assert filled(dagster, Held(True, True)) == ["asking for 2026-11-16 to 2026-11-22 again, in the background"]
    assert dagster.launched.pop() == ("ingest", date(2026, 11, 16), date(2026, 11, 22))
    assert filled(dagster, Held(True, True), has_source=False) == []
    assert filled(dagster, Held(False, False), has_source=False) == []
    assert dagster.launched == []
    assert len(filled(dagster, Held(False, True), has_source=False)) == 2, "replayed, and not built yet"
    assert dagster.launched == [("build", None, None)]


def test_what_any_program_may_have_holds_no_secret() -> None:
    secret = {"ENERGY_MONITOR_OWNER_PASSWORD": "x", "AWS_SECRET_ACCESS_KEY": "x", "PGPASSWORD": "x"}
    assert bare({"PATH": "/bin", "LC_ALL": "C", **secret}) == {"PATH": "/bin", "LC_ALL": "C"}


# all of it -----------------------------------------------------------------------------------------------------------


class Up:
    """A running `energy-monitor up` on a home and ports of its own."""

    def __init__(self, home: Path, mark: str, *options: str) -> None:
        self.dashboard, self.dagster = free_ports(2)
        ports = ["--dashboard-port", str(self.dashboard), "--dagster-port", str(self.dagster)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ENERGY_MONITOR_", "PG"))}
        self.environ = kept | {
            "ENERGY_MONITOR_HOME": str(home),
            "LC_TEST_MARK": mark,
            "AWS_SECRET_ACCESS_KEY": "a secret of the lake",
        }
        self.command = [sys.executable, *UP[:2], "--workspace", "simulated", "up"]
        self.process = subprocess.Popen(
            [*self.command, *ports, *options],
            cwd=REPOSITORY,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []

    def read_until(self, start: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if line.startswith(start):
                return line
        pytest.fail("\n".join(self.said))

    def again(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command, cwd=REPOSITORY, env=self.environ, capture_output=True, text=True)


def answer_of(port: int, path: str = "/") -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return bytes(answer.read())


def words_of(process: psutil.Process) -> list[str]:
    """How a process was started; nothing where it has just ended."""
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


SERVICES = ("simulate", "streamlit", "dagster-webserver", "dagster-daemon", "api grpc", "orchestration.worker")


def secrets_seen(home: Path, found: list[psutil.Process]) -> dict[str, set[str]]:
    """Which roles' passwords, and the lake's secret, are in the environment of which service, by the service's name."""
    passwords = {word: role for role, word in json.loads((home / "passwords.json").read_text()).items()}
    passwords["a secret of the lake"] = "lake"
    seen: dict[str, set[str]] = {}
    for process in found:
        for name in SERVICES:
            if f"{name} " in " ".join(words_of(process)):
                seen[name] = {passwords[value] for value in process.environ().values() if value in passwords}
    return seen


NEWEST = "select max(period_start_utc) from marts.fct_grid_half_hourly where transmission_supply_mw is not null"
MATERIALIZED = """
query($keys: [AssetKeyInput!]) { assetNodes(assetKeys: $keys) { assetMaterializations(limit: 1) { timestamp } } }
"""


def materialized_at(client: Client, *path: str, after: float) -> float:
    """Waits for a materialization of an asset after a time; when it was, as Dagster's GraphQL tells it."""
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        (node,) = client.query(MATERIALIZED, keys=[{"path": path}])["assetNodes"]
        if (at := int(node["assetMaterializations"][0]["timestamp"]) / 1000) > after:
            return at
        time.sleep(0.5)
    pytest.fail(f"{path} was not materialized")


@pytest.mark.timeout(600)  # two whole starts, perhaps beside other tests
def test_up_from_nothing_kill_9_up_again_a_tick_and_kill(tmp_path: Path, mark: str) -> None:
    home = tmp_path / "home"
    first = Up(home, mark, "--days", "1", "--now", "2025-06-01T12:00Z")
    first.read_until("Up after")
    assert answer_of(first.dashboard, "/_stcore/health") == b"ok"
    assert b"<title>" in answer_of(first.dashboard)
    assert answer_of(first.dagster, "/server_info")
    assert sum(": done in " in line for line in first.said) == 2, "\n".join(first.said)
    workspace = Workspace("simulated", {"ENERGY_MONITOR_HOME": str(home)})
    ((day, periods),) = rows_of(
        workspace,
        "select settlement_date, count(transmission_supply_mw) from marts.fct_grid_half_hourly"
        " where settlement_date = '2025-06-01' group by 1",
        role="reader",
    )
    assert (day, periods > 20) == (date(2025, 6, 1), True)
    ((newest,),) = rows_of(workspace, NEWEST, role="reader")
    second = first.again()
    assert second.returncode == 2
    assert f"runs already as process {first.process.pid}" in second.stderr
    nothing: set[str] = set()
    assert secrets_seen(home, marked(mark)) == {
        "simulate": nothing,
        "streamlit": {"reader"},
        "dagster-webserver": nothing,
        "dagster-daemon": nothing,
        "api grpc": {"lake"},
        "orchestration.worker": {"lake"},
    }

    before = marked(mark)
    os.kill(first.process.pid, signal.SIGKILL)
    killed_at = time.time()
    again = Up(home, mark, "--now", "2025-06-01T13:10Z")
    again.read_until("waiting")
    again.read_until("workspace")
    assert not set(before) & set(marked(mark)), "all has ended before anything starts"
    seconds = int(again.read_until("Up after").split()[2])
    assert seconds < 60, again.said  # 15 s on a machine that does nothing else
    client = Client(f"http://127.0.0.1:{again.dagster}")
    landed_at = materialized_at(client, "raw", "fuelhh", after=killed_at)
    built_at = materialized_at(client, "marts", "fct_grid_half_hourly", after=landed_at)
    print(f"from landed to built: {built_at - landed_at:.1f} s")
    ((newer,),) = rows_of(workspace, NEWEST, role="reader")
    assert newer == newest + timedelta(hours=1), "what came meanwhile is on Now"
    again.process.terminate()
    began = time.monotonic()
    again.read_until("stopped")
    assert again.process.wait() == 0
    assert time.monotonic() - began < 15
    assert not marked(mark)
    shutil.rmtree(home)


def test_a_file_in_the_place_of_a_folder_and_a_dead_service_stop_everything(
    tmp_path: Path,
    mark: str,
) -> None:
    folder = tmp_path / "home" / "workspaces" / "simulated"
    folder.mkdir(parents=True)
    (folder / "dagster").write_text("")
    done = Up(tmp_path / "home", mark)
    out, _ = done.process.communicate(timeout=60)
    assert done.process.returncode == 2
    assert out.splitlines()[-1].startswith(f"energy-monitor: the folder {folder}/dagster cannot be made or written")
    assert not marked(mark)

    (folder / "dagster").unlink()
    up = Up(tmp_path / "home", mark)
    up.read_until("simulator")
    (simulator,) = (one for one in marked(mark) if "simulate" in words_of(one))
    simulator.kill()
    out, _ = up.process.communicate(timeout=60)
    assert up.process.returncode == 1
    assert "energy-monitor: simulator ended with code -9; the end of" in out
    assert not marked(mark)
