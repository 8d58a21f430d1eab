with versions as (

    {{ versions_of(source('raw', 'history_fuelinst'), key=['"startTime"', '"fuelType"']) }}

),

renamed as (

    select
        ---------- ids
        "startTime" as interval_start_utc,
        {{ settlement_date('"startTime"') }} as settlement_date,
        {{ settlement_period('"startTime"') }} as settlement_period,
        "fuelType" as fuel_code,

        ---------- numerics
        "generationMW" as generation_mw,

        ---------- as sent by the source
        "publishTime" as published_at_utc,

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
