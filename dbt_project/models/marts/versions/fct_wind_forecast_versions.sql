with versions as (

    {{ issues_as_versions(ref('stg_elexon__wind_forecast'), ['hour_start_utc']) }}

)

select
    ---------- ids
    settlement_date,
    settlement_period,
    hour_start_utc,

    ---------- values
    wind_forecast_mw,

    ---------- versions
    published_at_utc,
    known_from_utc,
    replaced_at_utc as known_to_utc,
    replaced_at_utc is null as is_newest,
    absent_from_utc,
    fetched_at_utc,
    lake_key
from versions
