with versions as (

    select * from {{ ref('stg_carbon_intensity__regional_forecast') }}

)

select
    ---------- ids
    versions.settlement_date,
    versions.settlement_period,
    versions.period_start_utc,
    versions.region_id,

    ---------- values
    versions.carbon_forecast_gco2_per_kwh,
    versions.carbon_index,
    {{ shares_of_mix('versions.generation_mix') }},

    ---------- versions
    versions.known_from_utc,
    {{ known_to('versions', 'carbon_regional_forecast', scope='region_id') }} as known_to_utc,
    versions.is_newest,
    versions.absent_from_utc,
    versions.fetched_at_utc,
    versions.lake_key
from versions
