{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with generation as (

    select
        generation.*,
        fuels.category,
        fuels.is_embedded,
        fuels.is_interconnector,
        fuels.is_renewable,
        fuels.is_zero_carbon,
        case when generation.generation_mw > 0 then generation.generation_mw else 0 end as positive_mw,
        case when generation.generation_mw < 0 then -generation.generation_mw else 0 end as negative_mw
    from {{ ref('fct_generation_half_hourly') }} as generation
    left join {{ ref('dim_fuels') }} as fuels on generation.fuel_code = fuels.fuel_code
    where {{ is_of_the_mix() }} and {{ in_days_to_build('generation.settlement_date') }}

),

mix as (

    select
        generation.period_start_utc,
        {% for category in ['nuclear', 'biomass', 'gas', 'coal', 'oil', 'hydro', 'other'] %}
            {{ whole_sum("generation.category = '" ~ category ~ "'") }} as {{ category }}_mw,
        {% endfor %}
        {{ whole_sum("generation.category = 'unknown' and not generation.is_interconnector") }} as unknown_mw,
        {{ whole_sum("generation.category = 'wind' and not generation.is_embedded") }} as wind_mw,
        {{ whole_sum("generation.fuel_code = 'EMBEDDED_WIND'") }} as embedded_wind_mw,
        {{ whole_sum("generation.fuel_code = 'EMBEDDED_SOLAR'") }} as embedded_solar_mw,
        {{ whole_sum("generation.category = 'storage'") }} as pumped_storage_mw,
        {{ whole_sum('generation.is_interconnector', 'generation.positive_mw') }} as imports_mw,
        {{ whole_sum('generation.is_interconnector', 'generation.negative_mw') }} as exports_mw,
        {{ whole_sum('not generation.is_embedded', 'generation.positive_mw') }} as transmission_supply_mw,
        {{ whole_sum('true', 'generation.positive_mw') }} as known_supply_mw,
        {{ whole_sum('generation.is_renewable', 'generation.positive_mw') }} as renewable_mw,
        {{ whole_sum('generation.is_zero_carbon', 'generation.positive_mw') }} as zero_carbon_mw,
        {{ whole_sum('generation.is_renewable and not generation.is_embedded', 'generation.positive_mw') }}
            as renewable_transmission_mw,
        {{ whole_sum('generation.is_zero_carbon and not generation.is_embedded', 'generation.positive_mw') }}
            as zero_carbon_transmission_mw,
        sum(case when generation.is_embedded then 1 else 0 end) as embedded_fuels,
        sum(case when not generation.is_embedded then 1 else 0 end) as transmission_fuels,
        count(*) as fuels_expected,
        sum(case when {{ counts('generation.state') }} then 1 else 0 end) as fuels_present,
        sum(case when generation.state = 'suspect' then 1 else 0 end) as fuels_suspect,
        {{ least_certain_of('generation.state') }} as generation_state,
        {{ least_certain_of('case when not generation.is_embedded then generation.state end') }} as transmission_state,
        min(case when not generation.is_embedded then generation.source_dataset end) as first_source_dataset,
        max(case when not generation.is_embedded then generation.source_dataset end) as last_source_dataset,
        max(case when generation.is_embedded and generation.state = 'forecast' then 1 else 0 end) = 1
            as is_embedded_forecast
    from generation
    group by generation.period_start_utc

),

-- Supply is all that feeds the grid. Without embedded wind and solar, or without the transmission system, it is not
-- known, and neither is a share of it.
supply as (

    select
        *,
        case when embedded_fuels = 2 and transmission_fuels > 0 then known_supply_mw end as supply_mw
    from mix

),

demand as (

    -- forecasts of demand alone are no reason for a row
    select * from {{ ref('fct_demand_half_hourly') }}
    where
        {{ in_days_to_build('settlement_date') }}
        and coalesce(
            indo_state, itsdo_state, embedded_solar_state, embedded_wind_state, nd_state, tsd_state
        ) is not null

),

prices as (

    select * from {{ ref('fct_prices_half_hourly') }} where {{ in_days_to_build('settlement_date') }}

),

carbon as (

    select * from {{ ref('fct_carbon_half_hourly') }} where {{ in_days_to_build('settlement_date') }}

),

periods as (

    select period_start_utc from supply
    union
    select period_start_utc from demand
    union
    select period_start_utc from prices
    union
    select period_start_utc from carbon

)

select
    {{ settlement_date('periods.period_start_utc') }} as settlement_date,
    {{ settlement_period('periods.period_start_utc') }} as settlement_period,
    periods.period_start_utc,
    prices.market_index_price_gbp_per_mwh,
    prices.market_index_state,
    prices.system_price_gbp_per_mwh,
    prices.net_imbalance_volume_mwh,
    prices.system_price_state,
    demand.indo_mw,
    demand.indo_state,
    demand.itsdo_mw,
    demand.itsdo_state,
    demand.indo_and_embedded_mw,
    supply.nuclear_mw,
    supply.biomass_mw,
    supply.gas_mw,
    supply.coal_mw,
    supply.oil_mw,
    supply.hydro_mw,
    supply.wind_mw,
    supply.embedded_wind_mw,
    supply.embedded_solar_mw,
    supply.other_mw,
    supply.unknown_mw,
    supply.pumped_storage_mw,
    supply.imports_mw,
    supply.exports_mw,
    supply.transmission_supply_mw,
    supply.supply_mw,
    case when supply.supply_mw is not null then supply.renewable_mw end as renewable_mw,
    case when supply.supply_mw is not null then supply.zero_carbon_mw end as zero_carbon_mw,
    cast(supply.nuclear_mw / nullif(supply.supply_mw, 0) as double precision) as nuclear_share,
    cast(supply.renewable_mw / nullif(supply.supply_mw, 0) as double precision) as renewable_share,
    cast(supply.zero_carbon_mw / nullif(supply.supply_mw, 0) as double precision) as zero_carbon_share,
    {% for part in ['nuclear', 'renewable_transmission', 'zero_carbon_transmission'] %}
        cast(supply.{{ part }}_mw / nullif(supply.transmission_supply_mw, 0) as double precision)
            as {{ part | replace('_transmission', '') }}_transmission_share,
    {% endfor %}
    supply.fuels_expected,
    supply.fuels_present,
    supply.fuels_suspect,
    supply.generation_state,
    supply.transmission_state,
    case
        when supply.first_source_dataset = supply.last_source_dataset then supply.first_source_dataset
        when supply.first_source_dataset is not null then 'several'
    end as transmission_source_dataset,
    supply.is_embedded_forecast,
    carbon.carbon_actual_gco2_per_kwh,
    carbon.carbon_forecast_gco2_per_kwh,
    carbon.carbon_index,
    carbon.state as carbon_state,
    {{ least_certain(['supply.generation_state', 'demand.state', 'prices.state', 'carbon.state']) }} as state
from periods
left join supply on periods.period_start_utc = supply.period_start_utc
left join demand on periods.period_start_utc = demand.period_start_utc
left join prices on periods.period_start_utc = prices.period_start_utc
left join carbon on periods.period_start_utc = carbon.period_start_utc
