"""The one code location: `build_defs` makes all of it, and nothing happens at import."""

import functools
import json
import os
from collections.abc import Mapping
from typing import Any

import dagster as dg

from energy_monitor.workspace import Workspace
from orchestration.advice import advice_asset, advice_check, advise_sensor
from orchestration.asking import ask_sensor
from orchestration.builder import Builder
from orchestration.building import Graph
from orchestration.choice import chosen_ingester
from orchestration.dataset_states import dataset_state_checks
from orchestration.datasets import dataset_assets, history_specs
from orchestration.describing import with_column_lineage, with_owner_and_code
from orchestration.exposures import exposure_of, exposure_specs, marts_of
from orchestration.follow import build_sensor
from orchestration.freshness import data_clocks, freshness_checks
from orchestration.hearing import hear_sensor
from orchestration.lineage_file import known_lineage, lineage_file, versions
from orchestration.maintenance import maintenance
from orchestration.notifications import tell_sensor
from orchestration.schedules import checks_by_the_clock, nightly
from orchestration.site import site_page
from orchestration.tracing import tracing
from orchestration.warehouse import SHARED, parsed_project, warehouse_assets

WORKSPACE_VARIABLE = "ENERGY_MONITOR_WORKSPACE"


def build_defs(resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All of the graph and what runs it, for the workspace that ENERGY_MONITOR_WORKSPACE names (default `live`).

    `resources` replaces some of them, for tests: `ingester` and `builder`.
    """
    workspace = workspace_name()
    project = parsed_project()
    manifest = json.loads(project.manifest_path.read_text())
    of_sql = versions(manifest)
    datasets = with_owner_and_code("team:ingestion", dataset_assets())
    lineage = known_lineage(lineage_file(Workspace(workspace)), of_sql)
    warehouse = with_column_lineage(warehouse_assets(project), lineage)
    exposure = exposure_of(manifest, "site_now")
    page = site_page(workspace, marts_of(manifest, exposure), exposure)
    ingest = dg.define_asset_job("ingest", dg.AssetSelection.assets(*datasets), description="Ask every source.")
    build = dg.define_asset_job(
        "build", dg.AssetSelection.assets(warehouse, page), description="Build and test all of dbt."
    )
    prune_job, prune_schedule = maintenance()
    document_job, document_sensor = tracing(workspace, of_sql)
    checks = [freshness_checks(workspace, project), dataset_state_checks(workspace), advice_check(workspace)]
    return dg.Definitions(
        assets=[*datasets, *history_specs(), advice_asset(workspace), warehouse, page, *exposure_specs(manifest)],
        asset_checks=checks,
        jobs=[ingest, build, prune_job, document_job],
        schedules=[*nightly(ingest, build), checks_by_the_clock(checks), prune_schedule],
        sensors=[
            ask_sensor(),
            advise_sensor(workspace),
            build_sensor(workspace, Graph.of(warehouse, SHARED, page, *checks)),
            hear_sensor(workspace),
            document_sensor,
            tell_sensor(workspace, data_clocks(project)),
        ],
        resources={
            "ingester": chosen_ingester(workspace),
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
