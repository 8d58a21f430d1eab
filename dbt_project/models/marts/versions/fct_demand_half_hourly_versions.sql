with versions as (

    select * from {{ ref('stg_elexon__demand_outturn') }}

)

select
    ---------- ids
    settlement_date,
    settlement_period,
    period_start_utc,

    ---------- values
    indo_mw,
    itsdo_mw,

    ---------- versions
    known_from_utc,
    {{ known_to('versions', 'demand_outturn') }} as known_to_utc,
    is_newest,
    absent_from_utc,
    fetched_at_utc,
    lake_key
from versions
