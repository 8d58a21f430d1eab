"""NESO's data portal: CKAN's `datastore_search` over the yearly demand files and the embedded forecast. Pure."""

import json
from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from ingestion.datasets.neso import EMBEDDED_FORECAST_FILE
from ingestion.settlement import periods_in
from simulator import embedded
from simulator.elexon_requests import Query, first
from simulator.neso_history import RESOURCES, columns_of, date_text, published_days, records_of

PATH = "/api/3/action/datastore_search"
HELP = "https://api.neso.energy/api/3/action/help_show?name=datastore_search"
DEFAULT_LIMIT, LARGEST_LIMIT = 100, 32000
TEXTS = frozenset(("SETTLEMENT_DATE", "TIME_GMT"))

Records = list[dict[str, Any]]


class Refusal(ValueError):
    """A request that CKAN answers with an error: its status, and the error's fields."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.status, self.error = status, error


def answer(seed: int, query: Query, now_utc: datetime) -> tuple[int, Any]:
    """The status and the body, not yet as text, of a `datastore_search`."""
    try:
        return 200, {"help": HELP, "success": True, "result": _search(seed, query, now_utc)}
    except Refusal as refusal:
        return refusal.status, {"help": HELP, "success": False, "error": refusal.error}


def _invalid(field: str, sentence: str) -> Refusal:
    return Refusal(409, {field: [sentence], "__type": "Validation Error"})


def _search(seed: int, query: Query, now_utc: datetime) -> dict[str, Any]:
    resource = first(query, "resource_id") or ""
    limit = min(LARGEST_LIMIT, _whole(query, "limit", DEFAULT_LIMIT))
    offset = _whole(query, "offset", 0)
    filters, sort = _filters(query), first(query, "sort") or ""
    if resource == EMBEDDED_FORECAST_FILE:
        found = embedded.rows(seed, now_utc)
        names = tuple(found[0])[1:]
        _expect_columns(names, filters, sort)
        records, total = _select(found, filters, sort, limit, offset)
    elif resource in RESOURCES:
        year = RESOURCES[resource]
        names = columns_of(year)
        _expect_columns(names, filters, sort)
        records, total = _history(seed, year, filters, sort, (limit, offset), now_utc)
    else:
        error = {"message": f'Not found: Resource "{resource}" was not found.', "__type": "Not Found Error"}
        raise Refusal(404, error)
    return {
        "include_total": True,
        "resource_id": resource,
        "fields": [{"id": "_id", "type": "int"}, *({"id": name, "type": _type(name, resource)} for name in names)],
        "records_format": "objects",
        "records": records,
        "_links": _links(query, limit, offset),
        "total": total,
        "limit": limit,
        "offset": offset,
    }


def _type(name: str, resource: str) -> str:
    if resource == EMBEDDED_FORECAST_FILE and name.endswith(("DATE", "DATE_GMT")):
        return "timestamp"
    return "text" if name in TEXTS else "int4"


def _history(
    seed: int, year: int, filters: dict[str, set[str]], sort: str, page: tuple[int, int], now_utc: datetime
) -> tuple[Records, int]:
    """A page of a year's file. Only the days that it needs are worked out."""
    days = list(published_days(year, now_utc))
    if "SETTLEMENT_DATE" in filters:
        days = [day for day in days if date_text(day) in filters["SETTLEMENT_DATE"]]
    limit, offset = page
    if sort or filters.keys() - {"SETTLEMENT_DATE"}:
        everything = [record for day in days for record in records_of(seed, day)]
        return _select(everything, filters, sort, limit, offset)
    records: Records = []
    place = 0
    for day in days:
        length = periods_in(day)
        if place + length > offset and place < offset + limit:
            records += records_of(seed, day)[max(0, offset - place) : offset + limit - place]
        place += length
    return records, place


def _expect_columns(names: tuple[str, ...], filters: dict[str, set[str]], sort: str) -> None:
    known = {*names, "_id", ""}
    for name in filters.keys() - known:
        raise _invalid("filters", f'Field "{name}" not in table')
    for name in {name for name, _ in _orders(sort)} - known:
        raise _invalid("sort", f'field "{name}" not in table')


def _orders(sort: str) -> list[tuple[str, bool]]:
    """`A desc, B` as its columns, each with whether it descends."""
    parts = [part.strip().partition(" ") for part in sort.split(",")]
    return [(name, order.strip().lower() == "desc") for name, _, order in parts]


def _select(
    records: Iterable[dict[str, Any]], filters: dict[str, set[str]], sort: str, limit: int, offset: int
) -> tuple[Records, int]:
    found = [r for r in records if all(str(r[name]) in wanted for name, wanted in filters.items())]
    for name, descends in reversed(_orders(sort)):
        if name:
            found.sort(key=itemgetter(name), reverse=descends)
    return found[offset : offset + limit], len(found)


def _filters(query: Query) -> dict[str, set[str]]:
    """`{"COLUMN": value}` or `{"COLUMN": [value, …]}`; values are compared as text, exactly as the file has them."""
    text = first(query, "filters")
    if text is None:
        return {}
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise _invalid("filters", "Not a JSON object")
    return {name: {str(v) for v in (value if isinstance(value, list) else [value])} for name, value in given.items()}


def _whole(query: Query, name: str, default: int) -> int:
    text = first(query, name)
    if text is None:
        return default
    if not text.isdecimal():
        raise _invalid(name, "Invalid integer")
    return int(text)


def _links(query: Query, limit: int, offset: int) -> dict[str, str]:
    given = {name: values[0] for name, values in query.items() if values and name != "offset"}
    base = f"{PATH}?{urlencode(given)}"
    return {"start": base, "next": f"{base}&offset={offset + limit}"}
