"""NESO's data portal: CKAN's `datastore_search` over the yearly demand files and two forecasts. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from ingestion.datasets.neso import EMBEDDED_FORECAST_FILE
from ingestion.settlement import periods_in
from simulator import embedded, neso_forecast
from simulator.elexon_requests import Query, first
from simulator.neso_history import RESOURCES, columns_of, date_text, published_days, records_of
from simulator.neso_requests import Refusal, expect_columns, filters_of, links, orders, whole

PATH = "/api/3/action/datastore_search"
HELP = "https://api.neso.energy/api/3/action/help_show?name=datastore_search"
DEFAULT_LIMIT, LARGEST_LIMIT = 100, 32000
TEXTS = frozenset(("SETTLEMENT_DATE", "TIME_GMT"))

Records = list[dict[str, Any]]


def answer(seed: int, query: Query, now_utc: datetime) -> tuple[int, Any]:
    """The status and the body, not yet as text, of a `datastore_search`."""
    try:
        return 200, {"help": HELP, "success": True, "result": _search(seed, query, now_utc)}
    except Refusal as refusal:
        return refusal.status, {"help": HELP, "success": False, "error": refusal.error}


def _search(seed: int, query: Query, now_utc: datetime) -> dict[str, Any]:
    resource = first(query, "resource_id") or ""
    limit = min(LARGEST_LIMIT, whole(query, "limit", DEFAULT_LIMIT))
    offset = whole(query, "offset", 0)
    filters, sort = filters_of(query), first(query, "sort") or ""
    if resource == EMBEDDED_FORECAST_FILE:
        found = embedded.rows(seed, now_utc)
        names = tuple(found[0])[1:]
        expect_columns(names, filters, sort)
        records, total = _select(found, filters, sort, limit, offset)
    elif resource in RESOURCES:
        year = RESOURCES[resource]
        names = columns_of(year)
        expect_columns(names, filters, sort)
        days = [day for day in published_days(year, now_utc) if _is_wanted(filters, "SETTLEMENT_DATE", date_text(day))]
        records, total = _of_days(seed, days, records_of, filters, "SETTLEMENT_DATE", sort, (limit, offset))
    elif resource == neso_forecast.RESOURCE:
        names = tuple(neso_forecast.TYPES)
        expect_columns(names, filters, sort)
        days = [day for day in neso_forecast.published_days(now_utc) if _is_wanted(filters, "Date", day.isoformat())]
        records, total = _of_days(seed, days, neso_forecast.records_of, filters, "Date", sort, (limit, offset))
    else:
        error = {"message": f'Not found: Resource "{resource}" was not found.', "__type": "Not Found Error"}
        raise Refusal(404, error)
    return {
        "include_total": True,
        "resource_id": resource,
        "fields": [{"id": "_id", "type": "int"}, *({"id": name, "type": _type(name, resource)} for name in names)],
        "records_format": "objects",
        "records": records,
        "_links": links(PATH, query, limit, offset),
        "total": total,
        "limit": limit,
        "offset": offset,
    }


def _type(name: str, resource: str) -> str:
    if resource == neso_forecast.RESOURCE:
        return neso_forecast.TYPES[name]
    if resource == EMBEDDED_FORECAST_FILE and name.endswith(("DATE", "DATE_GMT")):
        return "timestamp"
    return "text" if name in TEXTS else "int4"


def _is_wanted(filters: dict[str, set[str]], column: str, text: str) -> bool:
    return column not in filters or text in filters[column]


def _of_days(
    seed: int,
    days: Sequence[date],
    records_of: Callable[[int, date], Sequence[dict[str, Any]]],
    filters: dict[str, set[str]],
    date_column: str,
    sort: str,
    page: tuple[int, int],
) -> tuple[Records, int]:
    """A page of a file that goes by days, those that its filter of dates leaves. Only what it needs is worked out."""
    limit, offset = page
    step = -1 if orders(sort) == [("_id", True)] else 1  # the newest rows first, or the file's own order
    if (sort and step == 1) or filters.keys() - {date_column}:
        everything = [record for day in days for record in records_of(seed, day)]
        return _select(everything, filters, sort, limit, offset)
    records: Records = []
    place = 0
    for day in days[::step]:
        length = periods_in(day)
        if place + length > offset and place < offset + limit:
            records += records_of(seed, day)[::step][max(0, offset - place) : offset + limit - place]
        place += length
    return records, place


def _select(
    records: Iterable[dict[str, Any]], filters: dict[str, set[str]], sort: str, limit: int, offset: int
) -> tuple[Records, int]:
    found = [r for r in records if all(str(r[name]) in wanted for name, wanted in filters.items())]
    for name, descends in reversed(orders(sort)):
        if name:
            found.sort(key=itemgetter(name), reverse=descends)
    return found[offset : offset + limit], len(found)
