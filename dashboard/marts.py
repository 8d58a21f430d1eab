"""What the pages ask the warehouse: one function per question, over schema marts alone, answers kept for half a minute.

Times in answers are aware UTC instants, numbers as exact as the mart holds them.
"""

from datetime import date, datetime
from typing import Any

import streamlit as st

from dashboard.connection import NotBuiltError, Row, rows
from dashboard.subjects import SUBJECTS

kept = st.cache_data(ttl="30s", max_entries=200, show_spinner=False)


@kept
def is_simulated() -> bool:
    """Whether any number is made up. Raises NotBuiltError where nothing was ever loaded."""
    (answer,) = rows("select bool_or(is_simulated) as is_simulated, count(*) as datasets from marts.dim_datasets")
    if not answer["datasets"]:
        raise NotBuiltError
    return bool(answer["is_simulated"])


@kept
def fuels() -> list[Row]:
    """Names, categories and colours, in the order of display."""
    return rows("select * from marts.dim_fuels order by display_order, fuel_code")


@kept
def span_of_subject(subject: str) -> tuple[datetime, datetime] | None:
    """The starts of the oldest and the newest half-hour with a datum of a page; None where there is none."""
    page = SUBJECTS[subject]
    (answer,) = rows(
        "select min(period_start_utc) as oldest, max(period_start_utc) as newest "
        f"from marts.{page.mart} where {page.has_datum}"
    )
    return None if answer["oldest"] is None else (answer["oldest"], answer["newest"])


@kept
def half_hours(subject: str, start_utc: datetime, end_utc: datetime) -> list[Row]:
    """A page's half-hours that start from start_utc up to before end_utc."""
    page = SUBJECTS[subject]
    columns = ", ".join(("period_start_utc", *page.half_hourly))
    return rows(
        f"select {columns} from marts.{page.mart} "
        "where period_start_utc >= :start_utc and period_start_utc < :end_utc order by period_start_utc",
        start_utc=start_utc,
        end_utc=end_utc,
    )


@kept
def days(subject: str, first: date, last: date) -> list[Row]:
    """A page's settlement dates, both ends included."""
    columns = ", ".join(("settlement_date", "periods_in_day", *SUBJECTS[subject].daily))
    return rows(
        f"select {columns} from marts.fct_grid_daily "
        "where settlement_date between :first and :last order by settlement_date",
        first=first,
        last=last,
    )


def _first(statement: str, **parameters: Any) -> Row | None:
    found = rows(statement, **parameters)
    return found[0] if found else None


NEWEST_MIX = """
    select grid.*, (
        select max(fetched_at_utc) from marts.fct_generation_half_hourly as generation
        where generation.period_start_utc = grid.period_start_utc
    ) as fetched_at_utc, (
        select string_agg(distinct generation.state, ', ')
        from marts.fct_generation_half_hourly as generation
        inner join marts.dim_fuels as fuels on generation.fuel_code = fuels.fuel_code
        where generation.period_start_utc = grid.period_start_utc and fuels.is_interconnector
    ) as interconnectors_state
    from marts.fct_grid_half_hourly as grid
    where grid.{known} is not null
    order by grid.period_start_utc desc
    limit 1
"""


@kept
def newest_shares() -> Row | None:
    """The newest half-hour whose shares are known, when the last of its parts was fetched, and its cables' states."""
    return _first(NEWEST_MIX.format(known="nuclear_share"))


@kept
def newest_mix() -> Row | None:
    """The same for the transmission system, which is known earlier than wind and solar in local networks may be."""
    return _first(NEWEST_MIX.format(known="transmission_supply_mw"))


@kept
def newest_demand() -> Row | None:
    return _first("""
        select * from marts.fct_demand_half_hourly where indo_mw is not null order by period_start_utc desc limit 1
    """)


@kept
def newest_price() -> Row | None:
    """The newest half-hour with a headline price."""
    return _first("""
        select * from marts.fct_prices_half_hourly
        where market_index_price_gbp_per_mwh is not null order by period_start_utc desc limit 1
    """)


@kept
def newest_imbalance_price() -> Row | None:
    return _first("""
        select * from marts.fct_prices_half_hourly
        where system_price_gbp_per_mwh is not null order by period_start_utc desc limit 1
    """)


@kept
def carbon_at(half_hour_utc: datetime) -> Row | None:
    """The carbon intensity of the newest half-hour that has begun by then and has one, actual or forecast.

    newest_fetched_at_utc: when the newest answer came that says something new from that half-hour on.
    """
    return _first(
        """
        select carbon.*, (
            select max(ahead.fetched_at_utc) from marts.fct_carbon_half_hourly as ahead
            where ahead.period_start_utc >= carbon.period_start_utc
        ) as newest_fetched_at_utc
        from marts.fct_carbon_half_hourly as carbon
        where period_start_utc <= :half_hour_utc
            and (carbon_actual_gco2_per_kwh is not null or carbon_forecast_gco2_per_kwh is not null)
        order by period_start_utc desc
        limit 1
        """,
        half_hour_utc=half_hour_utc,
    )


@kept
def flows() -> list[Row]:
    """Net flow by country in the newest five minutes; import is positive, null where one cable's number lacks."""
    return rows("""
        select
            generation.interval_start_utc,
            coalesce(fuels.country, 'Unknown country') as country,
            string_agg(fuels.fuel_name, ', ' order by fuels.display_order, fuels.fuel_code) as cables,
            case when count(*) = count(generation.generation_mw) then sum(generation.generation_mw) end as net_mw,
            max(generation.fetched_at_utc) as fetched_at_utc
        from marts.fct_generation_five_minutely as generation
        inner join marts.dim_fuels as fuels on generation.fuel_code = fuels.fuel_code
        where fuels.is_interconnector and generation.interval_start_utc = (
            select max(interval_start_utc) from marts.fct_generation_five_minutely where generation_mw is not null
        )
        group by 1, 2
        order by min(fuels.display_order), 2
    """)


@kept
def outages(at_utc: datetime) -> list[Row]:
    """The largest outages known to be under way at a moment."""
    return rows(
        """
        select affected_unit, asset_id, fuel_type, unavailability_type, unavailable_mw, event_end_utc, cause
        from marts.fct_outages
        where superseded_at_utc is null and event_status = 'Active' and state <> 'withdrawn'
            and event_start_utc <= :at_utc and (event_end_utc is null or event_end_utc > :at_utc)
            and unavailable_mw > 0
        order by unavailable_mw desc, event_end_utc, mrid
        limit 6
        """,
        at_utc=at_utc,
    )


@kept
def newest_outage_message() -> datetime | None:
    """When the newest message on an outage was published."""
    (answer,) = rows("select max(published_at_utc) as newest from marts.fct_outages")
    newest: datetime | None = answer["newest"]
    return newest
