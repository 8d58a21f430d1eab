"""Elexon's endpoints: each path's rows and the shape that they come in. Pure: a request and a time to an answer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from ingestion.settlement import DAY
from simulator import (
    elexon_demand,
    elexon_forecasts,
    elexon_frequency,
    elexon_generation,
    elexon_per_type,
    elexon_prices,
    elexon_reference,
)
from simulator.elexon_requests import BadRequest, Query, instants, problem, required
from simulator.remit import messages_between

PREFIX = "/bmrs/api/v1"
Rows = list[dict[str, Any]]
Endpoint = Callable[[int, dict[str, str], Query, datetime], Any]


def _data(rows: Callable[..., Rows]) -> Endpoint:
    """`{"data": […]}`, as the datasets come."""
    return lambda seed, path, query, now_utc: {"data": rows(seed, query, now_utc)}


def _stream(rows: Callable[..., Rows]) -> Endpoint:
    """A bare array, oldest first here: the source promises no order."""
    return lambda seed, path, query, now_utc: rows(seed, query, now_utc)[::-1]


def _with_metadata(rows: Callable[..., Rows], *datasets: str) -> Endpoint:
    """`{"metadata": …, "data": […]}`, as the opinionated endpoints come."""
    metadata = {"datasets": list(datasets)}
    return lambda seed, path, query, now_utc: {"metadata": metadata, "data": rows(seed, query, now_utc)}


def _mid(seed: int, query: Query, now_utc: datetime, **rest: Any) -> Rows:
    rows = elexon_prices.market_index_rows(seed, query, now_utc, **rest)
    return [{"dataset": "MID", **row} for row in rows]


def _remit(seed: int, query: Query, now_utc: datetime, is_limited: bool = True) -> Rows:
    """Messages by publish time, newest first."""
    names = "publishDateTimeFrom", "publishDateTimeTo"
    required(query, *names)
    window = instants(query, *names, now_utc, DAY if is_limited else None)
    if window is None or min(window[1], now_utc) < window[0]:
        return []
    return messages_between(seed, window[0], min(window[1], now_utc))[::-1]


def _list(rows: Callable[[int, datetime], Any]) -> Endpoint:
    """A bare array that takes no parameters."""
    return lambda seed, path, query, now_utc: rows(seed, now_utc)


def _system_prices(seed: int, path: dict[str, str], query: Query, now_utc: datetime) -> Any:
    return {"metadata": {"datasets": ["DISEBSP"]}, "data": elexon_prices.system_prices(seed, path, now_utc)}


ENDPOINTS: Mapping[str, Endpoint] = {
    "/datasets/AGPT": _data(elexon_per_type.agpt),
    "/datasets/AGPT/stream": _stream(partial(elexon_per_type.agpt, largest=None)),
    "/datasets/FREQ": _data(elexon_frequency.freq),
    "/datasets/FREQ/stream": _stream(partial(elexon_frequency.freq, largest=None)),
    "/datasets/FUELHH": _data(elexon_generation.fuelhh),
    "/datasets/FUELHH/stream": _stream(partial(elexon_generation.fuelhh, largest=None)),
    "/datasets/FUELINST": _data(elexon_generation.fuelinst),
    "/datasets/FUELINST/stream": _stream(partial(elexon_generation.fuelinst, largest=None)),
    "/datasets/INDO": _data(partial(elexon_demand.dataset, "INDO")),
    "/datasets/ITSDO": _data(partial(elexon_demand.dataset, "ITSDO")),
    "/datasets/MID": _data(_mid),
    "/datasets/MID/stream": _stream(partial(_mid, largest=None)),
    "/datasets/NDF": _data(elexon_forecasts.ndf),
    "/datasets/NDF/stream": _stream(partial(elexon_forecasts.ndf, largest=None)),
    "/datasets/REMIT": _data(_remit),
    "/datasets/REMIT/stream": _stream(partial(_remit, is_limited=False)),
    "/datasets/TSDF": _data(elexon_forecasts.tsdf),
    "/datasets/TSDF/stream": _stream(partial(elexon_forecasts.tsdf, largest=None)),
    "/datasets/WINDFOR": _data(elexon_forecasts.windfor),
    "/datasets/WINDFOR/stream": _stream(elexon_forecasts.windfor),
    "/demand/outturn": _with_metadata(elexon_demand.outturn, "INDO", "ITSDO"),
    "/demand/outturn/stream": lambda seed, path, query, now_utc: elexon_demand.outturn(seed, query, now_utc),
    "/balancing/pricing/market-index": _with_metadata(elexon_prices.market_index_rows, "MID"),
    "/balancing/settlement/system-prices/{settlementDate}": _system_prices,
    "/balancing/settlement/system-prices/{settlementDate}/{settlementPeriod}": _system_prices,
    "/reference/fueltypes/all": _list(elexon_reference.fuel_types),
    "/reference/interconnectors/all": _list(elexon_reference.interconnectors),
    "/system/frequency": _with_metadata(elexon_frequency.system_frequency, "FREQ"),
    "/system/frequency/stream": lambda seed, path, query, now_utc: elexon_frequency.system_frequency(
        seed, query, now_utc
    ),
}


def answer(
    endpoint: Endpoint, seed: int, path: dict[str, str], query: Query, now_utc: datetime, request: str
) -> tuple[int, Any]:
    """The status and the body, not yet as text, of a request."""
    try:
        return 200, endpoint(seed, path, query, now_utc)
    except BadRequest as error:
        return 400, problem(error, request)


NOT_FOUND = {"statusCode": 404, "message": "Resource not found"}
