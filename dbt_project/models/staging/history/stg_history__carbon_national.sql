with versions as (

    {{ versions_of(source('raw', 'history_carbon_national'), key=['"from"']) }}

),

renamed as (

    select
        ---------- ids
        "from" as period_start_utc,
        {{ settlement_date('"from"') }} as settlement_date,
        {{ settlement_period('"from"') }} as settlement_period,

        ---------- numerics
        actual as carbon_actual_gco2_per_kwh,
        forecast as carbon_forecast_gco2_per_kwh,

        ---------- codes
        index as carbon_index,

        ---------- as sent by the source
        "to" as sent_period_end_utc,

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
