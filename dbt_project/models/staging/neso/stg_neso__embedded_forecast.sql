with versions as (

    {{ versions_of(source('raw', 'neso_embedded_forecast'), key=['"SETTLEMENT_DATE"', '"SETTLEMENT_PERIOD"']) }}

),

renamed as (

    select
        ---------- ids
        "SETTLEMENT_DATE" as settlement_date,
        "SETTLEMENT_PERIOD" as settlement_period,
        {{ period_start_utc('"SETTLEMENT_DATE"', '"SETTLEMENT_PERIOD"') }} as period_start_utc,

        ---------- numerics
        "EMBEDDED_WIND_FORECAST" as embedded_wind_mw,
        "EMBEDDED_WIND_CAPACITY" as embedded_wind_capacity_mw,
        "EMBEDDED_SOLAR_FORECAST" as embedded_solar_mw,
        "EMBEDDED_SOLAR_CAPACITY" as embedded_solar_capacity_mw,

        ---------- as sent by the source
        "DATE_GMT" as sent_date_gmt,
        "TIME_GMT" as sent_time_gmt,

        ---------- versions
        known_from_utc,
        known_to_utc,
        known_to_utc is null as is_newest,
        absent_from_utc,
        fetched_at as fetched_at_utc,
        lake_key
    from versions

)

select * from renamed
