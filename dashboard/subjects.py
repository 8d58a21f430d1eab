"""The pages over time: what each is made of."""

from dataclasses import dataclass

from dashboard.windows import Choice

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
    compared, compared_daily: those of them that are set against an earlier week or year; the first is the measure.
    most_days_by_half_hour: longer windows are shown by day.
    """

    mart: str
    has_datum: str
    half_hourly: tuple[str, ...]
    daily: tuple[str, ...]
    compared: tuple[str, ...]
    compared_daily: tuple[str, ...]
    most_days_by_half_hour: int = 31

    def is_by_half_hour(self, choice: Choice) -> bool:
        return choice.days is not None and choice.days <= self.most_days_by_half_hour


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
        compared=("transmission_supply_mw",),
        compared_daily=("transmission_supply_mwh",),
        most_days_by_half_hour=14,
    ),
    "demand": Subject(
        mart="fct_demand_half_hourly",
        has_datum="indo_mw is not null or itsdo_mw is not null",
        half_hourly=(
            *("indo_mw", "indo_state", "itsdo_mw", "itsdo_state", "indo_and_embedded_mw"),
            *("national_demand_forecast_mw", "demand_forecast_published_at_utc"),
        ),
        daily=("indo_mwh", "indo_periods", "itsdo_mwh", "itsdo_periods", "demand_suspect_periods"),
        compared=("indo_mw",),
        compared_daily=("indo_mwh",),
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
        compared=("market_index_price_gbp_per_mwh",),
        compared_daily=("mean_market_index_price_gbp_per_mwh",),
    ),
    "carbon": Subject(
        mart="fct_carbon_half_hourly",
        has_datum="carbon_actual_gco2_per_kwh is not null",
        half_hourly=("carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh", "carbon_index", "state"),
        daily=(
            *_daily_statistics("carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh"),
            "carbon_suspect_periods",
        ),
        compared=("carbon_actual_gco2_per_kwh",),
        compared_daily=("mean_carbon_actual_gco2_per_kwh",),
    ),
}
