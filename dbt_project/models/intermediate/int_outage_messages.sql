{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with received as (

    {{ newest_rows(
        days_to_build_of(ref('stg_elexon__remit_messages'), 'published_at_utc'),
        'remit',
        ['mrid', 'revision_number', 'published_at_utc'],
        start='published_at_utc',
    ) }}

)

select
    settlement_date,
    mrid,
    revision_number,
    published_at_utc,
    event_status,
    event_start_utc,
    event_end_utc,
    unavailable_mw,
    available_mw,
    normal_mw,
    event_type,
    unavailability_type,
    fuel_type,
    participant_id,
    asset_id,
    affected_unit,
    affected_unit_eic,
    affected_area,
    bidding_zone,
    cause,
    related_information,
    {{ json_text('outage_profile') }} as outage_profile_json,
    created_at_utc,
    is_withdrawn,
    case when is_withdrawn then 'withdrawn' else rule_state end as state,
    fetched_at_utc,
    lake_key
from received
