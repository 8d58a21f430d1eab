with loaded as (

    select * from {{ source('raw', 'neso_embedded_forecast') }}

),

renamed as (

    select
        ---------- ids
        "SETTLEMENT_DATE" as settlement_date,
        "SETTLEMENT_PERIOD" as settlement_period,

        ---------- numerics
        "EMBEDDED_WIND_FORECAST" as embedded_wind_mw,
        "EMBEDDED_SOLAR_FORECAST" as embedded_solar_mw,

        ---------- versions
        fetched_at as fetched_at_utc,
        lake_key
    from loaded

)

select * from renamed
