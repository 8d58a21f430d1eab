{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

-- Each number is FUELHH's. Where FUELHH has none, it is our own mean of all six values of FUELINST; where that is not
-- there either, it is what files brought in. What Elexon withdrew is not brought back by a file.
with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where dataset in ('fuelhh', 'history_fuel_mix') and {{ in_days_to_build('settlement_date') }}

),

fuels as (

    select
        fuel_code,
        regular_from_utc
    from {{ ref('fuels') }}
    where source = 'FUELHH'

),

fuelhh as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__generation_half_hourly')),
        'fuelhh',
        ['period_start_utc', 'fuel_code'],
        'asked',
    ) }}

),

bounds as (

    {{ plausible_fuel_bounds() }}

),

fuelhh_numbers as (

    select
        fuelhh.settlement_date,
        fuelhh.settlement_period,
        fuelhh.period_start_utc,
        fuelhh.fuel_code,
        {{ shown('fuelhh', 'generation_mw') }} as generation_mw,
        {{ number_state(
            'fuelhh', 'generation_mw', is_implausible('generation_mw', 'fuelhh.generation_mw')
        ) }} as state,
        fuelhh.fetched_at_utc,
        fuelhh.lake_key
    from fuelhh
    left join bounds on fuelhh.fuel_code = bounds.fuel_code

),

means as (

    select * from {{ ref('int_generation_means') }} where {{ in_days_to_build('settlement_date') }}

),

files as (

    select * from {{ ref('int_history_generation') }} where {{ in_days_to_build('settlement_date') }}

),

-- A half-hour that has a number of one fuel is expected to have one of each, or a sum over fuels would be too small.
half_hours as (

    select
        settlement_date,
        settlement_period,
        period_start_utc
    from asked
    union
    select
        settlement_date,
        settlement_period,
        period_start_utc
    from means

),

expected as (

    select
        half_hours.settlement_date,
        half_hours.settlement_period,
        half_hours.period_start_utc,
        fuels.fuel_code
    from half_hours
    cross join fuels
    where fuels.regular_from_utc is null or fuels.regular_from_utc <= half_hours.period_start_utc

),

received as (

    select
        coalesce(fuelhh_numbers.settlement_date, means.settlement_date, files.settlement_date) as settlement_date,
        coalesce(fuelhh_numbers.settlement_period, means.settlement_period, files.settlement_period)
            as settlement_period,
        coalesce(fuelhh_numbers.period_start_utc, means.period_start_utc, files.period_start_utc) as period_start_utc,
        coalesce(fuelhh_numbers.fuel_code, means.fuel_code, files.fuel_code) as fuel_code,
        case
            when fuelhh_numbers.state <> 'missing' then 'fuelhh'
            when means.generation_mw is not null then 'fuelinst'
            when files.generation_mw is not null then 'history_fuel_mix'
        end as source_dataset,
        {% for column in ['generation_mw', 'state', 'fetched_at_utc', 'lake_key'] %}
            fuelhh_numbers.{{ column }} as fuelhh_{{ column }},
            means.{{ column }} as fuelinst_{{ column }},
            files.{{ column }} as history_fuel_mix_{{ column }},
        {% endfor %}
        means.five_minute_values as fuelinst_five_minute_values,
        files.five_minute_values as history_fuel_mix_five_minute_values
    from fuelhh_numbers
    full outer join means
        on
            fuelhh_numbers.period_start_utc = means.period_start_utc
            and fuelhh_numbers.fuel_code = means.fuel_code
    full outer join files
        on
            coalesce(fuelhh_numbers.period_start_utc, means.period_start_utc) = files.period_start_utc
            and coalesce(fuelhh_numbers.fuel_code, means.fuel_code) = files.fuel_code

),

transmission as (

    select
        coalesce(received.settlement_date, expected.settlement_date) as settlement_date,
        coalesce(received.settlement_period, expected.settlement_period) as settlement_period,
        coalesce(received.period_start_utc, expected.period_start_utc) as period_start_utc,
        coalesce(received.fuel_code, expected.fuel_code) as fuel_code,
        {% for column in ['generation_mw', 'state', 'fetched_at_utc', 'lake_key'] %}
            case
                when received.source_dataset = 'fuelinst' then received.fuelinst_{{ column }}
                when received.source_dataset = 'history_fuel_mix' then received.history_fuel_mix_{{ column }}
                else received.fuelhh_{{ column }}
            end as {{ column }},
        {% endfor %}
        received.source_dataset,
        case
            when received.source_dataset = 'fuelinst' then received.fuelinst_five_minute_values
            when received.source_dataset = 'history_fuel_mix' then received.history_fuel_mix_five_minute_values
        end as five_minute_values
    from received
    full outer join expected
        on
            received.period_start_utc = expected.period_start_utc
            and received.fuel_code = expected.fuel_code

),

embedded as (

    select * from {{ ref('int_embedded_generation') }} where {{ in_days_to_build('settlement_date') }}

),

unioned as (

    select
        settlement_date,
        settlement_period,
        period_start_utc,
        fuel_code,
        generation_mw,
        coalesce(state, 'missing') as state,
        fetched_at_utc,
        lake_key,
        source_dataset,
        five_minute_values
    from transmission
    {% for part in ['solar', 'wind'] -%}
        union all
        select
            settlement_date,
            settlement_period,
            period_start_utc,
            'EMBEDDED_{{ part | upper }}' as fuel_code,
            embedded_{{ part }}_mw as generation_mw,
            embedded_{{ part }}_state as state,
            fetched_at_utc,
            lake_key,
            source_dataset,
            cast(null as integer) as five_minute_values
        from embedded
    {% endfor %}

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    fuel_code,
    generation_mw,
    source_dataset,
    five_minute_values,
    state,
    fetched_at_utc,
    lake_key
from unioned
