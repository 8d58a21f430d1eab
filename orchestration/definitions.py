"""The one code location: `build_defs` makes all of it, and nothing happens at import."""

import functools
import os
from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.asking import ask_sensor
from orchestration.builder import Builder
from orchestration.dataset_states import dataset_state_checks
from orchestration.datasets import dataset_assets, history_specs
from orchestration.freshness import freshness_checks
from orchestration.hearing import hear_sensor
from orchestration.ingester import Ingester
from orchestration.maintenance import maintenance
from orchestration.schedules import nightly
from orchestration.warehouse import parsed_project, warehouse_assets

WORKSPACE_VARIABLE = "ENERGY_MONITOR_WORKSPACE"


def build_defs(resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Assets, checks, jobs and automation for the workspace that ENERGY_MONITOR_WORKSPACE names (default `live`).

    `resources` replaces some of them, for tests: `ingester` and `builder`.
    """
    workspace = workspace_name()
    project = parsed_project()
    datasets = dataset_assets()
    warehouse = warehouse_assets(project)
    ingest = dg.define_asset_job("ingest", dg.AssetSelection.assets(*datasets), description="Ask every source.")
    build = dg.define_asset_job("build", dg.AssetSelection.assets(warehouse), description="Build and test all of dbt.")
    prune_job, prune_schedule = maintenance()
    return dg.Definitions(
        assets=[*datasets, *history_specs(), warehouse],
        asset_checks=[freshness_checks(workspace, project), dataset_state_checks(workspace)],
        jobs=[ingest, build, prune_job],
        schedules=[prune_schedule, *nightly(ingest, build)],
        sensors=[
            ask_sensor(),
            hear_sensor(workspace),
            dg.AutomationConditionSensorDefinition(
                "automation",
                target=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
                minimum_interval_seconds=5,
                default_status=dg.DefaultSensorStatus.RUNNING,
            ),
        ],
        resources={
            "ingester": Ingester(workspace=workspace),
            "builder": Builder(workspace=workspace),
            **(resources or {}),
        },
        executor=dg.in_process_executor,  # a step in a process of its own would import everything again
    )


def workspace_name() -> str:
    """The workspace that this code location serves."""
    return os.environ.get(WORKSPACE_VARIABLE) or "live"


@dg.definitions
@functools.cache  # a run in a process that has them already need not make them again
def defs() -> dg.Definitions:
    """What Dagster loads."""
    return build_defs()
