{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

-- Each number is FUELINST's; where FUELINST has none, it is what files brought in, without their estimates of solar.
with asked as (

    select * from {{ ref('int_asked_five_minutes') }} where {{ in_days_to_build('settlement_date') }}

),

fuels as (

    select
        fuel_code,
        regular_from_utc
    from {{ ref('fuels') }}
    where source = 'FUELHH'

),

five_minutes as (

    select distinct
        settlement_date,
        settlement_period,
        interval_start_utc
    from asked

),

expected as (

    select
        five_minutes.settlement_date,
        five_minutes.settlement_period,
        five_minutes.interval_start_utc,
        fuels.fuel_code
    from five_minutes
    cross join fuels
    where fuels.regular_from_utc is null or fuels.regular_from_utc <= five_minutes.interval_start_utc

),

fuelinst as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__generation_five_minutely'), 'interval_start_utc'),
        'fuelinst',
        ['interval_start_utc', 'fuel_code'],
        'asked',
        start='interval_start_utc',
    ) }}

),

bounds as (

    {{ plausible_fuel_bounds() }}

),

fuelinst_numbers as (

    select
        fuelinst.settlement_date,
        fuelinst.settlement_period,
        fuelinst.interval_start_utc,
        fuelinst.fuel_code,
        {{ shown('fuelinst', 'generation_mw') }} as generation_mw,
        {{ number_state(
            'fuelinst', 'generation_mw', is_implausible('generation_mw', 'fuelinst.generation_mw')
        ) }} as state,
        fuelinst.fetched_at_utc,
        fuelinst.lake_key
    from fuelinst
    left join bounds on fuelinst.fuel_code = bounds.fuel_code

),

files as (

    select * from {{ ref('int_history_five_minutes') }}
    where state <> 'missing' and {{ in_days_to_build('settlement_date') }}

),

received as (

    select
        coalesce(fuelinst.settlement_date, files.settlement_date) as settlement_date,
        coalesce(fuelinst.settlement_period, files.settlement_period) as settlement_period,
        coalesce(fuelinst.interval_start_utc, files.interval_start_utc) as interval_start_utc,
        coalesce(fuelinst.fuel_code, files.fuel_code) as fuel_code,
        case
            when fuelinst.state <> 'missing' then 'fuelinst'
            when files.state is not null then 'history_fuelinst'
        end as source_dataset,
    {% for column in ['generation_mw', 'state', 'fetched_at_utc', 'lake_key'] %}
        case
            when files.state is not null and coalesce(fuelinst.state, 'missing') = 'missing'
                then files.{{ column }}
            else fuelinst.{{ column }}
        end as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
    from fuelinst_numbers as fuelinst
    full outer join files
        on
            fuelinst.interval_start_utc = files.interval_start_utc
            and fuelinst.fuel_code = files.fuel_code

)

select
    coalesce(received.settlement_date, expected.settlement_date) as settlement_date,
    coalesce(received.settlement_period, expected.settlement_period) as settlement_period,
    coalesce(received.interval_start_utc, expected.interval_start_utc) as interval_start_utc,
    coalesce(received.fuel_code, expected.fuel_code) as fuel_code,
    received.generation_mw,
    received.source_dataset,
    coalesce(received.state, 'missing') as state,
    received.fetched_at_utc,
    received.lake_key
from received
full outer join expected
    on
        received.interval_start_utc = expected.interval_start_utc
        and received.fuel_code = expected.fuel_code
