{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with held as (

    select * from {{ ref('int_carbon_regional_held') }} where {{ in_days_to_build('period_start_utc', 'start') }}

),

newest_answer as (

    select max(fetched_at_utc) as newest_answer_utc from {{ ref('stg_ingestion__load_days') }}
    where dataset = 'carbon_regional_forecast' and covered_from_utc is not null

),

-- A region that nobody knows is expected in a day from where it is first seen there.
regions as (

    select
        region_id,
        region_name,
        cast(null as date) as seen_on,
        cast(null as {{ instant_type() }}) as seen_from_utc
    from {{ ref('regions') }}
    union all
    select
        held.region_id,
        max(held.sent_region_name) as region_name,
        held.settlement_date as seen_on,
        min(held.period_start_utc) as seen_from_utc
    from held
    left join {{ ref('regions') }} as known on held.region_id = known.region_id
    where known.region_id is null
    group by held.region_id, held.settlement_date

),

expected as (

    select
        asked.settlement_date,
        asked.settlement_period,
        asked.period_start_utc,
        regions.region_id,
        regions.region_name,
        max(asked.newest_answer_before_utc) as newest_answer_before_utc
    from {{ ref('int_carbon_regional_asked') }} as asked
    inner join regions
        on
            (asked.scope is null or asked.scope = cast(regions.region_id as {{ text_type() }}))
            and (regions.seen_on is null or asked.settlement_date = regions.seen_on)
            and (regions.seen_from_utc is null or asked.period_start_utc >= regions.seen_from_utc)
    where {{ in_days_to_build('asked.settlement_date') }}
    group by 1, 2, 3, 4, 5

)

-- A forecast counts where the source was asked within 45 minutes before the half-hour. Of what begins after the newest
-- answer of all, that answer is the newest there can be.
select
    expected.settlement_date,
    expected.settlement_period,
    expected.period_start_utc,
    expected.region_id,
    expected.region_name,
    {{ shown('held', 'carbon_forecast_gco2_per_kwh') }} as carbon_forecast_gco2_per_kwh,
    {{ shown('held', 'carbon_index') }} as carbon_index,
    {{ shares_of_mix(shown('held', 'generation_mix')) }},
    {{ number_state('held', 'carbon_forecast_gco2_per_kwh') }} as state,
    {{ shown('held', 'fetched_at_utc') }} as fetched_at_utc,
    {{ shown('held', 'lake_key') }} as lake_key
from expected
cross join newest_answer
left join held
    on
        expected.period_start_utc = held.period_start_utc and expected.region_id = held.region_id
        and (
            expected.newest_answer_before_utc >= {{ add_minutes('expected.period_start_utc', -45) }}
            or expected.period_start_utc > newest_answer.newest_answer_utc
        )
