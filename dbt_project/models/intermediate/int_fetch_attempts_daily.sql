-- A view, as one mart alone is made of it, and whole.
{{ config(materialized='view') }}

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

)

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
