with versions as (

    {{ versions_of(source('raw', 'remit'), key=['mrid', '"revisionNumber"', '"publishTime"'], stamp='"publishTime"') }}

),

renamed as (

    select
        ---------- ids
        mrid,
        "revisionNumber" as revision_number,
        "publishTime" as published_at_utc,
        {{ settlement_date('"publishTime"') }} as settlement_date,
        "participantId" as participant_id,
        "registrationCode" as registration_code,
        "assetId" as asset_id,
        "affectedUnit" as affected_unit,
        "affectedUnitEIC" as affected_unit_eic,
        "affectedArea" as affected_area,
        "biddingZone" as bidding_zone,

        ---------- what it is
        "messageType" as message_type,
        "messageHeading" as message_heading,
        "eventType" as event_type,
        "unavailabilityType" as unavailability_type,
        "eventStatus" as event_status,
        "assetType" as asset_type,
        "fuelType" as fuel_type,

        ---------- numerics
        "normalCapacity" as normal_mw,
        "availableCapacity" as available_mw,
        "unavailableCapacity" as unavailable_mw,

        ---------- timestamps
        "createdTime" as created_at_utc,
        "eventStartTime" as event_start_utc,
        "eventEndTime" as event_end_utc,

        ---------- free text of the participant
        "durationUncertainty" as duration_uncertainty,
        cause,
        "relatedInformation" as related_information,
        "outageProfile" as outage_profile,

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
