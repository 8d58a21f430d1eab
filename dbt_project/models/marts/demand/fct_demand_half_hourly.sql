{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with outturn as (

    select * from {{ ref('int_demand_outturn') }} where {{ in_days_to_build('settlement_date') }}

),

embedded as (

    select * from {{ ref('int_embedded_generation') }} where {{ in_days_to_build('settlement_date') }}

),

neso as (

    select * from {{ ref('int_neso_demand') }} where {{ in_days_to_build('settlement_date') }}

),

forecasts as (

    select * from {{ ref('int_demand_forecasts') }} where {{ in_days_to_build('settlement_date') }}

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    outturn.indo_mw,
    outturn.indo_state,
    outturn.itsdo_mw,
    outturn.itsdo_state,
    embedded.embedded_solar_mw,
    embedded.embedded_solar_state,
    embedded.embedded_wind_mw,
    embedded.embedded_wind_state,
    embedded.source_dataset as embedded_source_dataset,
    case
        when
            {{ counts('outturn.indo_state') }}
            and {{ counts('embedded.embedded_solar_state') }}
            and {{ counts('embedded.embedded_wind_state') }}
            then outturn.indo_mw + embedded.embedded_solar_mw + embedded.embedded_wind_mw
    end as indo_and_embedded_mw,
    neso.nd_mw,
    neso.nd_state,
    neso.tsd_mw,
    neso.tsd_state,
    neso.demand_source_dataset as neso_source_dataset,
    -- one series: what Elexon has, else what NESO has, else what a file of NESO has
    {% for name, ours, nesos in [('national', 'indo', 'nd'), ('transmission', 'itsdo', 'tsd')] %}
        case when {{ ours }}_state <> 'missing' then {{ ours }}_mw else {{ nesos }}_mw end as {{ name }}_demand_mw,
        coalesce(nullif({{ ours }}_state, 'missing'), {{ nesos }}_state, {{ ours }}_state) as {{ name }}_demand_state,
        case
            when {{ ours }}_state <> 'missing' then 'demand_outturn'
            when {{ nesos }}_state <> 'missing' then neso.demand_source_dataset
        end as {{ name }}_demand_source_dataset,
    {% endfor %}
    forecasts.national_demand_forecast_mw,
    forecasts.transmission_demand_forecast_mw,
    forecasts.published_at_utc as demand_forecast_published_at_utc,
    -- a row of forecasts alone is one that nothing else was asked for
    coalesce({{ least_certain([
        'indo_state', 'itsdo_state', 'embedded.embedded_solar_state', 'embedded.embedded_wind_state', 'nd_state',
        'tsd_state'
    ]) }}, 'forecast') as state,
    coalesce(outturn.fetched_at_utc, embedded.fetched_at_utc, forecasts.fetched_at_utc) as fetched_at_utc,
    coalesce(outturn.lake_key, embedded.lake_key, forecasts.lake_key) as lake_key,
    embedded.fetched_at_utc as neso_fetched_at_utc,
    embedded.lake_key as neso_lake_key,
    forecasts.fetched_at_utc as demand_forecast_fetched_at_utc,
    forecasts.lake_key as demand_forecast_lake_key
from outturn
full outer join embedded using (settlement_date, settlement_period, period_start_utc)
left join neso using (settlement_date, settlement_period, period_start_utc)
full outer join forecasts using (settlement_date, settlement_period, period_start_utc)
