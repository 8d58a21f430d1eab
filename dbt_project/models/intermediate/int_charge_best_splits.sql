{{ config(
    materialized='incremental',
    incremental_strategy='replace_nights',
    on_schema_change='fail',
    indexes=[{'columns': ['settlement_date']}],
) }}

{#- Less than this part of the energy is rounding. -#}
{%- set noise = 0.000001 %}

-- The half-hours of the objective's measure that are known, with the other measure where that is known too.
with slots as (

    select
        advice.settlement_date,
        advice.advice_id,
        advice.objective,
        advice.power_kw / 2 as most_kwh,
        advice.energy_at_meter_kwh,
        chosen.position,
        chosen.value,
        other.value as other_value
    from {{ ref('int_charge_advice') }} as advice
    inner join {{ ref('int_charge_slots') }} as chosen
        on advice.window_id = chosen.window_id and advice.measure = chosen.measure
    left join {{ ref('int_charge_slots') }} as other
        on
            chosen.window_id = other.window_id
            and chosen.position = other.position
            and chosen.measure <> other.measure
    where
        not advice.is_in_one_go
        and chosen.value is not null
        and {{ in_nights_to_build('advice.settlement_date') }}

),

-- What may pause takes the best half-hours first, and the last of them in part: energy that is moved from a used
-- half-hour to an unused one never counts for less.
ranked as (

    select
        *,
        energy_at_meter_kwh
        - most_kwh * (row_number() over (partition by advice_id order by value, position) - 1) as left_kwh
    from slots

),

used as (

    select
        *,
        least(most_kwh, left_kwh) as used_kwh
    from ranked
    where left_kwh > {{ noise }} * energy_at_meter_kwh

),

summed as (

    select
        settlement_date,
        advice_id,
        objective,
        sum(used_kwh * value) as value,
        case when count(other_value) = count(*) then sum(used_kwh * other_value) end as other_value
    from used
    group by 1, 2, 3
    having sum(used_kwh) > (1 - {{ noise }}) * max(energy_at_meter_kwh)

)

select
    settlement_date,
    advice_id,
    'hindsight' as run,
    case when objective = 'cheapest' then value else other_value end as cost_p,
    case when objective = 'cheapest' then other_value else value end as carbon_g
from summed
