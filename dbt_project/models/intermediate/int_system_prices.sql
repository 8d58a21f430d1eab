{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

-- Price and volume come in one row. A row of files is shown where Elexon has neither, and took none back.
{%- set sources = [
    (
        'system_prices',
        "system_prices.system_price_state <> 'missing' or system_prices.net_imbalance_volume_mwh is not null",
    ),
    ('history_system_prices', 'history_system_prices.period_start_utc is not null'),
] %}

with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where dataset in ('system_prices', 'history_system_prices') and {{ in_days_to_build('settlement_date') }}

),

half_hours as (

    select distinct period_start_utc from asked

),

elexon_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__system_prices'), 'settlement_date', 'settlement_date'),
        'system_prices',
        ['settlement_date', 'settlement_period'],
        'asked',
    ) }}

),

file_rows as (

    {{ history_rows(
        days_to_build_of(ref('stg_history__system_prices'), 'settlement_date', 'settlement_date'),
        'history_system_prices',
        recorded='recorded_at_utc',
    ) }}

),

{% for dataset, received in [('system_prices', 'elexon_rows'), ('history_system_prices', 'file_rows')] %}
    {{ dataset }} as (

        select
            {{ received }}.period_start_utc,
            {{ shown(received, 'system_sell_price_gbp_per_mwh') }} as system_price_gbp_per_mwh,
            {{ number_state(received, 'system_sell_price_gbp_per_mwh') }} as system_price_state,
            {{ shown(received, 'net_imbalance_volume_mwh') }} as net_imbalance_volume_mwh,
            {{ received }}.settlement_run,
            {{ received }}.fetched_at_utc,
            {{ received }}.lake_key
        from {{ received }}

    ){{ ',' if not loop.last }}

{% endfor %}

select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
    {{ from_first_source(sources, 'system_price_gbp_per_mwh') }} as system_price_gbp_per_mwh,
    {{ from_first_source(sources, 'net_imbalance_volume_mwh') }} as net_imbalance_volume_mwh,
    coalesce({{ from_first_source(sources, 'system_price_state') }}, 'missing') as system_price_state,
    {{ from_first_source(sources, 'settlement_run') }} as settlement_run,
    {{ first_source(sources) }} as source_dataset,
    {{ from_first_source(sources, 'fetched_at_utc') }} as fetched_at_utc,
    {{ from_first_source(sources, 'lake_key') }} as lake_key
from system_prices
full outer join history_system_prices using (period_start_utc)
full outer join half_hours using (period_start_utc)
