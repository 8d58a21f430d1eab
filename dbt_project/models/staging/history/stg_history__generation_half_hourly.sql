with versions as (

    {{ versions_of(source('raw', 'history_fuel_mix'), key=['"startTime"', '"fuelType"']) }}

),

renamed as (

    select
        ---------- ids
        "startTime" as period_start_utc,
        {{ settlement_date('"startTime"') }} as settlement_date,
        {{ settlement_period('"startTime"') }} as settlement_period,
        "fuelType" as fuel_code,

        ---------- numerics
        "meanMW" as generation_mw,
        "nSamples" as five_minute_values,

        ---------- as sent by the source
        "settlementDate" as sent_settlement_date,
        "settlementPeriod" as sent_settlement_period,

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
