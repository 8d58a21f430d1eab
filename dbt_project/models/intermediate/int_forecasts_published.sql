with issues as (

    select * from {{ ref('int_published_issues') }}

),

at_horizons as (

    {{ outcomes_at_horizons('published') }}

),

-- The half-hours of whose issues the source was asked, once they were over.
{% for name in ['asked_then', 'asked_before'] %}
    {{ name }} as (

        select * from {{ ref('int_asked_half_hours') }}
        where newest_answer_utc >= period_start_utc

    ){{ ',' if not loop.last }}

{% endfor %}
-- Expected where each issue that would count was asked for and reaches the period; and what came is shown in any case.
select
    at_horizons.series,
    at_horizons.region_id,
    at_horizons.settlement_date,
    at_horizons.settlement_period,
    at_horizons.period_start_utc,
    at_horizons.horizon_hours,
    at_horizons.moment_utc,
    issues.issued_at_utc,
    issues.forecast
from at_horizons
left join issues
    on
        at_horizons.series = issues.series
        and at_horizons.period_start_utc = issues.period_start_utc
        and at_horizons.horizon_hours = issues.horizon_hours
left join asked_then
    on at_horizons.dataset = asked_then.dataset and at_horizons.moment_utc = asked_then.period_start_utc
left join asked_before
    on at_horizons.dataset = asked_before.dataset and at_horizons.counts_from_utc = asked_before.period_start_utc
where
    issues.forecast is not null
    or (
        at_horizons.is_within_reach
        and asked_then.period_start_utc is not null
        and asked_before.period_start_utc is not null
    )
