"""The power station units that exist in the simulation. Their names are invented, so that nobody takes a simulated
outage for news of a real plant; kinds, sizes and years are like those of the real fleet."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from simulator.half_hours import index_of


@dataclass(frozen=True)
class Unit:
    """One unit: its fuel code, the fuel's name in REMIT messages, its capacity in MW, and its life in half-hours."""

    name: str
    fuel_code: str
    remit_fuel: str
    capacity_mw: float
    first_index: int
    last_index: int
    number: int

    @property
    def plant(self) -> str:
        return self.name.partition("-")[0]


# plant, units, MW of each, first year, last year (with fraction)
NUCLEAR = (
    ("WYLLEN", 2, 475, 2000, 2013.5), ("OLDERN", 2, 215, 2000, 2012.1), ("DUNMER", 2, 520, 2000, 2018.7),
    ("HUNSTER", 2, 480, 2000, 2018.3), ("HINDLE", 2, 440, 2000, 2022.55), ("HARTLOW", 2, 590, 2000, 2028.2),
    ("HEYDON", 2, 580, 2000, 2028.2), ("HEYDALE", 2, 615, 2000, 2030.2), ("TORNAR", 2, 595, 2000, 2030.2),
    ("SIZEMERE", 2, 598, 2000, 2060), ("HINKLAND", 2, 1630, 2031.0, 2090),
)  # fmt: skip
BIOMASS = (
    ("DRAYMOOR", 4, 645, 2013.5, 2060), ("LYNDALE", 1, 390, 2018.5, 2060), ("IRONHOLM", 2, 360, 2012, 2015.3),
    ("TEESHAM", 1, 285, 2024.0, 2060),
)  # fmt: skip
GAS = (
    ("ALDERWICK", 3, 470, 2000, 2060), ("BRAMFORD", 2, 720, 2000, 2060), ("CARRIDEN", 2, 450, 2016, 2060),
    ("DAMBURY", 3, 430, 2000, 2060), ("ENDERBY", 1, 408, 2000, 2035), ("GRAINMORE", 3, 425, 2011, 2060),
    ("KEADWELL", 2, 735, 2000, 2060), ("LANGHOLT", 2, 880, 2010, 2060), ("MARCHMONT", 2, 450, 2010, 2060),
    ("PEMBURY", 5, 437, 2012, 2060), ("SALTWICK", 3, 250, 2000, 2032), ("STAYHOPE", 4, 435, 2010, 2060),
    ("WESTBURN", 3, 440, 2013, 2060), ("SEABRIDGE", 2, 600, 2000, 2060),
)  # fmt: skip
PUMPED = (("DINOR", 6, 288, 2000, 2090), ("CRUACH", 4, 110, 2000, 2090), ("FESTIN", 4, 90, 2000, 2090))


def _year_start(year: float) -> int:
    return index_of(datetime(int(year), 1, 1, tzinfo=UTC)) + round((year % 1) * 17532)


@lru_cache(maxsize=1)
def units() -> tuple[Unit, ...]:
    """Every unit, in a fixed order; `number` is its place."""
    found: list[Unit] = []
    fleets = (
        ("NUCLEAR", "Nuclear", NUCLEAR),
        ("BIOMASS", "Biomass", BIOMASS),
        ("CCGT", "Fossil Gas", GAS),
        ("PS", "Hydro Pumped Storage", PUMPED),
    )
    for fuel_code, remit_fuel, plants in fleets:
        for plant, count, capacity_mw, first, last in plants:
            for unit in range(1, count + 1):
                name = f"{plant}-{unit}"
                life = _year_start(first), _year_start(last)
                found.append(Unit(name, fuel_code, remit_fuel, float(capacity_mw), *life, len(found)))
    return tuple(found)
