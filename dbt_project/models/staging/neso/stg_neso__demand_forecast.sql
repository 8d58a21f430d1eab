with versions as (

    {{ versions_of(source('raw', 'neso_demand_forecast'), key=['"Date"', '"Settlement_Period"']) }}

),

renamed as (

    select
        ---------- ids
        "Date" as settlement_date,
        "Settlement_Period" as settlement_period,
        {{ period_start_utc('"Date"', '"Settlement_Period"') }} as period_start_utc,

        ---------- numerics
        "Demand_Forecast" as demand_forecast_mw,
        "Demand_Outturn" as demand_outturn_mw,
        "TRIAD_Avoidance_Estimate" as triad_avoidance_mw,
        "TRIAD_Avoidance_Corrected_Demand_Outturn" as triad_corrected_demand_outturn_mw,
        "APE" as absolute_error_percent,
        "Absolute_Error" as absolute_error_mw,

        ---------- as sent by the source
        "Month" as sent_month,
        "Datetime" as sent_period_end_local,
        "Publish_Datetime" as sent_published_at_local,

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
