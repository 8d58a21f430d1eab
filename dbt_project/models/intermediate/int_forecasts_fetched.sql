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

with issued as (

    select * from {{ ref('int_expected_forecasts') }}

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
