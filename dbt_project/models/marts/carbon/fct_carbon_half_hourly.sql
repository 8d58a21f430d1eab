{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

{%- set datasets = ['carbon_national_actual', 'carbon_national_forecast', 'history_carbon_national'] %}
-- What files brought in stands where the API has no such number, and withdrew none.
{%- set actuals = [
    ('carbon_national_actual', "carbon_national_actual.carbon_actual_state <> 'missing'"),
    ('history_carbon_national', "history_carbon_national.carbon_actual_state <> 'missing'"),
] %}
-- Both datasets of the API carry the forecast: the one that was fetched later has the newer.
{%- set is_actual_newer = 'carbon_national_actual.fetched_at_utc >= '
    ~ 'coalesce(carbon_national_forecast.fetched_at_utc, carbon_national_actual.fetched_at_utc)' %}
{%- set forecasts = {} %}
{%- for column in ['carbon_forecast_gco2_per_kwh', 'carbon_index'] %}
    {%- do forecasts.update({column: [
        ('carbon_national_actual', is_actual_newer ~ ' and carbon_national_actual.' ~ column ~ ' is not null'),
        ('carbon_national_forecast', 'carbon_national_forecast.' ~ column ~ ' is not null'),
        ('carbon_national_actual', 'carbon_national_actual.' ~ column ~ ' is not null'),
        ('history_carbon_national', 'history_carbon_national.' ~ column ~ ' is not null'),
    ]}) %}
{%- endfor %}
{%- set versions = [
    ('history_carbon_national', first_source(actuals) ~ " = 'history_carbon_national'"),
    ('carbon_national_actual', is_actual_newer),
    ('carbon_national_forecast', 'carbon_national_forecast.fetched_at_utc is not null'),
] %}

with asked as (

    select
        period_start_utc,
        max(case when dataset <> 'carbon_national_forecast' then 1 else 0 end) = 1 as is_actual_due
    from {{ ref('int_asked_half_hours') }}
    where
        dataset in ('{{ datasets | join("', '") }}')
        and {{ in_days_to_build('settlement_date') }}
    group by 1

),

{% for dataset in datasets %}
    {{ dataset }} as (

        select * from {{ ref('int_carbon_national_received') }}
        where dataset = '{{ dataset }}' and {{ in_days_to_build('settlement_date') }}

    ){{ ',' if not loop.last }}

{% endfor %}

select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
    {{ from_first_source(actuals, 'carbon_actual_gco2_per_kwh') }} as carbon_actual_gco2_per_kwh,
    {{ first_source(actuals) }} as carbon_actual_source_dataset,
    {{ from_first_source(forecasts.carbon_forecast_gco2_per_kwh, 'carbon_forecast_gco2_per_kwh') }}
        as carbon_forecast_gco2_per_kwh,
    {{ first_source(forecasts.carbon_forecast_gco2_per_kwh) }} as carbon_forecast_source_dataset,
    {{ from_first_source(forecasts.carbon_index, 'carbon_index') }} as carbon_index,
    coalesce(
        nullif({{ from_first_source(actuals, 'carbon_actual_state') }}, 'missing'),
        case
            when asked.is_actual_due then 'missing'
            when {{ first_source(forecasts.carbon_forecast_gco2_per_kwh) }} is not null then 'forecast'
            else 'missing'
        end
    ) as state,
    {{ from_first_source(versions, 'fetched_at_utc') }} as fetched_at_utc,
    {{ from_first_source(versions, 'lake_key') }} as lake_key
from carbon_national_actual
full outer join carbon_national_forecast using (period_start_utc)
full outer join history_carbon_national using (period_start_utc)
full outer join asked using (period_start_utc)
