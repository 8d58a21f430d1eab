"""Marts of two engines beside each other, row for row."""

import math
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from decimal import Decimal

Number = float | Decimal
Mart = tuple[list[str], list[tuple]]  # its columns and its rows


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
