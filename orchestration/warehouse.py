"""dbt as one set of assets: a model or seed each, its data tests as checks, lineage from the datasets to the marts."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from energy_monitor.database import prepare
from energy_monitor.dbt import PROJECT, alone, environment, in_environment
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from orchestration.automation import when_inputs_land, when_it_changes
from orchestration.datasets import dataset_key

DBT = Path(sys.executable).with_name("dbt")

# What every ingestion writes to: no dataset of its own, but a part of each.
RECORDS_OF_LOADS = ("loads", "load_days")
# What all datasets share: built again with each landing, and no reason for a mart to be. A mart is built when its own
# datasets land, which it sees by their staging models; what it shares with others is then built before it.
SHARED = frozenset(
    dg.AssetKey(path)
    for path in (
        ["staging", "stg_ingestion__load_days"],
        ["marts", "dim_settlement_periods"],
        ["marts", "dim_fuels"],
        ["intermediate", "int_asked_half_hours"],
        ["intermediate", "int_asked_five_minutes"],
        ["intermediate", "int_generation_means"],
    )
)


class Translator(DagsterDbtTranslator):
    """Names, groups and conditions of dbt's nodes."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: reference, staging, intermediate or marts."""
        return str(dbt_resource_props["config"].get("schema") or dbt_resource_props["schema"])

    def get_automation_condition(self, dbt_resource_props: Mapping[str, Any]) -> dg.AutomationCondition[Any]:
        """By what a node reads; a seed reads nothing. A mart that is a view reads anew whenever somebody asks."""
        config = dbt_resource_props["config"]
        if config.get("schema") == "marts" and config.get("materialized") == "view":
            return when_it_changes()
        is_shared = self.get_asset_key(dbt_resource_props) in SHARED
        return when_inputs_land(not_counting=frozenset() if is_shared else SHARED)

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The spec; what reads the records of loads depends on every dataset, as each writes them."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        records = {dg.AssetKey(["raw", table]) for table in RECORDS_OF_LOADS}
        deps = [dep for dep in spec.deps if dep.asset_key not in records]
        if len(deps) < len(list(spec.deps)):
            deps += [dg.AssetDep(dataset_key(dataset)) for dataset in DATASETS.values()]
        return spec.replace_attributes(deps=deps)


def parsed_project() -> DbtProject:
    """The dbt project with a manifest as new as its files; parses it where there is none."""
    project = DbtProject(project_dir=PROJECT, target="deployed")
    if not _is_parsed(project):
        places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "deployed"]
        done = subprocess.run([DBT, "parse", "--quiet", *places], capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"dbt cannot parse {PROJECT}: {(done.stdout + done.stderr).strip()}")
    return project


def _is_parsed(project: DbtProject) -> bool:
    """Whether there is a whole manifest, newer than every file and folder of the project."""
    try:
        parsed_at = project.manifest_path.stat().st_mtime
        json.loads(project.manifest_path.read_text())
    except (OSError, ValueError):
        return False
    folders = [PROJECT / name for name in ("models", "seeds", "macros", "tests")]
    inside = [path for folder in folders for path in folder.rglob("*")]  # folders too: they tell of a deleted file
    read = [*folders, *inside, PROJECT / "dbt_project.yml", PROJECT / "profiles.yml"]
    return all(path.stat().st_mtime < parsed_at for path in read)


def warehouse_assets(workspace_name: str, project: DbtProject) -> dg.AssetsDefinition:
    """All of dbt as one set, which builds what is selected and runs its data tests."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        name="warehouse",
        dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_asset_checks=True)),
        pool="dbt",
    )
    def build(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        workspace = Workspace(workspace_name)
        prepare(workspace)
        # one folder for all runs, as there is one build at a time: what dbt parsed is used again, and nothing piles up
        output = workspace.folder / "dbt" / "target"
        with alone(workspace), in_environment(environment(workspace, "transformer")):
            arguments = ["build", "--exclude-resource-type", "unit_test"]
            yield from dbt.cli(arguments, context=context, target_path=output).stream()

    return build
