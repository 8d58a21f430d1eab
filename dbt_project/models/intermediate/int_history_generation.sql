{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with received as (

    {{ history_rows(days_to_build_of(ref('stg_history__generation_half_hourly')), 'history_fuel_mix') }}

),

bounds as (

    {{ plausible_fuel_bounds() }}

)

select
    received.settlement_date,
    received.settlement_period,
    received.period_start_utc,
    received.fuel_code,
    received.generation_mw,
    received.five_minute_values,
    -- a mean over a part of the half-hour is not that of the half-hour
    {{ number_state(
        'received',
        'generation_mw',
        'coalesce(received.five_minute_values, 0) < 6 or '
        ~ is_implausible('generation_mw', 'received.generation_mw'),
    ) }} as state,
    received.fetched_at_utc,
    received.lake_key
from received
left join bounds on received.fuel_code = bounds.fuel_code
