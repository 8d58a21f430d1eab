"""The Carbon Intensity API's endpoints. Pure: a path and a time to a status and a body, not yet as text."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ingestion.settlement import DAY, settlement_date_of
from simulator import carbon
from simulator.half_hours import (
    first_index_from,
    index_of,
    index_of_period,
    indices_of_days,
    start_of,
)

AHEAD = 97  # half-hours after the current one that have a forecast: 48 hours from the end of the current one
LARGEST = 14 * DAY  # as documented; the real one has been seen to answer a day more
FIRST_MIX_INDEX = index_of(datetime(2018, 5, 10, tzinfo=UTC))
SPANS = {"fw24h": (timedelta(0), DAY), "fw48h": (timedelta(0), 2 * DAY), "pt24h": (-DAY, timedelta(0))}
REFUSALS = {
    "window": "Please enter a valid start and end datetime in ISO8601 format YYYY-MM-DDThh:mmZ "
    "i.e. /intensity/2017-08-25T15:30Z/2017-08-27T17:00Z",
    "from": "Please enter a valid start datetime in ISO8601 format YYYY-MM-DDThh:mmZ i.e. /intensity/2017-08-25T15:30Z",
    "date": "Please enter a valid date in ISO8601 format YYYY-MM-DD i.e. /intensity/date/2017-08-25",
    "period": "Please enter a valid period between 1 and 48 i.e. /intensity/date/2017-08-25/42",
    "region": "Please enter a valid region ID between 1 and 18 "
    "i.e. /regional/intensity/2018-05-15T12:00Z/fw24h/regionid/13",
}

Path = Mapping[str, str]
Endpoint = Callable[[int, Path, datetime], Any]


class Refusal(ValueError):
    """A request that is answered with 400 and this sentence."""


def minute(text: str, refusal: str) -> datetime:
    """A time of a path: UTC, to the minute, and nothing else."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise Refusal(REFUSALS[refusal])


def ending_in(start: datetime, end: datetime) -> range:
    """The half-hours that end in a closed window: the one before `start` comes along where it ends just there."""
    return range(first_index_from(start) - 1, index_of(end))


def forecast_until(indices: range, now_utc: datetime) -> range:
    """What of a window has a forecast by now."""
    return range(indices.start, min(indices.stop, index_of(now_utc) + AHEAD + 1))


def _row(seed: int, index: int, now_utc: datetime) -> dict[str, Any]:
    forecast = carbon.forecast_g_per_kwh(seed, index, now_utc)
    actual = carbon.actual_g_per_kwh(seed, index, now_utc)
    year = start_of(index).year
    name = carbon.index_name(forecast if actual is None else actual, year)
    return {**times(index), "intensity": {"forecast": forecast, "actual": actual, "index": name}}


def times(index: int) -> dict[str, str]:
    """A half-hour's ends, to the minute."""
    return {"from": f"{start_of(index):%Y-%m-%dT%H:%MZ}", "to": f"{start_of(index + 1):%Y-%m-%dT%H:%MZ}"}


def _intensities(seed: int, indices: range, now_utc: datetime) -> dict[str, Any]:
    return {"data": [_row(seed, index, now_utc) for index in forecast_until(indices, now_utc)]}


def current(seed: int, path: Path, now_utc: datetime) -> Any:
    """`/intensity`: the half-hour that now lies in."""
    index = index_of(now_utc)
    return _intensities(seed, range(index, index + 1), now_utc)


def at(seed: int, path: Path, now_utc: datetime) -> Any:
    """`/intensity/{from}`: the half-hour that holds an instant."""
    index = index_of(minute(path["from"], "from"))
    return _intensities(seed, range(index, index + 1), now_utc)


def of_date(seed: int, path: Path, now_utc: datetime) -> Any:
    """`/intensity/date[/{date}[/{period}]]`: a UK-local day of 46, 48 or 50 half-hours."""
    try:
        day = date.fromisoformat(path["date"]) if "date" in path else settlement_date_of(now_utc)
    except ValueError:
        raise Refusal(REFUSALS["date"]) from None
    if "period" not in path:
        return _intensities(seed, indices_of_days(day, day), now_utc)
    index = index_of_period(day, int(path["period"])) if path["period"].isdecimal() else None
    if index is None:
        raise Refusal(REFUSALS["period"])
    return _intensities(seed, range(index, index + 1), now_utc)


def window(path: Path) -> range:
    """The half-hours of `{from}/{to}`, or of `{from}/fw24h`, `fw48h` or `pt24h`."""
    start = minute(path["from"], "window")
    if path["to"] in SPANS:
        before, after = SPANS[path["to"]]
        return ending_in(start + before, start + after)
    end = minute(path["to"], "window")
    if not timedelta(0) <= end - start <= LARGEST:
        raise Refusal(REFUSALS["window"])
    return ending_in(start, end)


def between(seed: int, path: Path, now_utc: datetime) -> Any:
    """`/intensity/{from}/{to}` and its named spans."""
    return _intensities(seed, window(path), now_utc)


def factors(seed: int, path: Path, now_utc: datetime) -> Any:
    """`/intensity/factors`: one row, with spaces in its names."""
    return {"data": [dict(carbon.PUBLISHED_FACTORS)]}


def generation_mix(percent: Iterable[float]) -> list[dict[str, Any]]:
    """Percentages of the nine kinds, in the order of carbon.MIX, as the API writes them."""
    return [{"fuel": fuel, "perc": share} for fuel, share in zip(carbon.MIX, percent, strict=True)]


def _mix(seed: int, index: int) -> dict[str, Any]:
    return {**times(index), "generationmix": generation_mix(carbon.mix_percent(seed, index).values())}


def mix_now(seed: int, path: Path, now_utc: datetime) -> Any:
    """`/generation`: the newest half-hour that is over. `data` is an object here."""
    return {"data": _mix(seed, index_of(now_utc) - 1)}


def mix_between(seed: int, path: Path, now_utc: datetime) -> Any:
    """`/generation/{from}/{to}` and its named spans: half-hours that are over."""
    wanted = window(path)
    wanted = range(max(wanted.start, FIRST_MIX_INDEX), min(wanted.stop, index_of(now_utc)))
    return {"data": [_mix(seed, index) for index in wanted]}


# In the order in which they are tried: `date` and `factors` are no times.
ENDPOINTS: Mapping[str, Endpoint] = {
    "/intensity": current,
    "/intensity/date": of_date,
    "/intensity/factors": factors,
    "/intensity/date/{date}": of_date,
    "/intensity/date/{date}/{period}": of_date,
    "/intensity/{from}": at,
    "/intensity/{from}/{to}": between,
    "/generation": mix_now,
    "/generation/{from}/{to}": mix_between,
}


def answer(endpoint: Endpoint, seed: int, path: Path, now_utc: datetime) -> tuple[int, Any]:
    """The status and the body of a request."""
    try:
        return 200, endpoint(seed, path, now_utc)
    except Refusal as error:
        return 400, {"error": {"code": "400 Bad Request", "message": str(error)}}


NOT_FOUND = {"error": {"code": "404 Not Found", "message": "Please check the request path"}}
