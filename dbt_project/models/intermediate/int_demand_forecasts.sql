{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with national as (

    {{ issues_at_start(ref('stg_elexon__national_demand_forecast'), 'national_demand_forecast_mw') }}

),

transmission as (

    {{ issues_at_start(ref('stg_elexon__transmission_demand_forecast'), 'transmission_demand_forecast_mw') }}

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    national.national_demand_forecast_mw,
    transmission.transmission_demand_forecast_mw,
    coalesce(national.published_at_utc, transmission.published_at_utc) as published_at_utc,
    coalesce(national.fetched_at_utc, transmission.fetched_at_utc) as fetched_at_utc,
    coalesce(national.lake_key, transmission.lake_key) as lake_key
from national
full outer join transmission using (settlement_date, settlement_period, period_start_utc)
