"""Running dbt on a workspace: the deployed schemas, as the role transformer."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"


def environment(workspace: Workspace, role: str) -> Mapping[str, str]:
    """What dbt_project/profiles.yml reads, which is also what psql and every other libpq tool reads."""
    server = workspace.server()
    return {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGDATABASE": workspace.database,
        "PGUSER": role,
        "PGPASSWORD": workspace.password(role),
        **server.tls(),
    }


def places(output: Path | None = None) -> list[str]:
    """The words that tell dbt where the project is, to build the deployed schemas, and where its own files go."""
    words = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "deployed"]
    return [*words, "--target-path", str(output)] if output else words


def run_dbt(workspace: Workspace, arguments: Sequence[str], manifest: Any = None) -> bool:
    """Runs a dbt command in this process; what it prints is dbt's. True where all went well.

    `manifest` spares dbt the parsing of the project, for a caller that has it parsed for this workspace's database.
    """
    try:
        from dbt.cli.main import dbtRunner
    except ImportError as error:
        raise UserError(f"dbt is not installed in this environment ({error}); run `make install`") from error
    output = workspace.folder / "dbt"
    where = [*places(output / "target"), "--log-path", str(output / "logs")]
    with in_environment(environment(workspace, "transformer")):
        return bool(dbtRunner(manifest=manifest).invoke([*arguments, *where]).success)


@contextlib.contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Waits until nobody else builds in the workspace: two builds at once would drop each other's tables."""
    connection = workspace.connect("transformer")
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(hashtext('energy_monitor.build'))")
            connection.commit()  # the lock is the session's: no transaction stays open beside the build
            yield
    finally:
        connection.close()  # frees it


@contextlib.contextmanager
def in_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """dbt reads its connection from the environment of the process; afterwards it is as it was."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def build(workspace: Workspace, arguments: Sequence[str]) -> bool:
    """`dbt build` with any further arguments. Unit tests guard changes of the code, not runs, and are left out."""
    with alone(workspace):
        return run_dbt(workspace, ["build", "--exclude-resource-type", "unit_test", *arguments])
