"""The pages over time: which marts and columns each is made of."""

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
DAILY_MIX = tuple(part for part in MIX if part != "unknown")

# What a page is about: the mart, and when a row of it holds a datum of that page.
SUBJECTS = {
    "mix": ("fct_grid_half_hourly", "transmission_supply_mw is not null"),
    "demand": ("fct_demand_half_hourly", "indo_mw is not null or itsdo_mw is not null"),
    "price": (
        "fct_prices_half_hourly",
        "market_index_price_gbp_per_mwh is not null or system_price_gbp_per_mwh is not null",
    ),
    "carbon": ("fct_carbon_half_hourly", "carbon_actual_gco2_per_kwh is not null"),
}
HALF_HOURLY = {
    "mix": (*(f"{part}_mw" for part in MIX), "transmission_supply_mw", "supply_mw", "generation_state"),
    "demand": ("indo_mw", "indo_state", "itsdo_mw", "itsdo_state", "indo_and_embedded_mw"),
    "price": (
        "market_index_price_gbp_per_mwh",
        "market_index_state",
        "system_price_gbp_per_mwh",
        "system_price_state",
        "settlement_run",
    ),
    "carbon": ("carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh", "carbon_index", "state"),
}


def _daily_statistics(*measures: str) -> tuple[str, ...]:
    kinds = ("mean_{}", "min_{}", "max_{}", "{}_periods")
    return tuple(kind.format(measure) for measure in measures for kind in kinds)


DAILY = {
    "mix": (
        *(f"{part}_{kind}" for part in DAILY_MIX for kind in ("mwh", "periods")),
        *("transmission_supply_mwh", "transmission_supply_periods", "supply_mwh", "supply_periods"),
    ),
    "demand": ("indo_mwh", "indo_periods", "itsdo_mwh", "itsdo_periods", "demand_suspect_periods"),
    "price": _daily_statistics("market_index_price_gbp_per_mwh", "system_price_gbp_per_mwh"),
    "carbon": (
        *_daily_statistics("carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh"),
        "carbon_suspect_periods",
    ),
}
