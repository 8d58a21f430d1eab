-- A view, as it is read only where a half-hour of FUELHH has not come, and five-minute values come all the time.
{{ config(materialized='view') }}

with five_minutes as (

    select * from {{ ref('fct_generation_five_minutely') }}
    where source_dataset = 'fuelinst' and {{ counts('state') }}

)

select
    settlement_date,
    settlement_period,
    min(interval_start_utc) as period_start_utc,
    fuel_code,
    cast({{ mean('generation_mw') }} as {{ exact_number() }}) as generation_mw,
    cast(count(*) as integer) as five_minute_values,
    {{ least_certain_of('state') }} as state,
    max(fetched_at_utc) as fetched_at_utc,
    max(lake_key) as lake_key
from five_minutes
group by settlement_date, settlement_period, fuel_code
having count(*) = 6
