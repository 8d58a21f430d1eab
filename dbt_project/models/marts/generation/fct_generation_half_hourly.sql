with asked as (

    select * from {{ ref('int_asked_half_hours') }} where dataset = 'fuelhh'

),

fuels as (

    select
        fuel_code,
        regular_from_utc
    from {{ ref('fuels') }}
    where source = 'FUELHH'

),

expected as (

    select
        asked.settlement_date,
        asked.settlement_period,
        asked.period_start_utc,
        fuels.fuel_code
    from asked
    cross join fuels
    where fuels.regular_from_utc is null or fuels.regular_from_utc <= asked.period_start_utc

),

received as (

    {{ newest_rows(
        ref('stg_elexon__generation_half_hourly'), 'fuelhh', ['period_start_utc', 'fuel_code'], 'asked'
    ) }}

),

transmission as (

    select
        coalesce(received.settlement_date, expected.settlement_date) as settlement_date,
        coalesce(received.settlement_period, expected.settlement_period) as settlement_period,
        coalesce(received.period_start_utc, expected.period_start_utc) as period_start_utc,
        coalesce(received.fuel_code, expected.fuel_code) as fuel_code,
        {{ shown('received', 'generation_mw') }} as generation_mw,
        {{ number_state('received', 'generation_mw') }} as state,
        received.fetched_at_utc,
        received.lake_key
    from received
    full outer join expected
        on
            received.period_start_utc = expected.period_start_utc
            and received.fuel_code = expected.fuel_code

),

embedded as (

    select * from {{ ref('int_embedded_generation') }}

),

unioned as (

    select * from transmission
    union all
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'EMBEDDED_SOLAR' as fuel_code,
        embedded_solar_mw as generation_mw,
        embedded_solar_state as state,
        fetched_at_utc,
        lake_key
    from embedded
    union all
    select
        settlement_date,
        settlement_period,
        period_start_utc,
        'EMBEDDED_WIND' as fuel_code,
        embedded_wind_mw as generation_mw,
        embedded_wind_state as state,
        fetched_at_utc,
        lake_key
    from embedded

)

select
    settlement_date,
    settlement_period,
    period_start_utc,
    fuel_code,
    generation_mw,
    state,
    fetched_at_utc,
    lake_key
from unioned
