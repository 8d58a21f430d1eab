{#-
    Forecasts are held against outcomes at a few horizons (seed forecast_horizons). The moment of a forecast is so long
    before its period begins, and so is itself the start of a half-hour.
-#}

{#- The moment at which a period is looked at from a horizon before it. -#}
{% macro moment_before(period_start, horizon_hours) -%}
    {{ add_minutes(period_start, '-60 * ' ~ horizon_hours) }}
{%- endmacro %}

{#-
    Of issues, the moments at which each one counts, as it is no older then than the seed forecast_issue_ages allows: a
    missed issue is missing, and not the one before. One row per issue and moment.

    issues: a relation or CTE of `dataset` and `stamp`, the instant at which the issue was published, or fetched.
-#}
{% macro moments_of_issues(issues, stamp) -%}
    select
        timed.*,
        {{ add_minutes('timed.half_hour_start_utc', '30 * steps.number') }} as moment_utc
    from (
        select
            issues.*,
            {{ half_hour_start_utc('issues.' ~ stamp) }} as half_hour_start_utc,
            {{ minutes_of_utc_day('issues.' ~ stamp) }} as stamp_minute
        from {{ issues }} as issues
    ) as timed
    inner join {{ ref('forecast_issue_ages') }} as ages
        on
            timed.dataset = ages.dataset
            and timed.stamp_minute >= ages.stamp_from_minute
            and timed.stamp_minute < ages.stamp_to_minute
    -- no issue counts for more than four hours
    cross join ({{ numbers_between(0, 8) }}) as steps
    where
        {{ add_minutes('timed.half_hour_start_utc', '30 * steps.number') }} >= timed.{{ stamp }}
        and {{ add_minutes('timed.half_hour_start_utc', '30 * steps.number') }}
        <= {{ add_minutes('timed.' ~ stamp, 'ages.counts_for_minutes') }}
{%- endmacro %}

{#- Of each series, the longest time that an issue of it counts, in minutes. -#}
{% macro longest_issue_ages() -%}
    select
        dataset,
        max(counts_for_minutes) as longest_age_minutes
    from {{ ref('forecast_issue_ages') }}
    group by 1
{%- endmacro %}

{#- Whether every issue that would count at a moment reaches the period; `series` and `ages` are aliases. -#}
{% macro is_within_reach(period_start, horizon_hours) -%}
    (
        coalesce(60 * {{ horizon_hours }} + ages.longest_age_minutes <= 60 * series.reaches_hours, true)
        and coalesce(
            {{ add_days(
                settlement_date(add_minutes(period_start, '-60 * ' ~ horizon_hours ~ ' - ages.longest_age_minutes')),
                'series.reaches_days',
            ) }} >= {{ settlement_date(period_start) }},
            true
        )
    )
{%- endmacro %}

{#- A sum by what it is over; null where that is nothing. -#}
{% macro mean_of(sum, over) -%}
    cast({{ sum }} as double precision) / nullif(cast({{ over }} as double precision), 0)
{%- endmacro %}

{#- The first date whose outcomes a series needs, as a query of one value: a baseline looks back a week. -#}
{% macro first_date_needed(name) -%}
    (
            select {{ add_days('min(load_days.settlement_date)', -8) }}
            from {{ ref('stg_ingestion__load_days') }} as load_days
            inner join {{ ref('forecast_series') }} as series on load_days.dataset = series.dataset
            where series.series = '{{ name }}'
        )
{%- endmacro %}
