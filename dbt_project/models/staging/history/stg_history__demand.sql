with versions as (

    {{ versions_of(source('raw', 'history_demand'), key=['"SETTLEMENT_DATE"', '"SETTLEMENT_PERIOD"']) }}

),

renamed as (

    select
        ---------- ids
        "SETTLEMENT_DATE" as settlement_date,
        "SETTLEMENT_PERIOD" as settlement_period,
        {{ period_start_utc('"SETTLEMENT_DATE"', '"SETTLEMENT_PERIOD"') }} as period_start_utc,

        ---------- numerics
        "ND" as nd_mw,
        "TSD" as tsd_mw,
        "ENGLAND_WALES_DEMAND" as england_wales_demand_mw,
        "EMBEDDED_WIND_GENERATION" as embedded_wind_mw,
        "EMBEDDED_WIND_CAPACITY" as embedded_wind_capacity_mw,
        "EMBEDDED_SOLAR_GENERATION" as embedded_solar_mw,
        "EMBEDDED_SOLAR_CAPACITY" as embedded_solar_capacity_mw,
        "NON_BM_STOR" as non_bm_stor_mw,
        "PUMP_STORAGE_PUMPING" as pump_storage_pumping_mw,
        "SCOTTISH_TRANSFER" as scottish_transfer_mw,
        "IFA_FLOW" as ifa_flow_mw,
        "IFA2_FLOW" as ifa2_flow_mw,
        "BRITNED_FLOW" as britned_flow_mw,
        "MOYLE_FLOW" as moyle_flow_mw,
        "EAST_WEST_FLOW" as east_west_flow_mw,
        "NEMO_FLOW" as nemo_flow_mw,
        "NSL_FLOW" as nsl_flow_mw,
        "ELECLINK_FLOW" as eleclink_flow_mw,
        "VIKING_FLOW" as viking_flow_mw,
        "GREENLINK_FLOW" as greenlink_flow_mw,

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
