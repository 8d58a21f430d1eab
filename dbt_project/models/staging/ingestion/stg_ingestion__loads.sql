with loads as (

    select * from {{ source('raw', 'loads') }}

),

renamed as (

    select
        ---------- ids
        load_id,
        dataset,
        request,
        lake_key,

        ---------- what came of it
        status,
        is_simulated,
        error,

        ---------- numerics
        rows_seen,
        rows_new,

        ---------- timestamps
        fetched_at as fetched_at_utc
    from loads

)

select * from renamed
