with versions as (

    select * from {{ ref('stg_carbon_intensity__regional_forecast') }}

)

select
    ---------- ids
    settlement_date,
    settlement_period,
    period_start_utc,
    region_id,

    ---------- values
    carbon_forecast_gco2_per_kwh,
    carbon_index,
    {{ shares_of_mix('generation_mix') }},

    ---------- versions
    known_from_utc,
    {{ known_to('versions', 'carbon_regional_forecast', scope='region_id') }} as known_to_utc,
    is_newest,
    absent_from_utc,
    fetched_at_utc,
    lake_key
from versions
