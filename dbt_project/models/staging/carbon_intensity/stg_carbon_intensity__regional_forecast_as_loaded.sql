with loaded as (

    select * from {{ source('raw', 'carbon_regional_forecast') }}

),

renamed as (

    select
        ---------- ids
        "from" as period_start_utc,
        regionid as region_id,

        ---------- numerics
        forecast as carbon_forecast_gco2_per_kwh,

        ---------- versions
        is_absent,
        fetched_at as fetched_at_utc,
        lake_key
    from loaded

)

select * from renamed
