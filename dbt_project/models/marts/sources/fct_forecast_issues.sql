{#- Forecasts whose source keeps the newest issue alone, and how many minutes apart these come: as in the catalogue. -#}
{%- set minutes_between_issues = {
    'carbon_national_forecast': 30,
    'carbon_regional_forecast': 30,
    'neso_embedded_forecast': 60,
} -%}

with answers as (

    select
        dataset,
        fetched_at_utc,
        lake_key,
        rows_seen
    from {{ ref('stg_ingestion__loads') }}
    where
        status = 'loaded'
        and dataset in (
            {% for dataset in minutes_between_issues %}
                '{{ dataset }}'{{ ',' if not loop.last }}
            {% endfor %}
        )

),

-- What lies before the first answer was never asked for, and what lies after the newest is not known yet.
spans as (

    select
        dataset,
        min(fetched_at_utc) as first_answer_utc,
        max(fetched_at_utc) as newest_answer_utc,
        case dataset
            {% for dataset, minutes in minutes_between_issues.items() %}
                when '{{ dataset }}' then {{ minutes }}
            {% endfor %}
        end as minutes_between_issues
    from answers
    group by 1

),

issues as (

    select
        spans.dataset,
        periods.settlement_date,
        periods.settlement_period,
        periods.period_start_utc as issue_start_utc,
        {{ add_minutes('periods.period_start_utc', 'spans.minutes_between_issues') }} as issue_end_utc
    from spans
    inner join {{ ref('dim_settlement_periods') }} as periods
        on
            spans.newest_answer_utc >= periods.period_start_utc
            and spans.first_answer_utc
            < {{ add_minutes('periods.period_start_utc', 'spans.minutes_between_issues') }}
    where
        spans.minutes_between_issues = 30
        -- UK clocks are whole hours from UTC, so the hour begins with every odd period
        or mod(periods.settlement_period, 2) = 1

)

select
    issues.dataset,
    issues.settlement_date,
    issues.settlement_period,
    issues.issue_start_utc,
    case when count(answers.dataset) = 0 then 'missed' else 'received' end as issue_state,
    count(answers.dataset) as answers,
    min(answers.fetched_at_utc) as first_answer_utc,
    max(answers.fetched_at_utc) as newest_answer_utc
from issues
left join answers
    on
        issues.dataset = answers.dataset
        and issues.issue_start_utc <= answers.fetched_at_utc
        and issues.issue_end_utc > answers.fetched_at_utc
        and answers.rows_seen > 0
group by 1, 2, 3, 4
