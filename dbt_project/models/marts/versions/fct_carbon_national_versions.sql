with actual as (

    select * from {{ ref('stg_carbon_intensity__national_actual') }}

),

forecast as (

    select * from {{ ref('stg_carbon_intensity__national_forecast') }}

),

united as (

    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'carbon_national_actual' as source_dataset,
        carbon_actual_gco2_per_kwh,
        carbon_forecast_gco2_per_kwh,
        carbon_index,
        known_from_utc,
        {{ known_to('actual', 'carbon_national_actual') }} as known_to_utc,
        is_newest,
        absent_from_utc,
        fetched_at_utc,
        lake_key
    from actual
    union all
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'carbon_national_forecast' as source_dataset,
        cast(null as {{ var('exact_number') }}) as carbon_actual_gco2_per_kwh,
        carbon_forecast_gco2_per_kwh,
        carbon_index,
        known_from_utc,
        {{ known_to('forecast', 'carbon_national_forecast') }} as known_to_utc,
        is_newest,
        absent_from_utc,
        fetched_at_utc,
        lake_key
    from forecast

)

select * from united
