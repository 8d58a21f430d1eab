"""What electricity costs: the market index, and the imbalance price with the settlement runs that revise it."""

from datetime import datetime, timedelta
from functools import lru_cache
from math import exp
from typing import NamedTuple

from simulator import trends
from simulator.demand import day_off
from simulator.grid import price_share, state, usual_mw
from simulator.half_hours import clock_of, start_of, year_of
from simulator.noise import key, layered, normal, uniform
from simulator.weather import wind_strength

# Settlement runs: hours after the half-hour's start, and how likely the run changes its net imbalance volume.
RUNS = (
    ("II", 168, 0.035), ("SF", 576, 0.02), ("R1", 1416, 0.015), ("R2", 3048, 0.008), ("R3", 5592, 0.004),
    ("RF", 10200, 0.003),
)  # fmt: skip
FIRST_RUN_LAG = timedelta(minutes=48, seconds=18)  # after the half-hour's start: about 18.5 minutes after its end
MARKET_INDEX_LAG = timedelta(minutes=1)  # after the half-hour's end
NIV_LAYERS = ((3, 0.66), (8, 0.58), (48, 0.3), (300, 0.36))


class Imbalance(NamedTuple):
    """The imbalance of a half-hour as a settlement run has it: volume in MWh (above 0: short), price in GBP/MWh."""

    volume_mwh: float
    price_gbp_per_mwh: float
    created_utc: datetime


@lru_cache(maxsize=1 << 15)
def market_index(seed: int, index: int) -> tuple[float, float]:
    """APXMIDP: price in GBP/MWh and volume in MWh of a half-hour."""
    now = state(seed, index)
    day, hour, _ = clock_of(index)
    level = trends.at(trends.GAS_PRICE_GBP_PER_MWH, year_of(index))
    moves = layered(key(seed, "gas price"), index, ((400, 0.6), (3000, 0.8)))
    level *= 1 + trends.at(trends.GAS_VOLATILITY, year_of(index)) * moves
    share = price_share(now.gas_need_mw)
    share += 0.17 * exp(-(((hour - 18.4) / 2.1) ** 2)) + 0.07 * exp(-(((hour - 8.2) / 1.5) ** 2))
    share -= 0.06 * exp(-(((hour - 3.8) / 2.6) ** 2)) + 0.06 * day_off(day)
    share += 0.05 * layered(key(seed, "market"), index, ((2, 0.5), (12, 0.6), (60, 0.6)))
    tight = max(0.0, 3200 - now.gas_margin_mw) / 3200
    share += 1.6 * tight**2.5
    price = level * share + 1.5 * normal(key(seed, "trades"), index)
    volume = 1150 + 260 * layered(key(seed, "volume"), index, ((4, 0.6), (100, 0.8)))
    volume += 0.03 * (usual_mw(seed, index) - 12000) + 420 * exp(-(((hour - 16) / 5) ** 2))
    return round(price, 2), round(max(90.0, volume), 2)


def n2ex_index(seed: int, index: int) -> tuple[float, float]:
    """N2EXMIDP: 0 and 0 in about 99 of 100 half-hours."""
    chance = key(seed, "n2ex")
    if uniform(chance, index) > 0.01:
        return 0.0, 0.0
    price, _ = market_index(seed, index)
    return round(price * (1 + 0.03 * normal(chance, -index)), 2), round(5 + 60 * uniform(chance, -index), 1)


@lru_cache(maxsize=1 << 15)
def first_volume_mwh(seed: int, index: int) -> float:
    """Net imbalance volume of the first run, in MWh; windy half-hours are a little long."""
    noise = layered(key(seed, "imbalance"), index, NIV_LAYERS) + 0.36 * normal(key(seed, "imbalance noise"), index)
    tail = 1 + 0.22 * abs(noise)  # large imbalances are more frequent than a normal distribution has them
    return 205 * noise * tail - 10 - 25 * wind_strength(seed, index)


def price_for(seed: int, index: int, volume_mwh: float) -> float:
    """The imbalance price in GBP/MWh that a net imbalance volume makes in a half-hour."""
    index_price, _ = market_index(seed, index)
    level = trends.at(trends.GAS_PRICE_GBP_PER_MWH, year_of(index))
    now = state(seed, index)
    chance = key(seed, "imbalance price")
    size = abs(volume_mwh) / 300
    own = 0.06 * normal(chance, index)
    if volume_mwh > 0:
        spread = level * (0.12 + 0.14 * size + own)
        tight = exp(-max(0.0, now.gas_margin_mw) / 4500)
        if uniform(chance, 3 * index) < 0.001 + 0.05 * tight and size > 0.4:  # scarcity: the last plant names its price
            spread += level * (0.5 + 1.2 * size) * min(12.0, uniform(chance, 3 * index + 1) ** -0.6)
        return round(min(4500.0, index_price + spread), 2 if uniform(chance, 3 * index + 2) < 0.8 else 12)
    spread = level * (0.12 + 0.24 * size + own)
    bids = uniform(chance, 3 * index) < _willing(seed, index) + 0.5 * min(1.0, now.curtailed_mw / 1500)
    price = index_price - spread
    if bids and size > 0.5:  # wind farms that want to be paid for stopping
        price = min(price, 12 - 75 * uniform(chance, 3 * index + 1) * min(1.5, size))
    if uniform(chance, 3 * index + 2) < 0.01:
        price = 0.0
    return round(max(-190.0, price), 2 if uniform(chance, 3 * index + 2) < 0.8 else 12)


def _willing(seed: int, index: int) -> float:
    """How likely a long half-hour is to be settled by plant that pays to stop: more so when it is windy."""
    _, hour, _ = clock_of(index)
    slack = 0.7 + 1.6 * exp(-(((hour - 3.7) / 2.4) ** 2)) - 0.55 * exp(-(((hour - 18.5) / 3) ** 2))
    growth = trends.at(trends.NEGATIVE_BIDS, year_of(index))
    return slack * growth * (0.05 + 0.22 * max(0.0, wind_strength(seed, index) - 0.3))


def first_created_utc(seed: int, index: int) -> datetime:
    """When the first run's price of a half-hour comes out."""
    return start_of(index) + FIRST_RUN_LAG + timedelta(seconds=int(20 * uniform(key(seed, "created"), index)))


def imbalance(seed: int, index: int, now_utc: datetime) -> Imbalance | None:
    """A half-hour's imbalance as the newest run by `now_utc` has it; None before the first run."""
    created = first_created_utc(seed, index)
    if now_utc < created:
        return None
    volume = priced_volume = first_volume_mwh(seed, index)
    start = start_of(index)
    for number, (_, age_hours, likelihood) in enumerate(RUNS):
        if now_utc - start < timedelta(hours=age_hours):
            break
        created = start + timedelta(hours=age_hours)
        chance = key(seed, "settlement runs")
        place = 16 * index + number
        if uniform(chance, place) < likelihood:
            was_short = volume > 0
            volume += 45 * normal(chance, place)
            if (volume > 0) != was_short or uniform(chance, -place) < 0.3:  # most changes are too small for the price
                priced_volume = volume
    return Imbalance(volume, price_for(seed, index, priced_volume), created)
