with outturn as (

    select * from {{ ref('stg_neso__historic_demand') }}

),

forecast as (

    select * from {{ ref('stg_neso__embedded_forecast') }}

),

united as (

    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'neso_historic_demand' as source_dataset,
        embedded_solar_mw,
        embedded_wind_mw,
        known_from_utc,
        {{ known_to('outturn', 'neso_historic_demand') }} as known_to_utc,
        is_newest,
        absent_from_utc,
        fetched_at_utc,
        lake_key
    from outturn
    union all
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'neso_embedded_forecast' as source_dataset,
        embedded_solar_mw,
        embedded_wind_mw,
        known_from_utc,
        {{ known_to('forecast', 'neso_embedded_forecast') }} as known_to_utc,
        is_newest,
        absent_from_utc,
        fetched_at_utc,
        lake_key
    from forecast

)

select * from united
