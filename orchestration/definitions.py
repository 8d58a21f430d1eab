"""The one code location: `build_defs` makes all of it, and nothing happens at import."""

import os
from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.dataset_states import dataset_state_checks
from orchestration.datasets import dataset_assets, history_specs
from orchestration.freshness import freshness_checks
from orchestration.ingester import Ingester
from orchestration.maintenance import maintenance
from orchestration.warehouse import DBT, parsed_project, warehouse_assets

WORKSPACE_VARIABLE = "ENERGY_MONITOR_WORKSPACE"


def build_defs(resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Assets, checks, jobs and automation for the workspace that ENERGY_MONITOR_WORKSPACE names (default `live`).

    `resources` replaces some of them, for tests: `ingester` and `dbt`.
    """
    workspace = os.environ.get(WORKSPACE_VARIABLE) or "live"
    project = parsed_project()
    datasets = dataset_assets()
    warehouse = warehouse_assets(workspace, project)
    prune_job, prune_schedule = maintenance()
    return dg.Definitions(
        assets=[*datasets, *history_specs(), warehouse],
        asset_checks=[freshness_checks(workspace, project), dataset_state_checks(workspace)],
        jobs=[
            dg.define_asset_job("ingest", dg.AssetSelection.assets(*datasets), description="Ask every source."),
            dg.define_asset_job("build", dg.AssetSelection.assets(warehouse), description="Build and test all of dbt."),
            prune_job,
        ],
        schedules=[prune_schedule],
        sensors=[
            dg.AutomationConditionSensorDefinition(
                "automation",
                target=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
                minimum_interval_seconds=10,
                default_status=dg.DefaultSensorStatus.RUNNING,
            )
        ],
        resources={
            "ingester": Ingester(workspace=workspace),
            "dbt": DbtCliResource(project, dbt_executable=str(DBT)),
            **(resources or {}),
        },
        executor=dg.in_process_executor,  # a step in a process of its own would import everything again
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads."""
    return build_defs()
