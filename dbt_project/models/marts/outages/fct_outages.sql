{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='mrid',
    on_schema_change='fail',
) }}

-- A new revision says of the one before that it is superseded: messages are replaced whole.
with messages as (

    select * from {{ ref('int_outage_messages') }}
    where
        mrid in (
            select touched.mrid from {{ ref('int_outage_messages') }} as touched
            where {{ in_days_to_build('touched.settlement_date') }}
        )

)

select
    mrid,
    revision_number,
    published_at_utc,
    -- A revision may be sent again with other content, and revisions come out of order: the publish time leads.
    lead(published_at_utc) over (
        partition by mrid, is_withdrawn
        order by published_at_utc, revision_number
    ) as superseded_at_utc,
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
    outage_profile_json,
    created_at_utc,
    state,
    fetched_at_utc,
    lake_key
from messages
