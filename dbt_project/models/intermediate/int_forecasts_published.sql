{#- Where the issues of a series are; those of demand are of a boundary each, and N is Great Britain. -#}
{%- set series_of = {
    'national_demand': ['stg_elexon__national_demand_forecast', 'period_start_utc', 'national_demand_forecast_mw'],
    'transmission_demand': [
        'stg_elexon__transmission_demand_forecast', 'period_start_utc', 'transmission_demand_forecast_mw'
    ],
    'wind': ['stg_elexon__wind_forecast', 'hour_start_utc', 'wind_forecast_mw'],
} -%}

with series as (

    select * from {{ ref('forecast_series') }} where issue_kind = 'published'

),

horizons as (

    select * from {{ ref('forecast_horizons') }}

),

outcomes as (

    select * from {{ ref('int_forecast_outcomes') }}

),

ages as (

    {{ longest_issue_ages() }}

),

issues as (

    {% for name, place in series_of.items() %}
        select
            '{{ name }}' as series,
            {{ place[1] }} as period_start_utc,
            published_at_utc,
            known_from_utc,
            known_to_utc,
            {{ place[2] }} as forecast
        from {{ ref(place[0]) }}
        where {{ place[2] }} is not null {{ "and boundary = 'N'" if name != 'wind' }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

issue_times as (

    select distinct
        issues.series,
        series.dataset,
        issues.published_at_utc
    from issues
    inner join series on issues.series = series.series

),

moments as (

    {{ moments_of_issues('issue_times', 'published_at_utc') }}

),

-- What the newest issue said of a period at a moment before it, as it was known then.
candidates as (

    select
        issues.series,
        issues.period_start_utc,
        horizons.horizon_hours,
        issues.published_at_utc,
        issues.forecast,
        row_number() over (
            partition by issues.series, issues.period_start_utc, horizons.horizon_hours
            order by issues.published_at_utc desc, issues.known_from_utc desc
        ) as place
    from issues
    inner join moments
        on issues.series = moments.series and issues.published_at_utc = moments.published_at_utc
    inner join horizons
        on issues.period_start_utc = {{ add_minutes('moments.moment_utc', '60 * horizons.horizon_hours') }}
    where
        issues.known_from_utc <= moments.moment_utc
        and (issues.known_to_utc is null or issues.known_to_utc > moments.moment_utc)

),

-- The half-hours of whose issues the source was asked, once they were over.
asked as (

    select * from (
        {{ asked_periods(['ndf', 'tsdf', 'windfor'], ref('dim_settlement_periods'), 'period_start_utc') }}
    ) as asked_by_publish_time
    where newest_answer_utc >= period_start_utc

),

at_horizons as (

    select
        outcomes.series,
        outcomes.region_id,
        outcomes.settlement_date,
        outcomes.settlement_period,
        outcomes.period_start_utc,
        series.dataset,
        horizons.horizon_hours,
        {{ moment_before('outcomes.period_start_utc', 'horizons.horizon_hours') }} as moment_utc,
        {{ half_hour_start_utc(
            add_minutes('outcomes.period_start_utc', '-60 * horizons.horizon_hours - ages.longest_age_minutes')
        ) }} as counts_from_utc,
        {{ is_within_reach('outcomes.period_start_utc', 'horizons.horizon_hours') }} as is_within_reach
    from outcomes
    inner join series on outcomes.series = series.series
    inner join ages on series.dataset = ages.dataset
    cross join horizons

)

-- Expected where each issue that would count was asked for and reaches the period; and what came is shown in any case.
select
    at_horizons.series,
    at_horizons.region_id,
    at_horizons.settlement_date,
    at_horizons.settlement_period,
    at_horizons.period_start_utc,
    at_horizons.horizon_hours,
    at_horizons.moment_utc,
    newest.published_at_utc as issued_at_utc,
    newest.forecast
from at_horizons
left join candidates as newest
    on
        newest.place = 1
        and at_horizons.series = newest.series
        and at_horizons.period_start_utc = newest.period_start_utc
        and at_horizons.horizon_hours = newest.horizon_hours
left join asked as asked_then
    on at_horizons.dataset = asked_then.dataset and at_horizons.moment_utc = asked_then.period_start_utc
left join asked as asked_before
    on at_horizons.dataset = asked_before.dataset and at_horizons.counts_from_utc = asked_before.period_start_utc
where
    newest.forecast is not null
    or (
        at_horizons.is_within_reach
        and asked_then.period_start_utc is not null
        and asked_before.period_start_utc is not null
    )
