with asked as (

    select * from {{ ref('int_asked_half_hours') }} where dataset in ('system_prices', 'market_index')

),

system_prices_asked as (

    select * from asked where dataset = 'system_prices'

),

market_index_asked as (

    select * from asked where dataset = 'market_index'

),

system_price_rows as (

    {{ newest_rows(
        ref('stg_elexon__system_prices'), 'system_prices', ['settlement_date', 'settlement_period'], 'asked'
    ) }}

),

market_index_rows as (

    {{ newest_rows(
        ref('stg_elexon__market_index_prices'), 'market_index', ['period_start_utc', 'data_provider'], 'asked'
    ) }}

),

-- The headline price is that of one provider, never an average: the other one trades nothing in most half-hours.
-- A price without volume is no price.
headline_rows as (

    select * from market_index_rows where data_provider = 'APXMIDP' and volume_mwh > 0

),

system_prices as (

    select
        coalesce(received.period_start_utc, asked.period_start_utc) as period_start_utc,
        {{ shown('received', 'system_sell_price_gbp_per_mwh') }} as system_price_gbp_per_mwh,
        {{ number_state('received', 'system_sell_price_gbp_per_mwh') }} as system_price_state,
        {{ shown('received', 'net_imbalance_volume_mwh') }} as net_imbalance_volume_mwh,
        received.settlement_run,
        received.fetched_at_utc,
        received.lake_key
    from system_price_rows as received
    full outer join system_prices_asked as asked on received.period_start_utc = asked.period_start_utc

),

market_index as (

    select
        coalesce(received.period_start_utc, asked.period_start_utc) as period_start_utc,
        {{ shown('received', 'price_gbp_per_mwh') }} as market_index_price_gbp_per_mwh,
        {{ shown('received', 'volume_mwh') }} as market_index_volume_mwh,
        {{ number_state('received', 'price_gbp_per_mwh') }} as market_index_state,
        received.fetched_at_utc,
        received.lake_key
    from headline_rows as received
    full outer join market_index_asked as asked on received.period_start_utc = asked.period_start_utc

),

joined as (

    select
        coalesce(system_prices.period_start_utc, market_index.period_start_utc) as period_start_utc,
        market_index.market_index_price_gbp_per_mwh,
        market_index.market_index_volume_mwh,
        market_index.market_index_state,
        system_prices.system_price_gbp_per_mwh,
        system_prices.net_imbalance_volume_mwh,
        system_prices.system_price_state,
        system_prices.settlement_run,
        market_index.fetched_at_utc as market_index_fetched_at_utc,
        market_index.lake_key as market_index_lake_key,
        system_prices.fetched_at_utc as system_price_fetched_at_utc,
        system_prices.lake_key as system_price_lake_key
    from system_prices
    full outer join market_index on system_prices.period_start_utc = market_index.period_start_utc

)

select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
    market_index_price_gbp_per_mwh,
    market_index_volume_mwh,
    market_index_state,
    system_price_gbp_per_mwh,
    net_imbalance_volume_mwh,
    system_price_state,
    settlement_run,
    {{ least_certain(['market_index_state', 'system_price_state']) }} as state,
    coalesce(market_index_fetched_at_utc, system_price_fetched_at_utc) as fetched_at_utc,
    coalesce(market_index_lake_key, system_price_lake_key) as lake_key,
    system_price_fetched_at_utc,
    system_price_lake_key
from joined
