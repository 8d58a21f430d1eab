with received as (

    {{ newest_rows(
        ref('stg_elexon__remit_messages'),
        'remit',
        ['mrid', 'revision_number', 'published_at_utc'],
        start='published_at_utc',
    ) }}

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
    {{ json_text('outage_profile') }} as outage_profile_json,
    created_at_utc,
    case when is_withdrawn then 'withdrawn' else rule_state end as state,
    fetched_at_utc,
    lake_key
from received
