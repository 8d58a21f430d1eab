with fuels as (

    select * from {{ ref('fuels') }}

),

codes_seen as (

    select distinct fuel_code from {{ ref('int_fuel_codes') }}

),

unknown as (

    select codes_seen.fuel_code
    from codes_seen
    left join fuels on codes_seen.fuel_code = fuels.fuel_code
    where fuels.fuel_code is null

)

select
    fuel_code,
    fuel_name,
    category,
    country,
    is_renewable,
    is_zero_carbon,
    is_embedded,
    is_interconnector,
    regular_from_utc,
    colour,
    display_order,
    true as is_known
from fuels
union all
select
    fuel_code,
    fuel_code as fuel_name,
    'unknown' as category,
    cast(null as {{ text_type() }}) as country,
    cast(null as boolean) as is_renewable,
    cast(null as boolean) as is_zero_carbon,
    false as is_embedded,
    -- every interconnector so far has a code of this form
    fuel_code like 'INT%' as is_interconnector,
    cast(null as {{ instant_type() }}) as regular_from_utc,
    '#bdbdbd' as colour,
    99 as display_order,
    false as is_known
from unknown
