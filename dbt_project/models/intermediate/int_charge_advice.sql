-- All regions and loads of an evening have few windows between them: one for each tariff.
select
    evening as settlement_date,
    advice_id,
    load_id,
    objective,
    region_code,
    price_series,
    cast(evening as {{ text_type() }}) || '/' || price_series || '/' || {{ utc_label('earliest_utc') }}
    || '/' || {{ utc_label('deadline_utc') }} as window_id,
    case when objective = 'cheapest' then 'cost' else 'carbon' end as measure,
    earliest_utc,
    deadline_utc,
    cast({{ seconds_between('earliest_utc', 'deadline_utc') }} as {{ real_number() }}) / 1800 as half_hours,
    is_in_one_go,
    cast(power_kw as {{ real_number() }}) as power_kw,
    cast(energy_kwh as {{ real_number() }}) / cast(efficiency as {{ real_number() }}) as energy_at_meter_kwh,
    profile,
    pieces
from {{ ref('stg_own__advice') }}
