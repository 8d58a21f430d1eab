"""The carbon of the 18 regions of the simulated grid: the same supply, but who is near what takes more of it."""

from functools import lru_cache
from math import exp
from typing import NamedTuple

from simulator.carbon import FACTORS, forecast_error, forecast_g_per_kwh, percent, relative_error, supply_mw
from simulator.grid import state
from simulator.half_hours import start_of
from simulator.noise import Layers, key, layered, normal


class Region(NamedTuple):
    """A region with its network's name of old. near: how much of each kind it takes, beside Britain as a whole."""

    dnoregion: str
    shortname: str
    demand: float  # share of Britain's; nations follow from theirs
    near: tuple[float, ...]  # in the order of carbon.MIX: biomass coal imports gas nuclear other hydro solar wind


class Outlook(NamedTuple):
    """What an issue expects of a region in a half-hour: gCO2/kWh, and the mix in percent in the order of MIX."""

    forecast_g_per_kwh: int
    mix: tuple[float, ...]


# Names are the source's; what is near to whom is rounded from one recorded evening and the map of plant.
REGIONS = {
    1: Region("Scottish Hydro Electric Power Distribution", "North Scotland", 0.03, (0, 0, 0, 0.05, 0, 0, 2, 0.3, 4)),
    2: Region("SP Distribution", "South Scotland", 0.06, (0, 0.2, 0.1, 0.08, 2.6, 0, 1, 0.2, 2.6)),
    3: Region("Electricity North West", "North West England", 0.08, (0.8, 0.4, 0.3, 0.4, 3, 0.6, 0.5, 0.6, 1.1)),
    4: Region("NPG North East", "North East England", 0.05, (1.6, 0.5, 1.2, 0.1, 2.8, 0.5, 0, 0.5, 0.9)),
    5: Region("NPG Yorkshire", "Yorkshire", 0.08, (4, 3, 0.1, 0.6, 0.2, 0.8, 0, 0.7, 1.5)),
    6: Region("SP Manweb", "North Wales & Merseyside", 0.05, (0.3, 0.3, 0.15, 0.4, 2.3, 0.5, 2, 0.6, 2)),
    7: Region("WPD South Wales", "South Wales", 0.04, (0.1, 2, 0, 2.8, 0, 0.8, 0.2, 1.2, 0.3)),
    8: Region("WPD West Midlands", "West Midlands", 0.08, (0.6, 1, 0.1, 1.6, 1.3, 1, 0, 0.9, 0.8)),
    9: Region("WPD East Midlands", "East Midlands", 0.09, (3, 3, 0.1, 0.9, 0.1, 1, 0, 1.2, 1.6)),
    10: Region("UKPN East", "East England", 0.11, (0.5, 0.2, 1, 0.3, 1.7, 1.5, 0, 1.6, 1.8)),
    11: Region("WPD South West", "South West England", 0.05, (0, 0.5, 0.1, 2.8, 0.2, 1, 0.3, 2.2, 0.3)),
    12: Region("SSE South", "South England", 0.11, (0.3, 0.5, 1.8, 1.7, 0.1, 1.2, 0, 1.5, 0.3)),
    13: Region("UKPN London", "London", 0.11, (0.1, 0.2, 2.5, 1.2, 0.3, 1.5, 0.2, 0.4, 0.7)),
    14: Region("UKPN South East", "South East England", 0.06, (0, 0.1, 3, 1.1, 0.3, 1, 0.3, 1.3, 0.5)),
    15: Region("England", "England", 0, ()),
    16: Region("Scotland", "Scotland", 0, ()),
    17: Region("Wales", "Wales", 0, ()),
    18: Region("GB", "GB", 0, ()),
}
NATIONS = {15: (3, 4, 5, 8, 9, 10, 11, 12, 13, 14), 16: (1, 2), 17: (6, 7)}
GB = 18
GAS, WIND, IMPORTS = 3, 8, 2  # places in MIX
LOCAL_WIND: Layers = ((12, 0.5), (60, 0.8))
# gCO2/kWh of each kind but imports, whose factor is that of the cables which bring them.
KIND_FACTORS = (FACTORS["BIOMASS"], FACTORS["COAL"], 0, FACTORS["CCGT"], 0, FACTORS["OTHER"], 0, 0, 0)


@lru_cache(maxsize=1 << 11)
def outlook(seed: int, index: int, issue: int) -> dict[int, Outlook]:
    """What an issue expects of each region in a half-hour. Where the national one is too high, it has gas for wind."""
    supply = tuple(supply_mw(seed, index).values())
    factors = (*KIND_FACTORS[:IMPORTS], _import_factor(seed, index), *KIND_FACTORS[IMPORTS + 1 :])
    wrong = 1.5 * relative_error(seed, index, issue)
    mixes = {number: _mix(seed, index, issue, number, supply, wrong) for number in REGIONS if REGIONS[number].near}
    for number, members in NATIONS.items():
        mixes[number] = tuple(
            sum(REGIONS[member].demand * mixes[member][kind] for member in members) for kind in range(len(supply))
        )
    mixes[GB] = _leant(supply, wrong)
    found = {}
    for number in REGIONS:
        mix = mixes[number]
        g_per_kwh = round(sum(part * factor for part, factor in zip(mix, factors, strict=True)) / sum(mix))
        found[number] = Outlook(g_per_kwh, percent(mix))
    national = forecast_g_per_kwh(seed, index, start_of(issue))
    near = round(1.3 * normal(key(seed, "regional national"), 977 * index + issue))  # another model of the same grid
    found[GB] = Outlook(max(0, national + near), found[GB].mix)
    return found


def _mix(seed: int, index: int, issue: int, number: int, supply: tuple[float, ...], wrong: float) -> tuple[float, ...]:
    """A network region's mix as shares of 1, with weather and errors of its own."""
    own = forecast_error(seed, f"carbon region {number}", index, issue, 0.07, 0.12)
    here = 0.3 * layered(key(seed, f"wind region {number}"), index, LOCAL_WIND)
    parts = _leant([part * near for part, near in zip(supply, REGIONS[number].near, strict=True)], wrong + own - here)
    total = sum(parts)
    return tuple(part / total for part in parts)


def _leant(parts: tuple[float, ...] | list[float], lean: float) -> tuple[float, ...]:
    """Parts with more gas and less wind, or the other way where lean is below 0."""
    found = list(parts)
    found[GAS] *= exp(lean)
    found[WIND] *= exp(-lean)
    return tuple(found)


def _import_factor(seed: int, index: int) -> float:
    """gCO2/kWh of what the cables bring, mean by MW; 0 where nothing comes in."""
    flows = {code: mw for code, mw in state(seed, index).generation_mw.items() if code.startswith("INT") and mw > 0}
    total = sum(flows.values())
    return sum(mw * FACTORS[code] for code, mw in flows.items()) / total if total else 0.0
