"""A dataset's lag by day of fetch, and its gaps as a calendar."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache

import altair as alt

from dashboard import reliability
from dashboard.charts import Look, Series, lines
from dashboard.colours import INDO
from dashboard.connection import Row
from dashboard.drawing import Spec, filled, frame, layered
from dashboard.local_time import day_text
from dashboard.points import Points
from dashboard.windows import Slot, Span
from ingestion.settlement import DAY

WEEKS, LEAST_WEEKS = 53, 13  # a few days should not look like a year
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COMPLETE, MISSING, WITHDRAWN = "complete", "half-hours missing", "half-hours withdrawn"
COLOURS = {COMPLETE: "#2a9d74", MISSING: "#d0463b", WITHDRAWN: "#7b4ea3"}
SHAPES = {COMPLETE: "circle", MISSING: "square", WITHDRAWN: "triangle-up"}


def lag_lines(days: Sequence[Row], title: str) -> Spec:
    """The median lag of each UTC day of fetch, with the band from its 5th to its 95th percentile."""
    first, last = days[0]["fetch_date"], days[-1]["fetch_date"]
    by_day = {day["fetch_date"]: day for day in days}
    known = [day for day in days if day["median_lag_minutes"] is not None]
    most = max((day["p95_lag_minutes"] for day in known), default=0)
    unit, divisor = ("minutes", 1) if most < 180 else ("hours", 60) if most < 72 * 60 else ("days", 1440)
    slots = [
        Slot(_utc(day), _utc(day + DAY), _in_unit(by_day.get(day), divisor))
        for day in (first + DAY * n for n in range((last - first).days + 1))
    ]
    series = [
        Series("median_lag_minutes", "Median, with p05 to p95", INDO, band=("p05_lag_minutes", "p95_lag_minutes"))
    ]
    said = f"Lag of new rows of {title} by UTC day of fetch, from {day_text(first)} to {day_text(last)}."
    if known:
        newest = known[-1]
        said += f" On {day_text(newest['fetch_date'])} the median was {reliability.lag(newest['median_lag_minutes'])}."
    look = Look(unit, height=260, stroke_width=1.8 if len(slots) < 200 else 1.1)
    span = Span(_utc(first), _utc(last + DAY))
    return lines(slots, span, series, look, lambda number: reliability.lag(number * divisor), said)


def _in_unit(day: Row | None, divisor: float) -> Row | None:
    names = ("median_lag_minutes", "p05_lag_minutes", "p95_lag_minutes")
    return day and {name: None if day[name] is None else day[name] / divisor for name in names}


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def state_of(day: Row) -> str:
    """Whether a settlement date is complete; what is missing counts more than what was withdrawn."""
    if day["periods_missing"]:
        return MISSING
    return WITHDRAWN if day["periods_withdrawn"] else COMPLETE


def first_day(last: date) -> date:
    """The Monday with which a calendar that ends on a day begins."""
    return _monday(last) - (WEEKS - 1) * 7 * DAY


def _monday(day: date) -> date:
    return day - DAY * day.weekday()


def calendar(days: Sequence[Row], last: date, title: str) -> Spec:
    """A year of settlement dates, a column a week: complete, missing, withdrawn; where nothing is, none was asked."""
    first = max(first_day(last), _monday(days[0]["settlement_date"])) if days else first_day(last)
    first = min(first, _monday(last) - (LEAST_WEEKS - 1) * 7 * DAY)
    weeks = (last - first).days // 7 + 1
    points: Points = [
        {
            "week": (day["settlement_date"] - first).days // 7,
            "weekday": WEEKDAYS[day["settlement_date"].weekday()],
            "state": state_of(day),
            "day": day_text(day["settlement_date"]),
            "made_of": f"{day['periods_received']} of {day['periods_expected']}",
            "lacks": f"{day['periods_missing']} missing, {day['periods_withdrawn']} withdrawn",
        }
        for day in days
    ]
    form = _calendar_form(tuple(_months(first, weeks)), weeks)
    return filled(form, f"Settlement dates of {title}, by state. {gaps_in_words(days)}", {"days": points})


def gaps_in_words(days: Sequence[Row], most: int = 6) -> str:
    """How many days are complete, and which are not."""
    lacking = [day for day in days if state_of(day) != COMPLETE]
    if not days:
        return "It was asked for no settlement date."
    span = f"from {day_text(days[0]['settlement_date'])} to {day_text(days[-1]['settlement_date'])}"
    if not lacking:
        return f"All {len(days):,} settlement dates that were asked for {span} have all that was due."
    named = []
    for day in reversed(lacking[-most:]):
        parts = [
            f"{day[name]} {word}"
            for name, word in (("periods_missing", "missing"), ("periods_withdrawn", "withdrawn"))
            if day[name]
        ]
        named.append(f"{day_text(day['settlement_date'])} ({', '.join(parts)})")
    more = len(lacking) - len(named)
    return (
        f"{len(lacking):,} of {len(days):,} settlement dates {span} lack half-hours: {', '.join(named)}"
        f"{f' and {more:,} earlier' if more else ''}."
    )


def _months(first: date, weeks: int) -> list[tuple[int, str]]:
    """The weeks that hold the first of a month, and its name; with the year in January."""
    marks = []
    for week in range(weeks):
        for day in (first + DAY * (7 * week + n) for n in range(7)):
            if day.day == 1:
                marks.append((week, f"{day:%b %Y}" if day.month == 1 else f"{day:%b}"))
    return marks


@lru_cache(maxsize=16)
def _calendar_form(months: tuple[tuple[int, str], ...], weeks: int) -> Spec:
    labels = {str(week): word for week, word in months}
    states = list(COLOURS)
    marks = (
        frame("days")
        .mark_point(filled=True, opacity=1)
        .encode(
            x=alt.X(
                "week:Q",
                scale=alt.Scale(domain=[-0.6, weeks - 0.4], nice=False),
                axis=alt.Axis(
                    title=None,
                    values=[week for week, _ in months],
                    labelExpr=f"({labels})['' + datum.value]",
                    grid=False,
                    ticks=False,
                    labelOverlap="greedy",
                ),
            ),
            y=alt.Y("weekday:O", scale=alt.Scale(domain=list(WEEKDAYS)), axis=alt.Axis(title=None, ticks=False)),
            color=alt.Color(
                "state:N",
                scale=alt.Scale(domain=states, range=[COLOURS[state] for state in states]),
                legend=alt.Legend(title=None, orient="top", columns=alt.ExprRef(expr="width < 500 ? 2 : 3")),
            ),
            shape=alt.Shape("state:N", scale=alt.Scale(domain=states, range=[SHAPES[state] for state in states])),
            size=alt.condition(
                f"datum.state === '{COMPLETE}'",
                alt.value(alt.ExprRef(expr="width < 500 ? 14 : 60")),
                alt.value(alt.ExprRef(expr="width < 500 ? 36 : 130")),
            ),
            tooltip=[
                alt.Tooltip("day:N", title="Settlement date"),
                alt.Tooltip("made_of:N", title="Half-hours complete"),
                alt.Tooltip("lacks:N", title="Lacking"),
            ],
        )
    )
    return layered([marks], 150)
