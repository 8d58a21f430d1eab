{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where
        dataset in ('carbon_national_actual', 'carbon_national_forecast')
        and {{ in_days_to_build('settlement_date') }}

),

bounds as (

    {{ plausible_bounds(['carbon_actual_gco2_per_kwh']) }}

),

carbon_national_actual as (

    {{ newest_rows(
        days_to_build_of(ref('stg_carbon_intensity__national_actual')),
        'carbon_national_actual',
        ['period_start_utc'],
        'asked',
    ) }}

),

forecast_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_carbon_intensity__national_forecast')),
        'carbon_national_forecast',
        ['period_start_utc'],
        'asked',
    ) }}

),

carbon_national_forecast as (

    select
        *,
        cast(null as {{ exact_number() }}) as carbon_actual_gco2_per_kwh
    from forecast_rows

),

history_carbon_national as (

    {{ history_rows(days_to_build_of(ref('stg_history__carbon_national')), 'history_carbon_national') }}

)

{% for dataset in ['carbon_national_actual', 'carbon_national_forecast', 'history_carbon_national'] %}
    select
        {{ settlement_date('received.period_start_utc') }} as settlement_date,
        '{{ dataset }}' as dataset,
        received.period_start_utc,
        {% for column in ['carbon_actual_gco2_per_kwh', 'carbon_forecast_gco2_per_kwh', 'carbon_index'] %}
            {{ shown('received', column) }} as {{ column }},
        {% endfor %}
        {{ number_state(
            'received',
            'carbon_actual_gco2_per_kwh',
            is_implausible('carbon_actual_gco2_per_kwh', 'received.carbon_actual_gco2_per_kwh'),
        ) }} as carbon_actual_state,
        received.fetched_at_utc,
        received.lake_key
    from {{ dataset }} as received
    cross join bounds
    {{ 'union all' if not loop.last }}
{% endfor %}
