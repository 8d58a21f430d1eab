"""What the page Now asks: the newest of everything."""

from datetime import datetime, timedelta
from typing import Any

from dashboard.as_known import ask
from dashboard.connection import Row, rows
from dashboard.kept import kept
from ingestion.settlement import HALF_HOUR

LATELY = timedelta(days=2)  # how far back the newest is looked for, as known at a moment


def _first(statement: str, known_utc: datetime | None, **parameters: Any) -> Row | None:
    lately = {} if known_utc is None else {"start_utc": known_utc - LATELY}
    found = ask(statement, known_utc, **parameters, **lately)
    return found[0] if found else None


NEWEST_MIX = """
    select grid.*, (
        select max(fetched_at_utc) from {{fct_generation_half_hourly}} as generation
        where generation.period_start_utc = grid.period_start_utc
    ) as fetched_at_utc, (
        select string_agg(distinct generation.state, ', ')
        from {{fct_generation_half_hourly}} as generation
        inner join marts.dim_fuels as fuels on generation.fuel_code = fuels.fuel_code
        where generation.period_start_utc = grid.period_start_utc and fuels.is_interconnector
    ) as interconnectors_state
    from {{fct_grid_half_hourly}} as grid
    where grid.{known} is not null
    order by grid.period_start_utc desc
    limit 1
"""


@kept
def newest_shares(known_utc: datetime | None = None) -> Row | None:
    """The newest half-hour whose shares are known, when the last of its parts was fetched, and its cables' states."""
    return _first(NEWEST_MIX.format(known="nuclear_share"), known_utc)


@kept
def newest_mix(known_utc: datetime | None = None) -> Row | None:
    """The same for the transmission system, which is known earlier than wind and solar in local networks may be."""
    return _first(NEWEST_MIX.format(known="transmission_supply_mw"), known_utc)


@kept
def newest_demand(known_utc: datetime | None = None) -> Row | None:
    return _first(
        "select * from {fct_demand_half_hourly} as demand where indo_mw is not null "
        "order by period_start_utc desc limit 1",
        known_utc,
    )


@kept
def newest_price(known_utc: datetime | None = None) -> Row | None:
    """The newest half-hour with a headline price."""
    return _newest_price("market_index_price_gbp_per_mwh", known_utc)


@kept
def newest_imbalance_price(known_utc: datetime | None = None) -> Row | None:
    return _newest_price("system_price_gbp_per_mwh", known_utc)


def _newest_price(column: str, known_utc: datetime | None) -> Row | None:
    return _first(
        f"select * from {{fct_prices_half_hourly}} as prices where {column} is not null "
        "order by period_start_utc desc limit 1",
        known_utc,
    )


@kept
def carbon_at(half_hour_utc: datetime, known_utc: datetime | None = None) -> Row | None:
    """The carbon intensity of the newest half-hour that has begun by then and has one, actual or forecast.

    newest_fetched_at_utc: when the newest answer came that says something new from that half-hour on.
    """
    return _first(
        """
        select carbon.*, (
            select max(ahead.fetched_at_utc) from {fct_carbon_half_hourly} as ahead
            where ahead.period_start_utc >= carbon.period_start_utc
        ) as newest_fetched_at_utc
        from {fct_carbon_half_hourly} as carbon
        where period_start_utc <= :half_hour_utc
            and (carbon_actual_gco2_per_kwh is not null or carbon_forecast_gco2_per_kwh is not null)
        order by period_start_utc desc
        limit 1
        """,
        known_utc,
        half_hour_utc=half_hour_utc,
    )


@kept
def flows(known_utc: datetime | None = None) -> list[Row]:
    """Net flow by country in the newest five minutes; import is positive, null where one cable's number lacks."""
    return ask(
        """
        select
            generation.interval_start_utc,
            coalesce(fuels.country, 'Unknown country') as country,
            string_agg(fuels.fuel_name, ', ' order by fuels.display_order, fuels.fuel_code) as cables,
            case when count(*) = count(generation.generation_mw) then sum(generation.generation_mw) end as net_mw,
            max(generation.fetched_at_utc) as fetched_at_utc
        from {fct_generation_five_minutely} as generation
        inner join marts.dim_fuels as fuels on generation.fuel_code = fuels.fuel_code
        where fuels.is_interconnector and generation.interval_start_utc = (
            select max(interval_start_utc) from {fct_generation_five_minutely} as newest
            where generation_mw is not null
        )
        group by 1, 2
        order by min(fuels.display_order), 2
        """,
        known_utc,
    )


@kept
def outages(at_utc: datetime, known_utc: datetime | None = None) -> list[Row]:
    """The largest outages known to be under way at a moment."""
    return ask(
        """
        select
            affected_unit, asset_id, fuel_type, unavailability_type, unavailable_mw, event_end_utc, cause, mrid
        from {fct_outages} as outages
        where superseded_by_then_utc is null and event_status = 'Active' and state <> 'withdrawn'
            and event_start_utc <= :at_utc and (event_end_utc is null or event_end_utc > :at_utc)
            and unavailable_mw > 0
        order by unavailable_mw desc, event_end_utc, mrid
        limit 6
        """,
        known_utc,
        at_utc=at_utc,
    )


@kept
def newest_outage_message(known_utc: datetime | None = None) -> datetime | None:
    """When the newest message on an outage was published."""
    (answer,) = ask("select max(published_at_utc) as newest from {fct_outages} as outages", known_utc)
    newest: datetime | None = answer["newest"]
    return newest


TREND = (
    *("zero_carbon_share", "renewable_share", "nuclear_share", "zero_carbon_transmission_share"),
    *("renewable_transmission_share", "nuclear_transmission_share", "carbon_actual_gco2_per_kwh"),
    *("market_index_price_gbp_per_mwh", "system_price_gbp_per_mwh", "indo_mw", "imports_mw"),
)


@kept
def trends(end_utc: datetime) -> dict[str, tuple[float | None, ...]]:
    """The 48 half-hours before a moment, of every number that has a tile: for drawing, so as floats."""
    found = rows(
        f"select period_start_utc, {', '.join(TREND)} from marts.fct_grid_half_hourly "
        "where period_start_utc >= :start_utc and period_start_utc < :end_utc",
        start_utc=end_utc - 48 * HALF_HOUR,
        end_utc=end_utc,
    )
    by_start = {row["period_start_utc"]: row for row in found}
    starts = [end_utc - n * HALF_HOUR for n in range(48, 0, -1)]
    return {
        column: tuple(
            None if (row := by_start.get(start)) is None or row[column] is None else float(row[column])
            for start in starts
        )
        for column in TREND
    }


@kept
def carbon_ahead(start_utc: datetime, known_utc: datetime | None = None) -> list[Row]:
    """The carbon forecast of the 24 hours from a half-hour on."""
    return ask(
        "select period_start_utc, coalesce(carbon_actual_gco2_per_kwh, carbon_forecast_gco2_per_kwh) as carbon "
        "from {fct_carbon_half_hourly} as carbon where period_start_utc >= :start_utc and period_start_utc < :end_utc "
        "and carbon_forecast_gco2_per_kwh is not null order by period_start_utc",
        known_utc,
        start_utc=start_utc,
        end_utc=start_utc + timedelta(days=1),
    )
