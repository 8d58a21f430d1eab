{#- What each series is held against: a relation, its start, its value and the state of that. -#}
{%- set outturns = {
    'national_demand': [ref('fct_demand_half_hourly'), 'period_start_utc', 'indo_mw', 'indo_state'],
    'transmission_demand': [ref('fct_demand_half_hourly'), 'period_start_utc', 'itsdo_mw', 'itsdo_state'],
    'wind': [ref('int_wind_hourly'), 'hour_start_utc', 'generation_mw', 'state'],
    'carbon_national': ['carbon', 'period_start_utc', 'carbon_actual_gco2_per_kwh', 'state'],
    'embedded_wind': [ref('int_neso_demand'), 'period_start_utc', 'embedded_wind_mw', 'embedded_wind_state'],
    'embedded_solar': [ref('int_neso_demand'), 'period_start_utc', 'embedded_solar_mw', 'embedded_solar_state'],
} -%}

-- A half-hour of which only a forecast was asked for may not be over.
with carbon as (

    select carbon.*
    from {{ ref('fct_carbon_half_hourly') }} as carbon
    where
        carbon.carbon_actual_gco2_per_kwh is not null
        or carbon.period_start_utc in (
            select asked.period_start_utc
            from {{ ref('int_asked_half_hours') }} as asked
            where asked.dataset in ('carbon_national_actual', 'history_carbon_national')
        )

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
            outturn.settlement_date,
            outturn.settlement_period,
            {{ 'outturn.' ~ start }} as period_start_utc,
            case when {{ counts('outturn.' ~ state) }} then outturn.{{ value }} end as outcome,
            outturn.{{ state }} as outcome_state
        from {{ relation }} as outturn
        cross join great_britain
        where outturn.{{ state }} <> 'forecast' and outturn.settlement_date >= {{ first_date_needed(series) }}
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
    *,
    {{ first_date_of('month', 'settlement_date') }} as month_start_date,
    {{ local_hour('period_start_utc') }} as hour_of_day
from outcomes
