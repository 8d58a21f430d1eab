with actual as (

    select * from {{ ref('stg_carbon_intensity__national_actual') }}

),

forecast as (

    select * from {{ ref('stg_carbon_intensity__national_forecast') }}

),

united as (

    select
        actual.settlement_date,
        actual.settlement_period,
        actual.period_start_utc,
        'carbon_national_actual' as source_dataset,
        actual.carbon_actual_gco2_per_kwh,
        actual.carbon_forecast_gco2_per_kwh,
        actual.carbon_index,
        actual.known_from_utc,
        {{ known_to('actual', 'carbon_national_actual') }} as known_to_utc,
        actual.is_newest,
        actual.absent_from_utc,
        actual.fetched_at_utc,
        actual.lake_key
    from actual
    union all
    select
        forecast.settlement_date,
        forecast.settlement_period,
        forecast.period_start_utc,
        'carbon_national_forecast' as source_dataset,
        cast(null as {{ exact_number() }}) as carbon_actual_gco2_per_kwh,
        forecast.carbon_forecast_gco2_per_kwh,
        forecast.carbon_index,
        forecast.known_from_utc,
        {{ known_to('forecast', 'carbon_national_forecast') }} as known_to_utc,
        forecast.is_newest,
        forecast.absent_from_utc,
        forecast.fetched_at_utc,
        forecast.lake_key
    from forecast

)

select * from united
