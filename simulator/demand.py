"""Electricity that Britain's homes and firms use, whoever makes it: the demand before embedded generation."""

from datetime import date, timedelta
from functools import lru_cache
from math import pow

from simulator import trends
from simulator.half_hours import clock_of, year_of
from simulator.noise import key, layered
from simulator.weather import season, temperature_anomaly_c

# GW by local hour; means of NESO's demand + embedded wind and solar, 2019 and 2021: facts, rounded.
WINTER_WORKDAY_GW = (
    28.4, 28.0, 27.1, 26.4, 26.1, 27.4, 31.8, 36.8, 39.7, 41.4, 42.0, 42.3,
    42.5, 42.0, 41.3, 41.3, 42.8, 44.2, 43.9, 42.2, 39.6, 36.3, 32.6, 29.3,
)  # fmt: skip
WINTER_WEEKEND_GW = (
    28.2, 27.6, 26.4, 25.5, 24.9, 25.1, 26.8, 28.9, 31.8, 35.0, 36.9, 37.8,
    38.4, 38.0, 37.4, 37.6, 39.7, 41.7, 41.0, 38.9, 36.6, 33.9, 30.9, 28.2,
)  # fmt: skip
SUMMER_WORKDAY_GW = (
    22.4, 21.5, 20.9, 20.5, 20.5, 21.4, 25.0, 29.7, 32.5, 33.9, 34.4, 34.9,
    35.2, 34.9, 34.3, 33.9, 34.1, 34.3, 33.6, 32.5, 31.3, 30.1, 28.0, 24.9,
)  # fmt: skip
SUMMER_WEEKEND_GW = (
    22.0, 20.9, 20.1, 19.6, 19.2, 19.3, 20.7, 23.2, 26.1, 28.3, 29.7, 30.3,
    30.7, 30.2, 29.5, 29.1, 29.5, 30.1, 29.8, 28.9, 28.1, 27.3, 26.0, 23.4,
)  # fmt: skip


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Butcher's rule)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


@lru_cache(maxsize=1 << 14)
def day_off(day: date) -> float:
    """How much of a weekend a day is, 0 to 1: Saturdays, Sundays and the holidays of England and Wales."""
    if (day.month, day.day) in ((12, 25), (12, 26), (1, 1)):
        return 1.35
    if day - easter_sunday(day.year) in (timedelta(days=-2), timedelta(days=1)):
        return 1.0
    first_or_last = day.day > 24 or (day.month == 5 and day.day <= 7)
    if day.weekday() == 0 and day.month in (5, 8) and first_or_last:
        return 1.0
    if day.month == 12 and day.day > 26:
        return 0.85
    return {5: 0.9, 6: 1.1, 4: 0.08}.get(day.weekday(), 0.0)


def _at_hour(table: tuple[float, ...], hour: float) -> float:
    """A table of hourly means, read between the middles of its hours."""
    position = hour - 0.5
    index = int(position // 1)
    part = position - index
    return table[index % 24] * (1 - part) + table[(index + 1) % 24] * part


@lru_cache(maxsize=1 << 15)
def _shape_gw(hour: float, off: float, winter: float) -> float:
    cold = _at_hour(WINTER_WORKDAY_GW, hour) * (1 - off) + _at_hour(WINTER_WEEKEND_GW, hour) * off
    warm = _at_hour(SUMMER_WORKDAY_GW, hour) * (1 - off) + _at_hour(SUMMER_WEEKEND_GW, hour) * off
    return cold * winter + warm * (1 - winter)


def underlying_mw(seed: int, index: int) -> float:
    """Demand in MW before embedded wind and solar lower what the transmission system sees."""
    day, hour, _ = clock_of(index)
    winter = round(1.15 * pow(0.5 + 0.5 * season(index), 1.15) - 0.05, 3)
    shape_mw = 1000 * _shape_gw(hour, day_off(day), winter) * trends.at(trends.DEMAND_FACTOR, year_of(index))
    cold_mw = -(180 + 420 * winter) * temperature_anomaly_c(seed, index)
    own = layered(key(seed, "demand"), index, ((6, 0.35), (60, 0.6), (500, 0.7)))
    return shape_mw * (1 + 0.018 * own) + cold_mw
