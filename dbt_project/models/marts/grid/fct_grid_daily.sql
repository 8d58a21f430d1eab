{#- Each energy and mean stands beside the number of half-hours that it is made of. -#}
{%- set energies = [
    'nuclear', 'biomass', 'gas', 'coal', 'oil', 'hydro', 'wind', 'embedded_wind', 'embedded_solar', 'other',
    'pumped_storage', 'imports', 'exports', 'transmission_supply', 'supply', 'indo', 'itsdo',
] -%}
{%- set means = [
    'market_index_price_gbp_per_mwh', 'system_price_gbp_per_mwh',
    'carbon_actual_gco2_per_kwh', 'carbon_forecast_gco2_per_kwh',
] -%}

with half_hours as (

    select * from {{ ref('fct_grid_half_hourly') }}

),

-- Only numbers that count: suspect ones stay in the half-hourly mart, and are counted here.
counted as (

    select
        half_hours.*,
        case when {{ counts('indo_state') }} then indo_mw end as counted_indo_mw,
        case when {{ counts('itsdo_state') }} then itsdo_mw end as counted_itsdo_mw,
        case when {{ counts('carbon_state') }} then carbon_actual_gco2_per_kwh end
            as counted_carbon_actual_gco2_per_kwh
    from half_hours

)

select
    settlement_date,
    {{ periods_in('settlement_date') }} as periods_in_day,
    {% for energy in energies -%}
    {%- set column = 'counted_' ~ energy ~ '_mw' if energy in ['indo', 'itsdo'] else energy ~ '_mw' -%}
    cast(sum({{ column }}) / 2 as double precision) as {{ energy }}_mwh,
    count({{ column }}) as {{ energy }}_periods,
    {% endfor -%}
    {% for mean in means -%}
    {%- set column = 'counted_' ~ mean if mean.startswith('carbon_actual') else mean -%}
    cast(avg({{ column }}) as double precision) as mean_{{ mean }},
    cast(min({{ column }}) as double precision) as min_{{ mean }},
    cast(max({{ column }}) as double precision) as max_{{ mean }},
    count({{ column }}) as {{ mean }}_periods,
    {% endfor -%}
    cast(sum(net_imbalance_volume_mwh) as double precision) as net_imbalance_volume_mwh,
    count(net_imbalance_volume_mwh) as net_imbalance_volume_periods,
    cast(sum(supply_mw * nuclear_share) / nullif(sum(supply_mw), 0) as double precision) as nuclear_share,
    cast(sum(supply_mw * renewable_share) / nullif(sum(supply_mw), 0) as double precision) as renewable_share,
    cast(sum(supply_mw * zero_carbon_share) / nullif(sum(supply_mw), 0) as double precision)
        as zero_carbon_share,
    sum(case when carbon_state = 'suspect' then 1 else 0 end) as carbon_suspect_periods,
    sum(case when indo_state = 'suspect' or itsdo_state = 'suspect' then 1 else 0 end) as demand_suspect_periods,
    sum(case when state = 'missing' then 1 else 0 end) as periods_with_missing
from counted
group by 1, 2
