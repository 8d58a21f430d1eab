with advice as (

    select
        evening as settlement_date,
        load_id,
        objective,
        region_code,
        pieces
    from {{ ref('stg_own__advice') }}

),

pieces as (

    {{ unnested('advice', 'pieces') }}

)

select
    settlement_date,
    load_id,
    objective,
    region_code,
    item_number as piece_number,
    cast({{ json_field('item', 'start_utc') }} as {{ instant_type() }}) as start_utc,
    cast({{ json_field('item', 'end_utc') }} as {{ instant_type() }}) as end_utc,
    cast({{ json_field('item', 'power_kw') }} as {{ real_number() }}) as power_kw
from pieces
