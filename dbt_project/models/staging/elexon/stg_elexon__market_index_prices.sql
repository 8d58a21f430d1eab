with versions as (

    {{ versions_of(source('raw', 'market_index'), key=['"startTime"', '"dataProvider"']) }}

),

renamed as (

    select
        ---------- ids
        "startTime" as period_start_utc,
        {{ settlement_date('"startTime"') }} as settlement_date,
        {{ settlement_period('"startTime"') }} as settlement_period,
        "dataProvider" as data_provider,

        ---------- numerics
        price as price_gbp_per_mwh,
        volume as volume_mwh,

        ---------- as sent by the source
        "settlementDate" as sent_settlement_date,
        "settlementPeriod" as sent_settlement_period,

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
