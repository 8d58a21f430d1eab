with horizons as (

    select * from {{ ref('forecast_horizons') }}

),

periods as (

    select * from {{ ref('dim_settlement_periods') }}

),

series as (

    select * from {{ ref('forecast_series') }} where issue_kind = 'fetched'

),

-- An answer that says what it covers is held to that; that of a newest file covers the days that it has rows of.
answers as (

    select
        dataset,
        scope,
        settlement_date,
        fetched_at_utc,
        covered_from_utc,
        covered_to_utc
    from {{ ref('stg_ingestion__load_days') }}
    where rows_seen > 0 and dataset in (select series.dataset from series)

),

moments as (

    {{ moments_of_issues('answers', 'fetched_at_utc') }}

)

select
    moments.dataset,
    moments.scope,
    periods.period_start_utc,
    moments.moment_utc,
    max(moments.fetched_at_utc) as issued_at_utc
from moments
cross join horizons
inner join periods
    on
        moments.settlement_date = periods.settlement_date
        and {{ add_minutes('moments.moment_utc', '60 * horizons.horizon_hours') }} = periods.period_start_utc
where
    moments.covered_from_utc is null
    or (moments.covered_from_utc <= periods.period_start_utc and moments.covered_to_utc > periods.period_start_utc)
group by 1, 2, 3, 4
