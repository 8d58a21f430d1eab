"""`energy-monitor doctor`: tries each part that the others need, and says which one is broken and what to do."""

import shutil
from collections.abc import Callable, Iterator

from energy_monitor.database import ROLES, prepare
from energy_monitor.dbt import PROJECT
from energy_monitor.errors import UserError
from energy_monitor.postgres import PostgresError
from energy_monitor.workspace import Workspace
from ingestion.catalogue import KEPT
from ingestion.failed import failed_bodies
from ingestion.lake import LakeError
from ingestion.landing import attempt_keys

SPACE_NEEDED_BYTES = 1_000_000_000
Finding = tuple[str, bool, str]  # what was tried, whether it works, and what was found


def examine(workspace: Workspace) -> Iterator[Finding]:
    """One finding per part, in the order in which they build on each other."""
    parts: list[tuple[str, Callable[[Workspace], str]]] = [
        ("state folder", _folder),
        ("PostgreSQL", _server),
        ("roles", _roles),
        ("lake", _lake),
        ("landed and loaded", _landed),
        ("dbt", _dbt),
    ]
    for name, look in parts:
        try:
            yield name, True, look(workspace)
        except (UserError, PostgresError, LakeError, OSError) as error:
            yield name, False, str(error)


def _folder(workspace: Workspace) -> str:
    workspace.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    free = shutil.disk_usage(workspace.folder).free
    if free < SPACE_NEEDED_BYTES:
        raise UserError(f"only {free / 1e6:.0f} MB are free at {workspace.home}; 1 GB is needed")
    return f"{workspace.home}, {free / 1e9:.0f} GB free"


def _server(workspace: Workspace) -> str:
    prepare(workspace)
    connection = workspace.connect("auditor")
    try:
        version = connection.server_version // 10000
    finally:
        connection.close()
    server = workspace.server()
    kind = "embedded" if server.is_embedded else "from ENERGY_MONITOR_DATABASE_URL"
    return f"{version} ({kind}) at {server.host}:{server.port}, database {workspace.database}"


def _roles(workspace: Workspace) -> str:
    for role in ROLES:
        workspace.connect(role).close()
    return f"{', '.join(ROLES)} log in"


def _lake(workspace: Workspace) -> str:
    lake = workspace.lake()
    lake.put("doctor/written.txt", b"energy-monitor doctor writes this once\n")
    lake.get("doctor/written.txt")
    return f"{lake.uri} can be written and read"


def _landed(workspace: Workspace) -> str:
    landed = set(attempt_keys(workspace.lake()))
    connection = workspace.connect("auditor")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select distinct attempt_key from raw.loads")
            recorded = {key for (key,) in cursor.fetchall()}
        failed = sum(body.is_waiting for one in KEPT.values() for body in failed_bodies(connection, one))
    finally:
        connection.close()
    if left := landed - recorded:
        raise UserError(
            f"{len(left)} answers are in the lake and not in the database, {min(left)} among them: "
            f"run `energy-monitor --workspace {workspace.name} replay {workspace.lake_uri}`"
        )
    if failed:
        raise UserError(
            f"{failed} bodies could not be loaded: `energy-monitor --workspace {workspace.name} status` says why, and "
            "after a fix `replay --failed` loads them"
        )
    return f"{len(landed)} answers in the lake, all in the database"


def _dbt(workspace: Workspace) -> str:
    from dbt.version import __version__

    if not (PROJECT / "dbt_project.yml").is_file():
        raise UserError(f"there is no dbt project at {PROJECT}: install from a clone of the repository")
    return f"{__version__}, project at {PROJECT}"
