with placed as (

    select * from {{ ref('int_record_candidates') }}

),

holders as (

    select
        *,
        lag(value) over (partition by record_id order by holder_number) as beaten_value,
        lag(period_start_utc) over (partition by record_id order by holder_number) as beaten_period_start_utc,
        lag(periods) over (partition by record_id order by holder_number) as beaten_periods
    from placed
    where not is_tie

),

-- A record is one when its half-hour or day is over, and a run when it is longer than the one before.
dated as (

    select
        *,
        case
            when span = 'run'
                then {{ add_minutes('period_start_utc', '30 * (coalesce(beaten_periods, 0) + 1)') }}
            else period_end_utc
        end as held_from_utc
    from holders

),

held as (

    select
        *,
        lead(held_from_utc) over (partition by record_id order by holder_number) as held_until_utc
    from dated

)

select
    placed.record_id,
    placed.record_name,
    placed.span,
    placed.direction,
    placed.unit,
    placed.settlement_date,
    placed.settlement_period,
    placed.period_start_utc,
    placed.period_end_utc,
    placed.periods,
    placed.value,
    placed.state,
    placed.source_dataset,
    placed.is_start_known,
    placed.is_end_known,
    placed.is_tie,
    sum(case when placed.is_tie then 1 else 0 end) over (partition by placed.record_id, placed.holder_number) as ties,
    held.beaten_value,
    held.beaten_period_start_utc,
    held.held_from_utc,
    held.held_until_utc,
    held.held_until_utc is null as is_current
from placed
inner join held
    on
        placed.record_id = held.record_id
        and placed.holder_number = held.holder_number
