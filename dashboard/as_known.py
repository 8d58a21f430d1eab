"""The marts as they stood at a past moment, from the marts of versions: the same columns, so the same questions.

Numbers are as they came: what the marts call suspect is not told apart here, and what files of long histories brought
in is left out. A sum over fuels needs every fuel that is regular by then, as in the marts.
"""

from datetime import datetime
from typing import Any

from dashboard.connection import Row, rows
from dashboard.windows import MOST_DAYS_AS_KNOWN
from ingestion.settlement import DAY
from ingestion.settlement import settlement_date_of as local_date

AHEAD = 3 * DAY  # forecasts go two days ahead
STATE = "known"  # stands in the place of a number's state

_HELD = "known_from_utc <= :known_utc and (known_to_utc > :known_utc or known_to_utc is null)"
_BY_START = f"period_start_utc >= :known_first_utc and period_start_utc < :known_end_utc and {_HELD}"
_BY_DAY = f"settlement_date between :known_first_day and :known_last_day and {_HELD}"

_EMBEDDED = f"""
    select
        period_start_utc,
        coalesce(outturn.embedded_wind_mw, forecast.embedded_wind_mw) as embedded_wind_mw,
        coalesce(outturn.embedded_solar_mw, forecast.embedded_solar_mw) as embedded_solar_mw,
        outturn.embedded_wind_mw is null as is_forecast,
        coalesce(outturn.fetched_at_utc, forecast.fetched_at_utc) as fetched_at_utc,
        coalesce(outturn.lake_key, forecast.lake_key) as lake_key
    from (
        select * from marts.fct_embedded_generation_versions
        where source_dataset = 'neso_historic_demand' and embedded_wind_mw is not null and {_BY_DAY}
    ) as outturn
    full outer join (
        select * from marts.fct_embedded_generation_versions
        where source_dataset = 'neso_embedded_forecast' and {_BY_DAY}
    ) as forecast using (period_start_utc)
"""

# FUELINST's mean of six where FUELHH has not come
_TRANSMISSION = f"""
    select
        period_start_utc,
        fuel_code,
        coalesce(half_hourly.generation_mw, means.generation_mw) as generation_mw,
        coalesce(half_hourly.fetched_at_utc, means.fetched_at_utc) as fetched_at_utc,
        coalesce(half_hourly.lake_key, means.lake_key) as lake_key
    from (
        select period_start_utc, fuel_code, generation_mw, fetched_at_utc, lake_key
        from marts.fct_generation_half_hourly_versions where {_BY_START}
    ) as half_hourly
    full outer join (
        select
            date_bin('30 minutes', interval_start_utc, timestamptz '2000-01-01 00:00Z') as period_start_utc,
            fuel_code,
            avg(generation_mw) as generation_mw,
            max(fetched_at_utc) as fetched_at_utc,
            max(lake_key) as lake_key
        from marts.fct_generation_five_minutely_versions
        where {_BY_START.replace("period_start_utc", "interval_start_utc")}
        group by 1, 2
        having count(*) = 6 and count(generation_mw) = 6
    ) as means using (period_start_utc, fuel_code)
"""

_GENERATION = f"""
    select period_start_utc, fuel_code, generation_mw, '{STATE}' as state, fetched_at_utc, lake_key
    from ({_TRANSMISSION}) as transmission
    union all
    select period_start_utc, 'EMBEDDED_WIND', embedded_wind_mw,
        case when is_forecast then 'forecast' else '{STATE}' end, fetched_at_utc, lake_key
    from ({_EMBEDDED}) as embedded
    union all
    select period_start_utc, 'EMBEDDED_SOLAR', embedded_solar_mw,
        case when is_forecast then 'forecast' else '{STATE}' end, fetched_at_utc, lake_key
    from ({_EMBEDDED}) as embedded
"""

_CATEGORIES = ("nuclear", "biomass", "gas", "coal", "oil", "hydro", "other")
_SUMS = {
    **{f"{category}_mw": ("mw", f"category = '{category}'") for category in _CATEGORIES},
    "unknown_mw": ("mw", "category = 'unknown' and not is_interconnector"),
    "wind_mw": ("mw", "category = 'wind' and not is_embedded"),
    "embedded_wind_mw": ("mw", "fuel_code = 'EMBEDDED_WIND'"),
    "embedded_solar_mw": ("mw", "fuel_code = 'EMBEDDED_SOLAR'"),
    "pumped_storage_mw": ("mw", "category = 'storage'"),
    "imports_mw": ("supply_mw", "is_interconnector"),
    "exports_mw": ("use_mw", "is_interconnector"),
    "all_supply_mw": ("supply_mw", "true"),
    "all_renewable_mw": ("supply_mw", "is_renewable"),
    "all_zero_carbon_mw": ("supply_mw", "is_zero_carbon"),
    "all_transmission_mw": ("supply_mw", "not is_embedded"),
    "all_renewable_transmission_mw": ("supply_mw", "is_renewable and not is_embedded"),
    "all_zero_carbon_transmission_mw": ("supply_mw", "is_zero_carbon and not is_embedded"),
}
_MIX = f"""
    select
        generation.period_start_utc,
        bool_or(fuels.is_embedded and generation.state = 'forecast') as is_embedded_forecast,
        count(*) filter (where fuels.is_embedded and generation_mw is not null) = 2 as is_embedded_known,
        count(*) filter (where not fuels.is_embedded and fuels.is_known) >= (
            select count(*) from marts.dim_fuels as regular
            where regular.is_known and not regular.is_embedded
                and (regular.regular_from_utc is null or regular.regular_from_utc <= generation.period_start_utc)
        ) as is_whole,
        {", ".join(f"sum({value}) filter (where {condition}) as {name}" for name, (value, condition) in _SUMS.items())}
    from (
        select *, generation_mw as mw, greatest(generation_mw, 0) as supply_mw, greatest(-generation_mw, 0) as use_mw
        from ({_GENERATION}) as by_fuel
    ) as generation
    inner join (
        select * from marts.dim_fuels
    ) as fuels using (fuel_code)
    group by generation.period_start_utc
"""
_SHARES = ", ".join(
    f"cast(case when is_whole{condition} then {part} / nullif({whole}, 0) end as double precision) as {name}"
    for name, part, whole, condition in (
        ("nuclear_share", "nuclear_mw", "all_supply_mw", " and is_embedded_known"),
        ("renewable_share", "all_renewable_mw", "all_supply_mw", " and is_embedded_known"),
        ("zero_carbon_share", "all_zero_carbon_mw", "all_supply_mw", " and is_embedded_known"),
        ("nuclear_transmission_share", "nuclear_mw", "all_transmission_mw", ""),
        ("renewable_transmission_share", "all_renewable_transmission_mw", "all_transmission_mw", ""),
        ("zero_carbon_transmission_share", "all_zero_carbon_transmission_mw", "all_transmission_mw", ""),
    )
)
_GRID = f"""
    select
        *,
        case when is_whole then all_transmission_mw end as transmission_supply_mw,
        case when is_whole and is_embedded_known then all_supply_mw end as supply_mw,
        '{STATE}' as generation_state,
        {_SHARES}
    from ({_MIX}) as mix
"""

_PRICES = f"""
    select
        period_start_utc,
        market_index.price_gbp_per_mwh as market_index_price_gbp_per_mwh,
        market_index.volume_mwh as market_index_volume_mwh,
        '{STATE}' as market_index_state,
        system_prices.system_price_gbp_per_mwh,
        system_prices.net_imbalance_volume_mwh,
        '{STATE}' as system_price_state,
        cast(null as text) as settlement_run,
        '{STATE}' as state,
        coalesce(market_index.fetched_at_utc, system_prices.fetched_at_utc) as fetched_at_utc,
        coalesce(market_index.lake_key, system_prices.lake_key) as lake_key,
        system_prices.fetched_at_utc as system_price_fetched_at_utc,
        system_prices.lake_key as system_price_lake_key
    from (
        select * from marts.fct_market_index_versions
        where data_provider = 'APXMIDP' and volume_mwh > 0 and {_BY_START}
    ) as market_index
    full outer join (
        select * from marts.fct_system_price_versions where {_BY_DAY}
    ) as system_prices using (period_start_utc)
"""

_DEMAND = f"""
    select
        period_start_utc,
        outturn.indo_mw,
        '{STATE}' as indo_state,
        outturn.itsdo_mw,
        '{STATE}' as itsdo_state,
        outturn.indo_mw + embedded.embedded_wind_mw + embedded.embedded_solar_mw as indo_and_embedded_mw,
        forecasts.national_demand_forecast_mw,
        forecasts.published_at_utc as demand_forecast_published_at_utc,
        outturn.fetched_at_utc,
        outturn.lake_key
    from (select * from marts.fct_demand_half_hourly_versions where {_BY_DAY}) as outturn
    full outer join ({_EMBEDDED}) as embedded using (period_start_utc)
    full outer join (
        -- what was forecast of a half-hour as it began, as in the mart, or as it stood at the moment before
        select * from marts.fct_demand_forecast_versions
        where source_dataset = 'ndf'
            and {_BY_START.replace(":known_utc", "least(:known_utc, period_start_utc)")}
    ) as forecasts using (period_start_utc)
"""

_CARBON = f"""
    select
        period_start_utc,
        actual.carbon_actual_gco2_per_kwh,
        case when actual.fetched_at_utc >= coalesce(forecast.fetched_at_utc, actual.fetched_at_utc)
            then coalesce(actual.carbon_forecast_gco2_per_kwh, forecast.carbon_forecast_gco2_per_kwh)
            else coalesce(forecast.carbon_forecast_gco2_per_kwh, actual.carbon_forecast_gco2_per_kwh)
        end as carbon_forecast_gco2_per_kwh,
        case when actual.fetched_at_utc >= coalesce(forecast.fetched_at_utc, actual.fetched_at_utc)
            then coalesce(actual.carbon_index, forecast.carbon_index)
            else coalesce(forecast.carbon_index, actual.carbon_index)
        end as carbon_index,
        case when actual.carbon_actual_gco2_per_kwh is null then 'forecast' else '{STATE}' end as state,
        greatest(actual.fetched_at_utc, forecast.fetched_at_utc) as fetched_at_utc,
        coalesce(actual.lake_key, forecast.lake_key) as lake_key
    from (
        select * from marts.fct_carbon_national_versions
        where source_dataset = 'carbon_national_actual' and {_BY_START}
    ) as actual
    full outer join (
        select * from marts.fct_carbon_national_versions
        where source_dataset = 'carbon_national_forecast' and {_BY_START}
    ) as forecast using (period_start_utc)
"""

_FIVE_MINUTELY = f"""
    select interval_start_utc, fuel_code, generation_mw, fetched_at_utc
    from marts.fct_generation_five_minutely_versions
    where interval_start_utc > :known_utc - interval '2 hours' and interval_start_utc <= :known_utc and {_HELD}
"""

_REGIONAL = """
    select
        known.*,
        regions.region_name,
        'forecast' as state
    from marts.carbon_regional_as_known_at(:known_utc, :known_first_utc, :known_end_utc) as known
    inner join marts.dim_regions as regions using (region_id)
"""

# A rate that holds for longer than a half-hour has no row of its own half-hours here, as it has in the mart.
_RETAIL = f"""
    select
        valid_from_utc as period_start_utc,
        tariff_code,
        price_inc_vat_p_per_kwh,
        '{STATE}' as state,
        fetched_at_utc,
        lake_key
    from marts.fct_retail_price_versions
    where payment_method = '' and valid_to_utc = valid_from_utc + interval '30 minutes'
        and {_BY_START.replace("period_start_utc", "valid_from_utc")}
"""

_OUTAGES = """
    select *, case when superseded_at_utc <= :known_utc then superseded_at_utc end as superseded_by_then_utc
    from marts.fct_outages where published_at_utc <= :known_utc
"""

RELATIONS = {
    "fct_generation_half_hourly": _GENERATION,
    "fct_generation_five_minutely": _FIVE_MINUTELY,
    "fct_grid_half_hourly": _GRID,
    "fct_prices_half_hourly": _PRICES,
    "fct_demand_half_hourly": _DEMAND,
    "fct_carbon_half_hourly": _CARBON,
    "fct_carbon_regional_half_hourly": _REGIONAL,
    "fct_retail_prices_half_hourly": _RETAIL,
    "fct_outages": _OUTAGES,
}
_NOW = {mart: f"marts.{mart}" for mart in RELATIONS} | {
    "fct_outages": "(select *, superseded_at_utc as superseded_by_then_utc from marts.fct_outages)"
}
_THEN = {mart: f"({relation})" for mart, relation in RELATIONS.items()}


def ask(statement: str, known_utc: datetime | None, **parameters: Any) -> list[Row]:
    """The rows of a query in which {mart} stands for a mart, as it is now or as it was known at a moment.

    As known, a mart holds the half-hours of `start_utc` to `end_utc` where those are given, else of the fourteen days
    before the moment and of the three after it.
    """
    if known_utc is None:
        return rows(statement.format_map(_NOW), **parameters)
    first = parameters.get("start_utc") or known_utc - MOST_DAYS_AS_KNOWN * DAY
    end = parameters.get("end_utc") or known_utc + AHEAD
    return rows(
        statement.format_map(_THEN),
        **parameters,
        known_utc=known_utc,
        known_first_utc=first,
        known_end_utc=end,
        known_first_day=local_date(first),
        known_last_day=local_date(end),
    )
