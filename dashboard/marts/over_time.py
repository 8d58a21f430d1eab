"""What the pages over time ask: half-hours, days, and the first and last of them."""

from datetime import date, datetime

from dashboard.as_known import ask
from dashboard.connection import Row, rows
from dashboard.kept import kept
from dashboard.subjects import SUBJECTS


@kept
def span_of_subject(subject: str, known_utc: datetime | None = None) -> tuple[datetime, datetime] | None:
    """The starts of the oldest and the newest half-hour with a datum of a page; None where there is none.

    As known at a moment, the oldest is of the fourteen days before it.
    """
    page = SUBJECTS[subject]
    (answer,) = ask(
        "select min(period_start_utc) as oldest, max(period_start_utc) as newest "
        f"from {{{page.mart}}} as {page.mart} where {page.has_datum}",
        known_utc,
    )
    return None if answer["oldest"] is None else (answer["oldest"], answer["newest"])


@kept
def half_hours(subject: str, start_utc: datetime, end_utc: datetime, known_utc: datetime | None = None) -> list[Row]:
    """A page's half-hours that start from start_utc up to before end_utc."""
    page = SUBJECTS[subject]
    columns = ", ".join(("period_start_utc", *page.half_hourly))
    return ask(
        f"select {columns} from {{{page.mart}}} as {page.mart} "
        "where period_start_utc >= :start_utc and period_start_utc < :end_utc order by period_start_utc",
        known_utc,
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
