with versions as (

    {{ versions_of(source('raw', 'fuelhh'), key=['"startTime"', '"fuelType"']) }}

),

renamed as (

    select
        ---------- ids
        "startTime" as period_start_utc,
        {{ settlement_date('"startTime"') }} as settlement_date,
        {{ settlement_period('"startTime"') }} as settlement_period,
        "fuelType" as fuel_code,

        ---------- numerics
        generation as generation_mw,

        ---------- as sent by the source
        "settlementDate" as sent_settlement_date,
        "settlementPeriod" as sent_settlement_period,
        "publishTime" as published_at_utc,

        ---------- versions
        known_from_utc,
        known_to_utc,
        known_to_utc is null as is_newest,
        previous_fetched_at is null as is_first,
        absent_from_utc,
        absent_lake_key,
        fetched_at as fetched_at_utc,
        lake_key
    from versions

)

select * from renamed
