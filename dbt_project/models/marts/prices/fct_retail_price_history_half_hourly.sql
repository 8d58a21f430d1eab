-- A local text of the long day in October may be of two half-hours, and is of none: it is no row here.
with received as (

    select
        period_start_utc,
        import_price_p_per_kwh,
        export_price_p_per_kwh,
        fetched_at_utc,
        lake_key
    from {{ ref('stg_history__agile_prices') }}
    where is_newest and period_start_utc is not null

),

span as (

    select
        min(period_start_utc) as first_utc,
        max(period_start_utc) as last_utc
    from received

),

-- What the files lack between their first half-hour and their last is missing.
expected as (

    select periods.period_start_utc
    from {{ ref('dim_settlement_periods') }} as periods
    inner join span on periods.period_start_utc >= span.first_utc and periods.period_start_utc <= span.last_utc

)

select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
    received.import_price_p_per_kwh,
    received.export_price_p_per_kwh,
    case when received.import_price_p_per_kwh is null then 'missing' else 'provisional' end as state,
    received.fetched_at_utc,
    received.lake_key
from received
full outer join expected using (period_start_utc)
