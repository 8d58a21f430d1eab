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

)

select
    fetch_date,
    dataset,
    max(case when place_from_first = 1 then error end) as first_error,
    max(case when place_from_last = 1 then error end) as last_error
from errors
group by 1, 2
