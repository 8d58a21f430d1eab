with attempts as (

    select * from {{ ref('int_fetch_attempts_daily') }}

),

errors as (

    select * from {{ ref('int_fetch_errors_daily') }}

),

first_fetches as (

    select
        *,
        {{ seconds_between('due_at_utc', 'first_fetched_at_utc') }} as lag_seconds
    from {{ ref('stg_ingestion__first_fetches') }}

),

new_rows as (

    select
        {{ utc_date('first_fetched_at_utc') }} as fetch_date,
        dataset,
        count(*) as rows_new,
        {{ percentile(0.05, 'lag_seconds') }} as p05_lag_seconds,
        {{ percentile(0.5, 'lag_seconds') }} as median_lag_seconds,
        {{ percentile(0.95, 'lag_seconds') }} as p95_lag_seconds,
        max(lag_seconds) as max_lag_seconds
    from first_fetches
    group by 1, 2

),

revised as (

    select
        {{ utc_date('changed_at_utc') }} as fetch_date,
        dataset,
        count(distinct row_key) as rows_revised
    from {{ ref('fct_revisions') }}
    group by 1, 2

)

select
    fetch_date,
    dataset,
    attempts.requests_answered,
    attempts.requests_unanswered,
    attempts.bodies_failed,
    attempts.bodies_failed_waiting,
    attempts.answers_empty,
    attempts.answers_with_unknown_fields,
    cast(attempts.rows_seen as bigint) as rows_seen,
    coalesce(new_rows.rows_new, 0) as rows_new,
    coalesce(revised.rows_revised, 0) as rows_revised,
    {% for name in ['p05', 'median', 'p95', 'max'] %}
        cast({{ ratio('new_rows.' ~ name ~ '_lag_seconds', 60) }} as {{ real_number() }}) as {{ name }}_lag_minutes,
    {% endfor %}
    errors.first_error,
    errors.last_error,
    attempts.newest_attempt_utc
from attempts
left join errors using (fetch_date, dataset)
left join new_rows using (fetch_date, dataset)
left join revised using (fetch_date, dataset)
