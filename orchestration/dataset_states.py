"""A check per dataset on what its source sent: how new it is, what is missing, what could not be loaded."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from energy_monitor.clock import now_utc
from energy_monitor.database import prepare
from energy_monitor.status import DatasetStatus, dataset_statuses
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from orchestration.datasets import dataset_key


def dataset_state_checks(workspace_name: str) -> dg.AssetChecksDefinition:
    """One check per dataset, all in one step."""

    @dg.multi_asset_check(
        name="dataset_state",
        specs=[
            dg.AssetCheckSpec(
                "dataset_state",
                asset=dataset_key(dataset),
                description=f"The newest data is at most {dataset.allowed_lateness} old, no period is missing, and no "
                "body waits to be loaded.",
            )
            for dataset in DATASETS.values()
        ],
        can_subset=True,
    )
    def check_dataset_states(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        workspace = Workspace(workspace_name)
        prepare(workspace)
        connection = workspace.connect("auditor")
        try:
            statuses = {status.dataset: status for status in dataset_statuses(connection, now_utc())}
        finally:
            connection.close()
        for key in context.selected_asset_check_keys:
            yield _result(statuses[key.asset_key.path[-1]])

    return check_dataset_states


def _result(status: DatasetStatus) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {
        "newest_data_utc": str(status.newest_data),
        "lag_minutes": round(status.lag_minutes, 1) if status.lag_minutes is not None else "nothing came yet",
        "allowed_lag_minutes": status.allowed_lag_minutes,
        "gaps": status.gaps,
        "bodies_waiting": status.bodies_waiting,
        "last_error": status.last_error or "none",
    }
    if status.remarks:
        metadata["remarks"] = "\n".join(status.remarks)  # plain text: a source's words are not rendered
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(["raw", status.dataset]),
        check_name="dataset_state",
        passed=status.lag_minutes is not None and not (status.is_late or status.gaps or status.bodies_waiting),
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )
