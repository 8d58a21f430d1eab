"""Market index and system (imbalance) prices."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ingestion.settlement import DAY
from simulator.elexon_requests import FIRST_DATE, Query, day, first, instant, instants, periods, required
from simulator.half_hours import (
    first_index_from,
    index_of,
    index_of_period,
    indices_of_days,
    label_of,
    start_of,
    utc_text,
)
from simulator.noise import key, normal, uniform
from simulator.prices import MARKET_INDEX_LAG, Imbalance, imbalance, market_index, n2ex_index

Rows = list[dict[str, Any]]
LARGEST = 7 * DAY
PROVIDERS: Mapping[str, Callable[[int, int], tuple[float, float]]] = {"APXMIDP": market_index, "N2EXMIDP": n2ex_index}
ASCENDING_FROM = datetime(2025, 1, 1, tzinfo=UTC)  # the source's answers of 2024 are newest first, those of 2026 not


def market_index_rows(seed: int, query: Query, now_utc: datetime, largest: timedelta | None = LARGEST) -> Rows:
    """Rows of `/balancing/pricing/market-index`, newest first, one for each provider and half-hour."""
    required(query, "from", "to")
    instants(query, "from", "to", now_utc, largest)
    start, end = (_bound(query, which) for which in ("from", "to"))
    asked = frozenset(text for text in query.get("dataProviders", ()) if text) or frozenset(PROVIDERS)
    newest = index_of(now_utc - MARKET_INDEX_LAG) - 1
    first_index = max(start, indices_of_days(FIRST_DATE, FIRST_DATE).start)
    return [
        {
            "startTime": utc_text(start_of(index)),
            "dataProvider": provider,
            "settlementDate": label_of(index)[0],
            "settlementPeriod": label_of(index)[1],
            "price": price,
            "volume": volume,
        }
        for index in reversed(range(first_index, min(end, newest) + 1))
        for provider, of in PROVIDERS.items()
        if provider in asked
        for price, volume in (of(seed, index),)
    ]


def _bound(query: Query, which: str) -> int:
    """The first or last half-hour of a window: by instant, or by settlement date where a period is given too."""
    text = first(query, which) or ""
    at = instant(text, which)
    wanted = periods(query, "settlementPeriodFrom" if which == "from" else "settlementPeriodTo")
    if wanted is None:
        return first_index_from(at) if which == "from" else index_of(at)
    return indices_of_days(at.date(), at.date()).start + min(wanted) - 1


def system_prices(seed: int, path: dict[str, str], now_utc: datetime) -> Rows:
    """Rows of `/balancing/settlement/system-prices/{date}[/{period}]`, as the newest run by now has them."""
    settlement_date = day(path["settlementDate"], "settlementDate")
    rows = [
        _system_price(seed, index, found)
        for index in _wanted(settlement_date, path.get("settlementPeriod"))
        if (found := imbalance(seed, index, now_utc)) is not None
    ]
    return rows if now_utc >= ASCENDING_FROM else rows[::-1]


def _wanted(settlement_date: date, period: str | None) -> Iterator[int]:
    if settlement_date < FIRST_DATE:
        return
    if period is None:
        yield from indices_of_days(settlement_date, settlement_date)
        return
    (number,) = periods({"settlementPeriod": [period]}) or frozenset((1,))
    index = index_of_period(settlement_date, number)
    if index is not None:
        yield index


def _system_price(seed: int, index: int, found: Imbalance) -> dict[str, Any]:
    settlement_date, period = label_of(index)
    chance = key(seed, "system price fields")
    volume, price = found.volume_mwh, found.price_gbp_per_mwh
    is_short = volume > 0
    sell = -0.5 * int(620 * uniform(chance, 8 * index)) if uniform(chance, 8 * index + 1) < 0.8 else 0.0
    buy = round(300 * uniform(chance, 8 * index + 2), 3) if uniform(chance, 8 * index + 3) < 0.45 else 0.0
    # Accepted offers and bids and the trades outside the market (adjustments) add up to the imbalance.
    offers = 650 + 330 * abs(normal(chance, 8 * index + 4)) + max(0.0, volume - sell - buy)
    bids = min(0.0, volume - offers - sell - buy)
    tagged_offers = offers - 1 if is_short else offers
    tagged_bids = bids if is_short else min(0.0, bids + 1)
    replaced = not is_short and uniform(chance, 8 * index + 5) < 0.8
    return {
        "settlementDate": settlement_date,
        "settlementPeriod": period,
        "startTime": utc_text(start_of(index)),
        "createdDateTime": utc_text(found.created_utc),
        "systemSellPrice": price,
        "systemBuyPrice": price,
        "bsadDefaulted": False,
        "priceDerivationCode": "P" if is_short else "N",
        "reserveScarcityPrice": 0.0,
        "netImbalanceVolume": volume,
        "sellPriceAdjustment": 0.0,
        "buyPriceAdjustment": 5.72 if uniform(chance, 8 * index + 6) < 0.12 else 0.0,
        "replacementPrice": price if replaced else None,
        "replacementPriceReferenceVolume": float(volume < -300) if replaced else None,
        "totalAcceptedOfferVolume": offers,
        "totalAcceptedBidVolume": bids,
        "totalAdjustmentSellVolume": sell,
        "totalAdjustmentBuyVolume": buy,
        "totalSystemTaggedAcceptedOfferVolume": tagged_offers,
        "totalSystemTaggedAcceptedBidVolume": tagged_bids,
        "totalSystemTaggedAdjustmentSellVolume": sell or None,
        "totalSystemTaggedAdjustmentBuyVolume": buy or None,
    }
