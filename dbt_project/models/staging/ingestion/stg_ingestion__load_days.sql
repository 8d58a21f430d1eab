with load_days as (

    select * from {{ source('raw', 'load_days') }}

),

renamed as (

    select
        ---------- ids
        load_id,
        dataset,
        settlement_date,

        ---------- what the answer covered
        fetched_at as fetched_at_utc,
        is_complete,
        covered_from_utc,
        covered_to_utc,
        (
            covered_from_utc = {{ local_midnight_utc('settlement_date') }}
            and covered_to_utc = {{ local_midnight_utc(add_days('settlement_date', 1)) }}
        ) as is_whole_day,

        ---------- numerics
        rows_seen,
        rows_new
    from load_days

)

select * from renamed
