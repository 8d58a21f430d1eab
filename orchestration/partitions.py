"""The daily partitions that all datasets share: settlement dates, up to today by the workspace's clock."""

from datetime import date

import dagster as dg

from energy_monitor.clock import tie
from ingestion.settlement import settlement_date_of

FIRST_DAY = date(2016, 1, 1)


def settlement_dates() -> dg.DailyPartitionsDefinition:
    """Partitions by UK-local day, today among them.

    Dagster counts days by the machine's clock. Where a simulator's clock was set days off, the end moves with it, by
    as much as when it was set, so that all processes agree. Where it also goes faster, days pass here at the
    machine's pace, and the last one stands for the present of the clock.
    """
    found = tie()
    ahead = (settlement_date_of(found[0]) - settlement_date_of(found[1])).days if found else 0
    return dg.DailyPartitionsDefinition(
        start_date=FIRST_DAY.isoformat(), timezone="Europe/London", end_offset=1 + ahead
    )
