with asked as (

    {{ asked_periods(['octopus_unit_rates'], ref('dim_settlement_periods'), 'period_start_utc', by_scope=true) }}

),

-- Agile's prices hold whatever the way of paying.
rates as (

    select
        unit_rates.*,
        unit_rates.valid_from_utc as period_start_utc
    from {{ ref('stg_octopus__unit_rates') }} as unit_rates
    where unit_rates.payment_method = ''

),

received as (

    {{ newest_rows(
        'rates', 'octopus_unit_rates', ['tariff_code', 'period_start_utc'], 'asked', scope='tariff_code'
    ) }}

),

half_hourly as (

    select
        received.tariff_code,
        received.period_start_utc,
        {{ shown('received', 'price_inc_vat_p_per_kwh') }} as price_inc_vat_p_per_kwh,
        {{ shown('received', 'price_exc_vat_p_per_kwh') }} as price_exc_vat_p_per_kwh,
        {{ number_state('received', 'price_inc_vat_p_per_kwh') }} as state,
        received.fetched_at_utc,
        received.lake_key
    from received
    where received.valid_to_utc = {{ add_minutes('received.period_start_utc', 30) }}

),

-- A price that holds for longer is that of each of its half-hours; one that holds for ever is that of none.
longer as (

    select
        received.tariff_code,
        periods.period_start_utc,
        {{ shown('received', 'price_inc_vat_p_per_kwh') }} as price_inc_vat_p_per_kwh,
        {{ shown('received', 'price_exc_vat_p_per_kwh') }} as price_exc_vat_p_per_kwh,
        {{ number_state('received', 'price_inc_vat_p_per_kwh') }} as state,
        received.fetched_at_utc,
        received.lake_key,
        row_number() over (
            partition by received.tariff_code, periods.period_start_utc
            order by received.valid_from_utc desc
        ) as place
    from received
    inner join {{ ref('dim_settlement_periods') }} as periods
        on
            received.valid_from_utc <= periods.period_start_utc
            and received.valid_to_utc > periods.period_start_utc
    left join half_hourly
        on
            received.tariff_code = half_hourly.tariff_code
            and periods.period_start_utc = half_hourly.period_start_utc
    where
        received.valid_to_utc <> {{ add_minutes('received.period_start_utc', 30) }}
        and half_hourly.tariff_code is null

),

prices as (

    select * from half_hourly
    union all
    select
        tariff_code,
        period_start_utc,
        price_inc_vat_p_per_kwh,
        price_exc_vat_p_per_kwh,
        state,
        fetched_at_utc,
        lake_key
    from longer
    where place = 1

),

-- A tariff's code is E-1R-, the product's code, and the letter of the region.
joined as (

    select
        coalesce(prices.period_start_utc, asked.period_start_utc) as period_start_utc,
        coalesce(prices.tariff_code, asked.scope) as tariff_code,
        substring(
            coalesce(prices.tariff_code, asked.scope), 6, length(coalesce(prices.tariff_code, asked.scope)) - 7
        ) as product_code,
        right(coalesce(prices.tariff_code, asked.scope), 1) as region_code,
        prices.price_inc_vat_p_per_kwh,
        prices.price_exc_vat_p_per_kwh,
        coalesce(prices.state, 'missing') as state,
        prices.fetched_at_utc,
        prices.lake_key
    from prices
    full outer join asked
        on
            prices.period_start_utc = asked.period_start_utc
            and prices.tariff_code = asked.scope

)

select
    {{ settlement_date('joined.period_start_utc') }} as settlement_date,
    {{ settlement_period('joined.period_start_utc') }} as settlement_period,
    joined.period_start_utc,
    joined.tariff_code,
    joined.product_code,
    case when joined.product_code like '%OUTGOING%' then 'export' else 'import' end as direction,
    joined.region_code,
    regions.region_name,
    joined.price_inc_vat_p_per_kwh,
    joined.price_exc_vat_p_per_kwh,
    joined.state,
    joined.fetched_at_utc,
    joined.lake_key
from joined
left join {{ ref('regions') }} as regions on joined.region_code = regions.gsp_group_code
