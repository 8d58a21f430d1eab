"""Marts of two engines beside each other, row for row."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import islice

from psycopg2.extensions import connection as Connection

from energy_monitor.workspace import Workspace
from tests.conftest import rows_of

Number = float | Decimal
Mart = tuple[list[str], list[tuple]]  # its columns and its rows
Near = Callable[[str, Number, Number], bool]  # whether two numbers of a mart may stand for each other


def different_marts(
    workspace: Workspace, there: Callable[[str], Mart], are_near: Near, as_text: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """What differs between the marts of a workspace and those of another engine, by mart: the first five of each."""
    of_marts = "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
    names = [name for (name,) in rows_of(workspace, of_marts)]
    assert len(names) > 40
    different = {}
    for name in names:
        here = rows_of_mart(workspace.connect("auditor"), name)
        found = differences(here, there(name), partial(are_near, name), as_text.get(name, ()))
        different[name] = list(islice(found, 5))
    return {name: found for name, found in different.items() if found}


def rows_of_mart(connection: Connection, mart: str) -> Mart:
    """The columns of a mart, and its rows; closes the connection."""
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(f'select * from marts."{mart}"')
            return [column.name for column in cursor.description], cursor.fetchall()
    finally:
        connection.close()


def differences(
    here: Mart, there: Mart, are_near: Callable[[Number, Number], bool], as_text: Collection[str] = ()
) -> Iterator[str]:
    """Where two marts differ, in words. Numbers may be near; of columns that hold numbers as text so may these."""
    columns, rows = here
    if columns != there[0]:
        yield f"columns {there[0]}, expected {columns}"
    elif len(rows) != len(there[1]):
        yield f"{len(there[1])} rows, expected {len(rows)}"
    else:
        expected, found = (sorted(_comparable(columns, row, as_text) for row in of) for of in (rows, there[1]))
        for (words, numbers), (words_there, numbers_there) in zip(expected, found, strict=True):
            near = all(are_near(one, other) for one, other in zip(numbers, numbers_there, strict=False))
            if words != words_there or not near:
                yield f"{words_there} {numbers_there}, expected {words} {numbers}"


def _comparable(columns: list[str], row: tuple, as_text: Collection[str]) -> tuple[tuple[str, ...], tuple[Number, ...]]:
    """What must be equal, as text, and the numbers, which may differ a little."""
    words, numbers = [], []
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, float | Decimal) or (column in as_text and _is_number(value)):
            words.append("number")
            numbers.append(value if isinstance(value, float) else Decimal(value))
        elif isinstance(value, datetime):
            words.append(value.astimezone(UTC).isoformat())
        else:
            words.append("" if value is None else repr(value))
    return tuple(words), tuple(numbers)


def _is_number(value: object) -> bool:
    try:
        return math.isfinite(float(str(value)))
    except ValueError:
        return False
