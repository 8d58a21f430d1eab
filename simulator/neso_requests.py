"""What a `datastore_search` takes: filters, an order, a page; and what CKAN says to what it does not take."""

import json
from typing import Any
from urllib.parse import urlencode

from simulator.elexon_requests import Query, first


class Refusal(ValueError):
    """A request that CKAN answers with an error: its status, and the error's fields."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.status, self.error = status, error


def invalid(field: str, sentence: str) -> Refusal:
    """A refusal of a parameter."""
    return Refusal(409, {field: [sentence], "__type": "Validation Error"})


def expect_columns(names: tuple[str, ...], filters: dict[str, set[str]], sort: str) -> None:
    """Refuses filters and orders by columns that a file does not have."""
    known = {*names, "_id", ""}
    for name in filters.keys() - known:
        raise invalid("filters", f'Field "{name}" not in table')
    for name in {name for name, _ in orders(sort)} - known:
        raise invalid("sort", f'field "{name}" not in table')


def orders(sort: str) -> list[tuple[str, bool]]:
    """`A desc, B` as its columns, each with whether it descends."""
    parts = [part.strip().partition(" ") for part in sort.split(",")]
    return [(name, order.strip().lower() == "desc") for name, _, order in parts]


def filters_of(query: Query) -> dict[str, set[str]]:
    """`{"COLUMN": value}` or `{"COLUMN": [value, …]}`; values are compared as text, exactly as the file has them."""
    text = first(query, "filters")
    if text is None:
        return {}
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise invalid("filters", "Not a JSON object")
    return {name: {str(v) for v in (value if isinstance(value, list) else [value])} for name, value in given.items()}


def whole(query: Query, name: str, default: int) -> int:
    """A parameter that is a whole number."""
    text = first(query, name)
    if text is None:
        return default
    if not text.isdecimal():
        raise invalid(name, "Invalid integer")
    return int(text)


def links(path: str, query: Query, limit: int, offset: int) -> dict[str, str]:
    """Where the first page and the next one are, as paths."""
    given = {name: values[0] for name, values in query.items() if values and name != "offset"}
    base = f"{path}?{urlencode(given)}"
    return {"start": base, "next": f"{base}&offset={offset + limit}"}
