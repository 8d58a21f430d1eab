with kinds as (

    select * from {{ ref('record_kinds') }}

),

candidates as (

    {% for span in ['half_hour', 'day', 'run'] %}
        select
            '{{ span }}' as span,
            measure,
            settlement_date,
            {{ 'cast(null as integer) as ' if span == 'day' }}settlement_period,
            period_start_utc,
            period_end_utc,
            periods,
            value,
            state,
            source_dataset,
            {{ 'cast(null as boolean) as ' if span != 'run' }}is_start_known,
            {{ 'cast(null as boolean) as ' if span != 'run' }}is_end_known
        from {{ ref('int_record_' ~ span ~ 's') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

ranked as (

    select
        kinds.record_id,
        kinds.record_name,
        kinds.span,
        kinds.direction,
        kinds.unit,
        candidates.settlement_date,
        candidates.settlement_period,
        candidates.period_start_utc,
        candidates.period_end_utc,
        candidates.periods,
        candidates.value,
        candidates.state,
        candidates.source_dataset,
        candidates.is_start_known,
        candidates.is_end_known,
        case when kinds.direction = 'highest' then candidates.value else -candidates.value end as merit
    from candidates
    inner join kinds
        on
            candidates.span = kinds.span
            and candidates.measure = kinds.measure

),

compared as (

    select
        *,
        max(merit) over (
            partition by record_id order by period_start_utc rows between unbounded preceding and 1 preceding
        ) as merit_before
    from ranked

)

-- What equals the record takes nothing from its holder, and is listed beside it.
select
    *,
    coalesce(merit = merit_before, false) as is_tie,
    sum(case when merit = merit_before then 0 else 1 end) over (
        partition by record_id order by period_start_utc rows between unbounded preceding and current row
    ) as holder_number
from compared
where merit_before is null or merit >= merit_before
