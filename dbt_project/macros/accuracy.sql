{#-
    Forecasts are held against outcomes at a few horizons (seed forecast_horizons). The moment of a forecast is so long
    before its period begins, and so is itself the start of a half-hour.
-#}

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

{#-
    Each outcome at each horizon before it, of the series whose issues are told by their publishing, or by our fetch:
    the moment, from when on an issue could count then, and whether every such issue reaches the period.
-#}
{% macro outcomes_at_horizons(issue_kind) -%}
    select
        placed.*,
        coalesce(60 * placed.horizon_hours + placed.longest_age_minutes <= 60 * placed.reaches_hours, true)
        and coalesce(
            {{ add_days(settlement_date('placed.counts_from_utc'), 'placed.reaches_days') }} >= placed.settlement_date,
            true
        ) as is_within_reach
    from (
        select
            outcomes.series,
            outcomes.region_id,
            outcomes.settlement_date,
            outcomes.settlement_period,
            outcomes.period_start_utc,
            series.dataset,
            series.reaches_hours,
            series.reaches_days,
            ages.longest_age_minutes,
            horizons.horizon_hours,
            {{ add_minutes('outcomes.period_start_utc', '-60 * horizons.horizon_hours') }} as moment_utc,
            -- a half-hour at least as long before as an issue counts
            {{ add_minutes(
                'outcomes.period_start_utc',
                '-60 * horizons.horizon_hours - 30 * ceil(ages.longest_age_minutes / 30.0)',
            ) }} as counts_from_utc
        from {{ ref('int_forecast_outcomes') }} as outcomes
        inner join {{ ref('forecast_series') }} as series on outcomes.series = series.series
        inner join (
            select
                dataset,
                max(counts_for_minutes) as longest_age_minutes
            from {{ ref('forecast_issue_ages') }}
            group by 1
        ) as ages
            on series.dataset = ages.dataset
        cross join {{ ref('forecast_horizons') }} as horizons
        where series.issue_kind = '{{ issue_kind }}'
    ) as placed
{%- endmacro %}

{#- A sum by what it is over; null where that is nothing. -#}
{% macro mean_of(sum, over) -%}
    cast({{ sum }} as {{ real_number() }}) / nullif(cast({{ over }} as {{ real_number() }}), 0)
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
