with half_hours as (

    select
        *,
        -- null where a side is
        left_value - right_value as residual
    from {{ ref('int_reconciliation_half_hourly') }}

),

days as (

    select
        settlement_date,
        check_name,
        {{ periods_in('settlement_date') }} as periods_in_day,
        count(*) as periods_expected,
        count(residual) as periods_compared,
        max(case when residual is not null then period_start_utc end) as newest_period_start_utc,
        cast({{ mean('case when residual is not null then left_value end') }} as {{ real_number() }}) as left_value,
        cast({{ mean('case when residual is not null then right_value end') }} as {{ real_number() }}) as right_value,
        cast({{ mean('residual') }} as {{ real_number() }}) as residual,
        {{ percentile(0.05, 'residual') }} as residual_p05,
        {{ percentile(0.5, 'residual') }} as residual_p50,
        {{ percentile(0.95, 'residual') }} as residual_p95
    from half_hours
    group by 1, 2

)

select
    days.settlement_date,
    days.check_name,
    bounds.unit,
    days.periods_in_day,
    days.periods_expected,
    days.periods_compared,
    days.newest_period_start_utc,
    days.left_value,
    days.right_value,
    days.residual,
    days.residual_p05,
    days.residual_p50,
    days.residual_p95,
    bounds.residual_minimum,
    bounds.residual_maximum,
    -- the bounds are those of days: what is a small part of one is not held against them
    case
        when days.periods_compared * 2 >= days.periods_in_day
            then days.residual between bounds.residual_minimum and bounds.residual_maximum
    end as is_within_bounds
from days
inner join {{ ref('reconciliation_bounds') }} as bounds on days.check_name = bounds.check_name
