{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

-- The sources themselves: fct_generation_half_hourly has FUELINST's mean in place of what FUELHH lacks.
with generation as (

    select
        generation.*,
        means.generation_mw as fuelinst_mw,
        case
            when generation.source_dataset = 'fuelhh' and {{ counts('generation.state') }}
                then generation.generation_mw
        end as fuelhh_mw
    from {{ ref('fct_generation_half_hourly') }} as generation
    inner join {{ ref('dim_fuels') }} as fuels on generation.fuel_code = fuels.fuel_code
    left join {{ days_to_build_of(ref('int_generation_means'), 'settlement_date', 'settlement_date') }} as means
        on
            generation.settlement_date = means.settlement_date
            and generation.settlement_period = means.settlement_period
            and generation.fuel_code = means.fuel_code
    where
        not fuels.is_embedded
        and {{ is_of_the_mix() }}
        and {{ in_days_to_build('generation.settlement_date') }}

)

select
    generation.settlement_date,
    generation.settlement_period,
    generation.period_start_utc,
    {{ whole_sum('true') }} as mix_mw,
    case when count(*) = count(generation.fuelinst_mw) then sum(generation.fuelinst_mw) end as fuelinst_mw,
    case when count(*) = count(generation.fuelhh_mw) then sum(generation.fuelhh_mw) end as fuelhh_mw
from generation
group by 1, 2, 3
