{%- set baselines = ['persistence', 'week_before'] -%}

with errors as (

    select * from {{ ref('int_forecast_errors') }}

),

series as (

    select * from {{ ref('forecast_series') }}

),

summed as (

    select
        series,
        region_id,
        horizon_hours,
        month_start_date,
        hour_of_day,
        count(*) as forecasts_expected,
        count(forecast) as forecasts_held,
        count(outcome) as forecasts_with_outcome,
        count(error) as forecasts_scored,
        count(case when outcome_state = 'settled' then error end) as forecasts_settled,
        sum(error) as sum_of_errors,
        sum(abs(error)) as sum_of_absolute_errors,
        sum(error * error) as sum_of_squared_errors,
        {% for baseline in baselines %}
            count(error + {{ baseline }}_error) as {{ baseline }}_compared,
            sum(case when error is not null then abs({{ baseline }}_error) end)
                as sum_of_absolute_errors_of_{{ baseline }},
            sum(case when {{ baseline }}_error is not null then abs(error) end)
                as sum_of_absolute_errors_beside_{{ baseline }},
        {% endfor %}
        max(case when error is not null then period_start_utc end) as newest_period_start_utc
    from errors
    group by 1, 2, 3, 4, 5

)

select
    summed.series,
    summed.region_id,
    summed.horizon_hours,
    summed.month_start_date,
    summed.hour_of_day,
    series.unit,
    series.minutes_per_value,
    series.outcome_basis,
    summed.forecasts_expected,
    summed.forecasts_held,
    summed.forecasts_with_outcome,
    summed.forecasts_scored,
    summed.forecasts_settled,
    cast(summed.forecasts_scored as {{ real_number() }}) / summed.forecasts_expected as coverage_share,
    summed.sum_of_errors,
    summed.sum_of_absolute_errors,
    summed.sum_of_squared_errors,
    {{ mean_of('summed.sum_of_errors', 'summed.forecasts_scored') }} as bias,
    {{ mean_of('summed.sum_of_absolute_errors', 'summed.forecasts_scored') }} as mae,
    sqrt({{ mean_of('summed.sum_of_squared_errors', 'summed.forecasts_scored') }}) as rmse,
    {% for baseline in baselines %}
        summed.{{ baseline }}_compared,
        summed.sum_of_absolute_errors_of_{{ baseline }},
        summed.sum_of_absolute_errors_beside_{{ baseline }},
        {{ mean_of('summed.sum_of_absolute_errors_of_' ~ baseline, 'summed.' ~ baseline ~ '_compared') }}
            as {{ baseline }}_mae,
        1 - {{ mean_of(
            'summed.sum_of_absolute_errors_beside_' ~ baseline, 'summed.sum_of_absolute_errors_of_' ~ baseline
        ) }} as skill_over_{{ baseline }},
    {% endfor %}
    summed.newest_period_start_utc
from summed
inner join series on summed.series = series.series
