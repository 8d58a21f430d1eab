{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where
        dataset in ('system_prices', 'market_index', 'history_system_prices')
        and {{ in_days_to_build('settlement_date') }}

),

system_prices_asked as (

    select distinct period_start_utc from asked where dataset in ('system_prices', 'history_system_prices')

),

market_index_asked as (

    select * from asked where dataset = 'market_index'

),

system_price_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__system_prices'), 'settlement_date', 'settlement_date'),
        'system_prices',
        ['settlement_date', 'settlement_period'],
        'asked',
    ) }}

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
headline_rows as (

    select * from market_index_rows where data_provider = 'APXMIDP' and volume_mwh > 0

),

file_rows as (

    {{ history_rows(
        days_to_build_of(ref('stg_history__system_prices'), 'settlement_date', 'settlement_date'),
        'history_system_prices',
        recorded='recorded_at_utc',
    ) }}

),

-- Price and volume come in one row. A row of files is shown where Elexon has neither, and took none back.
elexon_numbers as (

    select
        rows_of_elexon.period_start_utc,
        {{ shown('rows_of_elexon', 'system_sell_price_gbp_per_mwh') }} as system_price_gbp_per_mwh,
        {{ number_state('rows_of_elexon', 'system_sell_price_gbp_per_mwh') }} as system_price_state,
        {{ shown('rows_of_elexon', 'net_imbalance_volume_mwh') }} as net_imbalance_volume_mwh,
        rows_of_elexon.settlement_run,
        rows_of_elexon.fetched_at_utc,
        rows_of_elexon.lake_key
    from system_price_rows as rows_of_elexon

),

file_numbers as (

    select
        file_rows.period_start_utc,
        file_rows.system_sell_price_gbp_per_mwh as system_price_gbp_per_mwh,
        {{ number_state('file_rows', 'system_sell_price_gbp_per_mwh') }} as system_price_state,
        file_rows.net_imbalance_volume_mwh,
        file_rows.settlement_run,
        file_rows.fetched_at_utc,
        file_rows.lake_key
    from file_rows

),

system_price_sources as (

    select
        coalesce(elexon.period_start_utc, files.period_start_utc) as period_start_utc,
        case
            when elexon.system_price_state <> 'missing' or elexon.net_imbalance_volume_mwh is not null
                then 'system_prices'
            when files.period_start_utc is not null then 'history_system_prices'
        end as source_dataset
    from elexon_numbers as elexon
    full outer join file_numbers as files on elexon.period_start_utc = files.period_start_utc

),

system_prices as (

    select
        coalesce(sources.period_start_utc, asked.period_start_utc) as period_start_utc,
        {% for column in [
            'system_price_gbp_per_mwh', 'net_imbalance_volume_mwh', 'settlement_run', 'fetched_at_utc', 'lake_key'
        ] %}
            case
                when sources.source_dataset = 'history_system_prices' then files.{{ column }} else elexon.{{ column }}
            end as {{ column }},
        {% endfor %}
        coalesce(
            case
                when sources.source_dataset = 'history_system_prices' then files.system_price_state
                else elexon.system_price_state
            end,
            'missing'
        ) as system_price_state,
        sources.source_dataset
    from system_price_sources as sources
    full outer join system_prices_asked as asked on sources.period_start_utc = asked.period_start_utc
    left join elexon_numbers as elexon on sources.period_start_utc = elexon.period_start_utc
    left join file_numbers as files on sources.period_start_utc = files.period_start_utc

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
        system_prices.source_dataset as system_price_source_dataset,
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
    system_price_source_dataset,
    settlement_run,
    {{ least_certain(['market_index_state', 'system_price_state']) }} as state,
    coalesce(market_index_fetched_at_utc, system_price_fetched_at_utc) as fetched_at_utc,
    coalesce(market_index_lake_key, system_price_lake_key) as lake_key,
    system_price_fetched_at_utc,
    system_price_lake_key
from joined
