with prices as (

    {{ prices_by_kind() }}

),

-- What was fed in: pumping and exports are uses, and no value of theirs is captured. A forecast captured nothing.
generation as (

    select
        period_start_utc,
        fuel_code,
        case when generation_mw > 0 then generation_mw else 0 end as fed_in_mw
    from {{ ref('fct_generation_half_hourly') }}
    where generation_mw is not null and {{ is_measured('state') }}

),

months as (

    select
        {{ first_date_of('month', 'prices.settlement_date') }} as month_start_date,
        prices.price_kind,
        generation.fuel_code,
        sum(generation.fed_in_mw) / 2 as energy_mwh,
        sum(generation.fed_in_mw * prices.price_gbp_per_mwh) / 2 as value_gbp,
        {{ mean('prices.price_gbp_per_mwh') }} as baseload_price_gbp_per_mwh,
        count(*) as periods
    from generation
    inner join prices on generation.period_start_utc = prices.period_start_utc
    group by 1, 2, 3

),

priced as (

    select
        *,
        {{ ratio('value_gbp', 'nullif(energy_mwh, 0)') }} as captured_price_gbp_per_mwh
    from months

)

select
    month_start_date,
    price_kind,
    fuel_code,
    cast(energy_mwh as {{ real_number() }}) as energy_mwh,
    cast(value_gbp as {{ real_number() }}) as value_gbp,
    cast(captured_price_gbp_per_mwh as {{ real_number() }}) as captured_price_gbp_per_mwh,
    cast(baseload_price_gbp_per_mwh as {{ real_number() }}) as baseload_price_gbp_per_mwh,
    -- a part of a price that is zero or below says nothing
    case
        when baseload_price_gbp_per_mwh > 0
            then cast({{ ratio('captured_price_gbp_per_mwh', 'baseload_price_gbp_per_mwh') }} as {{ real_number() }})
    end as capture_rate,
    periods,
    {{ periods_between('month_start_date', add_months('month_start_date', 1)) }} as periods_in_month
from priced
