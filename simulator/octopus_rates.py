"""What the simulated supplier asks for a kWh and for a day, when each price holds, and when it is out.

Prices are in pence, before VAT with four decimals. Half-hourly ones are a factor of the wholesale price (the market
index of the half-hour) and an addition from four to seven in the evening. Households' exports are paid without VAT.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ingestion.settlement import DAY, local_midnight_utc, settlement_date_of
from simulator import trends
from simulator.half_hours import clock_of, index_of, indices_of_days, start_of, year_of
from simulator.noise import key, uniform
from simulator.octopus_products import REGIONS, Product
from simulator.prices import market_index

VAT = 1.05
BEFORE_MIDNIGHT = timedelta(hours=8)  # four in the afternoon: the clocks never change between then and midnight
LATEST = timedelta(hours=2)
ANNOUNCED = 25 * DAY  # before a quarter or a year of standing charges begins
QUARTERS = (1, 4, 7, 10)
PAYMENTS = {"DIRECT_DEBIT": 1.0, "NON_DIRECT_DEBIT": 1.06}


class Rate(NamedTuple):
    """One price. valid_to is None where no end is known; payment_method where it does not matter."""

    exc_vat: float
    valid_from: datetime
    valid_to: datetime | None
    payment_method: str | None = None


def published_utc(seed: int, day: date) -> datetime:
    """When a UK day's half-hourly prices come out: at four the day before, within minutes on most days, or late."""
    chance = key(seed, "rates published")
    most = LATEST if uniform(chance, 2 * day.toordinal()) < 0.12 else timedelta(minutes=12)
    return local_midnight_utc(day) - BEFORE_MIDNIGHT + most * uniform(chance, 2 * day.toordinal() + 1)


def half_hours(seed: int, product: Product, now_utc: datetime) -> range:
    """The half-hours that have a price of a half-hourly product by now."""
    tomorrow = settlement_date_of(now_utc) + DAY
    last = tomorrow if published_utc(seed, tomorrow) <= now_utc else tomorrow - DAY
    return indices_of_days(product.first_date, min(last, product.rates_until - DAY))


def half_hourly(seed: int, product: Product, region: str, index: int) -> Rate:
    """The price of a half-hour."""
    wholesale_p, (factor, peak) = market_index(seed, index)[0] / 10, REGIONS[region]
    is_peak = 16 <= clock_of(index)[1] < 19
    if product.is_export:
        price = max(0.0, 0.95 * wholesale_p + 1.09 + (0.55 * peak if is_peak else 0.0))
    else:
        price = min(product.cap or 0.0, factor * wholesale_p + (peak if is_peak else 0.0))
    return Rate(round(price, 4), start_of(index), start_of(index + 1))


def quarterly(seed: int, product: Product, region: str, now_utc: datetime) -> Iterator[Rate]:
    """The prices of a product that changes by the quarter, newest first; one for each way to pay."""
    for start, end in _spans(product, now_utc, QUARTERS):
        for payment, more in PAYMENTS.items():
            yield Rate(_quarter_p(seed, region, start, more), start, end, payment)


def _quarter_p(seed: int, region: str, start: datetime, more: float) -> float:
    gas = trends.at(trends.GAS_PRICE_GBP_PER_MWH, year_of(index_of(start)) - 0.4)  # suppliers buy well ahead
    own = uniform(key(seed, f"quarter {region}"), start.toordinal()) - 0.5
    return round(more * min(33.0, 13.5 + 0.115 * gas + own), 4)


def standing_charges(seed: int, product: Product, region: str, now_utc: datetime) -> Iterator[Rate]:
    """Pence a day, newest first: from each April on another one; nothing for exports."""
    payments = {None: 1.0} if product.is_half_hourly else PAYMENTS
    for start, end in _spans(product, now_utc, (4,)):
        growth = 34 + 2.1 * (start.year - 2018) + 6 * (uniform(key(seed, f"standing {region}"), start.year) - 0.5)
        for payment, more in payments.items():
            yield Rate(0.0 if product.is_export else round(more * growth, 4), start, end, payment)


def _spans(product: Product, now_utc: datetime, months: tuple[int, ...]) -> Iterator[tuple[datetime, datetime | None]]:
    """The spans that a price holds which changes on the first of some months, newest first, announced by now."""
    years = range(product.first_date.year, now_utc.year + 2)
    changes = (date(year, month, 1) for year in years for month in months)
    days = [product.first_date, *(day for day in changes if product.first_date < day < product.rates_until)]
    starts = [at for day in days if (at := local_midnight_utc(day)) - ANNOUNCED <= now_utc]
    over = local_midnight_utc(product.rates_until)
    ends = [*starts[1:], over if over <= now_utc else None]
    return reversed(list(zip(starts, ends, strict=True)))


def with_vat(rate: Rate, product: Product) -> float:
    """The price with VAT."""
    return rate.exc_vat if product.is_export else round(rate.exc_vat * VAT, 6)
