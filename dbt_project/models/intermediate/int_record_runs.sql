-- A half-hour that is not known ends a run, and so does one that is no row at all: a run is never bridged.
with half_hours as (

    select * from {{ ref('int_complete_half_hours') }}

),

{% for measure, of in record_runs().items() %}
    {{ measure }}_neighbours as (

        select
            half_hours.*,
            coalesce({{ of.condition }}, false) as is_in_run,
            -- of the half-hour just before, and just after: whether it is known, and whether it is in the run
            {% for place, function, minutes in [('previous', 'lag', -30), ('next', 'lead', 30)] %}
                coalesce(
                    {{ function }}(period_start_utc) over (order by period_start_utc)
                    = {{ add_minutes('period_start_utc', minutes) }}
                    and {{ function }}({{ of.series }}) over (order by period_start_utc) is not null,
                    false
                ) as is_{{ place }}_known,
                coalesce(
                    {{ function }}(period_start_utc) over (order by period_start_utc)
                    = {{ add_minutes('period_start_utc', minutes) }}
                    and {{ function }}({{ of.condition }}) over (order by period_start_utc),
                    false
                ) as is_{{ place }}_in_run{{ ',' if not loop.last }}
            {% endfor %}
        from half_hours

    ),

    {{ measure }}_numbered as (

        select
            *,
            sum(case when is_previous_in_run then 0 else 1 end) over (
                order by period_start_utc rows between unbounded preceding and current row
            ) as run_number
        from {{ measure }}_neighbours
        where is_in_run

    ){{ ',' if not loop.last }}

{% endfor %}

{% for measure, of in record_runs().items() %}
    select
        '{{ measure }}' as measure,
        min(settlement_date) as settlement_date,
        min(case when not is_previous_in_run then settlement_period end) as settlement_period,
        min(period_start_utc) as period_start_utc,
        {{ add_minutes('max(period_start_utc)', 30) }} as period_end_utc,
        cast(count(*) as integer) as periods,
        cast(count(*) * 0.5 as {{ var('exact_number') }}) as value,
        {{ least_certain_of(of.basis ~ '_state') }} as state,
        {{ one_source(of.basis ~ '_source_dataset') }} as source_dataset,
        max(case when is_previous_known and not is_previous_in_run then 1 else 0 end) = 1 as is_start_known,
        max(case when is_next_known and not is_next_in_run then 1 else 0 end) = 1 as is_end_known
    from {{ measure }}_numbered
    group by run_number
    {{ 'union all' if not loop.last }}
{% endfor %}
