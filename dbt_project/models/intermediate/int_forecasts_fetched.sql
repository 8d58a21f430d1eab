{#- Where the versions of a series are, what tells a row of them, and which of its values is the forecast. -#}
{%- set versions_of_series = {
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

with issues_of_all as (

    select * from {{ ref('int_fetched_issues') }} where scope is null

),

issues_of_region as (

    select * from {{ ref('int_fetched_issues') }} where scope is not null

),

expected as (

    {{ outcomes_at_horizons('fetched') }}

),

answers as (

    select distinct
        dataset,
        scope,
        fetched_at_utc
    from {{ ref('stg_ingestion__load_days') }}
    where rows_seen > 0

),

-- What lies before a region's first answer was never asked for, and what lies after the newest is not known yet.
spans as (

    select
        regions.dataset,
        regions.region_id,
        min(answers.fetched_at_utc) as first_answer_utc,
        max(answers.fetched_at_utc) as newest_answer_utc
    from (
        select distinct
            dataset,
            region_id
        from expected
    ) as regions
    inner join answers
        on
            regions.dataset = answers.dataset
            and (answers.scope is null or answers.scope = cast(regions.region_id as text))
    group by 1, 2

),

issued as (

    select
        expected.*,
        case
            when of_all.issued_at_utc is null or of_region.issued_at_utc > of_all.issued_at_utc
                then of_region.issued_at_utc
            else of_all.issued_at_utc
        end as issued_at_utc,
        case
            when of_all.issued_at_utc is not null or of_region.issued_at_utc is not null then expected.moment_utc
        end as looked_up_at_utc
    from expected
    inner join spans on expected.dataset = spans.dataset and expected.region_id = spans.region_id
    left join issues_of_all as of_all
        on
            expected.dataset = of_all.dataset
            and expected.period_start_utc = of_all.period_start_utc
            and expected.moment_utc = of_all.moment_utc
    left join issues_of_region as of_region
        on
            expected.dataset = of_region.dataset
            and cast(expected.region_id as text) = of_region.scope
            and expected.period_start_utc = of_region.period_start_utc
            and expected.moment_utc = of_region.moment_utc
    where
        expected.is_within_reach
        and expected.moment_utc >= spans.first_answer_utc
        and expected.moment_utc <= {{ add_minutes('spans.newest_answer_utc', 'expected.longest_age_minutes') }}

),

{% for series in versions_of_series %}
    {{ series }} as (

        select * from issued where series = '{{ series }}'

    ),

{% endfor %}
held as (

    {% for series, (versions, key, value) in versions_of_series.items() %}
        {{ with_newest_version(series, ref(versions), key, 'looked_up_at_utc', {'forecast': value}) }}
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
