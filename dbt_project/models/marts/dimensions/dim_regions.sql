select
    region_id,
    region_name,
    network_region_name,
    region_kind,
    gsp_group_code
from {{ ref('regions') }}
