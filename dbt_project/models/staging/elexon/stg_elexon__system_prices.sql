with versions as (

    {{ versions_of(
        source('raw', 'system_prices'), key=['"settlementDate"', '"settlementPeriod"'], stamp='"createdDateTime"'
    ) }}

),

renamed as (

    select
        ---------- ids
        "settlementDate" as settlement_date,
        "settlementPeriod" as settlement_period,
        {{ period_start_utc('"settlementDate"', '"settlementPeriod"') }} as period_start_utc,

        ---------- numerics
        "systemSellPrice" as system_sell_price_gbp_per_mwh,
        "systemBuyPrice" as system_buy_price_gbp_per_mwh,
        "netImbalanceVolume" as net_imbalance_volume_mwh,
        "reserveScarcityPrice" as reserve_scarcity_price_gbp_per_mwh,
        "sellPriceAdjustment" as sell_price_adjustment_gbp_per_mwh,
        "buyPriceAdjustment" as buy_price_adjustment_gbp_per_mwh,
        "replacementPrice" as replacement_price_gbp_per_mwh,
        "replacementPriceReferenceVolume" as replacement_price_reference_volume_mwh,
        "totalAcceptedOfferVolume" as total_accepted_offer_volume_mwh,
        "totalAcceptedBidVolume" as total_accepted_bid_volume_mwh,
        "totalAdjustmentSellVolume" as total_adjustment_sell_volume_mwh,
        "totalAdjustmentBuyVolume" as total_adjustment_buy_volume_mwh,
        "totalSystemTaggedAcceptedOfferVolume" as total_system_tagged_accepted_offer_volume_mwh,
        "totalSystemTaggedAcceptedBidVolume" as total_system_tagged_accepted_bid_volume_mwh,
        "totalSystemTaggedAdjustmentSellVolume" as total_system_tagged_adjustment_sell_volume_mwh,
        "totalSystemTaggedAdjustmentBuyVolume" as total_system_tagged_adjustment_buy_volume_mwh,

        ---------- codes
        "bsadDefaulted" as is_bsad_defaulted,
        "priceDerivationCode" as price_derivation_code,

        ---------- as sent by the source
        "startTime" as sent_period_start_utc,
        "createdDateTime" as created_at_utc,

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
