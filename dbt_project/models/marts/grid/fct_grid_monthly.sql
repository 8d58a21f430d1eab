with months as (

    select
        {{ first_date_of('month', 'settlement_date') }} as month_start_date,
        {{ grid_aggregates() }}
    from {{ ref('int_grid_daily_sums') }}
    group by 1

)

select
    months.*,
    {{ periods_between('months.month_start_date', add_months('months.month_start_date', 1)) }} as periods_in_month,
    {{ periods_between('year_before.month_start_date', add_months('year_before.month_start_date', 1)) }}
        as periods_in_month_year_before,
    {{ grid_year_before('year_before') }}
from months
left join months as year_before
    on {{ add_months('months.month_start_date', -12) }} = year_before.month_start_date
