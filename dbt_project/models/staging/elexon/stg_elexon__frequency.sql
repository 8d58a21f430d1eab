with versions as (

    {{ versions_of(source('raw', 'frequency'), key=['"measurementTime"']) }}

),

renamed as (

    select
        ---------- ids
        "measurementTime" as measured_at_utc,
        {{ settlement_date('"measurementTime"') }} as settlement_date,
        {{ settlement_period('"measurementTime"') }} as settlement_period,

        ---------- numerics
        frequency as frequency_hz,

        ---------- versions
        known_from_utc,
        known_to_utc,
        known_to_utc is null as is_newest,
        previous_fetched_at is null as is_first,
        absent_from_utc,
        absent_lake_key,
        fetched_at as fetched_at_utc,
        lake_key
    from versions

)

select * from renamed
