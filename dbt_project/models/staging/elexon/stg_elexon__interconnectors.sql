with versions as (

    {{ versions_of(source('raw', 'interconnectors'), key=['"interconnectorId"']) }}

),

renamed as (

    select
        ---------- ids
        "interconnectorId" as interconnector_id,

        ---------- what it is
        "interconnectorName" as interconnector_name,
        "interconnectorBiddingZone" as bidding_zone,

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
