"""The grid's frequency, every 15 seconds: around 50 Hz, never still, never far off.

A sample is numbered from 1970: sample n is that of second 15 n.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from math import tanh

from simulator.half_hours import EPOCH
from simulator.noise import Layers, key, layered, uniform

STEP = timedelta(seconds=15)
PER_FILE = 8  # a file of two minutes
FILE = PER_FILE * STEP
LAYERS: Layers = ((5, 0.35), (24, 0.6), (120, 0.55), (700, 0.45))  # scales in samples
SPREAD_HZ, FURTHEST_HZ = 0.062, 0.295


def sample_at(instant: datetime) -> int:
    """The number of the newest sample at an instant."""
    return (instant - EPOCH) // STEP


def newest_sample(now_utc: datetime) -> int:
    """The number of the newest sample that is published: the last of a whole file of two minutes."""
    return (now_utc - EPOCH) // FILE * PER_FILE - 1


def measured_utc(sample: int) -> datetime:
    """When a sample was measured."""
    return EPOCH + sample * STEP


@lru_cache(maxsize=1 << 14)
def file_hz(seed: int, number: int) -> tuple[float, ...]:
    """The eight samples of a file, in Hz with three decimals."""
    return tuple(_hz(seed, PER_FILE * number + place) for place in range(PER_FILE))


def hz(seed: int, sample: int) -> float:
    """A sample, in Hz with three decimals, 49.705 to 50.295."""
    number, place = divmod(sample, PER_FILE)
    return file_hz(seed, number)[place]


def _hz(seed: int, sample: int) -> float:
    away = layered(key(seed, "frequency"), sample, LAYERS) + 0.3 * (uniform(key(seed, "meter"), sample) - 0.5)
    # Response holds it: the further it strays, the harder it is pulled back.
    return round(50 + FURTHEST_HZ * tanh(SPREAD_HZ * away / FURTHEST_HZ), 3)
