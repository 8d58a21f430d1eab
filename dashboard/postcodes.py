"""Which network region a postcode district lies in, as far as that can be said from its letters and number.

The table is written from general knowledge of where the network operators' areas run. Postcodes follow the mail and
not the cables: near a boundary a district lies in several regions, and then all of them are named. What was typed is
looked up here, in memory: it goes to no query and to no log.
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).with_name("postcodes.csv")
# An area of one or two letters, a district of up to two digits or a digit and a letter, and what only the mail needs.
_FORM = re.compile(r"([A-Z]{1,2})(?:(\d{1,2}|\d[A-Z])(\d[A-Z]{2})?)?", re.ASCII)
LOOKS_LIKE = "A postcode district is one or two letters and a number, such as M1, LS6 or SW1A: a postcode’s first half."
OUTSIDE = {"BT": "Northern Ireland", "GY": "Guernsey", "IM": "the Isle of Man", "JE": "Jersey"}


@dataclass(frozen=True)
class Found:
    """What a postcode says. `regions`: ids, the likeliest first; none where it is outside or not known.

    district: what of it was looked up; empty where it reads as no postcode. words: the problem, else empty.
    """

    district: str
    regions: tuple[int, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the table: an area, or the districts first to last of one."""

    area: str
    first: int | None
    last: int | None
    regions: tuple[int, ...]


@lru_cache(maxsize=1)
def table() -> dict[str, list[Line]]:
    """The lines of each area."""
    found: dict[str, list[Line]] = {}
    with TABLE.open(newline="") as file:
        for row in csv.DictReader(file):
            ids = tuple(int(number) for number in f"{row['region_id']} {row['also']}".split())
            first, last = (int(row[name]) if row[name] else None for name in ("first", "last"))
            found.setdefault(row["area"], []).append(Line(row["area"], first, last, ids))
    return found


def outward(given: str) -> str:
    """The district of what was typed, without the half that would name a street; empty where it is no postcode."""
    typed = re.sub(r"\s+", "", given)
    matched = _FORM.fullmatch(typed.upper()) if typed.isascii() else None
    return f"{matched[1]}{matched[2] or ''}" if matched else ""


def find(given: str) -> Found:
    """The regions of a postcode, a district, or an area's letters alone."""
    district = outward(given)
    matched = _FORM.fullmatch(district)
    if not matched:
        return Found("", words=f"That does not read as a postcode. {LOOKS_LIKE}")
    area, number = matched[1], matched[2]
    lines = table().get(area)
    if lines is None:
        return Found(district, words=f"No postcode area of Great Britain is called {area}. {LOOKS_LIKE}")
    if area in OUTSIDE:
        return Found(district, words=f"{area} is {OUTSIDE[area]}, which is not on Great Britain’s grid.")
    if number is None:  # all that the area touches, its most usual one first
        return Found(area, tuple(dict.fromkeys(region for line in lines for region in line.regions)))
    digits = int(re.sub(r"\D", "", number))
    usual = next(line for line in lines if line.first is None)
    special = (line for line in lines if line.first is not None and line.last is not None)
    line = next((line for line in special if line.first <= digits <= line.last), usual)  # type: ignore[operator]
    return Found(district, line.regions)
