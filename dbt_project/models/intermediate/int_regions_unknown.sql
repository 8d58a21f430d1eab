{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

select
    seen.settlement_date,
    seen.region_id,
    max(seen.sent_region_name) as region_name,
    max(seen.sent_network_region_name) as network_region_name
from {{ days_to_build_of(ref('stg_carbon_intensity__regional_forecast')) }} as seen
left join {{ ref('regions') }} as regions on seen.region_id = regions.region_id
where regions.region_id is null
group by 1, 2
