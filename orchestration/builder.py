"""The resource that builds: dbt in this process, one node after the other as each is done."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any

import dagster as dg

from energy_monitor.database import prepare
from energy_monitor.dbt import PROJECT, alone, environment, in_environment
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

        What is below a node that failed is not yielded. Raises UserError where dbt cannot run at all.
        """
        workspace = Workspace(self.workspace)
        prepare(workspace)
        selected = [] if names is None else ["--select", *names]
        with in_environment(environment(workspace, "transformer")):
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
    output = workspace.folder / "dbt" / "target"  # one for all builds: what was parsed is used again, nothing piles up
    places = {"project-dir": PROJECT, "profiles-dir": PROJECT, "target": "deployed", "target-path": output}
    return [word for option, value in places.items() for word in (f"--{option}", str(value))]


def _run(arguments: Sequence[str], manifest: Any) -> Iterator[Done]:
    """Runs dbt in a thread of its own, as it says what is done by calls and not by an iterator."""
    from dbt.cli.main import dbtRunner

    told: SimpleQueue[Any] = SimpleQueue()

    def hear(event: Any) -> None:
        if event.info.name == "NodeFinished":
            told.put(_done(event.data))

    def run() -> None:
        told.put(dbtRunner(manifest=manifest, callbacks=[hear]).invoke(list(arguments)))

    # a daemon: when the run is cancelled its process ends, and what dbt had under way is rolled back
    Thread(target=run, daemon=True, name="dbt").start()
    while isinstance(done := told.get(), Done):
        if done.status != "skipped":
            yield done
    if done.exception:
        raise UserError(f"dbt could not build: {done.exception}") from done.exception


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
