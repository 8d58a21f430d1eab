"""The way of `up` from an empty folder to everything served and filled."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from energy_monitor.clock import VARIABLE as CLOCK
from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.up import services
from energy_monitor.up.child import Child
from energy_monitor.up.first_fill import Filling, Say, held
from energy_monitor.up.prechecks import HOST, make_folder
from energy_monitor.up.processes import Processes
from energy_monitor.up.services import Dagster, Plan
from energy_monitor.up.source_choice import Choice, choose, clock_of, simulator_file
from energy_monitor.workspace import Workspace
from ingestion.settlement import settlement_date_of


@dataclass(frozen=True)
class Wishes:
    """What the options say. `start` and `speed` are those of a simulated grid that `up` starts."""

    workspace: str | None  # where one is named
    dashboard_port: int
    dagster_port: int
    days: int
    start: str | None
    speed: float | None


class Serving:
    """Starts the services of one workspace, each as soon as what it needs is there."""

    def __init__(self, wishes: Wishes, processes: Processes, say: Say) -> None:
        self.wishes, self.processes, self.say = wishes, processes, say
        self.environ = dict(os.environ)

    def begin(self) -> None:
        """Returns when everything is served and filled. Raises UserError, PostgresError or Ended."""
        with ThreadPoolExecutor(1) as beside:
            chosen = beside.submit(choose, self.wishes.workspace, self.environ)
            if not self.environ.get("ENERGY_MONITOR_DATABASE_URL"):
                self.processes.start_postgres()
            choice = chosen.result()
        workspace = self._open(choice)
        simulator_url = self._simulator(workspace) if choice.needs_simulator else choice.simulator_url
        prepare(workspace)
        self._show(workspace)
        if simulator_url:
            self._suit_simulator(simulator_url)
        self.say("starting", "the dashboard and Dagster …")
        port = self.wishes.dashboard_port
        dashboard = self._start(services.dashboard(workspace, port, self.environ))
        dagster = self._dagster(workspace)
        self._fill(workspace, dagster, choice.has_source)
        self.processes.wait_ready(dashboard, lambda: services.dashboard_is_ready(port))
        self.say("dashboard", f"http://{HOST}:{port}")
        self.say("Dagster", dagster.url)

    def _open(self, choice: Choice) -> Workspace:
        self.say("workspace", f"{choice.name}: {choice.why}")
        for option, given in (("--now", self.wishes.start), ("--speed", self.wishes.speed)):
            if given is not None and not choice.needs_simulator:
                raise UserError(f"{option} is for a simulated grid that `up` starts itself, and here it starts none")
        workspace = Workspace(choice.name)
        self.processes.logs = workspace.folder / "logs"
        for folder in (self.processes.logs, workspace.folder / "dagster"):
            make_folder(folder)
        self.environ["ENERGY_MONITOR_WORKSPACE"] = workspace.name
        self.environ["ENERGY_MONITOR_HOME"] = str(workspace.home)  # children have another current folder
        if (lake := self.environ.get("ENERGY_MONITOR_LAKE")) and "://" not in lake:
            self.environ["ENERGY_MONITOR_LAKE"] = str(Path(lake).absolute())
        return workspace

    def _simulator(self, workspace: Workspace) -> str:
        port = services.simulator_port()
        speed = 1.0 if self.wishes.speed is None else self.wishes.speed
        simulator = self._start(services.simulator(port, self.wishes.start, speed, self.environ))
        self.environ |= services.simulated_sources(port)
        self.environ.pop(CLOCK, None)
        url = f"http://{HOST}:{port}"
        self.processes.wait_ready(simulator, lambda: services.answers(f"{url}/simulator/clock"))
        simulator_file(workspace).write_text(url + "\n")
        self.say("simulator", url)
        return url

    def _suit_simulator(self, url: str) -> None:
        clock = clock_of(url)
        told = services.simulator_budgets() | ({CLOCK: clock} if clock else {})
        self.environ = told | self.environ  # what the user says holds

    def _show(self, workspace: Workspace) -> None:
        server = workspace.server()
        self.say("database", f"postgresql://analyst@{server.host}:{server.port}/{workspace.database}")
        self.say("lake", _short(workspace.lake_uri))
        self.say("logs", _short(str(self.processes.logs)))

    def _dagster(self, workspace: Workspace) -> Dagster:
        dagster = Dagster(workspace, self.wishes.dagster_port, self.environ)
        instance = self._start(dagster.instance(), stays=False)
        if self.processes.wait(instance) != 0:
            raise UserError(f"Dagster cannot be prepared: {' '.join(instance.last_lines()[-1:])}")
        code, web, worker = map(self._start, (dagster.code(), dagster.webserver(), dagster.worker()))
        self.processes.wait_ready(code, dagster.code_is_served)
        self._start(dagster.daemon())  # only now: it would look for the code again after a minute
        self.processes.wait_ready(web, dagster.is_ready)
        self.processes.wait_ready(worker, dagster.worker_waits)
        return dagster

    def _fill(self, workspace: Workspace, dagster: Dagster, has_source: bool) -> None:
        from orchestration.client import Client, DagsterError

        filling = Filling(Client(dagster.url), self.say, self.processes.check)
        today = settlement_date_of(now_utc(self.environ))
        try:
            filling.fill(held(workspace), has_source, today, self.wishes.days)
        except DagsterError as error:  # what is there can be looked at all the same
            self.say("not filled", str(error))

    def _start(self, plan: Plan, *, stays: bool = True) -> Child:
        return self.processes.start(plan.name, plan.command, plan.environ, stays=stays)


def _short(place: str) -> str:
    return place.replace(str(Path.home()), "~", 1) if place.startswith(f"{Path.home()}/") else place
