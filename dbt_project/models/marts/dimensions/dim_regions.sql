with regions as (

    select * from {{ ref('regions') }}

),

unknown as (

    select
        region_id,
        max(region_name) as region_name,
        max(network_region_name) as network_region_name
    from {{ ref('int_regions_unknown') }}
    group by region_id

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
