{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with offsets as (

    {{ numbers_between(0, 5) }}

),

intervals as (

    select
        periods.settlement_date,
        periods.settlement_period,
        {{ add_minutes('periods.period_start_utc', 'offsets.number * 5') }} as interval_start_utc
    from {{ ref('dim_settlement_periods') }} as periods
    cross join offsets

)

{{ asked_periods(['fuelinst', 'history_fuelinst'], 'intervals', 'interval_start_utc') }}
