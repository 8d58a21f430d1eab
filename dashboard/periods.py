"""Two periods to compare: presets that end with the newest day, or any dates."""

from dataclasses import dataclass
from datetime import date

from dashboard.local_time import day_text
from ingestion.settlement import DAY

WEEKS = "this week and last week"
MONTHS = "this month and last month"
MONTH_A_YEAR_BEFORE = "this month and a year ago"
YEARS = "this year and last year"
DATES = "any dates"
PRESETS = (WEEKS, MONTHS, MONTH_A_YEAR_BEFORE, YEARS, DATES)


@dataclass(frozen=True)
class Period:
    """Settlement dates, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + DAY * n for n in range((self.last - self.first).days + 1)]

    @property
    def words(self) -> str:
        """As Thu 1 Oct 2026 to Wed 28 Oct 2026."""
        if self.first == self.last:
            return day_text(self.first)
        return f"{day_text(self.first)} to {day_text(self.last)}"


def preset(name: str, newest: date) -> tuple[Period, Period]:
    """The period up to the newest day, and the earlier one of as many days; of a shorter month, all of that."""
    if name == WEEKS:
        now = Period(newest - newest.weekday() * DAY, newest)
        return now, Period(now.first - 7 * DAY, now.last - 7 * DAY)
    if name == YEARS:
        now = Period(newest.replace(month=1, day=1), newest)
        before = date(newest.year - 1, 1, 1)
        return now, Period(before, min(before + (len(now.days) - 1) * DAY, date(newest.year - 1, 12, 31)))
    now = Period(newest.replace(day=1), newest)
    before = (now.first - DAY).replace(day=1) if name == MONTHS else now.first.replace(year=now.first.year - 1)
    return now, Period(before, min(before + (len(now.days) - 1) * DAY, _month_end(before)))


def _month_end(day: date) -> date:
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY
