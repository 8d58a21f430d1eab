{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with generation as (

    select
        generation.*,
        fuels.category,
        fuels.is_embedded,
        fuels.is_interconnector,
        fuels.is_renewable,
        fuels.is_zero_carbon,
        case when generation.generation_mw > 0 then generation.generation_mw else 0 end as positive_mw,
        case when generation.generation_mw < 0 then -generation.generation_mw else 0 end as negative_mw
    from {{ ref('fct_generation_half_hourly') }} as generation
    left join {{ ref('dim_fuels') }} as fuels on generation.fuel_code = fuels.fuel_code
    where {{ is_of_the_mix() }} and {{ in_days_to_build('generation.settlement_date') }}

),

mix as (

    select
        generation.settlement_date,
        generation.period_start_utc,
        {% for category in ['nuclear', 'biomass', 'gas', 'coal', 'oil', 'hydro', 'other'] %}
            {{ whole_sum("generation.category = '" ~ category ~ "'") }} as {{ category }}_mw,
        {% endfor %}
        {{ whole_sum("generation.category = 'unknown' and not generation.is_interconnector") }} as unknown_mw,
        {{ whole_sum("generation.category = 'wind' and not generation.is_embedded") }} as wind_mw,
        {{ whole_sum("generation.fuel_code = 'EMBEDDED_WIND'") }} as embedded_wind_mw,
        {{ whole_sum("generation.fuel_code = 'EMBEDDED_SOLAR'") }} as embedded_solar_mw,
        {{ whole_sum("generation.category = 'storage'") }} as pumped_storage_mw,
        {{ whole_sum('generation.is_interconnector', 'generation.positive_mw') }} as imports_mw,
        {{ whole_sum('generation.is_interconnector', 'generation.negative_mw') }} as exports_mw,
        {% for part, condition in {
            'known_supply': 'true',
            'known_renewable': 'generation.is_renewable',
            'known_zero_carbon': 'generation.is_zero_carbon',
            'transmission_supply': 'not generation.is_embedded',
            'renewable_transmission': 'generation.is_renewable and not generation.is_embedded',
            'zero_carbon_transmission': 'generation.is_zero_carbon and not generation.is_embedded',
        }.items() %}
            {{ whole_sum(condition, 'generation.positive_mw') }} as {{ part }}_mw,
        {% endfor %}
        sum(case when generation.is_embedded then 1 else 0 end) as embedded_fuels,
        sum(case when not generation.is_embedded then 1 else 0 end) as transmission_fuels,
        count(*) as fuels_expected,
        sum(case when {{ counts('generation.state') }} then 1 else 0 end) as fuels_present,
        sum(case when generation.state = 'suspect' then 1 else 0 end) as fuels_suspect,
        {{ least_certain_of('generation.state') }} as generation_state,
        {{ least_certain_of('case when not generation.is_embedded then generation.state end') }} as transmission_state,
        min(case when not generation.is_embedded then generation.source_dataset end) as first_source_dataset,
        max(case when not generation.is_embedded then generation.source_dataset end) as last_source_dataset,
        max(case when generation.is_embedded and generation.state = 'forecast' then 1 else 0 end) = 1
            as is_embedded_forecast
    from generation
    group by generation.settlement_date, generation.period_start_utc

)

-- Supply is all that feeds the grid. Without embedded wind and solar, or without the transmission system, it is not
-- known, and neither is a share of it.
select
    *,
    {% for part in ['supply', 'renewable', 'zero_carbon'] %}
        case
            when embedded_fuels = 2 and transmission_fuels > 0 and known_supply_mw is not null then known_{{ part }}_mw
        end as {{ part }}_mw,
    {% endfor %}
    case
        when first_source_dataset = last_source_dataset then first_source_dataset
        when first_source_dataset is not null then 'several'
    end as transmission_source_dataset
from mix
