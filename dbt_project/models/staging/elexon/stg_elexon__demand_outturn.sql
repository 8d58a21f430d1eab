with versions as (

    {{ versions_of(source('raw', 'demand_outturn'), key=['"settlementDate"', '"settlementPeriod"']) }}

),

renamed as (

    select
        ---------- ids
        "settlementDate" as settlement_date,
        "settlementPeriod" as settlement_period,
        {{ period_start_utc('"settlementDate"', '"settlementPeriod"') }} as period_start_utc,

        ---------- numerics
        "initialDemandOutturn" as indo_mw,
        "initialTransmissionSystemDemandOutturn" as itsdo_mw,

        ---------- as sent by the source
        "startTime" as sent_period_start_utc,
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
