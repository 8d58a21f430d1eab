"""What a window of a page holds, and what that is in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import text
from dashboard.connection import Row
from dashboard.local_time import day_text, moment_text
from dashboard.marts import over_time
from dashboard.subjects import SUBJECTS, Subject
from dashboard.text import Number
from dashboard.windows import (
    AGAINST,
    DATES,
    Choice,
    Slot,
    Span,
    beside,
    day_slots,
    half_hour_slots,
    half_hours_in,
    span_by_days,
    span_by_half_hours,
    span_of_dates,
    suspect_slots,
)
from ingestion.settlement import DAY
from ingestion.settlement import settlement_date_of as local_date

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Shown:
    """What a window of a page holds: every half-hour or day there could be, and the rows of those that are there.

    Compared with an earlier week or year, a row also has that one's numbers, as `before_…`.
    """

    subject: str
    choice: Choice
    span: Span
    slots: list[Slot]
    rows: list[Row]
    is_daily: bool

    @property
    def stroke_width(self) -> float:
        """Finer lines where there are many steps."""
        return 1.8 if len(self.slots) < 500 else 1.1

    @property
    def file_stem(self) -> str:
        days = f"{self.span.first_day}_to_{self.span.last_day}"
        known = self.choice.known_utc
        as_known = f"_as-known-{known:%Y-%m-%dT%H%MZ}" if known else ""
        against = f"_against-{self.choice.against.replace(' ', '-')}" if self.choice.against else ""
        return f"energy-monitor_{self.subject}_{self.choice.window}_{days}{against}{as_known}"

    @property
    def compared(self) -> str:
        """The column that is set against an earlier week or year."""
        page = SUBJECTS[self.subject]
        return (page.compared_daily if self.is_daily else page.compared)[0]


def load(subject: str, choice: Choice) -> Shown | None:
    """A page's window, by half-hours or by days; None where the page has no datum at all."""
    found = over_time.span_of_subject(subject, choice.known_utc)
    if found is None:
        return None
    oldest, newest = found
    page = SUBJECTS[subject]
    is_daily = not page.is_by_half_hour(choice)
    span = _span(choice, oldest, newest, is_daily)
    if is_daily:
        rows = over_time.days(subject, span.first_day, span.last_day)
        slots = day_slots(span, rows)
    else:
        rows = over_time.half_hours(subject, span.start_utc, span.end_utc, choice.known_utc)
        slots = half_hour_slots(span, rows)
    if choice.against:
        slots = _against(page, subject, choice, span, slots)
        rows = [{_key(is_daily): _start(slot, is_daily), **slot.row} for slot in slots if slot.row]
    return Shown(subject, choice, span, slots, rows, is_daily)


def _span(choice: Choice, oldest_utc: datetime, newest_utc: datetime, is_daily: bool) -> Span:
    if choice.window == DATES and choice.dates:
        return span_of_dates(*choice.dates)
    return (
        span_by_days(choice.window, oldest_utc, newest_utc)
        if is_daily
        else span_by_half_hours(choice.window, newest_utc)
    )


def _key(is_daily: bool) -> str:
    return "settlement_date" if is_daily else "period_start_utc"


def _start(slot: Slot, is_daily: bool) -> object:
    return local_date(slot.start_utc) if is_daily else slot.start_utc


def _against(page: Subject, subject: str, choice: Choice, span: Span, slots: list[Slot]) -> list[Slot]:
    days = AGAINST[choice.against or ""]
    if page.is_by_half_hour(choice):
        # an hour more at both ends, as the clocks may have changed between
        start, end = span.start_utc - DAY * days - HOUR, span.end_utc - DAY * days + HOUR
        before = over_time.half_hours(subject, start, end, choice.known_utc)
        return beside(slots, before, days, page.half_hourly, page.compared)
    before = over_time.days(subject, span.first_day - DAY * days, span.last_day - DAY * days)
    return beside(slots, before, days, ("periods_in_day", *page.daily), page.compared_daily)


def span_text(shown: Shown) -> str:
    """From when to when, as Sat 21 Nov 2026, 12:30 GMT to Sun 22 Nov 2026, 12:30 GMT, by half-hour."""
    span = shown.span
    if shown.is_daily:
        return f"{day_text(span.first_day)} to {day_text(span.last_day)}, by day."
    return f"{moment_text(span.start_utc)} to {moment_text(span.end_utc)}, by half-hour."


def coverage_text(shown: Shown, column: str, made_of: str | None = None) -> str:
    """How much of the window there is, counted on a column, or on a day's count of half-hours."""
    if not shown.is_daily:
        there = sum(row[column] is not None for row in shown.rows)
        return f"{text.coverage(there, len(shown.slots))}."
    counts = [(row[made_of or column] or 0, row["periods_in_day"] or 0) for row in shown.rows]
    parts = [f"{text.coverage(sum(there for there, _ in counts), half_hours_in(shown.span))}."]
    if short := sum(0 < there < of for there, of in counts):
        parts.append(f"{short:,} {'day is' if short == 1 else 'days are'} incomplete.")
    if empty := len(shown.slots) - sum(there > 0 for there, _ in counts):
        parts.append(f"{empty:,} {'day holds' if empty == 1 else 'days hold'} no data.")
    return " ".join(parts)


def window_text(shown: Shown, column: str, made_of: str | None = None) -> str:
    """What the window spans, and how much of it there is."""
    covered = coverage_text(shown, column, made_of)
    return f"{span_text(shown)} {covered[0].upper()}{covered[1:]}{suspect_text(shown)}"


def suspect_text(shown: Shown) -> str:
    """How many half-hours hold a number that cannot be right; nothing where there is none."""
    if shown.is_daily:
        names = [name for name in SUBJECTS[shown.subject].daily if name.endswith("_suspect_periods")]
        count = sum(row[name] or 0 for row in shown.rows for name in names)
        rule = "left out"
    else:
        count = len(suspect_slots(shown.slots))
        rule = "shown, and left out of means"
    if not count:
        return ""
    return f" {count:,} {'half-hour is' if count == 1 else 'half-hours are'} suspect, as sent by the source: {rule}."


def against_text(shown: Shown, words: Callable[[Number], str]) -> str:
    """The mean of a window beside that of the week or the year before, over what both have; nothing where not asked."""
    if not shown.choice.against:
        return ""
    column = shown.compared
    pairs = [
        (float(row[column]), float(row[f"before_{column}"]))
        for row in shown.rows
        if row[column] is not None and row[f"before_{column}"] is not None
    ]
    unit = "days" if shown.is_daily else "half-hours"
    if not pairs:
        return f" Nothing is known of the {shown.choice.against}."
    now, before = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
    change = f" ({text.signed_percent((now - before) / before)})" if before > 0 else ""
    return (
        f" Mean {words(now)}, against {words(before)} the {shown.choice.against}{change}: "
        f"over the {len(pairs):,} {unit} that both have."
    )
