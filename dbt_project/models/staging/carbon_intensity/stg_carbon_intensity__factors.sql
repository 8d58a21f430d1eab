with versions as (

    {{ versions_of(source('raw', 'carbon_factors'), key=['fuel']) }}

),

renamed as (

    select
        ---------- ids
        fuel as factor_fuel,

        ---------- numerics
        factor as carbon_factor_gco2_per_kwh,

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
