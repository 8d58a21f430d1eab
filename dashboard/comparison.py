"""Two periods of one measure set against each other, day by day in their order: what is drawn, summed and said."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, zip_longest

from dashboard import text
from dashboard.comparable import Comparable
from dashboard.connection import Row
from dashboard.local_time import day_text
from dashboard.periods import Period
from ingestion.settlement import DAY

MOST_NAMED = 5
BY = ("half-hour", "day", "week", "month")
MOST_DAYS_BY_HALF_HOUR = 7


@dataclass(frozen=True)
class Side:
    """One period's part of a place: its dates, and their rows where they are complete."""

    dates: tuple[date, ...]
    complete: tuple[Row, ...]


@dataclass(frozen=True)
class Place:
    """What stands at one place of both periods: the nth day, week or month."""

    number: int
    first: Side
    second: Side


@dataclass(frozen=True)
class Comparison:
    """Two periods and the rows of their days, by date; a day that was never asked for has none."""

    measure: Comparable
    first: Period
    second: Period
    days: Mapping[date, Row]

    def _complete(self, day: date | None) -> bool:
        return day is not None and self.measure.is_complete(self.days.get(day))

    @property
    def counted(self) -> list[tuple[date, date]]:
        """The days of both periods that stand at one place and are both complete: what is summed."""
        pairs = zip(self.first.days, self.second.days, strict=False)
        return [(one, other) for one, other in pairs if self._complete(one) and self._complete(other)]

    def totals(self) -> tuple[float | None, float | None]:
        """Both periods over the days counted: energies in MWh, means, or shares."""
        first, second = (self.measure.over([self.days[pair[n]] for pair in self.counted]) for n in (0, 1))
        return first, second

    def incomplete(self, period: Period) -> list[date]:
        return [day for day in period.days if not self._complete(day)]

    def places(self, by: str) -> list[Place]:
        """The places of both periods, by day, week (of seven days from the period's first) or calendar month."""
        first, second = (self._groups(period, by) for period in (self.first, self.second))
        pairs = zip_longest(first, second, fillvalue=Side((), ()))
        return [Place(number, one, other) for number, (one, other) in enumerate(pairs, start=1)]

    def _groups(self, period: Period, by: str) -> list[Side]:
        keys: Mapping[str, Callable[[date], object]] = {
            "week": lambda day: (day - period.first).days // 7,
            "month": lambda day: (day.year, day.month),
        }
        grouped = (tuple(days) for _, days in groupby(period.days, keys.get(by, lambda day: day)))
        return [Side(days, tuple(self.days[day] for day in days if self._complete(day))) for days in grouped]

    def rows(self, by: str) -> list[Row]:
        """The places for files and the table: each side's dates, its number, and of how many complete days."""
        found = []
        for place in self.places(by):
            row: Row = {by: place.number}
            for name, side in (("first", place.first), ("second", place.second)):
                row |= {
                    f"{name}_from": side.dates[0] if side.dates else None,
                    f"{name}_to": side.dates[-1] if side.dates else None,
                    f"{name}_{self._daily_name}": self._number(side),
                    f"{name}_complete_days": len(side.complete),
                    f"{name}_days": len(side.dates),
                }
            found.append(row)
        return found

    @property
    def _daily_name(self) -> str:
        name = self.measure.daily
        return f"{name}_per_day" if self.measure.kind == "energy" else name

    def _number(self, side: Side) -> object:
        # of one day the mart's own number, to its last digit
        return side.complete[0][self.measure.daily] if len(side.complete) == 1 else self.measure.per_day(side.complete)


def in_words(compared: Comparison) -> str:
    """What came out, in plain text: totals or means over the days counted, and the difference."""
    measure, count = compared.measure, len(compared.counted)
    first, second = compared.totals()
    if first is None or second is None:
        return "The two periods have no complete day at the same place, so nothing can be said of them together."
    days = "one complete day" if count == 1 else f"{count:,} complete days"
    said = {"energy": "in total", "mean": "on average", "share": "of supply"}[measure.kind]
    words = measure.daily_words
    return (
        f"{measure.label}: {words(first)} {said} over {days} of {compared.first.words}, against {words(second)} over "
        f"as many of {compared.second.words}. {difference(measure, first, second)}"
    )


def difference(measure: Comparable, first: float, second: float) -> str:
    """By how much the first is above or below the second, in a sentence; of a share in percentage points."""
    change = first - second
    if measure.kind == "share":
        points = f"{text.rounded(abs(change) * 100, 1)} percentage points"
        return "Both are equal." if points.startswith("0.0 ") else f"That is {points} {_way(change)}."
    size = measure.daily_words(abs(change))
    if size == measure.daily_words(0):
        return "Both are equal."
    relative = f" ({text.signed_percent(change / second)})" if second > 0 else ""
    return f"That is {size} {_way(change)}{relative}."


def _way(change: float) -> str:
    return "more" if change > 0 else "less"


def left_out(compared: Comparison) -> str:
    """Which days do not count and why, in plain text; nothing where all do."""
    said = []
    for period in (compared.first, compared.second):
        lacking = compared.incomplete(period)
        if lacking:
            runs = _runs(compared, lacking)
            named = [f"{run.words} ({why})" for run, why in reversed(runs[-MOST_NAMED:])]
            more = sum(len(run.days) for run, _ in runs[:-MOST_NAMED])
            earlier = f" and {more:,} {'day' if more == 1 else 'days'} earlier" if more else ""
            said.append(f"Not complete in {period.words}: {', '.join(named)}{earlier}.")
    if said:
        said.append("They are left out, and so is the day at the same place of the other period.")
    longer, shorter = len(compared.first.days), len(compared.second.days)
    if longer != shorter:
        beyond = abs(longer - shorter)
        said.append(
            f"{'One day' if beyond == 1 else f'{beyond:,} days'} at the end of the longer period "
            f"{'has' if beyond == 1 else 'have'} no counterpart, and {'is' if beyond == 1 else 'are'} not counted."
        )
    return " ".join(said)


def _runs(compared: Comparison, days: Sequence[date]) -> list[tuple[Period, str]]:
    """Days with why they do not count; those that follow each other for one reason as one."""
    runs: list[tuple[Period, str]] = []
    for day in days:
        why = _made_of(compared, day)
        if runs and runs[-1][1] == why and runs[-1][0].last + DAY == day:
            runs[-1] = (Period(runs[-1][0].first, day), why)
        else:
            runs.append((Period(day, day), why))
    return runs


def _made_of(compared: Comparison, day: date) -> str:
    row = compared.days.get(day)
    if row is None:
        return "never asked for"
    return f"{row[compared.measure.periods] or 0} of {row['periods_in_day']} half-hours"


def table(compared: Comparison) -> list[dict[str, str]]:
    """A row per period: the total or mean over the days counted, its lowest and its highest day."""
    measure, rows = compared.measure, []
    names = {"energy": "Total", "mean": "Mean", "share": "Share"}
    for at, (name, period) in enumerate((("First", compared.first), ("Second", compared.second))):
        days = [compared.days[pair[at]] for pair in compared.counted]
        ordered = sorted(days, key=lambda day: float(day[measure.daily]))
        row = {"Period": f"{name}: {period.words}", "Days counted": f"{len(days):,} of {len(period.days):,}"}
        row[names[measure.kind]] = measure.daily_words(measure.over(days))
        if measure.kind == "energy":
            row["Mean day"] = measure.daily_words(measure.per_day(days))
        row["Lowest day"] = _day_words(measure, ordered[:1])
        row["Highest day"] = _day_words(measure, ordered[-1:])
        rows.append(row)
    return rows


def _day_words(measure: Comparable, days: Sequence[Row]) -> str:
    if not days:
        return text.NONE
    return f"{measure.daily_words(days[0][measure.daily])}, {day_text(days[0]['settlement_date'])}"
