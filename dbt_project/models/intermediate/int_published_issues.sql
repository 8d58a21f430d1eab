{#- Where the issues of a series are; those of demand are of a boundary each, and N is Great Britain. -#}
{%- set issues_of_series = {
    'national_demand': ['stg_elexon__national_demand_forecast', 'period_start_utc', 'national_demand_forecast_mw'],
    'transmission_demand': [
        'stg_elexon__transmission_demand_forecast', 'period_start_utc', 'transmission_demand_forecast_mw'
    ],
    'wind': ['stg_elexon__wind_forecast', 'hour_start_utc', 'wind_forecast_mw'],
} -%}

with issues as (

    {% for name, (relation, start, value) in issues_of_series.items() %}
        select
            '{{ name }}' as series,
            {{ start }} as period_start_utc,
            published_at_utc,
            known_from_utc,
            known_to_utc,
            {{ value }} as forecast
        from {{ ref(relation) }}
        where {{ value }} is not null {{ "and boundary = 'N'" if name != 'wind' }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

issue_times as (

    select distinct
        issues.series,
        series.dataset,
        issues.published_at_utc
    from issues
    inner join {{ ref('forecast_series') }} as series on issues.series = series.series

),

moments as (

    {{ moments_of_issues('issue_times', 'published_at_utc') }}

),

newest as (

    select
        series,
        moment_utc,
        max(published_at_utc) as published_at_utc
    from moments
    group by 1, 2

)

-- Its values are those that were known then: some may have been changed since under the time of the same issue.
select
    issues.series,
    issues.period_start_utc,
    horizons.horizon_hours,
    newest.moment_utc,
    newest.published_at_utc as issued_at_utc,
    issues.forecast
from newest
cross join {{ ref('forecast_horizons') }} as horizons
inner join issues
    on
        newest.series = issues.series
        and newest.published_at_utc = issues.published_at_utc
        and issues.period_start_utc = {{ add_minutes('newest.moment_utc', '60 * horizons.horizon_hours') }}
where
    issues.known_from_utc <= newest.moment_utc
    and (issues.known_to_utc is null or issues.known_to_utc > newest.moment_utc)
