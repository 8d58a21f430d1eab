"""The Carbon Intensity API's regional endpoints: forecasts and mix of 18 regions, which have no actual."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulator.carbon import index_name, issue_of
from simulator.carbon_intensity import (
    FIRST_MIX_INDEX,
    REFUSALS,
    Endpoint,
    Path,
    Refusal,
    forecast_until,
    generation_mix,
    times,
    window,
)
from simulator.carbon_regions import REGIONS, outlook
from simulator.half_hours import start_of


def _expected(seed: int, index: int, now_utc: datetime, number: int) -> dict[str, Any]:
    found = outlook(seed, index, issue_of(index, now_utc))[number]
    name = index_name(found.forecast_g_per_kwh, start_of(index).year)
    return {
        "intensity": {"forecast": found.forecast_g_per_kwh, "index": name},
        "generationmix": generation_mix(found.mix),
    }


def _named(number: int) -> dict[str, Any]:
    region = REGIONS[number]
    return {"regionid": number, "dnoregion": region.dnoregion, "shortname": region.shortname}


def _wanted(path: Path, now_utc: datetime) -> range:
    found = forecast_until(window(path), now_utc)
    return range(max(found.start, FIRST_MIX_INDEX), found.stop)


def regions_between(seed: int, path: Path, now_utc: datetime) -> Any:
    """`/regional/intensity/{from}/{to}` and its named spans: of each half-hour, the 18 regions."""
    return {
        "data": [
            {
                **times(index),
                "regions": [{**_named(number), **_expected(seed, index, now_utc, number)} for number in REGIONS],
            }
            for index in _wanted(path, now_utc)
        ]
    }


def region_between(seed: int, path: Path, now_utc: datetime) -> Any:
    """The same of one region: `data` is an object, with the half-hours in a list of the same name."""
    wanted = _wanted(path, now_utc)
    number = int(path["regionid"]) if path["regionid"].isdecimal() else 0
    if number not in REGIONS:
        raise Refusal(REFUSALS["region"])
    rows = [{**times(index), **_expected(seed, index, now_utc, number)} for index in wanted]
    return {"data": {**_named(number), "data": rows}}


ENDPOINTS: Mapping[str, Endpoint] = {
    "/regional/intensity/{from}/{to}": regions_between,
    "/regional/intensity/{from}/{to}/regionid/{regionid}": region_between,
}
