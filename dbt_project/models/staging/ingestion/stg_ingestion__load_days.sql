with load_days as (

    select * from {{ source('raw', 'load_days') }}

),

renamed as (

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
    from load_days

)

select * from renamed
