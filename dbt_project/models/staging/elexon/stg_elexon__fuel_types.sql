with versions as (

    {{ versions_of(source('raw', 'fuel_types'), key=['"fuelType"']) }}

),

renamed as (

    select
        ---------- ids
        "fuelType" as fuel_code,

        ---------- versions
        known_from_utc,
        known_to_utc,
        known_to_utc is null as is_newest,
        absent_from_utc,
        fetched_at as fetched_at_utc,
        lake_key
    from versions

)

select * from renamed
