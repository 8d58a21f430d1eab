{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with outturn as (

    select * from {{ ref('int_neso_demand') }} where {{ in_days_to_build('settlement_date') }}

),

forecast as (

    select * from {{ ref('stg_neso__embedded_forecast') }}
    where is_newest and {{ in_days_to_build('settlement_date') }}

),

bounds as (

    {{ plausible_bounds(['embedded_solar_mw', 'embedded_wind_mw']) }}

),

joined as (

    select
        coalesce(outturn.settlement_date, forecast.settlement_date) as settlement_date,
        coalesce(outturn.settlement_period, forecast.settlement_period) as settlement_period,
        coalesce(outturn.period_start_utc, forecast.period_start_utc) as period_start_utc,
        outturn.embedded_solar_mw as outturn_solar_mw,
        outturn.embedded_solar_state as outturn_solar_state,
        forecast.embedded_solar_mw as forecast_solar_mw,
        outturn.embedded_wind_mw as outturn_wind_mw,
        outturn.embedded_wind_state as outturn_wind_state,
        forecast.embedded_wind_mw as forecast_wind_mw,
        {% for part in ['solar', 'wind'] %}
            {{ is_implausible('embedded_' ~ part ~ '_mw', 'forecast.embedded_' ~ part ~ '_mw') }}
                as is_forecast_{{ part }}_implausible,
        {% endfor %}
        -- both come in one row of either source
        outturn.embedded_solar_mw is null and forecast.embedded_solar_mw is not null as is_forecast,
        outturn.embedded_source_dataset as outturn_source_dataset,
        outturn.embedded_fetched_at_utc as outturn_fetched_at_utc,
        outturn.embedded_lake_key as outturn_lake_key,
        forecast.fetched_at_utc as forecast_fetched_at_utc,
        forecast.lake_key as forecast_lake_key
    from outturn
    full outer join forecast on outturn.period_start_utc = forecast.period_start_utc
    cross join bounds

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    {% for part in ['solar', 'wind'] %}
        coalesce(outturn_{{ part }}_mw, forecast_{{ part }}_mw) as embedded_{{ part }}_mw,
        case
            when outturn_{{ part }}_mw is not null or forecast_{{ part }}_mw is null then outturn_{{ part }}_state
            when is_forecast_{{ part }}_implausible then 'suspect'
            else 'forecast'
        end as embedded_{{ part }}_state,
    {% endfor %}
    case when is_forecast then 'neso_embedded_forecast' else outturn_source_dataset end as source_dataset,
    case when is_forecast then forecast_fetched_at_utc else outturn_fetched_at_utc end as fetched_at_utc,
    case when is_forecast then forecast_lake_key else outturn_lake_key end as lake_key
from joined
