"""Times as people type them, read as UK local time unless they say their zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from dashboard.local_time import clock_text, day_text
from energy_monitor.errors import UserError
from ingestion.settlement import DAY, HOUR, LONDON, local_midnight_utc
from ingestion.settlement import settlement_date_of as local_date

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}):(\d{2})", re.ASCII)
FORMS = "write 07:00 for the next such time in the UK, or 2026-10-29T07:00, or an instant such as 2026-10-29T07:00Z"


@dataclass(frozen=True)
class Moment:
    """An instant, and what has to be said of how it was read; empty where nothing."""

    utc: datetime
    note: str = ""


def read_time(option: str, text: str, after_utc: datetime) -> Moment:
    """The instant that a text means: a time without a date is the first such after after_utc.

    A local time that the clocks skip is refused; of one that they repeat the first is taken (of those after after_utc,
    where no date is given), and said. Raises UserError, with the option's name.
    """
    typed = text.strip()
    try:
        if found := _CLOCK.fullmatch(typed):
            return _next(option, time(int(found[1]), int(found[2])), after_utc)
        if found := _LOCAL.fullmatch(typed):
            wanted = time(int(found[2]), int(found[3]))
            day = date.fromisoformat(found[1])
            return _of(option, day, wanted, _instants(day, wanted))
        instant = datetime.fromisoformat(typed)
        if instant.tzinfo is None:
            raise ValueError("no zone")
        return Moment(instant.astimezone(UTC))
    except (ValueError, OverflowError):
        raise UserError(f"{option} {text!r} is no time: {FORMS}") from None


def tomorrow_morning(now_utc: datetime) -> datetime:
    """Tomorrow at 07:00 in the UK, which no change of the clocks touches."""
    return _instants(local_date(now_utc) + DAY, time(7))[0]


def _next(option: str, wanted: time, after_utc: datetime) -> Moment:
    day = local_date(after_utc)
    while True:
        instants = _instants(day, wanted)
        if ahead := [instant for instant in instants if instant > after_utc]:
            return _of(option, day, wanted, instants, ahead[0])
        if not instants and _change(day) > after_utc:
            return _of(option, day, wanted, instants)
        day += DAY


def _of(option: str, day: date, wanted: time, instants: list[datetime], taken: datetime | None = None) -> Moment:
    at = f"{wanted:%H:%M} on {day_text(day)}"
    if not instants:
        raise UserError(
            f"{option}: there is no {at}, as the clocks go forward over it: "
            f"write {clock_text(_change(day))[:5]}, which is when they do, or another time"
        )
    taken = taken or instants[0]
    if len(instants) == 1:
        return Moment(taken)
    which = ("first", "second")[instants.index(taken)]
    return Moment(taken, f"{at} comes twice, as the clocks go back: the {which} is meant, {clock_text(taken)}.")


def _instants(day: date, wanted: time) -> list[datetime]:
    """The instants at which clocks in the UK show a time on a day: one, two, or none."""
    local = (datetime.combine(day, wanted.replace(fold=fold), tzinfo=LONDON) for fold in (0, 1))
    found = sorted({instant.astimezone(UTC) for instant in local})
    shown = datetime.combine(day, wanted)
    return [instant for instant in found if instant.astimezone(LONDON).replace(tzinfo=None) == shown]


def _change(day: date) -> datetime:
    """When the clocks change on a day on which they do: at a whole hour, in the UK."""
    midnight = local_midnight_utc(day)
    offset = midnight.astimezone(LONDON).utcoffset()
    hours = (midnight + HOUR * n for n in range(24))
    return next(hour for hour in hours if hour.astimezone(LONDON).utcoffset() != offset)
