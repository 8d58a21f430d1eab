"""The pages over time: what each is made of."""

from dataclasses import dataclass

# The parts of the mix, as the columns of fct_grid_half_hourly (_mw) and fct_grid_daily (_mwh, _periods) begin.
SUPPLIES = (
    "nuclear",
    "biomass",
    "gas",
    "coal",
    "oil",
    "hydro",
    "wind",
    "embedded_wind",
    "embedded_solar",
    "other",
    "unknown",
    "pumped_storage",
    "imports",
)
MIX = (*SUPPLIES, "exports")


@dataclass(frozen=True)
class Subject:
    """What a page is about.

    has_datum: when a row of the mart holds a datum of that page.
    half_hourly, daily: columns of the mart, and of fct_grid_daily.
    half_hourly_windows: the windows that are shown by half-hour; the others are by day.
    """

    mart: str
    has_datum: str
    half_hourly: tuple[str, ...]
    daily: tuple[str, ...]
    half_hourly_windows: tuple[str, ...] = ("day", "week", "month")


def _daily_statistics(*measures: str) -> tuple[str, ...]:
    kinds = ("mean_{}", "min_{}", "max_{}", "{}_periods")
    return tuple(kind.format(measure) for measure in measures for kind in kinds)


SUBJECTS = {
    "mix": Subject(
        mart="fct_grid_half_hourly",
        has_datum="transmission_supply_mw is not null",
        half_hourly=(*(f"{part}_mw" for part in MIX), "transmission_supply_mw", "supply_mw", "generation_state"),
        daily=(
            *(f"{part}_{kind}" for part in MIX for kind in ("mwh", "periods")),
            *("transmission_supply_mwh", "transmission_supply_periods", "supply_mwh", "supply_periods"),
        ),
        half_hourly_windows=("day", "week"),
    ),
    "demand": Subject(
        mart="fct_demand_half_hourly",
        has_datum="indo_mw is not null or itsdo_mw is not null",
        half_hourly=("indo_mw", "indo_state", "itsdo_mw", "itsdo_state", "indo_and_embedded_mw"),
        daily=("indo_mwh", "indo_periods", "itsdo_mwh", "itsdo_periods", "demand_suspect_periods"),
    ),
    "price": Subject(
        mart="fct_prices_half_hourly",
        has_datum="market_index_price_gbp_per_mwh is not null or system_price_gbp_per_mwh is not null",
        half_hourly=(
            "market_index_price_gbp_per_mwh",
            "market_index_state",
            "system_price_gbp_per_mwh",
            "system_price_state",
            "settlement_run",
        ),
        daily=_daily_statistics("market_index_price_gbp_per_mwh", "system_price_gbp_per_mwh"),
    ),
    "carbon": Subject(
        mart="fct_carbon_half_hourly",
        has_datum="carbon_actual_gco2_per_kwh is not null",
        half_hourly=("carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh", "carbon_index", "state"),
        daily=(
            *_daily_statistics("carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh"),
            "carbon_suspect_periods",
        ),
    ),
}
