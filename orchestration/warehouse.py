"""dbt as one set of assets: a model or seed each, its data tests as checks, lineage from the datasets to the marts."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from energy_monitor.dbt import PROJECT, places
from energy_monitor.errors import UserError
from ingestion.catalogue import DATASETS
from orchestration.builder import Builder, Done
from orchestration.building import HOURLY, TURN
from orchestration.datasets import dataset_key
from orchestration.loads import LOADS, WHOLE

DBT = Path(sys.executable).with_name("dbt")
UNIQUE_ID = "dagster_dbt/unique_id"  # where dagster-dbt notes which node of dbt a spec is of

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
    """Names, groups and inputs of dbt's nodes."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: reference, staging, intermediate or marts."""
        return str(dbt_resource_props["config"].get("schema") or dbt_resource_props["schema"])

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """As dagster-dbt has it, without the database's name: that is the workspace's, and no part of the manifest."""
        name = f"{dbt_resource_props['schema']}.{dbt_resource_props['name']}"
        return {**super().get_metadata(dbt_resource_props), "dagster/table_name": name}

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The spec, a kind more for how it is kept; what reads the records of loads depends on all that write them."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        records = {dg.AssetKey(["raw", table]) for table in RECORDS_OF_LOADS}
        deps = [dep for dep in spec.deps if dep.asset_key not in records]
        if len(deps) < len(list(spec.deps)):
            deps += [dg.AssetDep(dataset_key(dataset)) for dataset in DATASETS.values()]
        # of a dataset's ten years of days only the newest is looked at where Dagster notes what a table was made of
        deps = [_of_the_newest_day(dep) if dep.asset_key.path[0] == "raw" else dep for dep in deps]
        kept_as = self.get_resource_props(manifest, unique_id)["config"].get("materialized")
        return spec.replace_attributes(deps=deps, kinds=spec.kinds | ({kept_as} if kept_as else set()))

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """The spec, with a note where the test has its turn once an hour."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec and HOURLY in self.get_resource_props(manifest, unique_id)["tags"]:
            return spec.with_metadata({**spec.metadata, TURN: HOURLY})
        return spec


def _of_the_newest_day(dep: dg.AssetDep) -> dg.AssetDep:
    return dg.AssetDep(dep.asset_key, partition_mapping=dg.LastPartitionMapping())


def parsed_project() -> DbtProject:
    """The dbt project with a manifest as new as its files; parses it where there is none."""
    project = DbtProject(project_dir=PROJECT, target="deployed")
    if not _is_parsed(project):
        done = subprocess.run([DBT, "parse", "--quiet", *places()], capture_output=True, text=True)
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


def warehouse_assets(project: DbtProject) -> dg.AssetsDefinition:
    """All of dbt as one set, which builds what is selected and runs its data tests."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        name="warehouse",
        dagster_dbt_translator=Translator(
            DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_code_references=True)
        ),
        pool="dbt",
    )
    def build(context: dg.AssetExecutionContext, builder: Builder) -> Iterator[Any]:
        if not context.is_subset:
            _note_whole(context, builder)
        keys = keys_of(context.assets_def)
        selected = context.selected_asset_keys | context.selected_asset_check_keys
        names = [name_of(key) for key in keys.values() if key in selected] if context.is_subset else None
        failed: list[Done] = []
        for done in builder.build(names):
            failed += [done] if done.has_failed else []
            if (key := keys.get(done.unique_id)) in selected:
                yield from _events(key, done)
        if failed:
            told = "\n".join(f"{done.name}: {done.message or f'{done.failures} rows fail'}" for done in failed)
            raise dg.Failure(f"dbt: {len(failed)} failed, and what is below was not built.\n{told}")

    return build


def _note_whole(context: dg.AssetExecutionContext, builder: Builder) -> None:
    """Writes down how far each dataset is loaded before all of it is built, so that it is not built again for that."""
    loads = json.dumps(builder.newest_loads())
    context.instance.add_run_tags(context.run_id, {WHOLE: "yes", LOADS: loads})


Key = dg.AssetKey | dg.AssetCheckKey


def keys_of(assets: dg.AssetsDefinition) -> dict[str, Key]:
    """The key of each node of dbt that is an asset or a check, by its unique id."""
    specs: list[Any] = [*assets.specs, *assets.check_specs]
    return {str(spec.metadata[UNIQUE_ID]): spec.key for spec in specs}


def name_of(key: Key) -> str:
    return key.name if isinstance(key, dg.AssetCheckKey) else key.path[-1]


def _events(key: Key | None, done: Done) -> Iterator[Any]:
    metadata: dict[str, Any] = {"seconds": done.seconds}
    if isinstance(key, dg.AssetCheckKey):
        severity = dg.AssetCheckSeverity.WARN if done.status == "warn" else dg.AssetCheckSeverity.ERROR
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=done.status == "pass",
            severity=severity,
            metadata=metadata | {"failing_rows": done.failures},
        )
    elif key and not done.has_failed:
        rows = {} if done.rows is None else {"rows_written": done.rows}
        yield dg.MaterializeResult(key, metadata=metadata | rows)
