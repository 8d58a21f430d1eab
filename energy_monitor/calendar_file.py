"""A plan as a calendar file (iCalendar, RFC 5545): an event for each run. Pure.

An event's UID is made of the load's name, the kind of plan, the deadline and the run's number. So a newer plan of the
same load for the same deadline takes the place of the older one where the calendar imports it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unicodedata import category
from uuid import UUID, uuid5

from energy_monitor.plan_words import TITLES, energy_text, headline, price_words
from energy_monitor.planned import Offer, Planned

OURS = UUID("8f0f7a52-5f0d-4b5e-9b7a-0c7f3d0f4a11")  # any, and always the same
MOST_OCTETS = 75
CONTENT_TYPE = "text/calendar; charset=utf-8"


def calendar(planned: Planned, offer: Offer, made_utc: datetime, is_simulated: bool = False) -> str:
    """The text of the file, with its line ends. Raises ValueError where nothing runs: a calendar needs an event."""
    runs = offer.runs
    if not runs:
        raise ValueError("a plan in which nothing runs makes no calendar")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Energy Monitor//Charge plan//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    note = "These numbers are of a simulated grid." if is_simulated else ""
    description = "\n".join(filter(None, (headline(planned, offer), price_words(planned.ahead), note)))
    for number, run in enumerate(runs, 1):
        of = f" ({number} of {len(runs)})" if len(runs) > 1 else ""
        energy = f"{energy_text(run.energy_kwh)} at {run.mean_power_kw:.3g} kW"
        summary = f"{planned.name}: {TITLES[offer.kind]}, {energy}{of}"
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_uid(planned, offer, number)}",
            f"DTSTAMP:{_instant(made_utc)}",
            f"DTSTART:{_instant(run.start_utc)}",
            f"DTEND:{_instant(max(run.end_utc, run.start_utc + timedelta(seconds=1)))}",
            f"SUMMARY:{escaped(summary if not is_simulated else f'{summary} (simulated)')}",
            f"DESCRIPTION:{escaped(description)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line))


def escaped(text: str) -> str:
    """TEXT of RFC 5545, 3.3.11: backslash, semicolon, comma and line ends escaped, other controls left out."""
    lines = text.replace("\r\n", "\n")
    text = "".join(sign for sign in lines if sign in "\n\t" or category(sign) not in ("Cc", "Cs"))
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def folded(line: str) -> Iterator[str]:
    """A content line in parts of at most 75 octets, each but the first begun by a space; no character is cut."""
    part, octets = "", 0
    for sign in line:
        size = len(sign.encode())
        if octets + size > MOST_OCTETS:
            yield part
            part, octets = " ", 1
        part, octets = part + sign, octets + size
    yield part


def _uid(planned: Planned, offer: Offer, number: int) -> str:
    what = f"{planned.name}\n{offer.kind}\n{_instant(planned.wishes.deadline_utc)}\n{number}"
    return f"{uuid5(OURS, what)}@energy-monitor"


def _instant(instant: datetime) -> str:
    """To the nearest second."""
    return (instant.astimezone(UTC) + timedelta(milliseconds=500)).strftime("%Y%m%dT%H%M%SZ")
