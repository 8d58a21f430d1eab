"""Response bodies to rows ready for COPY. Pure: bytes in, rows out; no clock, no network, no database.

A body is taken whole or not at all. BodyError says in one sentence what is wrong, where, and with which value.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from hashlib import md5
from operator import itemgetter
from typing import Any, NamedTuple

from ingestion.dataset import BodyError, Column, Dataset, Role, Window
from ingestion.settlement import settlement_date_of

YEARS = range(1990, 2100)  # what a row's own time may lie in; elsewhere it is garbled
PLAIN_NUMBER = re.compile(r"-?[1-9][0-9]*([.][0-9]*[1-9])?|-?0[.][0-9]*[1-9]|0")  # as _canonical writes it
LARGEST_EXPONENT = 30  # no quantity of a grid has so many digits; larger ones would blow up when written out


class Number(str):
    """A JSON number as its own text, so that nothing is rounded on the way to `numeric`."""

    __slots__ = ()


class Row(NamedTuple):
    """One row: its cells in the order of the dataset's columns, as text for PostgreSQL, None for null."""

    cells: tuple[str | None, ...]
    extra: str | None  # fields that the catalogue does not know, as JSON
    content_hash: str  # of the value cells
    time: datetime | date | None  # of the time column; None where the dataset's rows have no time
    settlement_date: date | None


@dataclass(frozen=True)
class Body:
    """The rows of one body, one per key, and the names of the fields that the catalogue does not know."""

    rows: tuple[Row, ...]
    unknown_fields: tuple[str, ...]


def parse(dataset: Dataset, body: bytes, window: Window | None, scope: Mapping[str, str] | None = None) -> Body:
    """A body's rows, held against what was asked for. Raises BodyError for a body that is not to be loaded.

    `scope` is what the request alone says of all rows (see Dataset.scope_of).
    """
    read = _row_reader(dataset)
    by_key: dict[tuple[str | None, ...], tuple[Row, Mapping[str, Any]]] = {}
    unknown: set[str] = set()
    inside: set[tuple[object, date | None]] = set()  # what was found to lie in the window
    decoded = _decode(body)
    source_rows = dataset.rows(decoded)
    _expect_known_values(dataset, source_rows)
    is_whole = window is not None or dataset.kind == "reference"  # what it lacks is taken to be absent
    if is_whole and dataset.cut_short and (reason := dataset.cut_short(decoded)):
        raise BodyError(reason)
    for number, fields in enumerate(source_rows, start=1):
        if not isinstance(fields, dict):
            raise BodyError(f"row {number} is {_show(fields)}, not an object")
        if scope:
            fields = _with_scope(dataset, number, fields, scope)
        key, row = read(number, fields)
        if row.extra is not None:
            unknown.update(json.loads(row.extra))
        if window is not None and (place := (fields.get(window.column), row.time)) not in inside:
            _expect_inside(window, dataset.by_name[window.column], number, fields)
            _expect_own_time_inside(dataset, window, number, row)
            inside.add(place)
        known = by_key.get(key)
        if known is None or _replaces(dataset, fields, row, known):
            by_key[key] = (row, fields)
    return Body(tuple(row for row, _ in by_key.values()), tuple(sorted(unknown)))


def _with_scope(dataset: Dataset, number: int, fields: dict[str, Any], scope: Mapping[str, str]) -> dict[str, Any]:
    """A row with what the request says of it. Raises BodyError where the row itself says otherwise."""
    for name, asked in scope.items():
        found = fields.get(name)
        if found is not None and str(found) != asked:
            raise BodyError(
                f"row {number} has {name} {_show(found)}, and {asked} was asked for: "
                "the source may have ignored a parameter"
            )
    is_numeric = {name: dataset.by_name[name].type in ("integer", "number") for name in scope}
    return fields | {name: Number(asked) if is_numeric[name] else asked for name, asked in scope.items()}


def _decode(body: bytes) -> Any:
    # equal texts are kept once: most numbers of a large body are a few hundred different ones
    number = lru_cache(maxsize=4096)(Number)
    try:
        return json.loads(body, parse_float=number, parse_int=number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        start = body[:60].decode("utf-8", errors="replace")
        raise BodyError(f"the body is not whole, valid JSON ({error}); its {len(body)} bytes begin {start!r}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _expect_known_values(dataset: Dataset, rows: list[Mapping[str, Any]]) -> None:
    names = {c.name for c in dataset.values}
    if names and rows and not any(names & row.keys() for row in rows if isinstance(row, dict)):
        raise BodyError(f"no row has any of the fields {', '.join(sorted(names))}; the source may have renamed them")


def _expect_inside(window: Window, column: Column, number: int, fields: Mapping[str, Any]) -> None:
    value = fields.get(column.name)
    if value is None:
        return  # an attribute that the row does not carry says nothing about the window
    typed = _instant(value) if column.type == "instant" else _day(value)
    if not window.holds(typed):
        raise BodyError(
            f"row {number} has {column.name} {value}, outside the window asked for, {window.first} to {window.last}: "
            "the source may have ignored a parameter"
        )


def _expect_own_time_inside(dataset: Dataset, window: Window, number: int, row: Row) -> None:
    """Labels may lie in the window and the row elsewhere, as when a source's clock is an hour off."""
    time = row.time
    if window.form.complete and isinstance(time, datetime) and not window.start_utc <= time < window.end_utc:
        raise BodyError(
            f"row {number} has {dataset.time_column} {time:%Y-%m-%d %H:%M:%SZ}, outside the window asked for, "
            f"{window.first} to {window.last}, though its {window.column} lies inside"
        )


def _replaces(dataset: Dataset, fields: Mapping[str, Any], row: Row, known: tuple[Row, Mapping[str, Any]]) -> bool:
    """Of two rows for one key, the one that the source made later holds; twins are one row."""
    known_row, known_fields = known
    ours, theirs = (f.get(dataset.stamp) if dataset.stamp else None for f in (fields, known_fields))
    if ours is not None and theirs is not None and _instant(ours) != _instant(theirs):
        return _instant(ours) > _instant(theirs)
    if row.content_hash == known_row.content_hash:
        return False
    key = ", ".join(f"{c.name} {fields.get(c.name)}" for c in dataset.keys)
    raise BodyError(f"two different rows for {key}, and nothing says which is newer")


def cell_of(column: Column, value: Any) -> str:
    """A decoded value as its column's text for PostgreSQL. Raises ValueError, with a sentence, for one that is none."""
    return _CELLS[column.type](value)


Reader = Callable[[int, dict[str, Any]], tuple[tuple[str | None, ...], Row]]


def _row_reader(dataset: Dataset) -> Reader:
    """Reads the rows of one body. Most of a body's values come again and again: what became of one is remembered."""
    columns = tuple(
        (c.name, c.role == "key", _CELLS[c.type], Number if c.type in ("integer", "number") else str, dict[str, str]())
        for c in dataset.columns
    )
    keys_of, values_of = _picker(dataset, "key"), _picker(dataset, "value")
    known = frozenset(c.name for c in dataset.columns)
    time_name = dataset.time_column
    time_is_instant = time_name is not None and dataset.by_name[time_name].type == "instant"
    digests: dict[tuple[str | None, ...], str] = {}
    times: dict[object, tuple[datetime | date, date]] = {}

    def read(number: int, fields: dict[str, Any]) -> tuple[tuple[str | None, ...], Row]:
        cells: list[str | None] = []
        for name, is_key, cell, kind, texts in columns:
            value = fields.get(name)
            # by its type too: a text and a number of the same characters are equal
            if type(value) is kind and (text := texts.get(value)) is not None:
                cells.append(text)
                continue
            if value is None:
                if is_key:
                    raise BodyError(f"row {number} has no {name}, which says what the row is")
                cells.append(None)
                continue
            try:
                text = cell(value)
            except (ValueError, RecursionError) as error:
                raise BodyError(f"row {number}, {name}: {error}") from None
            cells.append(text)
            if type(value) is kind:
                texts[value] = text
        extra = None
        if not known.issuperset(fields):
            unknown = {k: v for k, v in fields.items() if k not in known}
            try:
                extra = _json(unknown)
            except (ValueError, RecursionError) as error:
                raise BodyError(f"row {number}, unknown fields {_show(unknown)}: {error}") from None
        time: datetime | date | None = None
        settlement_date = None
        if time_name is not None:
            text = fields[time_name]
            if text not in times:
                time = _instant(text) if time_is_instant else _day(text)
                if time.year not in YEARS:
                    raise BodyError(f"row {number}, {time_name}: {time} is no time that this grid has data for")
                times[text] = time, settlement_date_of(time) if isinstance(time, datetime) else time
            time, settlement_date = times[text]
        values = values_of(cells)
        if (digest := digests.get(values)) is None:
            digest = digests[values] = _digest(values)
        row = Row(tuple(cells), extra, digest, time, settlement_date)
        return keys_of(cells), row

    return read


def _picker(dataset: Dataset, role: Role) -> Callable[[Sequence[str | None]], tuple[str | None, ...]]:
    """Picks the cells of a role out of a row's."""
    places = [i for i, c in enumerate(dataset.columns) if c.role == role]
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple([cells[i] for i in places])


def _digest(cells: Iterable[str | None]) -> str:
    # NUL is in no cell, so that no two lists of cells make the same text
    text = "\x00,".join(["\x00-" if cell is None else cell for cell in cells])
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@lru_cache(maxsize=65536)
def _canonical(number: str) -> str:
    """One text for each value: 1, 1.0 and 10e-1 are the same number, and no version differs by how it was written.

    PostgreSQL's numeric keeps the zeros at the end, and of equal numbers `min` or `group by` would show any one's.
    """
    if number.isdigit() and number[0] != "0":
        return number
    text = format(Decimal(number), "f")  # exact; normalize() would round to 28 digits
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _show(value: Any) -> str:
    """A value for a message: short, and text that can be printed and stored, whatever came."""
    if isinstance(value, Number):
        text = str(value)
    else:
        try:
            text = json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace").decode()
        except RecursionError:
            text = "a deeply nested value"
    return text if len(text) <= 60 else text[:57] + "…"


def _instant(value: Any) -> datetime:
    """An instant with its zone, in UTC; ValueError for anything else, a local time without a zone above all."""
    if not isinstance(value, str) or isinstance(value, Number):
        raise ValueError(f"{_show(value)} is no time")
    return _instant_of(value)


@lru_cache(maxsize=65536)
def _instant_of(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{_show(text)} is no time") from None
    raise ValueError(f"{_show(text)} has no time zone")


def _day(value: Any) -> date:
    """A date as 2023-01-31, or as in NESO's yearly files 31-JAN-2023 and 31-Jan-23."""
    if not isinstance(value, str) or isinstance(value, Number):
        raise ValueError(f"{_show(value)} is no date")
    return _day_of(value)


@lru_cache(maxsize=4096)
def _day_of(text: str) -> date:
    for form in ("%Y-%m-%d", "%d-%b-%Y", "%d-%b-%y", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 a date of its own, no instant
        except ValueError:
            continue
    raise ValueError(f"{_show(text)} is no date")


def _number(value: Any) -> str:
    if not isinstance(value, Number):
        raise ValueError(f"{_show(value)} is no number")
    if len(value) <= LARGEST_EXPONENT and PLAIN_NUMBER.fullmatch(value):
        return value
    try:
        is_too_large = abs(Decimal(value).adjusted()) > LARGEST_EXPONENT
    except InvalidOperation:  # an exponent beyond even Decimal
        is_too_large = True
    if is_too_large:
        raise ValueError(f"{_show(value)} is no quantity of a grid")
    return _canonical(value)


def _integer(value: Any) -> str:
    if not isinstance(value, Number) or not value.lstrip("-").isdigit() or len(value) > 9:
        raise ValueError(f"{_show(value)} is no whole number below a thousand million")
    return str(int(value))


def _text(value: Any) -> str:
    if not isinstance(value, str) or isinstance(value, Number):
        raise ValueError(f"{_show(value)} is no text")
    if "\x00" in value:
        raise ValueError("the text holds a NUL character, which PostgreSQL cannot store")
    if not value.isascii():
        value.encode()  # half of a surrogate pair is a UnicodeEncodeError, and so a ValueError
    return value


def _boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise ValueError(f"{_show(value)} is neither true nor false")
    return "true" if value else "false"


def _json(value: Any) -> str:
    """A decoded value as canonical JSON: sorted fields, each number as the number it was."""
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(name)}:{_json(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, str):
        _text(value)
    return json.dumps(value, ensure_ascii=False)


_CELLS: dict[str, Callable[[Any], str]] = {
    "instant": lambda value: _instant(value).isoformat(),
    "day": lambda value: _day(value).isoformat(),
    "integer": _integer,
    "number": _number,
    "text": _text,
    "boolean": _boolean,
    "json": _json,
}
