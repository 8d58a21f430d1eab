with versions as (

    {{ versions_of(source('raw', 'windfor'), key=['"publishTime"', '"startTime"'], stamp='"publishTime"') }}

),

renamed as (

    select
        ---------- ids
        "publishTime" as published_at_utc,
        "startTime" as hour_start_utc,
        {{ settlement_date('"startTime"') }} as settlement_date,
        {{ settlement_period('"startTime"') }} as settlement_period,

        ---------- numerics
        generation as wind_forecast_mw,

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
