{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

-- Each number is FUELINST's; where FUELINST has none, it is what files brought in, without their estimates of solar.
{%- set sources = [
    ('fuelinst', "fuelinst.state <> 'missing'"),
    ('history_fuelinst', "history_fuelinst.state <> 'missing'"),
] %}

with asked as (

    select * from {{ ref('int_asked_five_minutes') }} where {{ in_days_to_build('settlement_date') }}

),

fuelinst_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__generation_five_minutely'), 'interval_start_utc'),
        'fuelinst',
        ['interval_start_utc', 'fuel_code'],
        'asked',
        start='interval_start_utc',
    ) }}

),

fuelinst as (

    {{ generation_numbers('fuelinst_rows', 'interval_start_utc') }}

),

history_fuelinst as (

    select * from {{ ref('int_history_five_minutes') }}
    where state <> 'missing' and {{ in_days_to_build('settlement_date') }}

),

expected as (

    {{ expected_fuels(['asked'], 'interval_start_utc') }}

)

select
    {% for column in ['settlement_date', 'settlement_period'] -%}
        coalesce(fuelinst.{{ column }}, history_fuelinst.{{ column }}, expected.{{ column }})
            as {{ column }},
    {% endfor -%}
    interval_start_utc,
    fuel_code,
    {{ from_first_source(sources, 'generation_mw') }} as generation_mw,
    {{ first_source(sources) }} as source_dataset,
    coalesce({{ from_first_source(sources, 'state') }}, 'missing') as state,
    {{ from_first_source(sources, 'fetched_at_utc') }} as fetched_at_utc,
    {{ from_first_source(sources, 'lake_key') }} as lake_key
from fuelinst
full outer join history_fuelinst using (interval_start_utc, fuel_code)
full outer join expected using (interval_start_utc, fuel_code)
