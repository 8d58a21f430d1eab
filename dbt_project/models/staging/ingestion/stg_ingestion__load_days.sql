-- A plain select: through a CTE, PostgreSQL would not find the first and the last of a dataset by an index.
select
    ---------- ids
    load_id,
    dataset,
    settlement_date,
    scope,

    ---------- what the answer covered
    fetched_at as fetched_at_utc,
    is_complete,
    covered_from_utc,
    covered_to_utc,
    is_whole_day,

    ---------- numerics
    rows_seen,
    rows_new
from {{ source('raw', 'load_days') }}
