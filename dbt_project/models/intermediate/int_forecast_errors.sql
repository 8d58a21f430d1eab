with series as (

    select * from {{ ref('forecast_series') }}

),

-- Each of the three is found by its index.
{% for name in ['outcomes', 'persisted', 'week_before'] %}
    {{ name }} as (

        select * from {{ ref('int_forecast_outcomes') }}

    ),

{% endfor %}

forecasts as (

    select * from {{ ref('int_forecasts_fetched') }}
    union all
    select * from {{ ref('int_forecasts_published') }}

),

-- The newest outcome that was due at the moment of the forecast: of a period so many whole periods before this one.
placed as (

    select
        forecasts.*,
        {{ add_minutes(
            'forecasts.period_start_utc',
            '-1 * series.minutes_per_value * ceil('
            ~ '(60 * forecasts.horizon_hours + series.outcome_due_minutes + series.minutes_per_value)'
            ~ ' / series.minutes_per_value)',
        ) }} as persisted_start_utc,
        {{ add_days('forecasts.settlement_date', -7) }} as date_week_before
    from forecasts
    inner join series on forecasts.series = series.series

)

select
    placed.series,
    placed.region_id,
    placed.settlement_date,
    placed.settlement_period,
    placed.period_start_utc,
    placed.horizon_hours,
    outcomes.month_start_date,
    outcomes.hour_of_day,
    placed.moment_utc,
    placed.issued_at_utc,
    placed.forecast,
    outcomes.outcome,
    outcomes.outcome_state,
    persisted.outcome as persistence,
    week_before.outcome as week_before,
    placed.forecast - outcomes.outcome as error,
    persisted.outcome - outcomes.outcome as persistence_error,
    week_before.outcome - outcomes.outcome as week_before_error
from placed
inner join outcomes
    on
        placed.series = outcomes.series
        and placed.region_id = outcomes.region_id
        and placed.period_start_utc = outcomes.period_start_utc
left join persisted
    on
        placed.series = persisted.series
        and placed.region_id = persisted.region_id
        and placed.persisted_start_utc = persisted.period_start_utc
left join week_before
    on
        placed.series = week_before.series
        and placed.region_id = week_before.region_id
        and placed.date_week_before = week_before.settlement_date
        and placed.settlement_period = week_before.settlement_period
