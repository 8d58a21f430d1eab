{#- Where the versions of a series are, and what tells a row of them. -#}
{%- set series_of = {
    'carbon_national': [
        'stg_carbon_intensity__national_forecast_as_loaded', ['period_start_utc'], 'carbon_forecast_gco2_per_kwh'
    ],
    'carbon_regional': [
        'stg_carbon_intensity__regional_forecast_as_loaded',
        ['period_start_utc', 'region_id'],
        'carbon_forecast_gco2_per_kwh',
    ],
    'embedded_wind': [
        'stg_neso__embedded_forecast_as_loaded', ['settlement_date', 'settlement_period'], 'embedded_wind_mw'
    ],
    'embedded_solar': [
        'stg_neso__embedded_forecast_as_loaded', ['settlement_date', 'settlement_period'], 'embedded_solar_mw'
    ],
} -%}

with series as (

    select * from {{ ref('forecast_series') }} where issue_kind = 'fetched'

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

-- An answer that says what days it covers is held to it; one of the newest file covers the days that it has rows of.
answers as (

    select
        dataset,
        scope,
        settlement_date,
        fetched_at_utc,
        covered_from_utc,
        covered_to_utc
    from {{ ref('stg_ingestion__load_days') }}
    where rows_seen > 0 and dataset in (select series.dataset from series)

),

issues as (

    select distinct
        dataset,
        scope,
        fetched_at_utc
    from answers

),

moments as (

    {{ moments_of_issues('issues', 'fetched_at_utc') }}

),

-- Of each half-hour to come the newest issue that counted at a moment before it.
timely as (

    select
        answers.dataset,
        answers.scope,
        periods.period_start_utc,
        moments.moment_utc,
        max(answers.fetched_at_utc) as issued_at_utc
    from moments
    cross join horizons
    inner join answers
        on
            moments.dataset = answers.dataset
            and moments.fetched_at_utc = answers.fetched_at_utc
            and coalesce(moments.scope, '') = coalesce(answers.scope, '')
    inner join {{ ref('dim_settlement_periods') }} as periods
        on
            answers.settlement_date = periods.settlement_date
            and {{ add_minutes('moments.moment_utc', '60 * horizons.horizon_hours') }} = periods.period_start_utc
    where
        answers.covered_from_utc is null
        or (answers.covered_from_utc <= periods.period_start_utc and answers.covered_to_utc > periods.period_start_utc)
    group by 1, 2, 3, 4

),

-- What lies before a region's first answer was never asked for, and what lies after the newest is not known yet.
spans as (

    select
        regions.series,
        regions.region_id,
        min(issues.fetched_at_utc) as first_answer_utc,
        max(issues.fetched_at_utc) as newest_answer_utc
    from (
        select distinct
            series,
            region_id
        from outcomes
    ) as regions
    inner join series on regions.series = series.series
    inner join issues
        on series.dataset = issues.dataset and (issues.scope is null or issues.scope = cast(regions.region_id as text))
    group by 1, 2

),

expected as (

    select
        outcomes.series,
        outcomes.region_id,
        outcomes.settlement_date,
        outcomes.settlement_period,
        outcomes.period_start_utc,
        series.dataset,
        horizons.horizon_hours,
        {{ moment_before('outcomes.period_start_utc', 'horizons.horizon_hours') }} as moment_utc
    from outcomes
    inner join series on outcomes.series = series.series
    inner join ages on series.dataset = ages.dataset
    inner join spans on outcomes.series = spans.series and outcomes.region_id = spans.region_id
    cross join horizons
    where
        {{ moment_before('outcomes.period_start_utc', 'horizons.horizon_hours') }} between spans.first_answer_utc
        and {{ add_minutes('spans.newest_answer_utc', 'ages.longest_age_minutes') }}
        and {{ is_within_reach('outcomes.period_start_utc', 'horizons.horizon_hours') }}

),

issued as (

    select
        expected.*,
        case
            when of_all.issued_at_utc is null or of_region.issued_at_utc > of_all.issued_at_utc
                then of_region.issued_at_utc
            else of_all.issued_at_utc
        end as issued_at_utc
    from expected
    left join timely as of_all
        on
            of_all.scope is null
            and expected.dataset = of_all.dataset
            and expected.period_start_utc = of_all.period_start_utc
            and expected.moment_utc = of_all.moment_utc
    left join timely as of_region
        on
            expected.dataset = of_region.dataset
            and expected.period_start_utc = of_region.period_start_utc
            and expected.moment_utc = of_region.moment_utc
            and cast(expected.region_id as text) = of_region.scope

),

looked_up as (

    select
        issued.*,
        case when issued.issued_at_utc is not null then issued.moment_utc end as looked_up_at_utc
    from issued

),

{% for series in series_of %}
    {{ series }} as (

        select * from looked_up where series = '{{ series }}'

    ),

{% endfor %}
held as (

    {% for series, place in series_of.items() %}
        {{ with_newest_version(
            series, ref(place[0]), place[1], 'looked_up_at_utc', {'forecast': place[2]}
        ) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    series,
    region_id,
    settlement_date,
    settlement_period,
    period_start_utc,
    horizon_hours,
    moment_utc,
    issued_at_utc,
    forecast
from held
