"""What the page Regions asks."""

from datetime import datetime, timedelta

from dashboard.as_known import ask
from dashboard.connection import Row, rows
from dashboard.kept import kept
from ingestion.settlement import HALF_HOUR
from ingestion.settlement import settlement_date_of as local_date

FUELS = ("wind", "solar", "nuclear", "gas", "imports", "biomass", "hydro", "coal", "other")
SHARES = tuple(f"{fuel}_share" for fuel in FUELS)
CARBON = "carbon_forecast_gco2_per_kwh"
LATELY = timedelta(days=14)

_COLUMNS = f"period_start_utc, region_id, region_name, {CARBON}, carbon_index"
_SHARES = f", {', '.join(SHARES)}"
_ORIGIN = ", state, fetched_at_utc"


def _columns(known_utc: datetime | None) -> str:
    """As known at a moment the shares of the mix are not there."""
    return f"{_COLUMNS}{_SHARES if known_utc is None else ''}{_ORIGIN}"


@kept
def regions() -> list[Row]:
    """Every region: `region_id`, `region_name`, `network_region_name`, `region_kind`; Great Britain last."""
    return rows(
        "select region_id, region_name, network_region_name, region_kind from marts.dim_regions order by region_id"
    )


@kept
def all_at(start_utc: datetime, known_utc: datetime | None = None) -> list[Row]:
    """The regions' forecasts for a half-hour, those alone that have one."""
    return ask(
        f"select {_columns(known_utc)} from {{fct_carbon_regional_half_hourly}} as regional "
        f"where {CARBON} is not null and period_start_utc = :start_utc "
        "and settlement_date = :day "
        "order by region_id",
        known_utc,
        start_utc=start_utc,
        end_utc=start_utc + HALF_HOUR,
        day=local_date(start_utc),
    )


@kept
def half_hours(region_id: int, start_utc: datetime, end_utc: datetime, known_utc: datetime | None = None) -> list[Row]:
    """A region's half-hours from one up to before another, with those whose forecast is missing."""
    return ask(
        f"select {_columns(known_utc)} from {{fct_carbon_regional_half_hourly}} as regional "
        "where region_id = :region_id and period_start_utc >= :start_utc and period_start_utc < :end_utc "
        "order by period_start_utc",
        known_utc,
        region_id=region_id,
        start_utc=start_utc,
        end_utc=end_utc,
    )


@kept
def newest_answer(end_utc: datetime, known_utc: datetime | None = None) -> datetime | None:
    """When the newest forecasts of half-hours before a moment were fetched; as known, of the last two weeks."""
    if known_utc is None:  # region by region, as the mart's index finds them
        (answer,) = rows(
            f"""
            select max(newest.fetched_at_utc) as newest
            from marts.dim_regions as regions
            cross join lateral (
                select fetched_at_utc from marts.fct_carbon_regional_half_hourly as regional
                where regional.region_id = regions.region_id and regional.{CARBON} is not null
                    and regional.period_start_utc < :end_utc
                order by period_start_utc desc
                limit 1
            ) as newest
            """,
            end_utc=end_utc,
        )
    else:
        (answer,) = ask(
            "select max(fetched_at_utc) as newest from {fct_carbon_regional_half_hourly} as regional "
            f"where {CARBON} is not null and period_start_utc < :end_utc",
            known_utc,
            start_utc=end_utc - LATELY,
            end_utc=end_utc,
        )
    newest: datetime | None = answer["newest"]
    return newest
