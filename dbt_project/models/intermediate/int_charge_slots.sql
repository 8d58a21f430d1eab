{{ config(
    materialized='incremental',
    incremental_strategy='replace_nights',
    on_schema_change='fail',
    indexes=[{'columns': ['settlement_date']}, {'columns': ['window_id', 'position']}],
) }}

with windows as (

    select distinct
        settlement_date,
        window_id,
        price_series,
        earliest_utc,
        deadline_utc
    from {{ ref('int_charge_advice') }}
    where {{ in_nights_to_build('settlement_date') }}

),

-- The half-hours of at most a long day, and the end of the last one.
positions as (

    {{ numbers_between(0, 50) }}

),

half_hours as (

    select
        windows.*,
        positions.number as position,
        {{ add_minutes('windows.earliest_utc', '30 * positions.number') }} as period_start_utc
    from windows
    inner join positions on {{ add_minutes('windows.earliest_utc', '30 * positions.number') }} <= windows.deadline_utc

),

{{ charge_measured() }},

-- The end is no half-hour: it only closes the sums.
closed as (

    select
        settlement_date,
        window_id,
        measure,
        position,
        period_start_utc,
        period_start_utc = deadline_utc as is_end,
        case when period_start_utc < deadline_utc then cast(value as {{ real_number() }}) end as value,
        case when period_start_utc < deadline_utc and value is null then 1 else 0 end as lacking,
        case when period_start_utc < deadline_utc and value is null and is_due then 1 else 0 end as lost
    from measured

)

select
    *,
    coalesce(sum(coalesce(value, 0)) over (
        partition by window_id, measure order by position
        rows between unbounded preceding and 1 preceding
    ), 0) as value_before,
    coalesce(sum(lacking) over (
        partition by window_id, measure order by position
        rows between unbounded preceding and 1 preceding
    ), 0) as lacking_before
from closed
