with versions as (

    select * from {{ ref('stg_elexon__demand_outturn') }}

)

select
    ---------- ids
    versions.settlement_date,
    versions.settlement_period,
    versions.period_start_utc,

    ---------- values
    versions.indo_mw,
    versions.itsdo_mw,

    ---------- versions
    versions.known_from_utc,
    {{ known_to('versions', 'demand_outturn') }} as known_to_utc,
    versions.is_newest,
    versions.absent_from_utc,
    versions.fetched_at_utc,
    versions.lake_key
from versions
