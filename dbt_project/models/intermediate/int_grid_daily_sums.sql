{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

{#- Only numbers that count: suspect ones stay in the half-hourly mart, and are counted here. -#}
{%- set counted = {
    'indo': 'counted_indo_mw',
    'itsdo': 'counted_itsdo_mw',
    'embedded_wind': 'counted_embedded_wind_mw',
    'embedded_solar': 'counted_embedded_solar_mw',
    'carbon_actual_gco2_per_kwh': 'counted_carbon_actual_gco2_per_kwh',
} -%}

with half_hours as (

    select * from {{ ref('fct_grid_half_hourly') }} where {{ in_days_to_build('settlement_date') }}

),

counted as (

    select
        half_hours.*,
        -- a forecast stands in for what has been, beside the rest of supply; what is to come is no energy yet
        {% for part in ['embedded_wind', 'embedded_solar'] %}
            case
                when
                    half_hours.transmission_supply_mw is not null
                    or not coalesce(half_hours.is_embedded_forecast, false)
                    then half_hours.{{ part }}_mw
            end as counted_{{ part }}_mw,
        {% endfor %}
        -- a share is taken over the half-hours whose whole supply is known
        {% for share in grid_shares() %}
            case when half_hours.supply_mw is not null then half_hours.{{ share }}_mw end as shared_{{ share }}_mw,
        {% endfor %}
        case when {{ counts('half_hours.indo_state') }} then half_hours.indo_mw end as counted_indo_mw,
        case when {{ counts('half_hours.itsdo_state') }} then half_hours.itsdo_mw end as counted_itsdo_mw,
        case when {{ counts('half_hours.carbon_state') }} then half_hours.carbon_actual_gco2_per_kwh end
            as counted_carbon_actual_gco2_per_kwh
    from half_hours

)

select
    settlement_date,
    {% for energy in grid_energies() %}
        sum({{ counted.get(energy, energy ~ '_mw') }}) as {{ energy }}_mw_sum,
        count({{ counted.get(energy, energy ~ '_mw') }}) as {{ energy }}_periods,
    {% endfor %}
    {% for mean in grid_means() %}
        sum({{ counted.get(mean, mean) }}) as {{ mean }}_sum,
        min({{ counted.get(mean, mean) }}) as min_{{ mean }},
        max({{ counted.get(mean, mean) }}) as max_{{ mean }},
        count({{ counted.get(mean, mean) }}) as {{ mean }}_periods,
    {% endfor %}
    sum(net_imbalance_volume_mwh) as net_imbalance_volume_mwh,
    count(net_imbalance_volume_mwh) as net_imbalance_volume_periods,
    {% for share in grid_shares() %}
        sum(shared_{{ share }}_mw) as shared_{{ share }}_mw_sum,
    {% endfor %}
    sum(case when is_embedded_forecast then 1 else 0 end) as embedded_forecast_periods,
    sum(case when fuels_suspect > 0 then 1 else 0 end) as generation_suspect_periods,
    sum(case when carbon_state = 'suspect' then 1 else 0 end) as carbon_suspect_periods,
    sum(case when indo_state = 'suspect' or itsdo_state = 'suspect' then 1 else 0 end) as demand_suspect_periods,
    sum(case when state = 'missing' then 1 else 0 end) as periods_with_missing
from counted
group by 1
