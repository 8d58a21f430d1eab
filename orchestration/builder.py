"""The resource that builds: dbt without its start-up, one node after the other as each is done."""

import functools
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock, Thread
from typing import Any

import dagster as dg

from energy_monitor.database import prepare
from energy_monitor.dbt import PROJECT, alone, environment, in_environment, places
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from orchestration.loads import newest_loads

FAILED = {"error", "fail", "runtime error"}
UNREAD = ("--quiet", "--log-level-file", "none", "--no-write-json", "--no-use-colors")
# exactly what was selected: a test of something else beside it is not asked for
EXACTLY = ("--indirect-selection", "empty", "--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class Done:
    """What became of a node of dbt: a model, a seed or a data test.

    status: dbt's word. rows: written, where the database says so. failures: rows that a test objects to.
    """

    unique_id: str
    name: str
    status: str
    seconds: float
    rows: int | None
    failures: int
    message: str

    @property
    def has_failed(self) -> bool:
        return self.status in FAILED


class Builder(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Builds a workspace's warehouse with dbt."""

    workspace: str

    def newest_loads(self) -> dict[str, int]:
        """How far each dataset is loaded."""
        with closing(Workspace(self.workspace).connect("auditor")) as connection:
            return newest_loads(connection)

    def build(self, names: Sequence[str] | None) -> Iterator[Done]:
        """Builds and tests the nodes of these names, or all; each is yielded as soon as it is done.

        Of what is named, tests look at the days that loads of the last day covered: all days are tested with all.

        What is below a node that failed is not yielded. Raises UserError where dbt cannot run at all.
        """
        workspace = Workspace(self.workspace)
        prepare(workspace)
        selected = [] if names is None else ["--select", *names]
        tested = {} if names is None else {"ENERGY_MONITOR_TESTED": "lately"}  # macros/tested.sql says what that is
        with in_environment({**environment(workspace, "transformer"), **tested}):
            manifest = parsed_for(self.workspace)
            with alone(workspace):
                yield from _run([*UNREAD, "build", *EXACTLY, *selected, *_places(workspace)], manifest)


@functools.cache
def parsed_for(workspace_name: str) -> Any:
    """dbt's manifest for a workspace's database, parsed once per process."""
    from dbt.cli.main import dbtRunner

    workspace = Workspace(workspace_name)
    with in_environment(environment(workspace, "transformer")):
        parsed = dbtRunner().invoke(["--quiet", "--log-level-file", "none", "parse", *_places(workspace)])
    if not parsed.success:
        raise UserError(f"dbt cannot parse {PROJECT}: {parsed.exception}")
    return parsed.result


def _places(workspace: Workspace) -> list[str]:
    return places(workspace.folder / "dbt" / "target")  # one for all builds: what was parsed is used, nothing piles up


def _run(arguments: Sequence[str], manifest: Any) -> Iterator[Done]:
    """Runs dbt beside this process, which has enough to do with writing down what is done: dbt keeps a core busy."""
    told, tell = Pipe(duplex=False)
    dbt = beside(_tell, (arguments, manifest, tell))
    dbt.start()
    if isinstance(dbt, BaseProcess):
        tell.close()  # the other has it: when it dies, this hears of its end
    try:
        while isinstance(word := _heard(told), Done):
            if word.status != "skipped":
                yield word
    except EOFError:
        raise UserError("dbt ended before it was done: it was killed, or there was too little memory") from None
    finally:
        if isinstance(dbt, BaseProcess):
            dbt.kill()  # where the run was cancelled; what it had under way is rolled back
            dbt.join()
    if word:
        raise UserError(f"dbt could not build: {word}")


def _heard(told: Connection) -> Done | str:
    """A node that is done, or at the end why dbt could not go on, or nothing."""
    word: Done | str = told.recv()
    return word


def beside(do: Callable[..., None], arguments: tuple[Any, ...]) -> BaseProcess | Thread:
    """A process that has what this one has at hand, by fork; where a system's libraries do not bear that, a thread."""
    if platform.system() == "Linux":
        return get_context("fork").Process(target=do, args=arguments, daemon=True)
    return Thread(target=do, args=arguments, daemon=True)


def _tell(arguments: Sequence[str], manifest: Any, tell: Connection) -> None:
    """Runs dbt, and tells of each node as it is done; at the end why dbt could not go on, or nothing."""
    from dbt.cli.main import dbtRunner

    def hear(event: Any) -> None:
        if event.info.name == "NodeFinished":
            with lock:  # dbt's threads all call this
                tell.send(_done(event.data))

    lock = Lock()
    result = dbtRunner(manifest=manifest, callbacks=[hear]).invoke(list(arguments))
    tell.send(str(result.exception) if result.exception else "")


def _done(data: Any) -> Done:
    result, rows = data.run_result, dict(data.run_result.adapter_response).get("rows_affected")
    return Done(
        unique_id=data.node_info.unique_id,
        name=data.node_info.node_name,
        status=data.node_info.node_status,
        seconds=round(result.execution_time, 3),
        rows=int(rows) if isinstance(rows, float) else None,
        failures=result.num_failures,
        message=result.message,
    )
