{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

-- Each number is FUELHH's. Where FUELHH has none, it is our own mean of all six values of FUELINST; where that is not
-- there either, it is what files brought in. What Elexon withdrew is not brought back by a file.
{%- set sources = [
    ('fuelhh', "fuelhh.state <> 'missing'"),
    ('fuelinst', "fuelinst.state <> 'missing'"),
    ('history_fuel_mix', "history_fuel_mix.state <> 'missing'"),
] %}

with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where dataset in ('fuelhh', 'history_fuel_mix') and {{ in_days_to_build('settlement_date') }}

),

fuelhh_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__generation_half_hourly')),
        'fuelhh',
        ['period_start_utc', 'fuel_code'],
        'asked',
    ) }}

),

fuelhh as (

    select
        *,
        cast(null as integer) as five_minute_values
    from ({{ generation_numbers('fuelhh_rows') }}) as numbers

),

fuelinst as (

    select * from {{ ref('int_generation_means') }} where {{ in_days_to_build('settlement_date') }}

),

history_fuel_mix as (

    select * from {{ ref('int_history_generation') }} where {{ in_days_to_build('settlement_date') }}

),

-- A half-hour that has a number of one fuel is expected to have one of each, or a sum over fuels would be too small.
expected as (

    {{ expected_fuels(['asked', 'fuelinst']) }}

)

select
    {% for column in ['settlement_date', 'settlement_period'] -%}
        coalesce(fuelhh.{{ column }}, fuelinst.{{ column }}, history_fuel_mix.{{ column }}, expected.{{ column }})
            as {{ column }},
    {% endfor -%}
    period_start_utc,
    fuel_code,
    {{ from_first_source(sources, 'generation_mw') }} as generation_mw,
    {{ first_source(sources) }} as source_dataset,
    {{ from_first_source(sources, 'five_minute_values') }} as five_minute_values,
    coalesce({{ from_first_source(sources, 'state') }}, 'missing') as state,
    {{ from_first_source(sources, 'fetched_at_utc') }} as fetched_at_utc,
    {{ from_first_source(sources, 'lake_key') }} as lake_key
from fuelhh
full outer join fuelinst using (period_start_utc, fuel_code)
full outer join history_fuel_mix using (period_start_utc, fuel_code)
full outer join expected using (period_start_utc, fuel_code)
union all
select * from {{ ref('int_embedded_by_fuel') }} where {{ in_days_to_build('settlement_date') }}
