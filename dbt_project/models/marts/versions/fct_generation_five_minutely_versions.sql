with versions as (

    select * from {{ ref('stg_elexon__generation_five_minutely') }}

)

select
    ---------- ids
    versions.settlement_date,
    versions.settlement_period,
    versions.interval_start_utc,
    versions.fuel_code,

    ---------- values
    versions.generation_mw,

    ---------- versions
    versions.known_from_utc,
    {{ known_to('versions', 'fuelinst', start='interval_start_utc') }} as known_to_utc,
    versions.is_newest,
    versions.absent_from_utc,
    versions.fetched_at_utc,
    versions.lake_key
from versions
