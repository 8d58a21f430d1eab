{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

{%- set datasets = [
    'fuelhh',
    'demand_outturn',
    'system_prices',
    'market_index',
    'carbon_national_actual',
    'carbon_national_forecast',
    'neso_historic_demand',
    'history_fuel_mix',
    'history_system_prices',
    'history_demand',
    'history_carbon_national',
    'ndf',
    'tsdf',
    'windfor',
] -%}

{{ asked_periods(datasets, ref('dim_settlement_periods'), 'period_start_utc') }}
