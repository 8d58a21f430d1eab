"""What the page Price asks beside half-hours and days: durations, hours below zero, and what fuels' power was worth.

A kind of price is market_index (the headline price) or imbalance, as in the marts.
"""

from datetime import date

from dashboard.connection import Row, rows
from dashboard.kept import kept


@kept
def years() -> list[int]:
    """The years with a price of any kind, newest first."""
    found = rows("select distinct span from marts.fct_price_duration where span <> 'all' order by span desc")
    return [int(row["span"]) for row in found]


@kept
def duration(span: str) -> list[Row]:
    """The duration curves of both prices over a year, or over `all`, by price and percentile."""
    return rows(
        """
        select price_kind, span, percentile, price_gbp_per_mwh, share_at_or_below, share_at_or_above, periods
        from marts.fct_price_duration where span = :span
        order by case price_kind when 'market_index' then 0 else 1 end, percentile
        """,
        span=span,
    )


_BELOW_ZERO = """
    sum(negative_market_index_price_gbp_per_mwh_hours) as negative_market_index_price_gbp_per_mwh_hours,
    sum(market_index_price_gbp_per_mwh_periods) as market_index_price_gbp_per_mwh_periods,
    sum(negative_system_price_gbp_per_mwh_hours) as negative_system_price_gbp_per_mwh_hours,
    sum(system_price_gbp_per_mwh_periods) as system_price_gbp_per_mwh_periods,
    sum(periods_in_day) as periods_in_days
"""


@kept
def below_zero(by: str, first: date, last: date) -> list[Row]:
    """Hours below zero by day or by month, as `start_date`, and of how many half-hours they are counted."""
    start = "settlement_date" if by == "day" else "cast(date_trunc('month', settlement_date) as date)"
    return rows(
        f"select {start} as start_date, {_BELOW_ZERO} from marts.fct_prices_daily "
        "where settlement_date between :first and :last group by 1 order by 1",
        first=first,
        last=last,
    )


@kept
def captured(price_kind: str, first: date, last: date) -> list[Row]:
    """By fuel code over months: energy, its value, the value of a MWh of it, and the mean price of its half-hours.

    capture_rate: one over the other; null where the mean price is not above zero.
    """
    return rows(
        """
        select
            found.*,
            value_gbp / nullif(energy_mwh, 0) as captured_price_gbp_per_mwh,
            case when baseload_price_gbp_per_mwh > 0
                then value_gbp / nullif(energy_mwh, 0) / baseload_price_gbp_per_mwh
            end as capture_rate
        from (
            select
                captured.fuel_code,
                coalesce(fuels.fuel_name, captured.fuel_code) as fuel_name,
                fuels.colour,
                sum(captured.energy_mwh) as energy_mwh,
                sum(captured.value_gbp) as value_gbp,
                sum(captured.baseload_price_gbp_per_mwh * captured.periods)
                    / nullif(sum(captured.periods), 0) as baseload_price_gbp_per_mwh,
                sum(captured.periods) as periods,
                sum(captured.periods_in_month) as periods_in_months,
                min(captured.month_start_date) as first_month,
                max(captured.month_start_date) as last_month
            from marts.fct_captured_prices_monthly as captured
            left join marts.dim_fuels as fuels on captured.fuel_code = fuels.fuel_code
            where captured.price_kind = :price_kind and captured.month_start_date between :first and :last
            group by 1, 2, 3
        ) as found
        order by captured_price_gbp_per_mwh desc nulls last, fuel_code
        """,
        price_kind=price_kind,
        first=first,
        last=last,
    )
