with versions as (

    {{ versions_of(source('raw', 'carbon_regional_forecast'), key=['"from"', 'regionid']) }}

),

renamed as (

    select
        ---------- ids
        "from" as period_start_utc,
        {{ settlement_date('"from"') }} as settlement_date,
        {{ settlement_period('"from"') }} as settlement_period,
        regionid as region_id,

        ---------- numerics
        forecast as carbon_forecast_gco2_per_kwh,

        ---------- codes
        index as carbon_index,

        ---------- the mix, as JSON
        generationmix as generation_mix,

        ---------- as sent by the source
        "to" as sent_period_end_utc,
        shortname as sent_region_name,
        dnoregion as sent_network_region_name,

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
