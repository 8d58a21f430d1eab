{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with asked as (

    select
        dataset,
        settlement_date,
        settlement_period,
        period_start_utc as start_utc,
        newest_answer_utc
    from {{ ref('int_asked_half_hours') }}
    where
        dataset in (
            {% for dataset in datasets_with_gaps() | map(attribute='id') | unique %}
                '{{ dataset }}'{{ ',' if not loop.last }}
            {% endfor %}
        )
        and {{ in_days_to_build('settlement_date') }}
    union all
    select
        dataset,
        settlement_date,
        settlement_period,
        interval_start_utc as start_utc,
        newest_answer_utc
    from {{ ref('int_asked_five_minutes') }}
    where dataset = 'fuelinst' and {{ in_days_to_build('settlement_date') }}

),

numbers as (

    select * from {{ ref('int_own_numbers') }} where {{ in_days_to_build('settlement_date') }}

),

-- A half-hour came as well as its least certain number: one fuel that lacks in one of its five minutes makes a gap.
half_hours as (

    select
        asked.dataset,
        asked.settlement_date,
        asked.settlement_period,
        {{ least_certain_of("coalesce(numbers.state, 'missing')") }} as state,
        max(asked.newest_answer_utc) as newest_answer_utc
    from asked
    left join numbers
        on
            asked.dataset = numbers.dataset
            and asked.start_utc = numbers.start_utc
    group by 1, 2, 3

)

select
    settlement_date,
    dataset,
    {{ periods_in('settlement_date') }} as periods_in_day,
    count(*) as periods_expected,
    sum(case when state not in ('missing', 'withdrawn') then 1 else 0 end) as periods_received,
    sum(case when state = 'missing' then 1 else 0 end) as periods_missing,
    sum(case when state = 'withdrawn' then 1 else 0 end) as periods_withdrawn,
    max(newest_answer_utc) as newest_answer_utc
from half_hours
group by 1, 2
