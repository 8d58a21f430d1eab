"""What a window of a page holds, and what that is in words."""

from dataclasses import dataclass

from dashboard import marts, text
from dashboard.connection import Row
from dashboard.local_time import day_text, moment_text
from dashboard.subjects import SUBJECTS
from dashboard.windows import (
    Slot,
    Span,
    day_slots,
    half_hour_slots,
    half_hours_in,
    span_by_days,
    span_by_half_hours,
)


@dataclass(frozen=True)
class Shown:
    """What a window of a page holds: the mart's rows, and every half-hour or day there could be."""

    subject: str
    window: str
    span: Span
    slots: list[Slot]
    rows: list[Row]
    is_daily: bool

    @property
    def stroke_width(self) -> float:
        """Finer lines where there are many steps."""
        return 1.8 if len(self.slots) < 500 else 1.1

    @property
    def file_name(self) -> str:
        days = f"{self.span.first_day}_to_{self.span.last_day}"
        return f"energy-monitor_{self.subject}_{self.window}_{days}.csv"


def load(subject: str, window: str) -> Shown | None:
    """A page's window, by half-hours or by days; None where the page has no datum at all."""
    found = marts.span_of_subject(subject)
    if found is None:
        return None
    oldest, newest = found
    if window in SUBJECTS[subject].half_hourly_windows:
        span = span_by_half_hours(window, newest)
        rows = marts.half_hours(subject, span.start_utc, span.end_utc)
        return Shown(subject, window, span, half_hour_slots(span, rows), rows, is_daily=False)
    span = span_by_days(window, oldest, newest)
    rows = marts.days(subject, span.first_day, span.last_day)
    return Shown(subject, window, span, day_slots(span, rows), rows, is_daily=True)


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
    counts = [(row[made_of or column] or 0, row["periods_in_day"]) for row in shown.rows]
    parts = [f"{text.coverage(sum(there for there, _ in counts), half_hours_in(shown.span))}."]
    if short := sum(0 < there < of for there, of in counts):
        parts.append(f"{short:,} {'day is' if short == 1 else 'days are'} incomplete.")
    if empty := len(shown.slots) - sum(there > 0 for there, _ in counts):
        parts.append(f"{empty:,} {'day holds' if empty == 1 else 'days hold'} no data.")
    return " ".join(parts)


def window_text(shown: Shown, column: str, made_of: str | None = None) -> str:
    """What the window spans, and how much of it there is."""
    covered = coverage_text(shown, column, made_of)
    return f"{span_text(shown)} {covered[0].upper()}{covered[1:]}"
