with prices as (

    {{ prices_by_kind() }}

),

by_span as (

    select
        price_kind,
        cast(cast(extract(year from settlement_date) as integer) as text) as span,
        price_gbp_per_mwh
    from prices
    union all
    select
        price_kind,
        'all' as span,
        price_gbp_per_mwh
    from prices

),

ranked as (

    select
        *,
        row_number() over (partition by price_kind, span order by price_gbp_per_mwh) as place,
        rank() over (partition by price_kind, span order by price_gbp_per_mwh) as first_place,
        cume_dist() over (partition by price_kind, span order by price_gbp_per_mwh) as share_at_or_below,
        count(*) over (partition by price_kind, span) as periods
    from by_span

),

percentiles as (

    {{ numbers_between(0, 100) }}

)

-- The nearest rank: a price that was paid, and none between two. The lowest is percentile 0, the highest 100.
select
    ranked.price_kind,
    ranked.span,
    percentiles.number as percentile,
    ranked.price_gbp_per_mwh,
    ranked.share_at_or_below,
    1 - cast(ranked.first_place - 1 as double precision) / ranked.periods as share_at_or_above,
    ranked.periods
from ranked
inner join percentiles
    on ranked.place = greatest(1, (percentiles.number * ranked.periods + 99) / 100)
