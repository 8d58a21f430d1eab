{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with received as (

    {{ history_rows(
        days_to_build_of(ref('stg_history__generation_five_minutely'), 'interval_start_utc'),
        'history_fuelinst',
        start='interval_start_utc',
    ) }}

)

{{ generation_numbers('received', 'interval_start_utc') }}
