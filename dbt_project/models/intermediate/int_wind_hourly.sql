-- UK clocks are whole hours from UTC, so an hour begins with every odd period.
with half_hours as (

    select
        settlement_date,
        settlement_period - mod(settlement_period + 1, 2) as settlement_period,
        {{ add_minutes('period_start_utc', '-30 * mod(settlement_period + 1, 2)') }} as hour_start_utc,
        case when {{ counts('state') }} then generation_mw end as generation_mw,
        state
    from {{ ref('fct_generation_half_hourly') }}
    where fuel_code = 'WIND' and settlement_date >= {{ first_date_needed('wind') }}

)

select
    settlement_date,
    settlement_period,
    hour_start_utc,
    cast(case when count(generation_mw) = 2 then sum(generation_mw) / 2 end as {{ exact_number() }}) as generation_mw,
    {{ least_certain_of('state') }} as state
from half_hours
group by 1, 2, 3
having count(*) = 2
