-- Without CTEs, so that PostgreSQL looks into the view where it is used, and finds a version by raw's key.
select
    ---------- ids
    "SETTLEMENT_DATE" as settlement_date,
    "SETTLEMENT_PERIOD" as settlement_period,

    ---------- numerics
    "EMBEDDED_WIND_FORECAST" as embedded_wind_mw,
    "EMBEDDED_SOLAR_FORECAST" as embedded_solar_mw,

    ---------- versions
    fetched_at as fetched_at_utc,
    lake_key
from {{ source('raw', 'neso_embedded_forecast') }}
