"""The daily partitions that all datasets share: settlement dates, up to today by the workspace's clock."""

from datetime import UTC, date, datetime

import dagster as dg

from energy_monitor.clock import now_utc
from ingestion.settlement import settlement_date_of

FIRST_DAY = date(2016, 1, 1)


def settlement_dates() -> dg.DailyPartitionsDefinition:
    """Partitions by UK-local day, today among them.

    Dagster counts days by the machine's clock; where a simulator's clock is days off, the end moves with it.
    """
    ahead = settlement_date_of(now_utc()) - settlement_date_of(datetime.now(UTC))
    return dg.DailyPartitionsDefinition(
        start_date=FIRST_DAY.isoformat(), timezone="Europe/London", end_offset=1 + ahead.days
    )
