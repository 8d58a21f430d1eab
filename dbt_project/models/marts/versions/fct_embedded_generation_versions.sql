with outturn as (

    select * from {{ ref('stg_neso__historic_demand') }}

),

forecast as (

    select * from {{ ref('stg_neso__embedded_forecast') }}

),

united as (

    select
        outturn.settlement_date,
        outturn.settlement_period,
        outturn.period_start_utc,
        'neso_historic_demand' as source_dataset,
        outturn.embedded_solar_mw,
        outturn.embedded_wind_mw,
        outturn.known_from_utc,
        {{ known_to('outturn', 'neso_historic_demand') }} as known_to_utc,
        outturn.is_newest,
        outturn.absent_from_utc,
        outturn.fetched_at_utc,
        outturn.lake_key
    from outturn
    union all
    select
        forecast.settlement_date,
        forecast.settlement_period,
        forecast.period_start_utc,
        'neso_embedded_forecast' as source_dataset,
        forecast.embedded_solar_mw,
        forecast.embedded_wind_mw,
        forecast.known_from_utc,
        {{ known_to('forecast', 'neso_embedded_forecast') }} as known_to_utc,
        forecast.is_newest,
        forecast.absent_from_utc,
        forecast.fetched_at_utc,
        forecast.lake_key
    from forecast

)

select * from united
