-- A plain select: through a CTE, PostgreSQL would not find the first and the last of a dataset by an index.
select
    ---------- ids
    load_id,
    dataset,
    request,
    attempt_key,
    lake_key,

    ---------- what came of it
    status,
    http_status,
    is_simulated,
    error,
    unknown_fields,

    ---------- numerics
    rows_seen,
    rows_new,

    ---------- timestamps
    fetched_at as fetched_at_utc
from {{ source('raw', 'loads') }}
