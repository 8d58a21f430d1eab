{#- Each energy and mean stands beside the number of half-hours that it is made of. -#}
{%- set energies = [
    'nuclear', 'biomass', 'gas', 'coal', 'oil', 'hydro', 'wind', 'embedded_wind', 'embedded_solar', 'other',
    'unknown', 'pumped_storage', 'imports', 'exports', 'transmission_supply', 'supply', 'indo', 'itsdo',
] -%}
{%- set means = [
    'market_index_price_gbp_per_mwh', 'system_price_gbp_per_mwh',
    'carbon_actual_gco2_per_kwh', 'carbon_forecast_gco2_per_kwh',
] -%}
{#- Only numbers that count: suspect ones stay in the half-hourly mart, and are counted here. -#}
{%- set counted = {
    'indo_mw': 'counted_indo_mw',
    'itsdo_mw': 'counted_itsdo_mw',
    'carbon_actual_gco2_per_kwh': 'counted_carbon_actual_gco2_per_kwh',
    'embedded_wind_mw': 'counted_embedded_wind_mw',
    'embedded_solar_mw': 'counted_embedded_solar_mw',
} -%}

with half_hours as (

    select * from {{ ref('fct_grid_half_hourly') }}

),

counted as (

    select
        half_hours.*,
        case when {{ counts('half_hours.indo_state') }} then half_hours.indo_mw end as counted_indo_mw,
        case when {{ counts('half_hours.itsdo_state') }} then half_hours.itsdo_mw end as counted_itsdo_mw,
        case when {{ counts('half_hours.carbon_state') }} then half_hours.carbon_actual_gco2_per_kwh end
            as counted_carbon_actual_gco2_per_kwh,
        -- a forecast stands in for what has been, beside the rest of supply; what is to come is no energy yet
        {% for part in ['embedded_wind', 'embedded_solar'] %}
            case
                when
                    half_hours.transmission_supply_mw is not null
                    or not coalesce(half_hours.is_embedded_forecast, false)
                    then half_hours.{{ part }}_mw
            end as counted_{{ part }}_mw,
        {% endfor %}
        -- a share is taken over the half-hours whose whole supply is known, as renewable_mw is
        case when half_hours.supply_mw is not null then half_hours.nuclear_mw end as shared_nuclear_mw
    from half_hours

)

select
    settlement_date,
    {{ periods_in('settlement_date') }} as periods_in_day,
    {% for energy in energies %}
        cast(sum({{ counted.get(energy ~ '_mw', energy ~ '_mw') }}) / 2 as double precision) as {{ energy }}_mwh,
        count({{ counted.get(energy ~ '_mw', energy ~ '_mw') }}) as {{ energy }}_periods,
    {% endfor %}
    {% for mean in means %}
        cast(avg({{ counted.get(mean, mean) }}) as double precision) as mean_{{ mean }},
        cast(min({{ counted.get(mean, mean) }}) as double precision) as min_{{ mean }},
        cast(max({{ counted.get(mean, mean) }}) as double precision) as max_{{ mean }},
        count({{ counted.get(mean, mean) }}) as {{ mean }}_periods,
    {% endfor %}
    cast(sum(net_imbalance_volume_mwh) as double precision) as net_imbalance_volume_mwh,
    count(net_imbalance_volume_mwh) as net_imbalance_volume_periods,
    cast(sum(shared_nuclear_mw) / nullif(sum(supply_mw), 0) as double precision) as nuclear_share,
    cast(sum(renewable_mw) / nullif(sum(supply_mw), 0) as double precision) as renewable_share,
    cast(sum(zero_carbon_mw) / nullif(sum(supply_mw), 0) as double precision) as zero_carbon_share,
    sum(case when is_embedded_forecast then 1 else 0 end) as embedded_forecast_periods,
    sum(case when fuels_suspect > 0 then 1 else 0 end) as generation_suspect_periods,
    sum(case when carbon_state = 'suspect' then 1 else 0 end) as carbon_suspect_periods,
    sum(case when indo_state = 'suspect' or itsdo_state = 'suspect' then 1 else 0 end) as demand_suspect_periods,
    sum(case when state = 'missing' then 1 else 0 end) as periods_with_missing
from counted
group by 1, 2
