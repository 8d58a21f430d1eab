{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with mix as (

    select * from {{ ref('int_grid_mix') }} where {{ in_days_to_build('settlement_date') }}

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

)

select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
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
    {% for energy in grid_energies() if energy not in ['indo', 'itsdo'] %}
        mix.{{ energy }}_mw,
    {% endfor %}
    mix.renewable_mw,
    mix.zero_carbon_mw,
    {% for part in ['nuclear', 'renewable', 'zero_carbon'] %}
        cast({{ ratio('mix.' ~ part ~ '_mw', 'nullif(mix.supply_mw, 0)') }} as {{ real_number() }}) as {{ part }}_share,
    {% endfor %}
    {% for part in ['nuclear', 'renewable_transmission', 'zero_carbon_transmission'] %}
        cast({{ ratio('mix.' ~ part ~ '_mw', 'nullif(mix.transmission_supply_mw, 0)') }} as {{ real_number() }})
            as {{ part | replace('_transmission', '') }}_transmission_share,
    {% endfor %}
    mix.fuels_expected,
    mix.fuels_present,
    mix.fuels_suspect,
    mix.generation_state,
    mix.transmission_state,
    mix.transmission_source_dataset,
    mix.is_embedded_forecast,
    carbon.carbon_actual_gco2_per_kwh,
    carbon.carbon_forecast_gco2_per_kwh,
    carbon.carbon_index,
    carbon.state as carbon_state,
    {{ least_certain(['mix.generation_state', 'demand.state', 'prices.state', 'carbon.state']) }} as state
from mix
full outer join demand using (period_start_utc)
full outer join prices using (period_start_utc)
full outer join carbon using (period_start_utc)
