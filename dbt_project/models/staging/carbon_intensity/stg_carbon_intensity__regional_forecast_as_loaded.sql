-- Without CTEs, so that PostgreSQL looks into the view where it is used, and finds a version by raw's key.
select
    ---------- ids
    "from" as period_start_utc,
    regionid as region_id,

    ---------- numerics
    forecast as carbon_forecast_gco2_per_kwh,

    ---------- versions
    is_absent,
    fetched_at as fetched_at_utc,
    lake_key
from {{ source('raw', 'carbon_regional_forecast') }}
