"""The numbers that pages show, each with the mart and column it is in, and the versions that it came in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard import text
from dashboard.subjects import SUPPLIES

Words = Callable[[Any], str]


@dataclass(frozen=True)
class Versions:
    """Where the versions of a number are: a mart, the columns of its time and value, a condition, what to call a row.

    The condition may name the parameter :of, where a number is one of several of a kind.
    """

    mart: str
    value: str
    condition: str = "true"
    start: str = "period_start_utc"
    of: str = "cast(null as text)"


@dataclass(frozen=True)
class Measure:
    """A number. `key` is its name in addresses.

    state, daily_column: columns of its mart, and of fct_grid_daily. made_of: keys of what it is worked out from.
    of: the column that tells apart numbers of a kind, such as those of regions.
    """

    key: str
    label: str
    mart: str
    column: str
    words: Words
    versions: Versions | None = None
    subject: str | None = None
    state: str | None = "state"
    daily_column: str | None = None
    daily_words: Words = str
    made_of: tuple[str, ...] = ()
    of: str | None = None
    start: str = "period_start_utc"


_FUELS = "fuel_code in (select fuel_code from marts.dim_fuels where {} and not is_embedded)"
_CATEGORY = {
    "pumped_storage": "category = 'storage'",
    "imports": "is_interconnector",
    "exports": "is_interconnector",
    "unknown": "category = 'unknown' and not is_interconnector",
}


def part_label(name: str) -> str:
    """A part of the mix as people say it."""
    words = name.removeprefix("embedded_").replace("_", " ").capitalize()
    return f"{words}, embedded" if name.startswith("embedded_") else words


def _part(name: str) -> Measure:
    if name.startswith("embedded_"):
        versions = Versions("fct_embedded_generation_versions", f"{name}_mw", of="source_dataset")
    else:
        condition = _FUELS.format(_CATEGORY.get(name, f"category = '{name}'"))
        versions = Versions("fct_generation_half_hourly_versions", "generation_mw", condition, of="fuel_code")
    return Measure(
        name.replace("_", "-"),
        part_label(name),
        "fct_grid_half_hourly",
        f"{name}_mw",
        text.megawatts,
        versions,
        "mix",
        "generation_state",
        f"{name}_mwh",
        text.gigawatt_hours,
    )


def _share(part: str, label: str, made_of: tuple[str, ...]) -> Measure:
    return Measure(
        f"{part}-share".replace("_", "-"),
        label,
        "fct_grid_half_hourly",
        f"{part}_share",
        text.percent,
        state="generation_state",
        made_of=(*made_of, "supply"),
    )


_PARTS = tuple(_part(name) for name in (*SUPPLIES, "exports"))
_ZERO_CARBON = ("nuclear", "hydro", "wind", "embedded-wind", "embedded-solar")
_ALL = (
    Measure(
        "price",
        "Headline price",
        "fct_prices_half_hourly",
        "market_index_price_gbp_per_mwh",
        text.price,
        Versions("fct_market_index_versions", "price_gbp_per_mwh", "data_provider = 'APXMIDP'"),
        "price",
        "market_index_state",
        "mean_market_index_price_gbp_per_mwh",
        text.price,
    ),
    Measure(
        "imbalance-price",
        "Imbalance price",
        "fct_prices_half_hourly",
        "system_price_gbp_per_mwh",
        text.price,
        Versions("fct_system_price_versions", "system_price_gbp_per_mwh"),
        "price",
        "system_price_state",
        "mean_system_price_gbp_per_mwh",
        text.price,
    ),
    Measure(
        "demand",
        "National demand (INDO)",
        "fct_demand_half_hourly",
        "indo_mw",
        text.megawatts,
        Versions("fct_demand_half_hourly_versions", "indo_mw"),
        "demand",
        "indo_state",
        "indo_mwh",
        text.gigawatt_hours,
    ),
    Measure(
        "transmission-demand",
        "Transmission system demand (ITSDO)",
        "fct_demand_half_hourly",
        "itsdo_mw",
        text.megawatts,
        Versions("fct_demand_half_hourly_versions", "itsdo_mw"),
        "demand",
        "itsdo_state",
        "itsdo_mwh",
        text.gigawatt_hours,
    ),
    Measure(
        "whole-demand",
        "INDO with embedded wind and solar",
        "fct_demand_half_hourly",
        "indo_and_embedded_mw",
        text.megawatts,
        subject="demand",
        state="indo_state",
        made_of=("demand", "embedded-wind", "embedded-solar"),
    ),
    Measure(
        "demand-forecast",
        "Demand forecast",
        "fct_demand_half_hourly",
        "national_demand_forecast_mw",
        text.megawatts,
        Versions("fct_demand_forecast_versions", "national_demand_forecast_mw", "source_dataset = 'ndf'"),
        "demand",
        None,
    ),
    Measure(
        "carbon",
        "Carbon intensity, actual",
        "fct_carbon_half_hourly",
        "carbon_actual_gco2_per_kwh",
        text.carbon,
        Versions(
            "fct_carbon_national_versions",
            "carbon_actual_gco2_per_kwh",
            "source_dataset = 'carbon_national_actual'",
        ),
        "carbon",
        "state",
        "mean_carbon_actual_gco2_per_kwh",
        text.carbon,
    ),
    Measure(
        "carbon-forecast",
        "Carbon intensity, forecast",
        "fct_carbon_half_hourly",
        "carbon_forecast_gco2_per_kwh",
        text.carbon,
        Versions("fct_carbon_national_versions", "carbon_forecast_gco2_per_kwh", of="source_dataset"),
        "carbon",
        None,
        "mean_carbon_forecast_gco2_per_kwh",
        text.carbon,
    ),
    Measure(
        "regional-carbon",
        "Carbon intensity of a region, forecast",
        "fct_carbon_regional_half_hourly",
        "carbon_forecast_gco2_per_kwh",
        text.carbon,
        Versions("fct_carbon_regional_versions", "carbon_forecast_gco2_per_kwh", "region_id = cast(:of as integer)"),
        of="region_id",
    ),
    Measure(
        "agile-price",
        "Agile price of a tariff",
        "fct_retail_prices_half_hourly",
        "price_inc_vat_p_per_kwh",
        text.pence,
        Versions(
            "fct_retail_price_versions",
            "price_inc_vat_p_per_kwh",
            "tariff_code = :of and payment_method = ''",
            start="valid_from_utc",
        ),
        of="tariff_code",
    ),
    Measure(
        "flow",
        "Flow of a cable, five minutes",
        "fct_generation_five_minutely",
        "generation_mw",
        text.megawatts,
        Versions(
            "fct_generation_five_minutely_versions", "generation_mw", "fuel_code = :of", start="interval_start_utc"
        ),
        of="fuel_code",
        start="interval_start_utc",
    ),
    *_PARTS,
    Measure(
        "supply",
        "Supply",
        "fct_grid_half_hourly",
        "supply_mw",
        text.megawatts,
        subject="mix",
        state="generation_state",
        daily_column="supply_mwh",
        daily_words=text.gigawatt_hours,
        made_of=tuple(part.key for part in _PARTS if part.key != "exports"),
    ),
    _share("zero_carbon", "Zero-carbon share", _ZERO_CARBON),
    _share("renewable", "Renewable share", ("biomass", *_ZERO_CARBON[1:])),
    _share("nuclear", "Nuclear share", ("nuclear",)),
)
MEASURES = {measure.key: measure for measure in _ALL}


def of_subject(subject: str) -> list[Measure]:
    """The numbers of a page over time, in its order."""
    return [measure for measure in _ALL if measure.subject == subject]
