{{ config(materialized='incremental', incremental_strategy='replace_years', on_schema_change='fail') }}

with days as (

    select
        settlement_date,
        {{ grid_aggregates() }}
    from {{ ref('int_grid_daily_sums') }}
    -- what is built, and what it stands beside
    where
        {{ in_years_to_build('settlement_date') }}
        or {{ in_days_to_build(add_months('settlement_date', 12)) }}
    group by 1

)

select
    days.*,
    {{ periods_in('days.settlement_date') }} as periods_in_day,
    {{ periods_in('year_before.settlement_date') }} as periods_in_day_year_before,
    {{ grid_year_before('year_before') }}
from days
left join days as year_before
    on {{ date_number('days.settlement_date') }} - 10000 = {{ date_number('year_before.settlement_date') }}
where {{ in_years_to_build('days.settlement_date') }}
