{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

{#- Each check with its two sides, and whether both were asked for; the seed reconciliation_bounds describes them. -#}
{%- set checks = {
    'fuelinst_fuelhh': ['fuelinst_mw', 'fuelhh_mw', 'has_fuelinst and has_fuelhh'],
    'mix_indo': ['mix_mw', 'national_demand_mw', 'has_national_demand'],
    'supply_itsdo': ['transmission_supply_mw', 'transmission_demand_mw', 'has_transmission_demand'],
    'itsdo_indo': [
        'transmission_demand_mw',
        'national_demand_mw + exports_mw + pumping_mw',
        'has_national_demand and has_transmission_demand',
    ],
    'carbon_estimated_actual': ['carbon_estimated_gco2_per_kwh', 'carbon_actual_gco2_per_kwh', 'has_carbon'],
} -%}

with fuelhh_due as (

    select period_start_utc from {{ ref('int_asked_half_hours') }}
    where dataset = 'fuelhh' and {{ in_days_to_build('settlement_date') }}

),

fuelinst_due as (

    select distinct
        settlement_date,
        settlement_period
    from {{ ref('int_asked_five_minutes') }}
    where dataset = 'fuelinst' and {{ in_days_to_build('settlement_date') }}

),

sides as (

    select
        mix.*,
        grid.transmission_supply_mw,
        grid.exports_mw,
        case
            when grid.pumped_storage_mw < 0 then -grid.pumped_storage_mw
            when grid.pumped_storage_mw >= 0 then 0
        end as pumping_mw,
        {% for name in ['national', 'transmission'] %}
            case when {{ counts('demand.' ~ name ~ '_demand_state') }} then demand.{{ name }}_demand_mw end
                as {{ name }}_demand_mw,
            demand.{{ name }}_demand_state is not null as has_{{ name }}_demand,
        {% endfor %}
        carbon.carbon_estimated_gco2_per_kwh,
        case when {{ counts('grid.carbon_state') }} then grid.carbon_actual_gco2_per_kwh end
            as carbon_actual_gco2_per_kwh,
        coalesce(grid.carbon_state <> 'forecast', false) as has_carbon,
        -- a number may come before it is due
        fuelhh_due.period_start_utc is not null or mix.fuelhh_mw is not null as has_fuelhh,
        fuelinst_due.settlement_date is not null or mix.fuelinst_mw is not null as has_fuelinst
    from {{ ref('int_mix_totals') }} as mix
    left join fuelinst_due using (settlement_date, settlement_period)
    inner join {{ ref('fct_grid_half_hourly') }} as grid on mix.period_start_utc = grid.period_start_utc
    left join {{ ref('fct_carbon_estimated_half_hourly') }} as carbon
        on mix.period_start_utc = carbon.period_start_utc
    left join {{ ref('fct_demand_half_hourly') }} as demand on mix.period_start_utc = demand.period_start_utc
    left join fuelhh_due on mix.period_start_utc = fuelhh_due.period_start_utc
    where {{ in_days_to_build('mix.settlement_date') }}

)

-- Exact, so that a mean over a day does not depend on the order in which its half-hours lie in the table.
{% for check, sides in checks.items() %}
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        '{{ check }}' as check_name,
        cast({{ sides[0] }} as {{ exact_number() }}) as left_value,
        cast({{ sides[1] }} as {{ exact_number() }}) as right_value
    from sides
    where {{ sides[2] }}
    {{ 'union all' if not loop.last }}
{% endfor %}
