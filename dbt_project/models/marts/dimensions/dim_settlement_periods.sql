-- A half-hour never changes: a build adds the dates that are not there yet. Who asks for days finds them by an index.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    indexes=[{'columns': ['settlement_date']}],
) }}

with span as (

    {{ span_of_loads() }}

),

all_dates as (

    {{ dates_between('(select first_date from span)', '(select last_date from span)') }}

),

dates as (

    select * from all_dates
    {% if adds_to_table() %}
        where
            -- no date lacks between the first and the last; each of the two is found by the index
            settlement_date < (select min(built.settlement_date) from {{ this }} as built)
            or settlement_date > (select max(built.settlement_date) from {{ this }} as built)
            or not exists (select 1 from {{ this }})
    {% endif %}

),

periods as (

    {{ numbers_between(1, 50) }}

),

settlement_periods as (

    select
        dates.settlement_date,
        periods.number as settlement_period,
        {{ period_start_utc('dates.settlement_date', 'periods.number') }} as period_start_utc,
        {{ periods_in('dates.settlement_date') }} as periods_in_day
    from dates
    cross join periods
    where periods.number <= {{ periods_in('dates.settlement_date') }}

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    {{ add_minutes('period_start_utc', 30) }} as period_end_utc,
    {{ clock_label(local_timestamp('period_start_utc')) }} as period_start_local_label,
    cast(
        {{ seconds_between(local_midnight_utc('settlement_date'), 'period_start_utc') }} / 60 as integer
    ) as minutes_since_local_midnight,
    periods_in_day,
    periods_in_day <> 48 as is_clock_change_day
from settlement_periods
