{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with answers as (

    select * from {{ ref('stg_ingestion__load_days') }}
    where
        dataset = 'carbon_regional_forecast'
        and covered_from_utc is not null
        and {{ in_days_to_build('settlement_date') }}

)

select
    answers.scope,
    periods.settlement_date,
    periods.settlement_period,
    periods.period_start_utc,
    max(case when answers.fetched_at_utc <= periods.period_start_utc then answers.fetched_at_utc end)
        as newest_answer_before_utc
from answers
inner join {{ ref('dim_settlement_periods') }} as periods
    on
        answers.settlement_date = periods.settlement_date
        and answers.covered_from_utc <= periods.period_start_utc
        and answers.covered_to_utc > periods.period_start_utc
group by 1, 2, 3, 4
