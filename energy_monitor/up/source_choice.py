"""Which workspace `up` runs: the one that is named, else live where a source answers, else a simulated grid."""

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from urllib.parse import urlsplit

import requests

from energy_monitor.clock import VARIABLE, clock_text
from energy_monitor.errors import UserError
from energy_monitor.up.services import simulated_sources, simulator_budgets
from energy_monitor.workspace import Workspace
from ingestion.landing import SIMULATED_HEADER
from ingestion.session import USER_AGENT
from ingestion.sources import SOURCES, Source

PATIENCE_S = 3.0


@dataclass(frozen=True)
class Choice:
    """A workspace, why it is the one, whether `up` starts a simulator for it, and whether a source answers."""

    name: str
    why: str
    needs_simulator: bool = False
    has_source: bool = True
    simulator_url: str | None = None  # of one that runs already, where all that answer are simulated


class Probes:
    """Asks every source at once, one light request each; `kinds` waits for the answers, three seconds at most."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.urls = {source.id: source.url(environ) for source in SOURCES.values()}
        self._answers: Queue[tuple[str, str | None]] = Queue()
        self._deadline = time.monotonic() + PATIENCE_S
        for source in SOURCES.values():  # daemons, as nothing bounds the time that a look-up of a name takes
            Thread(target=self._ask, args=[source], daemon=True, name=f"probe of {source.id}").start()

    def _ask(self, source: Source) -> None:
        self._answers.put((source.id, kind_of(self.urls[source.id] + source.probe)))

    def kinds(self) -> dict[str, str]:
        """`real` or `simulated` for each source that answers, in the order of the catalogue."""
        found = {}
        for _ in SOURCES:
            try:
                source, kind = self._answers.get(timeout=max(0, self._deadline - time.monotonic()))
            except Empty:
                break
            if kind:
                found[source] = kind
        return {source: found[source] for source in SOURCES if source in found}


def kind_of(url: str) -> str | None:
    """`real` or `simulated`; None where no answer comes, or the page of a network that wants a login first."""
    try:
        answer = requests.get(url, timeout=PATIENCE_S, headers={"User-Agent": USER_AGENT})
        if SIMULATED_HEADER in answer.headers:
            return "simulated"
        answer.json()
        return "real" if answer.ok else None
    except (requests.RequestException, ValueError):
        return None


def choose(given: str | None, environ: Mapping[str, str]) -> Choice:
    """The workspace to run. `given`: the name that the user asked for, if any.

    Raises UserError where a workspace that is named for its kind would be fed with the other.
    """
    urls_given = any(source.url(environ) != source.base_url for source in SOURCES.values())
    if given == "simulated" and not urls_given:
        return Choice("simulated", "a simulated grid, as asked for", needs_simulator=True)
    probes = Probes(environ)
    kinds = probes.kinds()
    titles = [source.title for source in SOURCES.values() if source.id in kinds]
    simulators = [_root(probes.urls[source]) for source, kind in kinds.items() if kind == "simulated"]
    found = f"{', '.join(titles)} answer{'s' if len(titles) == 1 else ''}"
    simulator = simulators[0] if simulators and "real" not in kinds.values() else None
    if given:
        _refuse_mixture(given, kinds, probes.urls)
        why = f"as asked for; {found}" if kinds else "as asked for; no source answers, so it shows what it holds"
        return Choice(given, why, has_source=bool(kinds), simulator_url=simulator)
    if "real" in kinds.values():
        _refuse_mixture("live", kinds, probes.urls)
        return Choice("live", found)
    if simulator:
        return Choice("simulated", f"a simulator answers at {simulator}", simulator_url=simulator)
    none = ", ".join(source.title for source in SOURCES.values())
    return Choice("simulated", f"none of {none} answers, so a simulated grid stands in", needs_simulator=True)


def _refuse_mixture(name: str, kinds: Mapping[str, str], urls: Mapping[str, str]) -> None:
    wanted = {"live": "real", "simulated": "simulated"}.get(name)
    for source, kind in kinds.items():
        if wanted and kind != wanted:
            raise UserError(
                f"the workspace {name} is for {wanted} answers, and {urls[source]} gives {kind} ones: "
                f"choose another with --workspace, or correct ENERGY_MONITOR_{source.upper()}_URL"
            )


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def clock_of(simulator_url: str) -> str | None:
    """The value of ENERGY_MONITOR_CLOCK that goes with a running simulator; None where it does not tell its time."""
    try:
        clock = requests.get(f"{simulator_url}/simulator/clock", timeout=PATIENCE_S).json()
        return clock_text(datetime.fromisoformat(clock["now_utc"]), datetime.now(UTC), float(clock["speed"]))
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return None


def simulator_file(workspace: Workspace) -> Path:
    """Where `up` writes the address of the simulator that it started."""
    return workspace.folder / "simulator.url"


def told_by_up(workspace: Workspace, environ: Mapping[str, str]) -> dict[str, str]:
    """What a command beside `up` has to know: addresses, budgets and clock of its simulator. Nothing elsewhere.

    Raises UserError for the workspace `simulated` where no simulator is named and none runs.
    """
    if workspace.name != "simulated" or any(source.url(environ) != source.base_url for source in SOURCES.values()):
        return {}
    file = simulator_file(workspace)
    url = file.read_text().strip() if file.exists() else ""
    clock = clock_of(url) if url else None
    if clock is None:
        raise UserError(
            "the workspace simulated asks a simulated grid, and none runs: start one with `energy-monitor up`, or with "
            "`energy-monitor simulate` and its addresses in ENERGY_MONITOR_<SOURCE>_URL"
        )
    return {VARIABLE: clock} | simulated_sources(urlsplit(url).port or 80) | simulator_budgets()


def know_the_clock(workspace: Workspace) -> None:
    """Beside `up`, its clock and its budgets for this process; else this machine's."""
    with contextlib.suppress(UserError):
        os.environ.update(told_by_up(workspace, os.environ))
