with loads as (

    -- files of history are brought in, and nobody was asked for them
    select
        *,
        {{ utc_date('fetched_at_utc') }} as fetch_date
    from {{ ref('stg_ingestion__loads') }}
    where left(dataset, 8) <> 'history_'

),

-- An attempt that failed and was replayed has a row for each of its failures, and one for its success.
attempts as (

    select
        dataset,
        attempt_key,
        fetch_date,
        fetched_at_utc,
        max(rows_seen) as rows_seen,
        max(case when unknown_fields is not null then 1 else 0 end) as has_unknown_fields,
        max(case when status = 'loaded' then 1 else 0 end) as is_loaded,
        max(case when status = 'failed' then 1 else 0 end) as is_failed
    from loads
    group by 1, 2, 3, 4

),

days as (

    select
        fetch_date,
        dataset,
        sum(case when is_loaded = 1 or is_failed = 1 then 1 else 0 end) as requests_answered,
        sum(case when is_loaded = 0 and is_failed = 0 then 1 else 0 end) as requests_unanswered,
        sum(is_failed) as bodies_failed,
        sum(case when is_failed = 1 and is_loaded = 0 then 1 else 0 end) as bodies_failed_waiting,
        sum(case when is_loaded = 1 and rows_seen = 0 then 1 else 0 end) as answers_empty,
        sum(has_unknown_fields) as answers_with_unknown_fields,
        sum(rows_seen) as rows_seen,
        max(fetched_at_utc) as newest_attempt_utc
    from attempts
    group by 1, 2

),

errors as (

    select
        fetch_date,
        dataset,
        error,
        row_number() over (partition by dataset, fetch_date order by fetched_at_utc, attempt_key, error)
            as place_from_first,
        row_number() over (
            partition by dataset, fetch_date
            order by fetched_at_utc desc, attempt_key desc, error desc
        ) as place_from_last
    from loads
    where error is not null

),

errors_of_days as (

    select
        fetch_date,
        dataset,
        max(case when place_from_first = 1 then error end) as first_error,
        max(case when place_from_last = 1 then error end) as last_error
    from errors
    group by 1, 2

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
        percentile_cont(0.05) within group (order by lag_seconds) as p05_lag_seconds,
        percentile_cont(0.5) within group (order by lag_seconds) as median_lag_seconds,
        percentile_cont(0.95) within group (order by lag_seconds) as p95_lag_seconds,
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
    days.fetch_date,
    days.dataset,
    days.requests_answered,
    days.requests_unanswered,
    days.bodies_failed,
    days.bodies_failed_waiting,
    days.answers_empty,
    days.answers_with_unknown_fields,
    cast(days.rows_seen as bigint) as rows_seen,
    coalesce(new_rows.rows_new, 0) as rows_new,
    coalesce(revised.rows_revised, 0) as rows_revised,
    {% for name in ['p05', 'median', 'p95', 'max'] %}
        cast(new_rows.{{ name }}_lag_seconds / 60 as double precision) as {{ name }}_lag_minutes,
    {% endfor %}
    errors_of_days.first_error,
    errors_of_days.last_error,
    days.newest_attempt_utc
from days
left join errors_of_days
    on
        days.fetch_date = errors_of_days.fetch_date
        and days.dataset = errors_of_days.dataset
left join new_rows
    on
        days.fetch_date = new_rows.fetch_date
        and days.dataset = new_rows.dataset
left join revised
    on
        days.fetch_date = revised.fetch_date
        and days.dataset = revised.dataset
