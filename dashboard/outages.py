"""Outages in numbers and words: what is out at each moment, totals, filters, and what a revision changed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from dashboard import text
from dashboard.connection import Row
from dashboard.export import as_text
from dashboard.local_time import moment_text
from dashboard.windows import Span
from ingestion.settlement import DAY, HALF_HOUR, half_hour_start

BACK, AHEAD = 7 * DAY, 14 * DAY
STALE = timedelta(hours=24)  # without any message for so long, the newest there is says nothing of now
# REMIT's words for fuels, as they begin, and the fuel of dim_fuels that each is of
GROUPS = {
    "nuclear": ("Nuclear", "NUCLEAR"),
    "fossil gas": ("Gas", "CCGT"),
    "biomass": ("Biomass", "BIOMASS"),
    "fossil hard coal": ("Coal", "COAL"),
    "fossil oil": ("Oil", "OIL"),
    "hydro pumped": ("Pumped storage", "PS"),
    "hydro": ("Hydro", "NPSHYD"),
    "wind": ("Wind", "WIND"),
    "solar": ("Solar", "EMBEDDED_SOLAR"),
}
OTHER = ("Other or not said", "OTHER")
HOW_COUNTED = (
    "How it is counted: a message’s own headline figure of MW out of use, as its revision gives it. Of several "
    "messages on one unit the largest at each moment counts, once. Pumps that stand still are left out. Until now each "
    "half-hour shows what had been published by then, from now on what is published. The steps within an outage that "
    "some messages carry are not used: they count from another base than the headline, and are shown with the message."
)


@dataclass(frozen=True)
class Filters:
    """What a table is narrowed to; the fields are as in the address."""

    fuel: str | None = None
    kind: str | None = None
    least_mw: float = 0
    words: str = ""

    def holds(self, row: Row) -> bool:
        """Whether a message is among them; every word must be somewhere in what it says."""
        if self.fuel and fuel_words(row) != self.fuel:
            return False
        if self.kind and (row["unavailability_type"] or "").lower() != self.kind:
            return False
        if float(row["unavailable_mw"] or 0) < self.least_mw:
            return False
        told = " ".join(str(row[name] or "") for name in _SEARCHED).casefold()
        return all(word in told for word in self.words.casefold().split())


_SEARCHED = (
    *("affected_unit", "asset_id", "fuel_type", "event_type", "cause", "related_information", "participant_id"),
    *("affected_area", "mrid"),
)


def fuel_words(row: Row) -> str:
    """The fuel as the participant says it, on one line."""
    return " ".join(str(row["fuel_type"] or "not said").split())


def group_of(fuel_type: str | None) -> str:
    """The name in the figure of a fuel in REMIT's words."""
    said = (fuel_type or "").lower()
    return next((name for start, (name, _) in GROUPS.items() if said.startswith(start)), OTHER[0])


def moment_of(now_utc: datetime, newest_utc: datetime) -> datetime:
    """When the page is of: now, or where no message came for a day, when the newest had been published."""
    moment = now_utc if now_utc - newest_utc <= STALE else newest_utc + timedelta(minutes=1)
    return moment.replace(second=0, microsecond=0)


def window(at_utc: datetime) -> Span:
    """What the figure spans around a moment."""
    here = half_hour_start(at_utc)
    return Span(here - BACK, here + AHEAD)


def by_half_hour(spans: Sequence[Row], span: Span, oldest_utc: datetime) -> list[Row]:
    """MW out at the start of each half-hour, by group of fuels and planned or not.

    spans: as marts.outages.spans gives them, ordered by unit. Half-hours before the oldest message have no number.
    """
    count = (span.end_utc - span.start_utc) // HALF_HOUR
    changes: dict[str, list[Decimal]] = {}

    def add(name: str, first: int, end: int, power_mw: Decimal) -> None:
        column = changes.setdefault(name, [Decimal(0)] * (count + 1))
        column[first] += power_mw
        column[end] -= power_mw

    def index(at: datetime | None) -> int:
        """The first half-hour that starts at a moment or after it."""
        return count if at is None else min(max(-((span.start_utc - at) // HALF_HOUR), 0), count)

    units: dict[str, list[tuple[int, int, Row]]] = {}
    for row in spans:
        first, end = index(row["from_utc"]), index(row["to_utc"])
        if first < end:
            units.setdefault(row["unit"], []).append((first, end, row))
    for held in units.values():
        bounds = sorted({bound for first, end, _ in held for bound in (first, end)})
        for first, end in pairwise(bounds):
            there = [row for begins, ends, row in held if begins <= first and ends >= end]
            if there:
                row = max(there, key=lambda row: row["unavailable_mw"])  # of equal ones the first: published last
                add(group_of(row["fuel_type"]), first, end, row["unavailable_mw"])
                is_planned = (row["unavailability_type"] or "").lower() == "planned"
                add("planned" if is_planned else "unplanned", first, end, row["unavailable_mw"])
    names = [name for name in (*groups(), "planned", "unplanned") if name in changes]
    sums = dict.fromkeys(names, Decimal(0))
    found = []
    for n in range(count):
        for name in names:
            sums[name] += changes[name][n]
        start = span.start_utc + n * HALF_HOUR
        is_known = start >= oldest_utc
        total = sum((sums[name] for name in names if name in groups()), Decimal(0))
        found.append(
            {"period_start_utc": start, "unavailable_mw": total if is_known else None}
            | {column_of(name): sums[name] if is_known else None for name in names}
        )
    return found


def groups() -> tuple[str, ...]:
    """The groups of fuels, in the order in which they are stacked."""
    return (*(name for name, _ in GROUPS.values()), OTHER[0])


def column_of(group: str) -> str:
    """A group's column."""
    return f"{group.lower().replace(' ', '_')}_mw"


def totals(under_way: Sequence[Row]) -> str:
    """How much is out, in words."""
    counted = [row for row in under_way if row["is_counted"]]
    if not counted:
        return "No message speaks of an outage under way."
    by_kind = {"planned": Decimal(0), "unplanned": Decimal(0)}
    for row in counted:
        kind = "planned" if (row["unavailability_type"] or "").lower() == "planned" else "unplanned"
        by_kind[kind] += row["unavailable_mw"]
    units = f"{len(counted):,} {'unit' if len(counted) == 1 else 'units'}"
    return (
        f"{text.megawatts(sum(by_kind.values()))} are out of use at {units}: {text.megawatts(by_kind['planned'])} as "
        f"planned and {text.megawatts(by_kind['unplanned'])} unplanned."
    )


def table(rows: Sequence[Row], *, is_coming: bool = False) -> list[dict[str, Any]]:
    """Messages for the page, in the participants' own words."""
    return [
        {
            "Plant": row["affected_unit"] or row["asset_id"] or text.NONE,
            "MW out": None if row["unavailable_mw"] is None else float(row["unavailable_mw"]),
            **({"From": moment_text(row["event_start_utc"])} if is_coming else {}),
            "Until": ended(row),
            "Fuel": fuel_words(row),
            "Kind": as_text(row["unavailability_type"]),
            "Cause": " ".join(as_text(row["cause"]).split()),
            **({} if is_coming else {"In the total": "yes" if row["is_counted"] else "no"}),
            "Message": row["mrid"],
        }
        for row in rows
    ]


def ended(row: Row) -> str:
    return "open" if row["event_end_utc"] is None else moment_text(row["event_end_utc"])


# One message ----------------------------------------------------------------------------------------------------------

_TOLD = {
    "event_status": "status",
    "event_type": "what",
    "unavailability_type": "kind",
    "unavailable_mw": "MW out",
    "available_mw": "MW that stay",
    "normal_mw": "MW of the unit",
    "event_start_utc": "from",
    "event_end_utc": "until",
    "fuel_type": "fuel",
    "affected_unit": "unit",
    "asset_id": "plant",
    "cause": "cause",
}


def changed(before: Row | None, row: Row) -> str:
    """What a revision says otherwise than the one before it."""
    if before is None:
        return "first that is here" if row["revision_number"] > 1 else "first"
    parts = [
        f"{label}: {_said(before[name])} → {_said(row[name])}"
        for name, label in _TOLD.items()
        if before[name] != row[name]
    ]
    if before["outage_profile_json"] != row["outage_profile_json"]:
        parts.append("steps")
    if before["related_information"] != row["related_information"]:
        parts.append("what else is said")
    return "; ".join(parts) or "nothing that is shown here"


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Decimal):
        return text.rounded(value, 0)
    return " ".join(as_text(value).split()) or "not said"


def steps_of(row: Row) -> list[dict[str, str]]:
    """The steps that a message carries: from, until, and the MW that stay available. None where it has none."""
    try:
        steps = json.loads(row["outage_profile_json"] or "[]")
        return [
            {
                "From": moment_text(datetime.fromisoformat(step["startTime"])),
                "Until": moment_text(datetime.fromisoformat(step["endTime"])),
                "MW that stay": text.megawatts(step["capacity"]),
            }
            for step in steps
            if step["startTime"] != step["endTime"]
        ]
    except (ValueError, TypeError, KeyError):  # not as announced: the message itself is in the lake
        return []
