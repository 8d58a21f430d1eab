"""Plant that runs by its own rules before gas fills the rest: hydro, the mixed rest, biomass, coal, pumped storage.

All in MW, mean over a half-hour.
"""

from math import exp, pow, tanh

from simulator import trends
from simulator.half_hours import clock_of, year_of
from simulator.noise import key, layered, normal
from simulator.outages import available_mw
from simulator.weather import season


def evening(hour: float) -> float:
    """1 at six in the evening, local time, 0 away from it."""
    return exp(-(((hour - 18) / 2.2) ** 2))


def hydro_mw(seed: int, index: int) -> float:
    """Rivers and reservoirs: full in winter and after rain, and turned up for the peaks."""
    _, hour, _ = clock_of(index)
    water = 640 + 230 * season(index) + 260 * layered(key(seed, "rain"), index, ((60, 0.4), (400, 0.9)))
    return max(25.0, water * (0.47 + 0.5 * evening(hour) + 0.16 * exp(-(((hour - 8) / 2) ** 2))))


def other_mw(seed: int, index: int) -> float:
    """Batteries, engines and what else reports as OTHER: at the peaks above all."""
    _, hour, _ = clock_of(index)
    use = 0.3 + 0.75 * evening(hour) + 0.25 * exp(-(((hour - 7.5) / 1.6) ** 2))
    use += 0.07 * normal(key(seed, "other"), index // 3)
    return max(30.0, trends.at(trends.OTHER_CAPACITY_MW, year_of(index)) * use)


def storage_mw(seed: int, index: int, above_usual_mw: float) -> float:
    """Pumped storage: generates where need is above the day's usual, pumps (below 0) where it is under it."""
    own = 0.9 * layered(key(seed, "storage"), index, ((3, 0.7), (30, 0.7)))
    tension = above_usual_mw / 1000 + own - 0.35
    if tension > 1.2:
        return min(2500.0, 235 * pow(tension - 1.2, 0.9))
    if tension < -2.0:
        return max(-2400.0, -212 * (-2.0 - tension))
    return -9.0 - 6 * normal(key(seed, "storage idle"), index // 8) ** 2  # turbines that spin in air


def biomass_mw(seed: int, index: int, rest_mw: float) -> float:
    """Biomass runs on subsidy, harder when need is high; its units' outages are seen."""
    capacity = min(trends.at(trends.BIOMASS_CAPACITY_MW, year_of(index)), 650 + available_mw(seed, "BIOMASS", index))
    mood = 0.66 + 0.19 * layered(key(seed, "biomass"), index, ((60, 0.5), (700, 0.85)))
    return capacity * min(0.97, max(0.1, mood + 0.16 * tanh((rest_mw - 13000) / 8000)))


def coal_mw(seed: int, index: int, rest_mw: float, least_gas_mw: float) -> float:
    """Coal comes in when need is high: first by economics, in its last years as a reserve. None from October 2024."""
    if index >= trends.LAST_COAL:
        return 0.0
    year = year_of(index)
    mood = layered(key(seed, "coal"), index, ((300, 0.6), (2500, 0.8)))
    start_mw = trends.at(trends.COAL_STARTS_AT_MW, year) + 2500 * mood
    called = 1 / (1 + exp(-(rest_mw - start_mw) / 3600))
    mw = trends.at(trends.COAL_CAPACITY_MW, year) * max(0.0, called - 0.04)
    return min(mw, max(0.0, rest_mw - least_gas_mw))
