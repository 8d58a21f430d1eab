{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with generation as (

    select
        generation.period_start_utc,
        fuels.is_embedded,
        factors.carbon_factor_gco2_per_kwh,
        factors.is_assumed,
        case when fuels.is_embedded then generation.state end as embedded_state,
        case when generation.generation_mw > 0 then generation.generation_mw else 0 end as positive_mw
    from {{ ref('fct_generation_half_hourly') }} as generation
    inner join {{ ref('dim_fuels') }} as fuels on generation.fuel_code = fuels.fuel_code
    left join {{ ref('carbon_factors') }} as factors
        on
            generation.fuel_code = factors.fuel_code
            and (factors.valid_from_utc is null or generation.period_start_utc >= factors.valid_from_utc)
            and (factors.valid_to_utc is null or generation.period_start_utc < factors.valid_to_utc)
    where {{ in_days_to_build('generation.settlement_date') }}

),

grid as (

    select * from {{ ref('fct_grid_half_hourly') }} where {{ in_days_to_build('settlement_date') }}

),

-- Megawatts times grams per kWh. What one fuel lacks is no matter here: then the supply below is not known.
emissions as (

    select
        period_start_utc,
        sum(positive_mw * carbon_factor_gco2_per_kwh) as of_supply,
        sum(case when not is_embedded then positive_mw * carbon_factor_gco2_per_kwh end) as of_transmission,
        sum(case when is_assumed then positive_mw else 0 end) as assumed_mw,
        sum(case when carbon_factor_gco2_per_kwh is null then positive_mw else 0 end) as without_factor_mw,
        {{ least_certain_of('embedded_state') }} as embedded_state
    from generation
    group by 1
    -- embedded generation alone, as a forecast for hours to come, is no mix
    having sum(case when is_embedded then 0 else 1 end) > 0

),

estimated as (

    select
        grid.*,
        emissions.assumed_mw,
        emissions.embedded_state,
        case
            when emissions.without_factor_mw = 0
                then {{ ratio('emissions.of_supply', 'nullif(grid.supply_mw, 0)') }}
        end as of_supply,
        case
            when emissions.without_factor_mw = 0
                then {{ ratio('emissions.of_transmission', 'nullif(grid.transmission_supply_mw, 0)') }}
        end as of_transmission
    from emissions
    inner join grid on emissions.period_start_utc = grid.period_start_utc

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    cast(of_supply as {{ real_number() }}) as carbon_estimated_gco2_per_kwh,
    cast(of_transmission as {{ real_number() }}) as carbon_estimated_transmission_gco2_per_kwh,
    supply_mw,
    transmission_supply_mw,
    cast({{ ratio('assumed_mw', 'nullif(supply_mw, 0)') }} as {{ real_number() }}) as assumed_factor_share,
    embedded_state,
    carbon_actual_gco2_per_kwh,
    carbon_state,
    cast(case when {{ counts('carbon_state') }} then of_supply - carbon_actual_gco2_per_kwh end as {{ real_number() }})
        as carbon_difference_gco2_per_kwh,
    generation_state as state
from estimated
