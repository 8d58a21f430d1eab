{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with received as (

    {{ history_rows(
        days_to_build_of(ref('stg_history__generation_five_minutely'), 'interval_start_utc'),
        'history_fuelinst',
        start='interval_start_utc',
    ) }}

),

bounds as (

    {{ plausible_fuel_bounds() }}

)

select
    received.settlement_date,
    received.settlement_period,
    received.interval_start_utc,
    received.fuel_code,
    received.generation_mw,
    {{ number_state(
        'received', 'generation_mw', is_implausible('generation_mw', 'received.generation_mw')
    ) }} as state,
    received.fetched_at_utc,
    received.lake_key
from received
left join bounds on received.fuel_code = bounds.fuel_code
