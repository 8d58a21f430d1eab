with half_hours as (

    {% for measure, of in record_runs().items() %}
        select
            '{{ measure }}' as measure,
            settlement_date,
            settlement_period,
            period_start_utc,
            {{ of.series }} is not null as is_known,
            coalesce({{ of.condition }}, false) as is_in_run,
            {{ of.basis }}_state as state,
            {{ of.basis }}_source_dataset as source_dataset
        from {{ ref('int_complete_half_hours') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- A half-hour that is not known ends a run, and so does one that is no row at all: a run is never bridged.
neighbours as (

    select
        *,
        coalesce(
            lag(is_known) over (partition by measure order by period_start_utc)
            and lag(period_start_utc) over (partition by measure order by period_start_utc)
            = {{ add_minutes('period_start_utc', -30) }},
            false
        ) as is_previous_known,
        coalesce(
            lead(is_known) over (partition by measure order by period_start_utc)
            and lead(period_start_utc) over (partition by measure order by period_start_utc)
            = {{ add_minutes('period_start_utc', 30) }},
            false
        ) as is_next_known,
        lag(is_in_run) over (partition by measure order by period_start_utc) as is_previous_in_run,
        lead(is_in_run) over (partition by measure order by period_start_utc) as is_next_in_run
    from half_hours

),

numbered as (

    select
        *,
        sum(case when is_previous_known and is_previous_in_run then 0 else 1 end) over (
            partition by measure order by period_start_utc rows between unbounded preceding and current row
        ) as run_number
    from neighbours
    where is_in_run

)

select
    measure,
    min(settlement_date) as settlement_date,
    min(case when not (is_previous_known and is_previous_in_run) then settlement_period end) as settlement_period,
    min(period_start_utc) as period_start_utc,
    {{ add_minutes('max(period_start_utc)', 30) }} as period_end_utc,
    cast(count(*) as integer) as periods,
    cast(count(*) * 0.5 as {{ exact_number() }}) as value,
    {{ least_certain_of('state') }} as state,
    {{ one_source('source_dataset') }} as source_dataset,
    max(case when is_previous_known and not is_previous_in_run then 1 else 0 end) = 1 as is_start_known,
    max(case when is_next_known and not is_next_in_run then 1 else 0 end) = 1 as is_end_known
from numbered
group by measure, run_number
