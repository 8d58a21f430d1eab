"""One half-hour of the whole grid: who uses, who makes, what crosses the cables, and how tight it is."""

from functools import lru_cache
from math import exp
from typing import NamedTuple

from simulator import plant, trends
from simulator.demand import underlying_mw
from simulator.half_hours import PER_DAY, clock_of, year_of
from simulator.interconnectors import CABLES, flow_mw
from simulator.noise import key, normal
from simulator.outages import available_mw
from simulator.weather import embedded_wind_share, solar_share, transmission_wind_share

FUELS = (
    "BIOMASS", "CCGT", "COAL", "INTELEC", "INTEW", "INTFR", "INTGRNL", "INTIFA2", "INTIRL", "INTNED", "INTNEM",
    "INTNSL", "INTVKL", "NPSHYD", "NUCLEAR", "OCGT", "OIL", "OTHER", "PS", "WIND",
)  # fmt: skip
LISTED_FROM = {cable.code: cable.listed_index for cable in CABLES}
USUAL_IMPORTS_MW = 2800.0
SILENT_GAS_MW = 9800.0  # gas plant that sends no messages of outages
LEAST_GAS_MW = 1100.0  # what the system keeps running whatever the price, for its own stability


class Need(NamedTuple):
    """What wind and sun leave to others in a half-hour, in MW, with what it is made of."""

    residual_mw: float  # underlying demand + station load - embedded - wind - nuclear
    embedded_wind_mw: float
    embedded_solar_mw: float
    wind_mw: float  # what the transmission wind fleet could give
    nuclear_mw: float
    demand_mw: float  # underlying demand - embedded wind and solar: the national demand


class State(NamedTuple):
    """A half-hour of the grid. MW, means over the half-hour."""

    generation_mw: dict[str, float]  # by fuel code; cables above 0 into Britain; pumped storage below 0 pumps
    indo_mw: float
    itsdo_mw: float
    pumping_mw: float  # as NESO reports it
    embedded_wind_mw: float
    embedded_solar_mw: float
    gas_need_mw: float  # what was left for gas before limits; below the least gas there is too much of the rest
    gas_margin_mw: float  # gas capacity that still stands by
    curtailed_mw: float


def station_load_mw(index: int) -> float:
    """NESO's fixed estimate of what power stations use themselves."""
    return 500.0 if clock_of(index)[2] else 600.0


@lru_cache(maxsize=1 << 15)
def need(seed: int, index: int) -> Need:
    """Demand against the sources that cannot wait."""
    year = year_of(index)
    embedded_wind = trends.at(trends.EMBEDDED_WIND_CAPACITY_MW, year) * embedded_wind_share(seed, index)
    solar = trends.at(trends.EMBEDDED_SOLAR_CAPACITY_MW, year) * solar_share(seed, index)
    wind = trends.at(trends.WIND_CAPACITY_MW, year) * transmission_wind_share(seed, index)
    nuclear = available_mw(seed, "NUCLEAR", index) * (0.955 + 0.008 * normal(key(seed, "reactors"), index // 96))
    demand = underlying_mw(seed, index) - embedded_wind - solar
    residual = demand + station_load_mw(index) - wind - nuclear
    return Need(residual, embedded_wind, solar, wind, nuclear, demand)


@lru_cache(maxsize=8192)
def _day_mean_mw(seed: int, day: int) -> float:
    return sum(need(seed, day * PER_DAY + k).residual_mw for k in range(0, PER_DAY, 4)) / (PER_DAY // 4)


def usual_mw(seed: int, index: int) -> float:
    """The residual need of the day around a half-hour, moving evenly from day to day."""
    position = index / PER_DAY - 0.5
    day = int(position // 1)
    part = position - day
    return _day_mean_mw(seed, day) * (1 - part) + _day_mean_mw(seed, day + 1) * part


def price_share(gas_need_mw: float) -> float:
    """Price as a share of what electricity from gas costs, by the gas that is needed (MW, below 0: surplus)."""
    gas_gw = gas_need_mw / 1000
    share = 0.70 + 0.022 * gas_gw
    share -= 0.62 / (1 + exp((gas_gw - 0.2) / 0.9))  # nothing left to turn off: the price falls through
    return share + 0.55 / (1 + exp(-(gas_gw - 24.5) / 1.3))


@lru_cache(maxsize=1 << 15)
def state(seed: int, index: int) -> State:
    """The grid in a half-hour: must-run first, then storage and cables, then gas for the rest."""
    now = need(seed, index)
    hydro, other = plant.hydro_mw(seed, index), plant.other_mw(seed, index)
    storage = plant.storage_mw(seed, index, now.residual_mw - usual_mw(seed, index))
    rest = now.residual_mw - hydro - other - storage
    biomass = plant.biomass_mw(seed, index, rest)
    rest -= biomass
    # Cables see the price that Britain would have with its usual imports, and how hard it is pressed.
    usual = rest - USUAL_IMPORTS_MW
    urge = (0.05 * max(0.0, usual - 19000) - 0.024 * max(0.0, 4500 - usual)) / 1000
    flows = {cable.code: flow_mw(seed, cable, index, price_share(usual), urge) for cable in CABLES}
    rest -= sum(flows.values())
    coal = plant.coal_mw(seed, index, rest, LEAST_GAS_MW)
    gas_need = rest - coal
    curtailed = min(0.8 * now.wind_mw, max(0.0, LEAST_GAS_MW - gas_need))
    gas = max(LEAST_GAS_MW, gas_need)
    margin = available_mw(seed, "CCGT", index) + SILENT_GAS_MW - gas
    ocgt = min(2200.0, max(0.0, 1000 * exp(-max(0.0, margin) / 3800) - 12) + max(0.0, -margin))
    oil = 0.0 if margin > 0 else 40.0
    generation = {
        "BIOMASS": biomass, "CCGT": gas - ocgt - oil, "COAL": coal, **flows, "NPSHYD": hydro,
        "NUCLEAR": now.nuclear_mw, "OCGT": ocgt, "OIL": oil, "OTHER": other, "PS": storage,
        "WIND": now.wind_mw - curtailed,
    }  # fmt: skip
    return _with_demand(seed, index, now, {f: generation[f] for f in FUELS}, (gas_need, margin, curtailed))


def _with_demand(
    seed: int, index: int, now: Need, generation: dict[str, float], tightness: tuple[float, float, float]
) -> State:
    """What the meters make of it: INDO without exports, pumping and station load, ITSDO with them."""
    station = station_load_mw(index)
    metering = 10 + 28 * normal(key(seed, "metering"), index)  # meters never quite agree
    indo = sum(generation.values()) - station - metering
    pumped = max(0.0, -generation["PS"])
    pumping = 8 + 4 * abs(normal(key(seed, "pumping"), index)) if pumped < 60 else pumped * 0.86
    exports = -sum(min(0.0, generation[cable.code]) for cable in CABLES)
    itsdo = indo + station + exports + pumping
    return State(generation, indo, itsdo, pumping, now.embedded_wind_mw, now.embedded_solar_mw, *tightness)
