"""What the page Forecasts asks: how good forecasts were, and what was forecast so long before each half-hour."""

from datetime import date, datetime
from decimal import Decimal

from dashboard.as_known import ask
from dashboard.connection import Row, rows
from dashboard.forecast_series import FORECASTS
from dashboard.kept import kept
from ingestion.settlement import settlement_date_of as local_date

# Rows of any months, hours and horizons add up to these; a mean is a sum over a count, and never a mean of means.
_SUMMED = """
    max(unit) as unit,
    max(outcome_basis) as outcome_basis,
    cast(sum(forecasts_expected) as bigint) as forecasts_expected,
    cast(sum(forecasts_held) as bigint) as forecasts_held,
    cast(sum(forecasts_scored) as bigint) as forecasts_scored,
    cast(sum(forecasts_settled) as bigint) as forecasts_settled,
    sum(sum_of_absolute_errors) / nullif(sum(forecasts_scored), 0) as mae,
    sum(sum_of_errors) / nullif(sum(forecasts_scored), 0) as bias,
    cast(sum(persistence_compared) as bigint) as persistence_compared,
    sum(sum_of_absolute_errors_of_persistence) / nullif(sum(persistence_compared), 0) as persistence_mae,
    1 - sum(sum_of_absolute_errors_beside_persistence) / nullif(sum(sum_of_absolute_errors_of_persistence), 0)
        as skill_over_persistence,
    cast(sum(week_before_compared) as bigint) as week_before_compared,
    sum(sum_of_absolute_errors_of_week_before) / nullif(sum(week_before_compared), 0) as week_before_mae,
    1 - sum(sum_of_absolute_errors_beside_week_before) / nullif(sum(sum_of_absolute_errors_of_week_before), 0)
        as skill_over_week_before
"""
_OF_SERIES = "series = :series and region_id = :region_id"


@kept
def regions() -> list[Row]:
    """`region_id` and `region_name` of the regions that have a carbon forecast, in the order of their numbers."""
    return rows("select region_id, region_name from marts.dim_regions order by region_id")


@kept
def months(series: str, region_id: int) -> list[date]:
    """The first days of the UK-local months that a series has, newest first."""
    found = rows(
        f"select distinct month_start_date from marts.fct_forecast_accuracy where {_OF_SERIES} order by 1 desc",
        series=series,
        region_id=region_id,
    )
    return [row["month_start_date"] for row in found]


@kept
def by_horizon(series: str, region_id: int, of_months: tuple[date, ...]) -> list[Row]:
    """Accuracy by horizon, over months; errors in `unit`, shares and skills from 0 to 1, null where nothing counts."""
    return rows(
        f"""
        select horizon_hours, {_SUMMED}
        from marts.fct_forecast_accuracy
        where {_OF_SERIES} and month_start_date = any(:months)
        group by horizon_hours
        order by horizon_hours
        """,
        series=series,
        region_id=region_id,
        months=list(of_months),
    )


@kept
def by_hour(series: str, region_id: int, horizon_hours: Decimal, of_months: tuple[date, ...]) -> list[Row]:
    """The same at one horizon by hour of the UK's clock, 0 to 23."""
    return rows(
        f"""
        select hour_of_day, {_SUMMED}
        from marts.fct_forecast_accuracy
        where {_OF_SERIES} and horizon_hours = :horizon_hours and month_start_date = any(:months)
        group by hour_of_day
        order by hour_of_day
        """,
        series=series,
        region_id=region_id,
        horizon_hours=horizon_hours,
        months=list(of_months),
    )


@kept
def newest_outcome(series: str, region_id: int, before_utc: datetime, known_utc: datetime | None = None) -> Row | None:
    """`start_utc`, and the `end_utc`, of the newest half-hour with an outcome that has begun before a moment."""
    forecast = FORECASTS[series]
    found = ask(
        f"""
        select period_start_utc as start_utc, period_start_utc + interval '30 minutes' as end_utc
        from {{{forecast.outcome}}} as outcome
        where period_start_utc < :before_utc and {forecast.outcome_value} is not null and {forecast.outcome_condition}
        order by period_start_utc desc
        limit 1
        """,
        known_utc,
        before_utc=before_utc,
        **_region(series, region_id),
    )
    return found[0] if found else None


@kept
def outcomes(
    series: str, region_id: int, start_utc: datetime, end_utc: datetime, known_utc: datetime | None = None
) -> list[Row]:
    """`period_start_utc`, `outcome` and `outcome_state` of half-hours, or of hours whose two are there."""
    forecast = FORECASTS[series]
    found = ask(
        f"""
        select period_start_utc, {forecast.outcome_value} as outcome, {forecast.outcome_state} as outcome_state
        from {{{forecast.outcome}}} as outcome
        where period_start_utc >= :start_utc and period_start_utc < :end_utc and {forecast.outcome_condition}
        order by period_start_utc
        """,
        known_utc,
        start_utc=start_utc,
        end_utc=end_utc,
        **_region(series, region_id),
    )
    return _hourly(found) if forecast.is_hourly else found


def _hourly(half_hours: list[Row]) -> list[Row]:
    """Means of the two half-hours of each hour; the clocks change by whole hours, so hours begin alike everywhere."""
    by_hour: dict[datetime, list[Row]] = {}
    for row in half_hours:
        by_hour.setdefault(row["period_start_utc"].replace(minute=0), []).append(row)
    return [
        {
            "period_start_utc": hour,
            "outcome": sum(values) / 2 if len(values) == 2 else None,
            "outcome_state": " and ".join(sorted({str(row["outcome_state"]) for row in of_hour})),
        }
        for hour, of_hour in by_hour.items()
        for values in [[row["outcome"] for row in of_hour if row["outcome"] is not None]]
    ]


@kept
def looked_at_ahead(
    series: str, region_id: int, horizon_hours: Decimal, start_utc: datetime, end_utc: datetime, at_utc: datetime
) -> list[Row]:
    """The `forecast` of each half-hour, or hour, that was known so long before it began, and since when.

    at_utc: what is later than it is not known yet, so a half-hour whose moment lies after it has no row.
    """
    forecast = FORECASTS[series]
    then = f"{forecast.start} - make_interval(mins => :minutes_ahead)"
    return rows(
        f"""
        select
            {forecast.start} as period_start_utc,
            {forecast.value} as forecast,
            {then} as looked_at_utc,
            known_from_utc as forecast_known_from_utc,
            lake_key
        from marts.{forecast.versions}
        where
            {forecast.start} >= :start_utc
            and {forecast.start} < :end_utc
            and settlement_date between :first_day and :last_day
            and {forecast.condition}
            and {then} <= :at_utc
            and known_from_utc <= {then}
            and (known_to_utc > {then} or known_to_utc is null)
        order by 1
        """,
        start_utc=start_utc,
        end_utc=end_utc,
        first_day=local_date(start_utc),
        last_day=local_date(end_utc),
        minutes_ahead=int(horizon_hours * 60),
        at_utc=at_utc,
        **_region(series, region_id),
    )


def _region(series: str, region_id: int) -> dict[str, int]:
    return {"region_id": region_id} if FORECASTS[series].has_region else {}
