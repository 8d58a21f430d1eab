"""What is forecast: for each series its words, where its versions are, and what it is held against."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from dashboard import text
from dashboard.text import Number

GREAT_BRITAIN = 18  # the region of what is national
# Those of the seed forecast_horizons, in hours; a test compares. Which of them a series reaches its numbers say.
HORIZONS = tuple(Decimal(hours) for hours in ("0.5", "1", "2", "4", "8", "12", "24", "36", "48"))
A_DAY_AHEAD = "24 h"

Words = Callable[[Number], str]


@dataclass(frozen=True)
class Forecast:
    """A series of fct_forecast_accuracy.

    label: as it is chosen. name: within a sentence. outcome_name: what it is held against.
    versions: the mart of its versions; start and value: columns of it; condition: further, with :region_id or not.
    outcome: a mart with {braces}; outcome_value and outcome_state: columns of it; outcome_condition: as condition.
    keeps_issues: whether its source still has old issues, so that they can be fetched later.
    is_hourly: else by half-hour.
    """

    key: str
    label: str
    name: str
    outcome_name: str
    dataset: str
    versions: str
    value: str
    outcome: str
    outcome_value: str
    outcome_state: str = "state"
    condition: str = "true"
    outcome_condition: str = "true"
    start: str = "period_start_utc"
    keeps_issues: bool = False
    is_hourly: bool = False
    is_carbon: bool = False
    has_region: bool = False

    @property
    def minutes(self) -> int:
        """How long what one forecast is of lasts."""
        return 60 if self.is_hourly else 30

    @property
    def words(self) -> Words:
        return text.carbon if self.is_carbon else text.megawatts

    @property
    def error_words(self) -> Words:
        """Errors of carbon are small numbers, so they have a digit more."""
        return carbon_error if self.is_carbon else text.megawatts

    @property
    def periods(self) -> str:
        return "hours" if self.is_hourly else "half-hours"


def carbon_error(error_gco2_per_kwh: Number) -> str:
    if error_gco2_per_kwh is None:
        return text.NONE
    return f"{text.rounded(error_gco2_per_kwh, 1)}{text.NBSP}gCO₂/kWh"


_ALL = (
    Forecast(
        key="national_demand",
        label="Demand",
        name="the demand forecast",
        outcome_name="national demand (INDO)",
        dataset="ndf",
        versions="fct_demand_forecast_versions",
        value="national_demand_forecast_mw",
        condition="source_dataset = 'ndf'",
        outcome="fct_demand_half_hourly",
        outcome_value="indo_mw",
        outcome_state="indo_state",
        keeps_issues=True,
    ),
    Forecast(
        key="transmission_demand",
        label="Transmission demand",
        name="the forecast of transmission demand",
        outcome_name="transmission system demand (ITSDO)",
        dataset="tsdf",
        versions="fct_demand_forecast_versions",
        value="transmission_demand_forecast_mw",
        condition="source_dataset = 'tsdf'",
        outcome="fct_demand_half_hourly",
        outcome_value="itsdo_mw",
        outcome_state="itsdo_state",
        keeps_issues=True,
    ),
    Forecast(
        key="wind",
        label="Wind",
        name="the wind forecast",
        outcome_name="wind on the transmission system, by hour",
        dataset="windfor",
        versions="fct_wind_forecast_versions",
        start="hour_start_utc",
        value="wind_forecast_mw",
        outcome="fct_generation_half_hourly",
        outcome_value="generation_mw",
        outcome_condition="fuel_code = 'WIND'",
        keeps_issues=True,
        is_hourly=True,
    ),
    Forecast(
        key="carbon_national",
        label="Carbon",
        name="the carbon forecast",
        outcome_name="actual carbon intensity",
        dataset="carbon_national_forecast",
        versions="fct_carbon_national_versions",
        value="carbon_forecast_gco2_per_kwh",
        condition="source_dataset = 'carbon_national_forecast'",
        outcome="fct_carbon_half_hourly",
        outcome_value="carbon_actual_gco2_per_kwh",
        is_carbon=True,
    ),
    Forecast(
        key="carbon_regional",
        label="Carbon of a region",
        name="the carbon forecast",
        outcome_name="the last forecast before the half-hour began",
        dataset="carbon_regional_forecast",
        versions="fct_carbon_regional_versions",
        value="carbon_forecast_gco2_per_kwh",
        condition="region_id = :region_id",
        outcome="fct_carbon_regional_half_hourly",
        outcome_value="carbon_forecast_gco2_per_kwh",
        outcome_condition="region_id = :region_id",
        is_carbon=True,
        has_region=True,
    ),
    *(
        Forecast(
            key=f"embedded_{kind}",
            label=f"{kind.capitalize()} in local networks",
            name=f"the forecast of {kind} in local networks",
            outcome_name="NESO’s later estimate",
            dataset="neso_embedded_forecast",
            versions="fct_embedded_generation_versions",
            value=f"embedded_{kind}_mw",
            condition="source_dataset = 'neso_embedded_forecast'",
            outcome="fct_generation_half_hourly",
            outcome_value="generation_mw",
            outcome_condition=f"fuel_code = 'EMBEDDED_{kind.upper()}' and state <> 'forecast'",
        )
        for kind in ("wind", "solar")
    ),
)
FORECASTS = {forecast.key: forecast for forecast in _ALL}
BY_LABEL = {forecast.label: forecast for forecast in _ALL}


def horizon_label(hours: Decimal) -> str:
    """As 30 min, or 24 h: what is chosen, and written below a chart."""
    return "30 min" if hours < 1 else f"{hours.normalize():f} h"


_AHEAD = {
    Decimal("0.5"): "half an hour",
    Decimal(1): "an hour",
    Decimal(12): "half a day",
    Decimal(24): "a day",
    Decimal(36): "a day and a half",
    Decimal(48): "two days",
}


def ahead_text(hours: Decimal) -> str:
    """As a day, or 8 hours."""
    return _AHEAD.get(hours, f"{hours.normalize():f} hours")


BY_HORIZON_LABEL = {horizon_label(hours): hours for hours in HORIZONS}
