{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where dataset = 'market_index' and {{ in_days_to_build('settlement_date') }}

),

system_prices as (

    select * from {{ ref('int_system_prices') }} where {{ in_days_to_build('settlement_date') }}

),

market_index_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__market_index_prices')),
        'market_index',
        ['period_start_utc', 'data_provider'],
        'asked',
    ) }}

),

-- The headline price is that of one provider, never an average: the other one trades nothing in most half-hours.
-- A price without volume is no price.
headline as (

    select * from market_index_rows where data_provider = 'APXMIDP' and volume_mwh > 0

),

market_index as (

    select
        period_start_utc,
        {{ shown('headline', 'price_gbp_per_mwh') }} as market_index_price_gbp_per_mwh,
        {{ shown('headline', 'volume_mwh') }} as market_index_volume_mwh,
        {{ number_state('headline', 'price_gbp_per_mwh') }} as market_index_state,
        headline.fetched_at_utc,
        headline.lake_key
    from headline
    full outer join asked using (period_start_utc)

)

select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
    market_index.market_index_price_gbp_per_mwh,
    market_index.market_index_volume_mwh,
    market_index.market_index_state,
    system_prices.system_price_gbp_per_mwh,
    system_prices.net_imbalance_volume_mwh,
    system_prices.system_price_state,
    system_prices.source_dataset as system_price_source_dataset,
    system_prices.settlement_run,
    {{ least_certain(['market_index_state', 'system_price_state']) }} as state,
    coalesce(market_index.fetched_at_utc, system_prices.fetched_at_utc) as fetched_at_utc,
    coalesce(market_index.lake_key, system_prices.lake_key) as lake_key,
    system_prices.fetched_at_utc as system_price_fetched_at_utc,
    system_prices.lake_key as system_price_lake_key
from system_prices
full outer join market_index using (period_start_utc)
