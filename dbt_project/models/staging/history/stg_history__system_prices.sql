with versions as (

    {{ versions_of(source('raw', 'history_system_prices'), key=['"startTime"']) }}

),

renamed as (

    select
        ---------- ids
        "startTime" as period_start_utc,
        {{ settlement_date('"startTime"') }} as settlement_date,
        {{ settlement_period('"startTime"') }} as settlement_period,

        ---------- numerics
        "systemSellPrice" as system_sell_price_gbp_per_mwh,
        "systemBuyPrice" as system_buy_price_gbp_per_mwh,
        "netImbalanceVolume" as net_imbalance_volume_mwh,

        ---------- timestamps
        "fetchedAtUTC" as recorded_at_utc,

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
