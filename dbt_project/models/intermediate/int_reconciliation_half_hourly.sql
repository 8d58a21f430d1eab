{#- Each check with its two sides, and whether both were asked for; the seed reconciliation_bounds says what they are. -#}
{%- set checks = {
    'fuelinst_fuelhh': ['fuelinst_mw', 'fuelhh_mw', 'is_fuelhh_due and is_fuelinst_due'],
    'mix_indo': ['mix_mw', 'national_demand_mw', 'has_mix and has_national_demand'],
    'supply_itsdo': ['transmission_supply_mw', 'transmission_demand_mw', 'has_mix and has_transmission_demand'],
    'itsdo_indo': [
        'transmission_demand_mw',
        'national_demand_mw + exports_mw + pumping_mw',
        'has_mix and has_national_demand and has_transmission_demand',
    ],
    'carbon_estimated_actual': ['carbon_estimated_gco2_per_kwh', 'carbon_actual_gco2_per_kwh', 'has_mix and has_carbon'],
} -%}

with fuelhh_due as (

    select period_start_utc from {{ ref('int_asked_half_hours') }} where dataset = 'fuelhh'

),

fuelinst_due as (

    select distinct
        settlement_date,
        settlement_period
    from {{ ref('int_asked_five_minutes') }}
    where dataset = 'fuelinst'

),

-- The sources themselves: fct_generation_half_hourly has FUELINST's mean in place of what FUELHH lacks.
generation as (

    select
        generation.*,
        means.generation_mw as fuelinst_mw,
        case
            when generation.source_dataset = 'fuelhh' and {{ counts('generation.state') }}
                then generation.generation_mw
        end as fuelhh_mw
    from {{ ref('fct_generation_half_hourly') }} as generation
    inner join {{ ref('dim_fuels') }} as fuels on generation.fuel_code = fuels.fuel_code
    left join {{ ref('int_generation_means') }} as means
        on
            generation.settlement_date = means.settlement_date
            and generation.settlement_period = means.settlement_period
            and generation.fuel_code = means.fuel_code
    where not fuels.is_embedded and {{ is_of_the_mix() }}

),

mix as (

    select
        generation.period_start_utc,
        {{ whole_sum('true') }} as mix_mw,
        {% for source in ['fuelinst', 'fuelhh'] %}
            case when count(*) = count(generation.{{ source }}_mw) then sum(generation.{{ source }}_mw) end
                as {{ source }}_mw{{ ',' if not loop.last }}
        {% endfor %}
    from generation
    group by 1

),

demand as (

    select
        period_start_utc,
        {% for name in ['national', 'transmission'] %}
            {{ name }}_demand_state is not null as has_{{ name }}_demand,
            case when {{ counts(name ~ '_demand_state') }} then {{ name }}_demand_mw end
                as {{ name }}_demand_mw{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_demand_half_hourly') }}

),

sides as (

    select
        grid.settlement_date,
        grid.settlement_period,
        grid.period_start_utc,
        grid.transmission_supply_mw,
        grid.exports_mw,
        case
            when grid.pumped_storage_mw < 0 then -grid.pumped_storage_mw
            when grid.pumped_storage_mw >= 0 then 0
        end as pumping_mw,
        mix.mix_mw,
        mix.fuelinst_mw,
        mix.fuelhh_mw,
        demand.national_demand_mw,
        demand.transmission_demand_mw,
        carbon.carbon_estimated_gco2_per_kwh,
        case when {{ counts('grid.carbon_state') }} then grid.carbon_actual_gco2_per_kwh end
            as carbon_actual_gco2_per_kwh,
        fuelhh_due.period_start_utc is not null as is_fuelhh_due,
        fuelinst_due.settlement_date is not null as is_fuelinst_due,
        mix.period_start_utc is not null as has_mix,
        coalesce(demand.has_national_demand, false) as has_national_demand,
        coalesce(demand.has_transmission_demand, false) as has_transmission_demand,
        coalesce(grid.carbon_state <> 'forecast', false) as has_carbon
    from {{ ref('fct_grid_half_hourly') }} as grid
    left join mix on grid.period_start_utc = mix.period_start_utc
    left join demand on grid.period_start_utc = demand.period_start_utc
    left join {{ ref('fct_carbon_estimated_half_hourly') }} as carbon
        on grid.period_start_utc = carbon.period_start_utc
    left join fuelhh_due on grid.period_start_utc = fuelhh_due.period_start_utc
    left join fuelinst_due
        on
            grid.settlement_date = fuelinst_due.settlement_date
            and grid.settlement_period = fuelinst_due.settlement_period

)

{% for check, sides in checks.items() %}
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        '{{ check }}' as check_name,
        cast({{ sides[0] }} as double precision) as left_value,
        cast({{ sides[1] }} as double precision) as right_value
    from sides
    where {{ sides[2] }}
    {{ 'union all' if not loop.last }}
{% endfor %}
