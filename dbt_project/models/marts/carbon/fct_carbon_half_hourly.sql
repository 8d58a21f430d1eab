{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with asked as (

    select * from {{ ref('int_asked_half_hours') }}
    where
        dataset in ('carbon_national_actual', 'carbon_national_forecast', 'history_carbon_national')
        and {{ in_days_to_build('settlement_date') }}

),

bounds as (

    {{ plausible_bounds(['carbon_actual_gco2_per_kwh']) }}

),

actual_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_carbon_intensity__national_actual')),
        'carbon_national_actual',
        ['period_start_utc'],
        'asked',
    ) }}

),

forecast_rows as (

    {{ newest_rows(
        days_to_build_of(ref('stg_carbon_intensity__national_forecast')),
        'carbon_national_forecast',
        ['period_start_utc'],
        'asked',
    ) }}

),

file_rows as (

    {{ history_rows(days_to_build_of(ref('stg_history__carbon_national')), 'history_carbon_national') }}

),

periods as (

    select period_start_utc from actual_rows
    union
    select period_start_utc from file_rows
    union
    select period_start_utc from forecast_rows
    union
    select period_start_utc from asked

),

actual_due as (

    select distinct period_start_utc from asked
    where dataset in ('carbon_national_actual', 'history_carbon_national')

),

-- Both datasets carry the forecast: the one that was fetched later has the newer.
joined as (

    select
        periods.period_start_utc,
        actual_rows.fetched_at_utc is not null
        and (
            forecast_rows.fetched_at_utc is null or forecast_rows.fetched_at_utc <= actual_rows.fetched_at_utc
        ) as is_actual_newer,
        {{ shown('actual_rows', 'carbon_actual_gco2_per_kwh') }} as carbon_actual_gco2_per_kwh,
        {{ number_state(
            'actual_rows',
            'carbon_actual_gco2_per_kwh',
            is_implausible('carbon_actual_gco2_per_kwh', 'actual_rows.carbon_actual_gco2_per_kwh'),
        ) }} as received_state,
        actual_due.period_start_utc is not null as is_actual_due,
        file_rows.carbon_actual_gco2_per_kwh as actual_of_file,
        {{ number_state(
            'file_rows',
            'carbon_actual_gco2_per_kwh',
            is_implausible('carbon_actual_gco2_per_kwh', 'file_rows.carbon_actual_gco2_per_kwh'),
        ) }} as state_of_file,
        file_rows.carbon_forecast_gco2_per_kwh as forecast_of_file,
        file_rows.carbon_index as index_of_file,
        file_rows.fetched_at_utc as file_fetched_at_utc,
        file_rows.lake_key as file_lake_key,
        {{ shown('actual_rows', 'carbon_forecast_gco2_per_kwh') }} as forecast_beside_actual,
        {{ shown('actual_rows', 'carbon_index') }} as index_beside_actual,
        {{ shown('forecast_rows', 'carbon_forecast_gco2_per_kwh') }} as forecast_ahead,
        {{ shown('forecast_rows', 'carbon_index') }} as index_ahead,
        actual_rows.fetched_at_utc as actual_fetched_at_utc,
        actual_rows.lake_key as actual_lake_key,
        forecast_rows.fetched_at_utc as forecast_fetched_at_utc,
        forecast_rows.lake_key as forecast_lake_key
    from periods
    left join actual_rows on periods.period_start_utc = actual_rows.period_start_utc
    left join forecast_rows on periods.period_start_utc = forecast_rows.period_start_utc
    left join file_rows on periods.period_start_utc = file_rows.period_start_utc
    left join actual_due on periods.period_start_utc = actual_due.period_start_utc
    cross join bounds

),

-- What files brought in stands where the API has no such number, and withdrew none.
sources as (

    select
        *,
        case
            when received_state <> 'missing' then 'carbon_national_actual'
            when actual_of_file is not null then 'history_carbon_national'
        end as carbon_actual_source_dataset,
        case
            when is_actual_newer and forecast_beside_actual is not null then 'carbon_national_actual'
            when forecast_ahead is not null then 'carbon_national_forecast'
            when forecast_beside_actual is not null then 'carbon_national_actual'
            when forecast_of_file is not null then 'history_carbon_national'
        end as carbon_forecast_source_dataset,
        actual_fetched_at_utc is null and forecast_fetched_at_utc is null as is_of_file_alone
    from joined

),

chosen as (

    select
        period_start_utc,
        case
            when carbon_actual_source_dataset = 'history_carbon_national' then actual_of_file
            else carbon_actual_gco2_per_kwh
        end as carbon_actual_gco2_per_kwh,
        case
            when carbon_actual_source_dataset = 'history_carbon_national' then state_of_file
            else received_state
        end as received_state,
        carbon_actual_source_dataset,
        carbon_forecast_source_dataset,
        is_actual_due,
        case
            when is_actual_newer then coalesce(forecast_beside_actual, forecast_ahead, forecast_of_file)
            else coalesce(forecast_ahead, forecast_beside_actual, forecast_of_file)
        end as carbon_forecast_gco2_per_kwh,
        case
            when is_actual_newer then coalesce(index_beside_actual, index_ahead, index_of_file)
            else coalesce(index_ahead, index_beside_actual, index_of_file)
        end as carbon_index,
        case
            when carbon_actual_source_dataset = 'history_carbon_national' or is_of_file_alone then file_fetched_at_utc
            when is_actual_newer then actual_fetched_at_utc
            else forecast_fetched_at_utc
        end as fetched_at_utc,
        case
            when carbon_actual_source_dataset = 'history_carbon_national' or is_of_file_alone then file_lake_key
            when is_actual_newer then actual_lake_key
            else forecast_lake_key
        end as lake_key
    from sources

)

select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
    carbon_actual_gco2_per_kwh,
    carbon_actual_source_dataset,
    carbon_forecast_gco2_per_kwh,
    carbon_forecast_source_dataset,
    carbon_index,
    case
        when received_state <> 'missing' then received_state
        when carbon_forecast_gco2_per_kwh is not null and not is_actual_due then 'forecast'
        else 'missing'
    end as state,
    fetched_at_utc,
    lake_key
from chosen
