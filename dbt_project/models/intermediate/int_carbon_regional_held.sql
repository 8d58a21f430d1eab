-- A view, as the raw table's index finds the days that are asked for.
{{ config(materialized='view') }}

with forecasts as (

    select * from {{ ref('stg_carbon_intensity__regional_forecast') }}

)

-- What came later is no forecast: the source rewrites it.
select
    region_id,
    sent_region_name,
    settlement_date,
    period_start_utc,
    carbon_forecast_gco2_per_kwh,
    carbon_index,
    generation_mix,
    'forecast' as rule_state,
    absent_from_utc is not null
    and coalesce(
        {{ withdrawn_at('forecasts', 'carbon_regional_forecast', scope='region_id') }} <= period_start_utc, false
    ) as is_withdrawn,
    fetched_at_utc,
    lake_key
from forecasts
where fetched_at_utc <= period_start_utc and (known_to_utc is null or known_to_utc > period_start_utc)
