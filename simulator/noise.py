"""Chance that is the same in every process: noise as a pure function of (seed, name, position).

No generator with a state and no `hash()`: both would make a value depend on what was asked before, or on the
process. Each node comes from splitmix64 over a key, and a key from blake2b over the seed and the noise's name.
"""

from functools import lru_cache
from hashlib import blake2b
from math import floor, sqrt
from statistics import NormalDist

MASK = (1 << 64) - 1
_NORMAL = NormalDist()

Layers = tuple[tuple[float, float], ...]  # (scale in half-hours, weight); the weights' squares sum to about 1


@lru_cache(maxsize=4096)
def key(seed: int, name: str) -> int:
    """The 64-bit key of a named noise of a seed."""
    return int.from_bytes(blake2b(f"{seed}/{name}".encode(), digest_size=8).digest(), "big")


def mixed(noise_key: int, index: int) -> int:
    """64 well-mixed bits for an index (splitmix64)."""
    z = (noise_key + (index + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def uniform(noise_key: int, index: int) -> float:
    """A number in (0, 1), its own for each index."""
    return ((mixed(noise_key, index) >> 11) + 0.5) / (1 << 53)


@lru_cache(maxsize=1 << 17)
def normal(noise_key: int, index: int) -> float:
    """A standard normal number, its own for each index."""
    return _NORMAL.inv_cdf(uniform(noise_key, index))


def smooth(noise_key: int, position: float) -> float:
    """Standard normal at every position, and smooth: neighbouring whole positions are independent."""
    index = floor(position)
    part = position - index
    later = part * part * (3 - 2 * part)
    earlier = 1 - later
    mean = earlier * normal(noise_key, index) + later * normal(noise_key, index + 1)
    return mean / sqrt(earlier * earlier + later * later)


def layered(noise_key: int, half_hours: float, layers: Layers) -> float:
    """Smooth noise at several scales at once, as weather is."""
    total = 0.0  # not sum(), which adds floats in another way from Python 3.12 on
    for scale, weight in layers:
        total += weight * smooth(noise_key, half_hours / scale)
        noise_key = (noise_key + 0xD1342543DE82EF95) & MASK
    return total


def smooth_2d(noise_key: int, column: float, row: float) -> float:
    """Standard normal at every point of a plane, and smooth along both axes (target time and issue time)."""
    index = floor(row)
    part = row - index
    later = part * part * (3 - 2 * part)
    earlier = 1 - later
    mean = earlier * smooth(mixed(noise_key, index), column) + later * smooth(mixed(noise_key, index + 1), column)
    return mean / sqrt(earlier * earlier + later * later)
