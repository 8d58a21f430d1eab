with versions as (

    {{ versions_of(source('raw', 'ndf'), key=['"publishTime"', '"startTime"', 'boundary'], stamp='"publishTime"') }}

),

renamed as (

    select
        ---------- ids
        "publishTime" as published_at_utc,
        "startTime" as period_start_utc,
        {{ settlement_date('"startTime"') }} as settlement_date,
        {{ settlement_period('"startTime"') }} as settlement_period,
        boundary,

        ---------- numerics
        demand as national_demand_forecast_mw,

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
