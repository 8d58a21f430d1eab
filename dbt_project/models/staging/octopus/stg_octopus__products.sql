with versions as (

    {{ versions_of(source('raw', 'octopus_products'), key=['code']) }}

),

renamed as (

    select
        ---------- ids
        code as product_code,

        ---------- what it is
        direction,
        full_name,
        display_name,
        description,
        brand,
        term as term_months,
        is_variable,
        is_green,
        is_tracker,
        is_prepay,
        is_business,
        is_restricted,

        ---------- timestamps
        available_from as available_from_utc,
        available_to as available_to_utc,

        ---------- as sent by the source
        links,

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
