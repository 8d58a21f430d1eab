"""The job that works out the lineage of all columns: seconds of work, once for each version of the SQL."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg

from energy_monitor.dbt import PROJECT, environment, in_environment, places
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from orchestration.builder import UNREAD, parsed_for
from orchestration.column_lineage import Columns, column_lineage
from orchestration.lineage_file import keep_lineage, known_lineage, lineage_file

MODELS = ("--select", "resource_type:model", "--indirect-selection", "empty")
BUILT = dg.AssetKey(["marts", "fct_grid_half_hourly"])  # nobody waits for lineage; everybody does for the first marts


def tracing(workspace_name: str, versions: Mapping[str, str]) -> tuple[dg.JobDefinition, dg.SensorDefinition]:
    """The job, and the sensor that asks for it when a model's version has no lineage yet."""

    @dg.op
    def trace(context: dg.OpExecutionContext) -> None:
        found, failed = lineage_of_all(Workspace(workspace_name))
        keep_lineage(lineage_file(Workspace(workspace_name)), found, versions)
        for model, reason in failed.items():
            context.log.warning(f"no lineage of {model}, as its SQL is not understood: {reason}")
        columns = sum(len(of_model) for of_model in found.values())
        context.log.info(f"{columns} columns of {len(found)} models have their lineage, and {len(failed)} models none")

    @dg.job(description="Works out which columns each column is made of. Shown when the definitions are next loaded.")
    def document_columns() -> None:
        trace()

    @dg.sensor(
        name="document",
        job=document_columns,
        description="Asks for the lineage of columns once for each version of the SQL.",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def document(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if known_lineage(lineage_file(Workspace(workspace_name)), versions).keys() == versions.keys():
            return dg.SkipReason("The lineage of every model is known.")
        if context.instance.get_latest_materialization_event(BUILT) is None:
            return dg.SkipReason("The first marts come first.")
        # what failed, or was not understood, is not asked for again before the SQL changes
        return dg.RunRequest(run_key=hashlib.sha256(json.dumps(versions).encode()).hexdigest())

    return document_columns, document


def lineage_of_all(workspace: Workspace) -> tuple[dict[str, Columns], dict[str, str]]:
    """The lineage of every model by its asset key as text, and why there is none of some."""
    columns: dict[str, Sequence[str]] = {**_columns_of_raw(workspace), **_columns_of_seeds()}
    nodes = _compiled(workspace)
    keys = {unique_id: f"{node.schema}/{node.name}" for unique_id, node in nodes.items()}
    read = {unique_id: set(node.depends_on.nodes) & nodes.keys() for unique_id, node in nodes.items()}
    found: dict[str, Columns] = {}
    failed: dict[str, str] = {}
    for unique_id in TopologicalSorter(read).static_order():  # `select *` needs to know the columns of what it reads
        key = keys[unique_id]
        try:
            found[key] = column_lineage(nodes[unique_id].compiled_code, columns)
        except Exception as error:  # a parser of others that meets SQL it does not know; lineage is a help, no more
            failed[key] = str(error)
        else:
            columns[key] = tuple(found[key])
    return found, failed


def _compiled(workspace: Workspace) -> dict[str, Any]:
    """dbt's nodes of all models with their SQL as the database would get it, by unique id."""
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    output = workspace.folder / "dbt" / "compiled"  # not the builds' own folder: one may be under way
    arguments = [*UNREAD, "compile", *MODELS, *places(output)]
    manifest = parsed_for(workspace.name)
    with in_environment(environment(workspace, "transformer")):
        done = dbtRunner(manifest=manifest).invoke(arguments)
    if not isinstance(done.result, RunExecutionResult) or not done.success:
        raise UserError(f"dbt could not compile its models: {done.exception or 'see the log'}")
    return {one.node.unique_id: one.node for one in done.result.results}


def _columns_of_raw(workspace: Workspace) -> dict[str, list[str]]:
    connection = workspace.connect("transformer")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select table_name, array_agg(column_name::text order by ordinal_position) "
                "from information_schema.columns where table_schema = 'raw' group by table_name"
            )
            return {f"raw/{table}": columns for table, columns in cursor.fetchall()}
    finally:
        connection.close()


def _columns_of_seeds() -> dict[str, list[str]]:
    found = {}
    for path in (PROJECT / "seeds").rglob("*.csv"):
        with path.open(newline="") as file:
            found[f"reference/{path.stem}"] = next(csv.reader(file))
    return found
