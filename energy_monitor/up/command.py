"""`energy-monitor up`: everything at once, from nothing to a filled dashboard, until it is stopped."""

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import click

from energy_monitor.cli_loading import time_to_begin_at
from energy_monitor.dbt import PROJECT, in_environment
from energy_monitor.errors import UserError
from energy_monitor.up import prechecks
from energy_monitor.up.processes import Ended, Processes
from energy_monitor.up.services import beside_proxies
from energy_monitor.up.serving import Serving, Wishes
from energy_monitor.workspace import Workspace

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PORT = click.IntRange(1, 65535)


def say(label: str, text: str = "") -> None:
    """A line for people. Where nobody reads any more, everything goes on without."""
    try:
        print(f"{label:<11} {text}".rstrip(), flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.command()
@click.option("--dashboard-port", type=PORT, default=8501, show_default=True)
@click.option("--dagster-port", type=PORT, default=3000, show_default=True)
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How many to ask for at first.")
@click.option("--now", "start", help="The time at which a simulated grid begins, such as 2025-06-01T12:00Z.")
@click.option("--speed", type=click.FloatRange(0, 1e6), help="How much faster than real time a simulated grid goes.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when the parent process has ended: for make.")
@click.pass_context
def up(
    context: click.Context,
    dashboard_port: int,
    dagster_port: int,
    days: int,
    start: str | None,
    speed: float | None,
    with_parent: bool,
) -> None:
    """Start everything, fill it, and serve the dashboard and Dagster until stopped."""
    group = context.find_root()
    is_given = group.get_parameter_source("name") is not click.core.ParameterSource.DEFAULT
    time_to_begin_at(start)
    wishes = Wishes(group.params["name"] if is_given else None, dashboard_port, dagster_port, days, start, speed)
    sys.exit(run(group.obj, wishes, _parent_is_gone() if with_parent else lambda: False))


def run(workspace: Workspace, wishes: Wishes, is_unwanted: Callable[[], bool]) -> int:
    """Runs until it is stopped; the exit code. Raises UserError and PostgresError."""
    began = time.monotonic()
    if not (PROJECT / "dbt_project.yml").is_file():
        raise UserError(f"there is no dbt project at {PROJECT}: run `make up` in a clone of the repository")
    home = workspace.home
    prechecks.make_folder(home)
    prechecks.check_space(home)
    with in_environment(beside_proxies(os.environ)), prechecks.only_one(home, say) as lock:
        prechecks.check_ports(wishes.dashboard_port, wishes.dagster_port)
        _stop_on_signals()
        processes = Processes(workspace.postgres.folder, keep_open=lock.fileno(), is_unwanted=is_unwanted)
        try:
            Serving(wishes, processes, say).begin()
            say(f"Up after {time.monotonic() - began:.0f} s. Ctrl-C stops everything.")
            processes.wait_until(lambda: False, every_s=0.5)
        except KeyboardInterrupt:
            return 0
        except Ended as error:
            with suppress(OSError):
                click.echo(f"energy-monitor: {error}", err=True)
            return 1
        finally:
            _stop(processes)
    return 0


def _parent_is_gone() -> Callable[[], bool]:
    """Tells whether the parent has ended, or its terminal: make, at the head of a session, keeps that to itself."""
    parent, terminal = os.getppid(), select.poll()
    if sys.stdin.isatty() and os.getsid(0) == parent:
        terminal.register(sys.stdin, 0)
    return lambda: os.getppid() != parent or any(event & select.POLLHUP for _, event in terminal.poll(0))


def _stop_on_signals() -> None:
    """The first signal stops `up`, and further ones change nothing. A hang-up that is ignored, by nohup, stays so."""

    def stop(number: int, frame: FrameType | None) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _stop(processes: Processes) -> None:
    _ignore_signals()
    say("stopping …")
    trouble = processes.stop()
    say(trouble or "stopped")
