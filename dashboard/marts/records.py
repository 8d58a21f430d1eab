"""What is asked of records: those that hold, how each came to be, and the numbers that may be near them."""

from datetime import datetime, timedelta

from dashboard.connection import Row, rows
from dashboard.kept import kept
from dashboard.record_kinds import NEAR_BY

LATELY = timedelta(days=7)  # what was set within it is news
NEWEST = timedelta(hours=12)  # an older number is not of now


@kept
def records() -> list[Row]:
    """The records that hold, by name."""
    return rows("select * from marts.fct_records order by record_name, record_id")


@kept
def history(record_id: str) -> list[Row]:
    """All that set a record or equalled it, in the order of the data."""
    return rows(
        """
        select
            period_start_utc, period_end_utc, value, unit, periods, state, is_tie, is_current, ties, beaten_value,
            beaten_period_start_utc, held_from_utc, held_until_utc, source_dataset
        from marts.fct_record_history
        where record_id = :record_id
        order by period_start_utc
        """,
        record_id=record_id,
    )


@kept
def broken_lately(before_utc: datetime) -> list[Row]:
    """The records that hold and were broken within the week before a moment, newest first; a first one broke none."""
    return rows(
        """
        select * from marts.fct_records
        where held_from_utc > :since_utc and held_from_utc <= :before_utc and beaten_value is not null
        order by held_from_utc desc, record_id
        """,
        since_utc=before_utc - LATELY,
        before_utc=before_utc,
    )


@kept
def newest_numbers(before_utc: datetime) -> dict[str, Row]:
    """By record: `period_start_utc`, `value` and `is_forecast` of the newest half-hour of what it is a record of.

    Only half-hours that began within twelve hours before a moment; a record without one is not in it.
    """
    found = rows(
        """
        select * from marts.fct_grid_half_hourly
        where period_start_utc > :since_utc and period_start_utc <= :before_utc
        order by period_start_utc
        """,
        since_utc=before_utc - NEWEST,
        before_utc=before_utc,
    )
    newest: dict[str, Row] = {}
    for record_id, near in NEAR_BY.items():
        for row in found:
            values = [row[column] for column in near.columns]
            if None in values or row[near.state] not in ("provisional", "settled", "forecast"):
                continue
            newest[record_id] = {
                "period_start_utc": row["period_start_utc"],
                "value": sum(values[1:], values[0]),
                "is_forecast": near.has_embedded and bool(row["is_embedded_forecast"]),
            }
    return newest
