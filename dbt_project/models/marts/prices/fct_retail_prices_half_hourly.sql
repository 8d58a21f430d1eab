with rates as (

    select * from {{ ref('int_retail_rates') }}

),

asked as (

    select
        period_start_utc,
        scope as tariff_code
    from {{ ref('int_asked_tariffs') }}

),

half_hourly as (

    select
        *,
        valid_from_utc as period_start_utc
    from rates
    where valid_to_utc = {{ add_minutes('valid_from_utc', 30) }}

),

-- A price that holds for longer is that of each of its half-hours; one that holds for ever is that of none.
longer as (

    select
        rates.*,
        periods.period_start_utc,
        row_number() over (
            partition by rates.tariff_code, periods.period_start_utc order by rates.valid_from_utc desc
        ) as place
    from rates
    inner join {{ ref('dim_settlement_periods') }} as periods
        on rates.valid_from_utc <= periods.period_start_utc and rates.valid_to_utc > periods.period_start_utc
    left join half_hourly
        on rates.tariff_code = half_hourly.tariff_code and periods.period_start_utc = half_hourly.period_start_utc
    where rates.valid_to_utc <> {{ add_minutes('rates.valid_from_utc', 30) }} and half_hourly.tariff_code is null

),

prices as (

    select
        *,
        1 as place
    from half_hourly
    union all
    select * from longer where place = 1

)

-- A tariff's code is E-1R-, the product's code, and the letter of the region.
select
    {{ settlement_date('period_start_utc') }} as settlement_date,
    {{ settlement_period('period_start_utc') }} as settlement_period,
    period_start_utc,
    tariff_code,
    substring(tariff_code, 6, length(tariff_code) - 7) as product_code,
    case when tariff_code like '%OUTGOING%' then 'export' else 'import' end as direction,
    right(tariff_code, 1) as region_code,
    regions.region_name,
    prices.price_inc_vat_p_per_kwh,
    prices.price_exc_vat_p_per_kwh,
    coalesce(prices.state, 'missing') as state,
    prices.fetched_at_utc,
    prices.lake_key
from prices
full outer join asked using (period_start_utc, tariff_code)
left join {{ ref('regions') }} as regions on right(tariff_code, 1) = regions.gsp_group_code
