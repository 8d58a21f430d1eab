"""Answers as ill sources give them: a whole body, changed in one way. Pure; knows no dataset, only shapes and names.

Each kind takes a decoded body, changes it, and says what it changed; None where it does not apply to this body.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, NamedTuple

Row = dict[str, Any]
Changed = dict[str, Any]  # what a fault changed, as JSON can say it
Change = Callable[[list[Row], Random], Changed | None]

LISTS, WRAPPERS = ("data", "results", "records"), ("data", "result")  # where the sources keep their rows
# What tells rows of one time apart, and with which missing no row says what it is.
KEYS = (
    *("mrid", "fuelType", "dataProvider", "psrType", "settlementPeriod", "SETTLEMENT_PERIOD"),
    *("Settlement_Period", "from", "valid_from", "startTime", "measurementTime", "code", "interconnectorId"),
)
TIMES = ("startTime", "from", "valid_from", "measurementTime")
PERIODS = {"settlementPeriod": "settlementDate", "SETTLEMENT_PERIOD": "SETTLEMENT_DATE", "Settlement_Period": "Date"}
STAMPS = ("publish", "created", "available")  # fields that say when the source spoke, and not of what
LABELS = {*PERIODS, "_id", "revisionNumber", "regionid", "dnoregion", "id", "year", "count"}  # numbers that are none
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d(T00:00:00)?")
NEW_CODES = ("HYDROGEN", "INTNEW", "TIDAL")
FAR = timedelta(days=-9)
HOUR = timedelta(hours=1)


class Cell(NamedTuple):
    """A field of a row, or of an object inside it."""

    path: str
    holder: Row
    name: str

    @property
    def value(self) -> Any:
        return self.holder[self.name]


def rows_in(document: Any) -> list[Any] | None:
    """The list of rows in a decoded body, itself and no copy; None where there is none."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return None
    for name in LISTS:
        if isinstance(document.get(name), list):
            return document[name]  # type: ignore[no-any-return]
    inner = (rows_in(document[name]) for name in WRAPPERS if isinstance(document.get(name), dict))
    return next((rows for rows in inner if rows is not None), None)


def cells(row: Mapping[str, Any], path: str = "") -> Iterator[Cell]:
    """Every field of a row that holds no further fields, those of nested objects too."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from cells(value, f"{path}{name}.")
        elif isinstance(value, list):
            for place, inner in enumerate(value):
                if isinstance(inner, dict):
                    yield from cells(inner, f"{path}{name}[{place}].")
        else:
            yield Cell(path + name, row, name)  # type: ignore[arg-type]


def half_hour_of(row: Mapping[str, Any]) -> str | None:
    """The half-hour that a row is of, as a text that sorts by time; None where it does not say."""
    for name in TIMES:
        text = row.get(name)
        if isinstance(text, str) and INSTANT.fullmatch(text):
            return f"{text[:14]}{'30' if text[14:16] >= '30' else '00'}"
    for period, day in PERIODS.items():
        if isinstance(row.get(day), str) and isinstance(row.get(period), int):
            return f"{row[day]}#{row[period]:02}"
    return None


def label_of(row: Mapping[str, Any]) -> Changed:
    """What a log calls a row."""
    names = {*KEYS, *TIMES, *PERIODS.values(), "revisionNumber"}
    return {name: value for name, value in row.items() if name in names}


def _numbers(row: Row) -> list[Cell]:
    return [
        cell
        for cell in cells(row)
        if isinstance(cell.value, int | float) and not isinstance(cell.value, bool) and cell.name not in LABELS
    ]


def _set(row: Row, cell: Cell, after: Any) -> Changed:
    before = cell.value
    cell.holder[cell.name] = after
    return {"row": label_of(row), "field": cell.path, "before": before, "after": after}


def _values(rows: list[Row], chance: Random, new: Callable[[Any, Random], Any], most: int) -> Changed | None:
    """Some numbers of one half-hour (or of one row that names none) get another value."""
    found = [row for row in rows if _numbers(row)]
    if not found:
        return None
    chosen = chance.choice(found)
    half_hour = half_hour_of(chosen)
    together = [row for row in found if half_hour is not None and half_hour_of(row) == half_hour] or [chosen]
    pairs = [(row, cell) for row in together for cell in _numbers(row)]
    pairs = chance.sample(pairs, min(most, len(pairs)))
    changes = [_set(row, cell, after) for row, cell in pairs if (after := new(cell.value, chance)) != cell.value]
    return {"values": changes} if changes else None


def _revised(value: Any, chance: Random) -> Any:
    step = chance.choice((-1, 1)) * (1 + abs(value) * chance.uniform(0.02, 0.2))
    return value + round(step) if isinstance(value, int) else round(value + step, 2)


def _moved(text: str, by: timedelta) -> str:
    if INSTANT.fullmatch(text):
        moved = datetime.fromisoformat(text) + by
        return moved.strftime("%Y-%m-%dT%H:%M:%SZ" if len(text) == 20 else "%Y-%m-%dT%H:%MZ")
    return (datetime.fromisoformat(text[:10]) + by).strftime("%Y-%m-%d") + text[10:]


def empty_data(rows: list[Row], chance: Random) -> Changed | None:
    count = len(rows)
    rows.clear()
    return {"rows": count} if count else None


def duplicated_rows(rows: list[Row], chance: Random) -> Changed | None:
    again = chance.sample(rows, min(len(rows), 3))
    for row in again:
        rows.insert(chance.randrange(len(rows) + 1), row)
    return {"rows": [label_of(row) for row in again]} if again else None


def reordered_rows(rows: list[Row], chance: Random) -> Changed | None:
    before = list(rows)
    chance.shuffle(rows)
    return {"rows": len(rows)} if rows != before else None


def rows_outside_window(rows: list[Row], chance: Random) -> Changed | None:
    """A row of nine days before comes along, as if a parameter had been ignored."""
    if not rows:
        return None
    row = json.loads(json.dumps(chance.choice(rows)))
    dated = [cell for cell in cells(row) if isinstance(cell.value, str)]
    dated = [cell for cell in dated if INSTANT.fullmatch(cell.value) or DAY.fullmatch(cell.value)]
    for cell in dated:
        cell.holder[cell.name] = _moved(cell.value, FAR)
    if not dated:
        return None
    rows.append(row)
    return {"rows": [label_of(row)]}


def missing_key_field(rows: list[Row], chance: Random) -> Changed | None:
    if not rows:
        return None
    row = chance.choice(rows)
    keys = ("startTime",) if "boundary" in row else KEYS  # rows by zone: the request says the zone
    name = next((name for name in keys if row.get(name) is not None), None)
    if name is None:
        return None
    label = label_of(row)
    return {"row": label, "field": name, "before": row.pop(name)}


def extra_field(rows: list[Row], chance: Random) -> Changed | None:
    value = chance.randrange(1000)
    for row in rows:
        row["addedByTheSource"] = value
    return {"field": "addedByTheSource", "value": value, "rows": len(rows)} if rows else None


def new_fuel_code(rows: list[Row], chance: Random) -> Changed | None:
    """A fuel that nobody has heard of comes beside the others of a half-hour."""
    code = chance.choice(NEW_CODES)
    for kind, value in (("fuelType", "generation"), ("psrType", "quantity")):
        found = [row for row in rows if isinstance(row.get(kind), str) and isinstance(row.get(value), int | float)]
        if found:
            row = {**chance.choice(found), kind: code, value: chance.randrange(1, 500)}
            rows.append(row)
            return {"row": label_of(row), "field": kind, "value": code}
    return None


def clock_hour_off(rows: list[Row], chance: Random) -> Changed | None:
    """The times that rows are of are an hour early or late; the stamps of the source are not."""
    by = chance.choice((-HOUR, HOUR))
    found = [c for row in rows for c in cells(row) if isinstance(c.value, str) and INSTANT.fullmatch(c.value)]
    found = [cell for cell in found if not cell.name.startswith(STAMPS)]
    for cell in found:
        cell.holder[cell.name] = _moved(cell.value, by)
    return {"hours": by // HOUR, "times": len(found)} if found else None


def _without(rows: list[Row], choose: Callable[[list[str]], str | None]) -> Changed | None:
    gone = choose(sorted({found for row in rows if (found := half_hour_of(row)) is not None}))
    if gone is None:
        return None
    count = len(rows)
    rows[:] = [row for row in rows if half_hour_of(row) != gone]
    return {"half_hour": gone, "rows": count - len(rows)}


def late_half_hour(rows: list[Row], chance: Random) -> Changed | None:
    return _without(rows, lambda half_hours: half_hours[-1] if len(half_hours) > 1 else None)


def middle_gap(rows: list[Row], chance: Random) -> Changed | None:
    return _without(rows, lambda half_hours: chance.choice(half_hours[1:-1]) if len(half_hours) > 2 else None)


CHANGES: Mapping[str, Change] = {
    "empty_data": empty_data,
    "duplicated_rows": duplicated_rows,
    "reordered_rows": reordered_rows,
    "rows_outside_window": rows_outside_window,
    "missing_key_field": missing_key_field,
    "extra_field": extra_field,
    "new_fuel_code": new_fuel_code,
    "nulls": partial(_values, new=lambda value, chance: None, most=3),
    "false_zeros": partial(_values, new=lambda value, chance: 0, most=40),
    "clock_hour_off": clock_hour_off,
    "late_half_hour": late_half_hour,
    "middle_gap": middle_gap,
    "revision": partial(_values, new=_revised, most=1),
}
LAYOUTS: tuple[Callable[[Any], str], ...] = (
    partial(json.dumps, separators=(",", ":"), ensure_ascii=False),
    lambda document: json.dumps(document, indent=2, ensure_ascii=False).replace("\n", "\r\n"),
    partial(json.dumps, ensure_ascii=False),
    partial(json.dumps, indent=2, ensure_ascii=False),
)


def changed(kind: str, body: bytes, chance: Random) -> tuple[bytes, Changed] | None:
    """A body with a fault of a kind, in the layout that it had; None where the kind does not apply to it."""
    if kind == "truncated_json":
        length = int(len(body) * chance.uniform(0.1, 0.95))
        return (body[:length], {"bytes": length, "of": len(body)}) if 0 < length < len(body) else None
    try:
        document = json.loads(body)
    except ValueError:
        return None
    layout = next((layout for layout in LAYOUTS if layout(document).encode() == body), None)
    rows = rows_in(document)
    if layout is None or rows is None or not all(isinstance(row, dict) for row in rows):
        return None
    change = CHANGES[kind](rows, chance)
    return None if change is None else (layout(document).encode(), change)
