"""What `up` starts ends with it, however it ends. Real processes throughout."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from energy_monitor.postgres import EmbeddedPostgres
from energy_monitor.up import child as child_module
from energy_monitor.up.processes import Ended, Processes
from tests.conftest import REPOSITORY, marked
from tests.waiting import wait_until

PATIENCE_S = 15
STUBBORN = ["sh", "-c", "trap '' TERM INT HUP; sleep 600 & while :; do sleep 0.1; done"]
BREEDER = ["sh", "-c", "while :; do sleep 600 & sleep 0.05; done"]  # has a new child whenever one looks
OBEDIENT = ["sleep", "600"]
# Does as its arguments say: starts PostgreSQL where the first is `postgres`, then the children, and waits.
PARENT = f"""if True:
    import os, sys, time
    from pathlib import Path
    from energy_monitor.up.processes import Processes
    above = os.getppid()
    running = Processes(Path(sys.argv[1]) / "pg", is_unwanted=lambda: os.getppid() != above, patience_s=0.7)
    running.logs = Path(sys.argv[1])
    if sys.argv[2] == "postgres":
        running.start_postgres()
    for number in range(int(sys.argv[3])):
        running.start(f"child-{{number}}", [{STUBBORN}, {BREEDER}, {OBEDIENT}][number % 3], os.environ)
    print("ready", flush=True)
    try:
        running.wait_until(lambda: False)
    except KeyboardInterrupt:
        running.stop()
"""


def all_end(mark: str, timeout_s: float = PATIENCE_S) -> None:
    wait_until(lambda: not marked(mark), timeout_s, instead=lambda: marked(mark))


@pytest.fixture
def parent(tmp_path: Path, mark: str) -> Callable[..., subprocess.Popen[str]]:
    """Starts a process that starts others; returns when they run."""

    def start(*arguments: str, wait: bool = True, through_shell: bool = False) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PARENT, str(tmp_path), *arguments]
        if through_shell:  # which does not pass a signal on
            command = ["sh", "-c", '"$@"; true', "sh", *command]
        environ = os.environ | {"LC_TEST_MARK": mark}
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        if wait:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        return process

    return start


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Processes]:
    """Processes of this test's own."""
    found = Processes(tmp_path / "pg", patience_s=0.7)
    found.logs = tmp_path / "logs"
    found.logs.mkdir()
    yield found
    found.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_however_the_parent_ends(
    parent: Callable[..., subprocess.Popen[str]], mark: str, number: signal.Signals
) -> None:
    """Children that ignore signals, and children that have new ones all the time, a dozen at once."""
    starter = parent("nothing", "12")
    wait_until(lambda: len(marked(mark)) > 24, PATIENCE_S)  # those that breed need a moment on a busy machine
    os.kill(starter.pid, number)
    starter.wait(60)
    all_end(mark)


def test_nothing_is_left_when_what_is_above_is_killed(parent: Callable[..., subprocess.Popen[str]], mark: str) -> None:
    """As make is above `up`."""
    parent("nothing", "3", through_shell=True).kill()
    all_end(mark)


def test_nothing_is_left_when_the_parent_is_killed_while_it_starts(
    parent: Callable[..., subprocess.Popen[str]], mark: str
) -> None:
    for delay_s in (0.1, 0.13, 0.16, 0.2, 0.25, 0.3):
        starter = parent("nothing", "40", wait=False)
        time.sleep(delay_s)
        starter.kill()
        starter.wait()
    all_end(mark)


def test_postgres_ends_with_the_parent_that_started_it_and_stays_where_it_ran_before(
    parent: Callable[..., subprocess.Popen[str]], mark: str, tmp_path: Path
) -> None:
    cut_short = parent("postgres", "1", wait=False)
    wait_until(lambda: any(process.name() == "initdb" for process in marked(mark)), PATIENCE_S)
    cut_short.kill()
    all_end(mark, 30)

    parent("postgres", "1").kill()
    all_end(mark, 30)

    server = EmbeddedPostgres(tmp_path / "pg")
    server.start()
    try:
        parent("postgres", "1").kill()
        all_end(mark)
        assert server.is_up()
    finally:
        server.stop()


def test_a_child_that_dies_is_named_with_its_last_words(running: Processes) -> None:
    child = running.start("talker", ["sh", "-c", "seq 1 1000; echo 'cannot go on' >&2; exit 3"], os.environ)
    with pytest.raises(Ended, match=r"(?s)talker ended with code 3; the end of .*/talker\.log:.*999.*cannot go on$"):
        running.wait_until(lambda: False, 10)
    lines = child.log.read_text().splitlines()
    assert lines == [*(str(n) for n in range(1, 1001)), "cannot go on"]


def test_a_program_that_is_not_there_is_said_like_any_other_end(running: Processes) -> None:
    running.start("missing", ["/nowhere/program"], os.environ)
    with pytest.raises(Ended, match=r"(?s)missing ended with code 127.*/nowhere/program"):
        running.wait_until(lambda: False, 10)


def test_a_child_that_ends_of_itself_is_waited_for_and_forgotten(running: Processes) -> None:
    child = running.start("once", ["sh", "-c", "echo done; exit 5"], os.environ, stays=False)
    assert running.wait(child) == 5
    assert child.last_lines() == ["done"]
    running.check()


def test_logs_are_bounded_and_a_full_disk_holds_nobody_up(
    running: Processes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(child_module, "LOG_BYTES", 10_000)
    much = ["sh", "-c", "seq 1 20000; tr '\\0' x </dev/zero | head -c 300000"]
    child = running.start("much", much, os.environ, stays=False)
    assert running.wait(child) == 0
    child.last_lines()
    assert child.log.stat().st_size < 80_000
    assert len(list(tmp_path.glob("logs/much.log*"))) == 2

    running.logs = Path("/proc/nowhere")
    child = running.start("much", much, os.environ, stays=False)
    assert running.wait(child) == 0


def test_a_guard_that_is_killed_is_noticed_and_replaced(running: Processes, mark: str) -> None:
    running.start("stubborn", STUBBORN, os.environ | {"LC_TEST_MARK": mark})
    wait_until(lambda: len(marked(mark)) >= 2, PATIENCE_S)
    running._guard.kill()
    with pytest.raises(Ended, match="the process that ends the others was ended"):
        running.wait_until(lambda: False, 10)
    assert "`energy-monitor stop`" in running.stop()
    assert not marked(mark)
