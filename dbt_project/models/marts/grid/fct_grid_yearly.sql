with years as (

    select
        {{ first_date_of('year', 'settlement_date') }} as year_start_date,
        {{ grid_aggregates() }}
    from {{ ref('int_grid_daily_sums') }}
    group by 1

)

select
    years.*,
    {{ periods_between('years.year_start_date', add_months('years.year_start_date', 12)) }} as periods_in_year,
    {{ periods_between('year_before.year_start_date', add_months('year_before.year_start_date', 12)) }}
        as periods_in_year_year_before,
    {{ grid_year_before('year_before') }}
from years
left join years as year_before
    on {{ add_months('years.year_start_date', -12) }} = year_before.year_start_date
