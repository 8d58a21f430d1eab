"""What is told with a dataset that was brought in: numbers that Dagster plots, and where to look."""

from datetime import timedelta
from typing import Any

import dagster as dg

from energy_monitor.clock import now_utc
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.newest import lag_of, newest_data
from ingestion.wanted import Outcome, Wanted
from orchestration.loads import LOAD_ID

NEWEST_LOAD = """
select load_id, lake_key, (select max(fetched_at) from raw.loads where dataset = %(dataset)s and status = 'loaded')
from raw.loads
where dataset = %(dataset)s and status = 'loaded'
order by load_id desc
limit 1
"""


def metadata_of(workspace_name: str, outcome: Outcome, wanted: Wanted) -> dict[str, Any]:
    """Of the run what it asked and got, and of the dataset how new it is now."""
    counts = {
        "requests": outcome.requests,
        "rows_seen": outcome.rows_seen,
        "rows_new": outcome.rows_new,
        "answered_before": outcome.answered_before,
    }
    words = {
        "window": f"{wanted.first} to {wanted.last}",
        "asked": dg.MetadataValue.md("\n".join(f"- `{request}`" for request in outcome.asked)),
    }
    return counts | words | _state(workspace_name, outcome.dataset)


def _state(workspace_name: str, dataset_id: str) -> dict[str, Any]:
    dataset = DATASETS[dataset_id]
    connection = Workspace(workspace_name).connect("ingester")
    try:
        with connection, connection.cursor() as cursor:
            newest = newest_data(cursor, dataset)
            cursor.execute(NEWEST_LOAD, {"dataset": dataset.id})
            load_id, lake_key, fetched_at = cursor.fetchone() or (None, None, None)
    finally:
        connection.close()
    lag = lag_of(dataset, newest, fetched_at, now_utc())
    state = {
        "newest_data_utc": dg.MetadataValue.timestamp(newest) if newest else None,
        "lag_minutes": round(lag / timedelta(minutes=1), 2) if lag is not None else None,
        "newest_lake_key": lake_key,
        LOAD_ID: load_id,
    }
    return {name: value for name, value in state.items() if value is not None}
