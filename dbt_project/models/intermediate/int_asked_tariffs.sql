{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

{{ asked_periods(['octopus_unit_rates'], ref('dim_settlement_periods'), 'period_start_utc', by_scope=true) }}
