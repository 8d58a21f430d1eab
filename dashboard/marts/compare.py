"""What the page Compare asks: days, half-hours and months of one measure, by names of columns that are ours."""

from datetime import date, datetime

from dashboard.connection import Row, rows
from dashboard.kept import kept


@kept
def newest_day(periods: str) -> date | None:
    """The newest settlement date that has a half-hour of a measure, by its column of how many there are."""
    (answer,) = rows(f"select max(settlement_date) as newest from marts.fct_grid_daily where {periods} > 0")
    newest: date | None = answer["newest"]
    return newest


@kept
def days(columns: tuple[str, ...], first: date, last: date) -> dict[date, Row]:
    """Settlement dates by date, both ends included; one that was never asked for has no row."""
    found = rows(
        f"select settlement_date, periods_in_day, {', '.join(columns)} from marts.fct_grid_daily "
        "where settlement_date between :first and :last",
        first=first,
        last=last,
    )
    return {row["settlement_date"]: row for row in found}


@kept
def half_hours(column: str, start_utc: datetime, end_utc: datetime) -> list[Row]:
    """Half-hours that start from start_utc up to before end_utc."""
    return rows(
        f"select period_start_utc, {column} from marts.fct_grid_half_hourly "
        "where period_start_utc >= :start_utc and period_start_utc < :end_utc order by period_start_utc",
        start_utc=start_utc,
        end_utc=end_utc,
    )


@kept
def months(columns: tuple[str, ...]) -> list[Row]:
    """Every month with a half-hour of a measure; its column of how many there are is the second one."""
    return rows(
        f"select month_start_date, periods_in_month, {', '.join(columns)} from marts.fct_grid_monthly "
        f"where {columns[1]} > 0 order by month_start_date"
    )
