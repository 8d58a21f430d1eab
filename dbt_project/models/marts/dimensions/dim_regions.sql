with regions as (

    select * from {{ ref('regions') }}

),

unknown as (

    select
        seen.region_id,
        max(seen.sent_region_name) as region_name,
        max(seen.sent_network_region_name) as network_region_name
    from {{ ref('stg_carbon_intensity__regional_forecast') }} as seen
    left join regions on seen.region_id = regions.region_id
    where regions.region_id is null
    group by seen.region_id

)

select
    region_id,
    region_name,
    network_region_name,
    region_kind,
    gsp_group_code,
    true as is_known
from regions
union all
select
    region_id,
    coalesce(region_name, cast(region_id as {{ text_type() }})) as region_name,
    network_region_name,
    'unknown' as region_kind,
    cast(null as {{ text_type() }}) as gsp_group_code,
    false as is_known
from unknown
