"""Elexon's lists of fuels and cables, as they stand at a time. Bare arrays."""

from datetime import datetime
from typing import Any

from simulator.five_minutes import listed_fuels
from simulator.half_hours import index_of

# code: name, area on the other side
INTERCONNECTORS = {
    "INTELEC": ("Eleclink (INTELEC)", "10YFR-RTE------C"),
    "INTEW": ("Ireland(East-West)", "10Y1001A1001A59C"),
    "INTFR": ("France(IFA)", "10YFR-RTE------C"),
    "INTGRNL": ("Greenlink (INTGRNL)", "10Y1001A1001A59C"),
    "INTIFA2": ("IFA2 (INTIFA2)", "10YFR-RTE------C"),
    "INTIRL": ("Northern Ireland(Moyle)", "10Y1001A1001A59C"),
    "INTNED": ("Netherlands(BritNed)", "10YNL----------L"),
    "INTNEM": ("Belgium (Nemolink)", "10YBE----------2"),
    "INTNSL": ("North Sea Link (INTNSL)", "10YNO-2--------T"),
    "INTVKL": ("Viking Link (INTVKL)", "10YDK-1--------W"),
}


def fuel_types(seed: int, now_utc: datetime) -> list[str]:
    """`/reference/fueltypes/all`: the fuel codes; a cable's comes with its first row."""
    return list(listed_fuels(index_of(now_utc)))


def interconnectors(seed: int, now_utc: datetime) -> list[dict[str, Any]]:
    """`/reference/interconnectors/all`: the cables that have a code by now."""
    listed = listed_fuels(index_of(now_utc))
    return [
        {"interconnectorId": code, "interconnectorName": name, "interconnectorBiddingZone": zone}
        for code, (name, zone) in INTERCONNECTORS.items()
        if code in listed
    ]
