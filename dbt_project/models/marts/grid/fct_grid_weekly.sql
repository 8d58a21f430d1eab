with weeks as (

    select
        {{ first_date_of('week', 'settlement_date') }} as week_start_date,
        {{ iso_year('settlement_date') }} as iso_year,
        {{ iso_week('settlement_date') }} as iso_week,
        {{ grid_aggregates() }}
    from {{ ref('int_grid_daily_sums') }}
    group by 1, 2, 3

)

select
    weeks.*,
    {{ periods_between('weeks.week_start_date', add_days('weeks.week_start_date', 7)) }} as periods_in_week,
    {{ periods_between('year_before.week_start_date', add_days('year_before.week_start_date', 7)) }}
        as periods_in_week_year_before,
    {{ grid_year_before('year_before') }}
from weeks
left join weeks as year_before
    on
        weeks.iso_year - 1 = year_before.iso_year
        and weeks.iso_week = year_before.iso_week
