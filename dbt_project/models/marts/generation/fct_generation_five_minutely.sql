with asked as (

    select * from {{ ref('int_asked_five_minutes') }}

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
        asked.interval_start_utc,
        fuels.fuel_code
    from asked
    cross join fuels
    where fuels.regular_from_utc is null or fuels.regular_from_utc <= asked.interval_start_utc

),

received as (

    {{ newest_rows(
        ref('stg_elexon__generation_five_minutely'),
        'fuelinst',
        ['interval_start_utc', 'fuel_code'],
        'asked',
        start='interval_start_utc',
    ) }}

)

select
    coalesce(received.settlement_date, expected.settlement_date) as settlement_date,
    coalesce(received.settlement_period, expected.settlement_period) as settlement_period,
    coalesce(received.interval_start_utc, expected.interval_start_utc) as interval_start_utc,
    coalesce(received.fuel_code, expected.fuel_code) as fuel_code,
    {{ shown('received', 'generation_mw') }} as generation_mw,
    {{ number_state('received', 'generation_mw') }} as state,
    received.fetched_at_utc,
    received.lake_key
from received
full outer join expected
    on
        received.interval_start_utc = expected.interval_start_utc
        and received.fuel_code = expected.fuel_code
