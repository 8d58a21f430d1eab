{#- What each series is held against: a relation, its start, its value and the state of that. -#}
{%- set outturns = {
    'national_demand': ['demand', 'period_start_utc', 'indo_mw', 'indo_state'],
    'transmission_demand': ['demand', 'period_start_utc', 'itsdo_mw', 'itsdo_state'],
    'wind': ['wind', 'hour_start_utc', 'generation_mw', 'state'],
    'carbon_national': ['carbon', 'period_start_utc', 'carbon_actual_gco2_per_kwh', 'state'],
    'embedded_wind': ['embedded', 'period_start_utc', 'embedded_wind_mw', 'embedded_wind_state'],
    'embedded_solar': ['embedded', 'period_start_utc', 'embedded_solar_mw', 'embedded_solar_state'],
} -%}

with demand as (

    select * from {{ ref('fct_demand_half_hourly') }}

),

wind as (

    select * from {{ ref('int_wind_hourly') }}

),

embedded as (

    select * from {{ ref('int_neso_demand') }}

),

carbon_asked as (

    select distinct period_start_utc from {{ ref('int_asked_half_hours') }}
    where dataset in ('carbon_national_actual', 'history_carbon_national')

),

-- A half-hour of which only a forecast was asked for may not be over.
carbon as (

    select carbon.*
    from {{ ref('fct_carbon_half_hourly') }} as carbon
    left join carbon_asked on carbon.period_start_utc = carbon_asked.period_start_utc
    where carbon_asked.period_start_utc is not null or carbon.carbon_actual_gco2_per_kwh is not null

),

newest_regional_answer as (

    select max(fetched_at_utc) as newest_answer_utc from {{ ref('stg_ingestion__load_days') }}
    where dataset = 'carbon_regional_forecast' and covered_from_utc is not null

),

great_britain as (

    select region_id from {{ ref('regions') }} where region_kind = 'country'

),

outcomes as (

    {% for series, (relation, start, value, state) in outturns.items() %}
        select
            '{{ series }}' as series,
            great_britain.region_id,
            {{ relation }}.settlement_date,
            {{ relation }}.settlement_period,
            {{ relation }}.{{ start }} as period_start_utc,
            case when {{ counts(relation ~ '.' ~ state) }} then {{ relation }}.{{ value }} end as outcome,
            {{ relation }}.{{ state }} as outcome_state
        from {{ relation }}
        cross join great_britain
        where
            {{ relation }}.{{ state }} <> 'forecast'
            and {{ relation }}.settlement_date >= {{ first_date_needed(series) }}
        union all
    {% endfor %}
    -- there is no outturn: the last forecast before the half-hour began, where it was over at the newest answer
    select
        'carbon_regional' as series,
        regional.region_id,
        regional.settlement_date,
        regional.settlement_period,
        regional.period_start_utc,
        case when {{ counts('regional.state') }} then regional.carbon_forecast_gco2_per_kwh end as outcome,
        regional.state as outcome_state
    from {{ ref('fct_carbon_regional_half_hourly') }} as regional
    cross join newest_regional_answer
    where {{ add_minutes('regional.period_start_utc', 30) }} <= newest_regional_answer.newest_answer_utc

)

select
    series,
    region_id,
    settlement_date,
    settlement_period,
    period_start_utc,
    {{ first_date_of('month', 'settlement_date') }} as month_start_date,
    {{ local_hour('period_start_utc') }} as hour_of_day,
    outcome,
    outcome_state
from outcomes
