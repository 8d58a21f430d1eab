"""What the page Charge asks: prices and carbon of the half-hours ahead, and the network regions."""

from datetime import datetime

from dashboard.connection import Row, rows
from dashboard.kept import kept
from dashboard.marts import regions as of_regions
from energy_monitor.ahead import Ahead, ahead_by


@kept
def ahead(region_code: str | None, from_utc: datetime, to_utc: datetime, known_utc: datetime | None = None) -> Ahead:
    """Half-hours from one instant to another, in a region or in Great Britain, as known now or at a moment."""
    return ahead_by(rows, region_code, from_utc, to_utc, known_utc)


@kept
def network_regions() -> list[Row]:
    """The regions that have a tariff, with their letter `gsp_group_code`."""
    letters = {
        row["region_id"]: row["gsp_group_code"]
        for row in rows("select region_id, gsp_group_code from marts.dim_regions where gsp_group_code is not null")
    }
    return [
        {**row, "gsp_group_code": letters[row["region_id"]]}
        for row in of_regions.regions()
        if row["region_id"] in letters
    ]
