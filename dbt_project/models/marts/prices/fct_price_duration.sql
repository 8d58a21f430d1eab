with prices as (

    {{ prices_by_kind() }}

),

by_year as (

    select
        price_kind,
        cast(cast(extract(year from settlement_date) as integer) as {{ text_type() }}) as span,
        price_gbp_per_mwh,
        count(*) as periods_at
    from prices
    group by 1, 2, 3

),

by_span as (

    select * from by_year
    union all
    select
        price_kind,
        'all' as span,
        price_gbp_per_mwh,
        sum(periods_at) as periods_at
    from by_year
    group by 1, 2, 3

),

ranked as (

    select
        *,
        cast(sum(periods_at) over (
            partition by price_kind, span order by price_gbp_per_mwh
            rows between unbounded preceding and current row
        ) as bigint) as periods_at_or_below,
        cast(sum(periods_at) over (partition by price_kind, span) as bigint) as periods
    from by_span

),

-- The nearest rank: a price that was paid, and none between two. The lowest is percentile 0, the highest 100. Whole
-- numbers are divided, without a rest.
bounded as (

    select
        *,
        case
            when periods_at_or_below = periods_at then 0
            else {{ whole_quotient('cast(periods_at_or_below - periods_at as bigint) * 100', 'periods') }} + 1
        end as first_percentile,
        {{ whole_quotient('periods_at_or_below * 100', 'periods') }} as last_percentile
    from ranked

),

percentiles as (

    {{ numbers_between(0, 100) }}

)

select
    bounded.price_kind,
    bounded.span,
    percentiles.number as percentile,
    bounded.price_gbp_per_mwh,
    cast(bounded.periods_at_or_below as {{ real_number() }}) / bounded.periods as share_at_or_below,
    1 - cast(bounded.periods_at_or_below - bounded.periods_at as {{ real_number() }}) / bounded.periods
        as share_at_or_above,
    bounded.periods
from bounded
inner join percentiles on percentiles.number between bounded.first_percentile and bounded.last_percentile
