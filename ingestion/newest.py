"""How new a dataset is: its newest row, and how long ago that ended."""

from datetime import datetime, timedelta

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingestion.catalogue import HISTORIES
from ingestion.dataset import Dataset
from ingestion.settlement import HALF_HOUR, local_midnight_utc


def newest_data(cursor: Cursor, dataset: Dataset) -> datetime | None:
    """The start in UTC of the newest row that came; None where there is none, or rows have no time."""
    if dataset.time_column is None:
        return None
    period = next((c.name for c in dataset.keys if c.type == "integer"), None)
    is_by_day = dataset.by_name[dataset.time_column].type == "day" and period is not None
    columns = [dataset.time_column, period] if is_by_day and period else [dataset.time_column]
    awaited = sql.SQL(" and {} is not null").format(sql.Identifier(dataset.awaited)) if dataset.awaited else sql.SQL("")
    statement = sql.SQL("select {columns} from {table} where not is_absent{awaited} order by {order} limit 1")
    cursor.execute(
        statement.format(
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            table=sql.Identifier("raw", dataset.id),
            awaited=awaited,
            order=sql.SQL(", ").join(sql.SQL("{} desc").format(sql.Identifier(name)) for name in columns),
        )
    )
    found = cursor.fetchone()
    if found is None:
        return None
    if isinstance(found[0], datetime):
        return found[0]
    return local_midnight_utc(found[0]) + (HALF_HOUR * (found[1] - 1) if is_by_day else timedelta(0))


def lag_of(dataset: Dataset, newest: datetime | None, newest_fetch: datetime | None, now: datetime) -> timedelta | None:
    """How long ago the newest row ended; of what is only known as it is now, how long ago it came; of files, None."""
    if dataset.id in HISTORIES:
        return None
    if dataset.newest is not None:
        return now - newest_fetch if newest_fetch else None
    return now - (newest + dataset.period) if newest else None
