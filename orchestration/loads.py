"""How far each dataset is loaded: what is compared with what was built, and with what Dagster was told."""

from psycopg2.extensions import connection as Connection

from ingestion.catalogue import DATASETS, KEPT

# Tags of a run that builds everything: that it does, and how far each dataset was loaded when it began.
WHOLE, LOADS = "energy_monitor/whole_build", "energy_monitor/loads"

LOAD_ID = "newest_load_id"  # in the metadata of a dataset's materializations

NEWEST = """
select dataset, (
    select max(load_id) from raw.loads where loads.dataset = asked.dataset and status = 'loaded'
)
from unnest(%s) as asked (dataset)
"""


def newest_loads(connection: Connection) -> dict[str, int]:
    """The number of the newest load of each dataset that has one, histories too; by an index, however many loads."""
    with connection, connection.cursor() as cursor:
        cursor.execute(NEWEST, [list(KEPT)])
        return {dataset: load_id for dataset, load_id in cursor.fetchall() if load_id is not None}


def source_of(dataset: str) -> str | None:
    """The source of a dataset that one can be asked for; None for a history."""
    return DATASETS[dataset].source if dataset in DATASETS else None
