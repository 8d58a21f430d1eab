with versions as (

    select * from {{ ref('stg_elexon__generation_five_minutely') }}

)

select
    ---------- ids
    settlement_date,
    settlement_period,
    interval_start_utc,
    fuel_code,

    ---------- values
    generation_mw,

    ---------- versions
    known_from_utc,
    {{ known_to('versions', 'fuelinst', start='interval_start_utc') }} as known_to_utc,
    is_newest,
    absent_from_utc,
    fetched_at_utc,
    lake_key
from versions
