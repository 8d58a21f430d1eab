{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with outturn as (

    select * from {{ ref('int_neso_demand') }} where {{ in_days_to_build('settlement_date') }}

),

forecast as (

    select * from {{ ref('stg_neso__embedded_forecast') }}
    where is_newest and {{ in_days_to_build('settlement_date') }}

),

joined as (

    select
        coalesce(outturn.settlement_date, forecast.settlement_date) as settlement_date,
        coalesce(outturn.settlement_period, forecast.settlement_period) as settlement_period,
        coalesce(outturn.period_start_utc, forecast.period_start_utc) as period_start_utc,
        outturn.embedded_solar_mw as outturn_solar_mw,
        outturn.embedded_solar_state as outturn_solar_state,
        forecast.embedded_solar_mw as forecast_solar_mw,
        outturn.embedded_wind_mw as outturn_wind_mw,
        outturn.embedded_wind_state as outturn_wind_state,
        forecast.embedded_wind_mw as forecast_wind_mw,
        -- both come in one row of either source
        outturn.embedded_solar_mw is null and forecast.embedded_solar_mw is not null as is_forecast,
        outturn.embedded_source_dataset as outturn_source_dataset,
        outturn.embedded_fetched_at_utc as outturn_fetched_at_utc,
        outturn.embedded_lake_key as outturn_lake_key,
        forecast.fetched_at_utc as forecast_fetched_at_utc,
        forecast.lake_key as forecast_lake_key
    from outturn
    full outer join forecast on outturn.period_start_utc = forecast.period_start_utc

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    coalesce(outturn_solar_mw, forecast_solar_mw) as embedded_solar_mw,
    case
        when outturn_solar_mw is null and forecast_solar_mw is not null then 'forecast'
        else outturn_solar_state
    end as embedded_solar_state,
    coalesce(outturn_wind_mw, forecast_wind_mw) as embedded_wind_mw,
    case
        when outturn_wind_mw is null and forecast_wind_mw is not null then 'forecast'
        else outturn_wind_state
    end as embedded_wind_state,
    case when is_forecast then 'neso_embedded_forecast' else outturn_source_dataset end as source_dataset,
    case when is_forecast then forecast_fetched_at_utc else outturn_fetched_at_utc end as fetched_at_utc,
    case when is_forecast then forecast_lake_key else outturn_lake_key end as lake_key
from joined
