{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with newest_answer as (

    select max(fetched_at_utc) as newest_answer_utc
    from {{ ref('stg_ingestion__load_days') }}
    where dataset = 'carbon_regional_forecast' and covered_from_utc is not null

),

answers as (

    select * from {{ ref('stg_ingestion__load_days') }}
    where
        dataset = 'carbon_regional_forecast'
        and covered_from_utc is not null
        and {{ in_days_to_build('settlement_date') }}

),

-- An answer is for all regions, or for the one in its scope.
asked as (

    select
        answers.scope,
        periods.settlement_date,
        periods.settlement_period,
        periods.period_start_utc,
        max(case when answers.fetched_at_utc <= periods.period_start_utc then answers.fetched_at_utc end)
            as newest_answer_before_utc
    from answers
    inner join {{ ref('dim_settlement_periods') }} as periods
        on
            answers.settlement_date = periods.settlement_date
            and answers.covered_from_utc <= periods.period_start_utc
            and answers.covered_to_utc > periods.period_start_utc
    group by 1, 2, 3, 4

),

-- The version that held when the half-hour began. What came later is no forecast: the source rewrites it.
held as (

    select * from {{ ref('stg_carbon_intensity__regional_forecast') }}
    where
        {{ in_days_to_build('period_start_utc', 'start') }}
        and fetched_at_utc <= period_start_utc
        and (known_to_utc is null or known_to_utc > period_start_utc)

),

-- Where newer answers by then lacked it: how many. One alone may have been cut short.
lacking as (

    select
        held.region_id,
        held.period_start_utc,
        count(distinct answers.fetched_at_utc) as answers_without
    from held
    inner join answers
        on
            held.settlement_date = answers.settlement_date
            and held.period_start_utc >= answers.covered_from_utc
            and held.period_start_utc < answers.covered_to_utc
            and held.period_start_utc >= answers.fetched_at_utc
            and held.absent_from_utc <= answers.fetched_at_utc
            and (answers.scope is null or answers.scope = cast(held.region_id as text))
    where answers.is_complete
    group by 1, 2

),

known_regions as (

    select
        region_id,
        region_name
    from {{ ref('regions') }}

),

-- A region that nobody knows is expected in a day from where it is first seen there.
regions as (

    select
        region_id,
        region_name,
        cast(null as date) as expected_on,
        cast(null as timestamp with time zone) as expected_from_utc
    from known_regions
    union all
    select
        held.region_id,
        max(held.sent_region_name) as region_name,
        held.settlement_date as expected_on,
        min(held.period_start_utc) as expected_from_utc
    from held
    left join known_regions on held.region_id = known_regions.region_id
    where known_regions.region_id is null
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
    from asked
    inner join regions
        on
            (asked.scope is null or asked.scope = cast(regions.region_id as text))
            and (
                regions.expected_on is null
                or (
                    asked.settlement_date = regions.expected_on
                    and asked.period_start_utc >= regions.expected_from_utc
                )
            )
    group by 1, 2, 3, 4, 5

),

-- A forecast counts where the source was asked within 45 minutes before the half-hour. Of what begins after the newest
-- answer of all, that answer is the newest there can be.
timely as (

    select
        expected.*,
        coalesce(
            expected.newest_answer_before_utc >= {{ add_minutes('expected.period_start_utc', -45) }}
            or expected.period_start_utc > newest_answer.newest_answer_utc,
            false
        ) as is_timely
    from expected
    cross join newest_answer

),

joined as (

    select
        timely.*,
        held.carbon_forecast_gco2_per_kwh as held_forecast,
        held.carbon_index as held_index,
        held.generation_mix as held_mix,
        held.fetched_at_utc as held_fetched_at_utc,
        held.lake_key as held_lake_key,
        timely.is_timely and coalesce(lacking.answers_without < 2, true) as is_shown,
        timely.is_timely and coalesce(lacking.answers_without >= 2, false) as is_withdrawn
    from timely
    left join held
        on
            timely.period_start_utc = held.period_start_utc
            and timely.region_id = held.region_id
    left join lacking
        on
            timely.period_start_utc = lacking.period_start_utc
            and timely.region_id = lacking.region_id

),

shown as (

    select
        settlement_date,
        settlement_period,
        period_start_utc,
        region_id,
        region_name,
        is_withdrawn,
        case when is_shown then held_forecast end as carbon_forecast_gco2_per_kwh,
        case when is_shown then held_index end as carbon_index,
        case when is_shown then held_mix end as generation_mix,
        case when is_shown then held_fetched_at_utc end as fetched_at_utc,
        case when is_shown then held_lake_key end as lake_key
    from joined

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    region_id,
    region_name,
    carbon_forecast_gco2_per_kwh,
    carbon_index,
    {{ shares_of_mix('generation_mix') }},
    case
        when carbon_forecast_gco2_per_kwh is not null then 'forecast'
        when is_withdrawn then 'withdrawn'
        else 'missing'
    end as state,
    fetched_at_utc,
    lake_key
from shown
