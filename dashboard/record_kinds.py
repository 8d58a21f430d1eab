"""Records by kind: their groups, and in which columns of fct_grid_half_hourly the numbers are that may come near."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.connection import Row

GROUPS = (
    "Generation",
    "Imports and exports",
    "Demand and supply",
    "Price",
    "Carbon",
    "Shares",
    "Runs",
)
_BY_UNIT = {"GBP/MWh": "Price", "gCO2/kWh": "Carbon", "1": "Shares"}


def group_of(record: Row) -> str:
    """The group of a record, by what it is of; one that is not known yet is of generation where its unit is power."""
    if record["span"] == "run":
        return "Runs"
    if record["unit"] in _BY_UNIT:
        return _BY_UNIT[record["unit"]]
    name = record["record_id"]
    if name.endswith(("_imports", "_exports")):
        return "Imports and exports"
    return "Demand and supply" if name.endswith(("_demand", "_supply")) else "Generation"


def in_order(records: Sequence[Row]) -> list[Row]:
    """Half-hours first, then days and runs; of each thing the highest beside the lowest."""

    def place(record: Row) -> tuple[int, str, str]:
        span = {"half_hour": 0, "day": 1}.get(record["span"], 2)
        return span, record["record_id"].removeprefix("highest_").removeprefix("lowest_"), record["direction"]

    return sorted(records, key=place)


@dataclass(frozen=True)
class Near:
    """Where the newest number is that may come near a record of half-hours.

    noun: as a sentence begins. columns: those that add up to it. state: the column of its state. number: its key in
    MEASURES, where it is a number of its own. has_embedded: whether NESO's forecast may be in it.
    """

    noun: str
    columns: tuple[str, ...]
    state: str
    number: str | None = None
    has_embedded: bool = False


_GENERATION = "transmission_state"  # as for the parts of the transmission system
_MEASURES = {
    "wind": Near("Wind", ("wind_mw", "embedded_wind_mw"), "generation_state", None, True),
    "transmission_wind": Near("Wind on the transmission system", ("wind_mw",), _GENERATION, "wind"),
    "solar": Near("Solar", ("embedded_solar_mw",), "generation_state", "embedded-solar", True),
    "nuclear": Near("Nuclear", ("nuclear_mw",), _GENERATION, "nuclear"),
    "gas": Near("Gas", ("gas_mw",), _GENERATION, "gas"),
    "imports": Near("Imports are", ("imports_mw",), _GENERATION, "imports"),
    "exports": Near("Exports are", ("exports_mw",), _GENERATION, "exports"),
    "supply": Near("Supply", ("supply_mw",), "generation_state", "supply", True),
    "demand": Near("National demand", ("indo_mw",), "indo_state", "demand"),
    "renewable_share": Near("The renewable share", ("renewable_share",), "generation_state", "renewable-share", True),
    "zero_carbon_share": Near(
        "The zero-carbon share", ("zero_carbon_share",), "generation_state", "zero-carbon-share", True
    ),
    "carbon": Near("Carbon intensity", ("carbon_actual_gco2_per_kwh",), "carbon_state", "carbon"),
    "price": Near("The market index price", ("market_index_price_gbp_per_mwh",), "market_index_state", "price"),
    "imbalance_price": Near(
        "The imbalance price", ("system_price_gbp_per_mwh",), "system_price_state", "imbalance-price"
    ),
}
NEAR_BY = {f"{extreme}_{name}": near for name, near in _MEASURES.items() for extreme in ("highest", "lowest")}
