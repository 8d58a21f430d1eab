"""The weather over Britain, half-hour by half-hour: wind in spells, sun by geometry, cloud, temperature."""

from functools import lru_cache
from math import cos, exp, pi, pow, radians, sin

from simulator.half_hours import PER_DAY, PER_YEAR, year_of
from simulator.noise import Layers, key, layered

WIND_LAYERS: Layers = ((9, 0.16), (30, 0.46), (75, 0.62), (200, 0.47), (900, 0.4))
CLOUD_LAYERS: Layers = ((5, 0.3), (22, 0.55), (90, 0.65), (400, 0.43))
TEMPERATURE_LAYERS: Layers = ((60, 0.35), (200, 0.7), (900, 0.62))
SITES = ((50.9, -3.4), (52.2, -0.9), (53.2, -1.8))  # latitude north, longitude east: where panels stand
TILT = 7.0  # degrees to the south, of a mean panel: as if it lay flat so much nearer to the equator


def season(index: float) -> float:
    """1 in the middle of January, -1 in the middle of July."""
    return cos(2 * pi * (year_of(index) % 1 - 0.04))


@lru_cache(maxsize=1 << 16)
def wind_strength(seed: int, index: int) -> float:
    """How windy it is, about standard normal over the years: stronger in winter, in spells of days."""
    noise = layered(key(seed, "wind"), index, WIND_LAYERS)
    return 0.42 * season(index) + 0.95 * noise


def wind_output(strength: float, middle: float, steepness: float) -> float:
    """The share of its capacity that a fleet gives: many sites' cubic curves, with cut-in and rating, blur to this."""
    return 1 / (1 + exp(-(middle + steepness * strength)))


def transmission_wind_share(seed: int, index: int) -> float:
    """Share of the transmission-metered wind fleet's capacity, 0 to 1."""
    gust = 0.05 * layered(key(seed, "wind offshore"), index, ((3, 0.6), (14, 0.8)))
    return wind_output(wind_strength(seed, index) + gust, -0.6, 1.25)


def embedded_wind_share(seed: int, index: int) -> float:
    """Share of the embedded wind fleet's capacity: on land, spread wider, with lower output."""
    own = layered(key(seed, "wind on land"), index, ((40, 0.8), (300, 0.6)))
    return wind_output(0.95 * wind_strength(seed, index) + 0.33 * own, -1.3, 0.86)


@lru_cache(maxsize=1 << 16)
def sun_height(index: int) -> float:
    """Sine of the sun's height over the panels in the middle of a half-hour, mean of the sites, 0 at night."""
    day_angle = 2 * pi * (index / PER_YEAR % 1)
    declination = radians(23.44) * sin(day_angle - 2 * pi * 79.5 / 365.2425)
    b = day_angle - 2 * pi * 80.5 / 365.2425
    equation_of_time_h = (9.87 * sin(2 * b) - 7.53 * cos(b) - 1.5 * sin(b)) / 60
    utc_h = (index % PER_DAY) / 2 + 0.25
    total = 0.0
    for latitude, longitude in SITES:
        hour_angle = radians(15 * (utc_h + longitude / 15 + equation_of_time_h - 12))
        over_ground, over_panel = (
            sin(radians(place)) * sin(declination) + cos(radians(place)) * cos(declination) * cos(hour_angle)
            for place in (latitude, latitude - TILT)
        )
        total += max(0.0, over_panel) if over_ground > 0 else 0.0
    return total / len(SITES)


def solar_share(seed: int, index: int) -> float:
    """Share of the embedded solar fleet's capacity, 0 to about 0.75."""
    height = sun_height(index)
    if height <= 0:
        return 0.0
    clearness = 1 / (1 + exp(-(0.13 - 0.3 * season(index) + layered(key(seed, "cloud"), index, CLOUD_LAYERS))))
    return 0.78 * pow(height, 1.15) * (0.16 + 0.84 * clearness)


def temperature_anomaly_c(seed: int, index: int) -> float:
    """Degrees above the season's mean; mild, windy winters go together."""
    own = layered(key(seed, "temperature"), index, TEMPERATURE_LAYERS)
    return 2.6 * own + 0.8 * season(index) * wind_strength(seed, index)
