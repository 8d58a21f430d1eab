"""AGPT: generation by the European kinds of plant, half-hourly, hours late, now and then revised."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from ingestion.settlement import DAY
from simulator import trends
from simulator.elexon_requests import FIRST_UTC, Query, instants, required
from simulator.grid import state
from simulator.half_hours import first_index_from, index_of, label_of, start_of, utc_text, year_of
from simulator.noise import key, normal, uniform

Rows = list[dict[str, Any]]
LARGEST = 4 * DAY
LAG = timedelta(minutes=149)  # after the half-hour's start
LATEST_REVISION = 6 * DAY  # after the first publication
REVISED = 0.04  # share of half-hours with a second revision
OFFSHORE: trends.Anchors = ((2009, 0.2), (2013, 0.38), (2018, 0.43), (2022, 0.56), (2026, 0.62), (2037, 0.75))
FIRST_DOCUMENT = 6_000_000
BUSINESS = {"Solar": "Solar generation", "Wind Offshore": "Wind generation", "Wind Onshore": "Wind generation"}


def agpt(seed: int, query: Query, now_utc: datetime, largest: timedelta | None = LARGEST) -> Rows:
    """Rows of AGPT by publish time, newest first; each publication of a half-hour is a document's revision."""
    names = "publishDateTimeFrom", "publishDateTimeTo"
    required(query, *names)
    window = instants(query, *names, now_utc, largest)
    if window is None:
        return []
    first_utc, last_utc = max(window[0], FIRST_UTC), min(window[1], now_utc)
    found = sorted(_published(seed, first_utc, last_utc), reverse=True)
    return [row for published, index, revision in found for row in _rows(seed, index, revision, published)]


def publications(seed: int, index: int) -> Iterator[tuple[datetime, int]]:
    """When each revision of a half-hour comes out, with its number."""
    chance = key(seed, "generation by type")
    first = start_of(index) + LAG + timedelta(seconds=int(60 * uniform(chance, 4 * index)))
    yield first, 1
    if uniform(chance, 4 * index + 1) < REVISED:
        yield first + timedelta(seconds=int((0.2 + 5.7 * uniform(chance, 4 * index + 2)) * 86400)), 2


def _published(seed: int, first_utc: datetime, last_utc: datetime) -> Iterator[tuple[datetime, int, int]]:
    earliest = first_index_from(first_utc - LATEST_REVISION - LAG) - 1
    for index in range(earliest, index_of(last_utc - LAG) + 1):
        for published, revision in publications(seed, index):
            if first_utc <= published <= last_utc:
                yield published, index, revision


def _rows(seed: int, index: int, revision: int, published: datetime) -> Rows:
    settlement_date, period = label_of(index)
    return [
        {
            "dataset": "AGPT",
            "documentId": f"NGET-EMFIP-AGPT-{FIRST_DOCUMENT + index - index_of(FIRST_UTC):08}",
            "documentRevisionNumber": revision,
            "publishTime": utc_text(published),
            "businessType": BUSINESS.get(kind, "Production"),
            "psrType": kind,
            "quantity": quantity,
            "startTime": utc_text(start_of(index)),
            "settlementDate": settlement_date,
            "settlementPeriod": period,
        }
        for kind, quantity in quantities_mw(seed, index, revision).items()
    ]


@lru_cache(maxsize=1 << 13)
def quantities_mw(seed: int, index: int, revision: int) -> dict[str, float]:
    """MW by kind of plant, as a revision has them: estimates of sun and wind on land are what the second one changes.

    Wind is that of the transmission system; the sun is an estimate, as no meter sees it.
    """
    now = state(seed, index)
    mw = now.generation_mw
    chance = key(seed, f"generation by type {revision}")
    offshore = trends.at(OFFSHORE, year_of(index)) * mw["WIND"]
    return {
        "Biomass": round(mw["BIOMASS"], 3),
        "Fossil Gas": round(mw["CCGT"] + mw["OCGT"], 3),
        "Fossil Hard coal": round(mw["COAL"], 3),
        "Fossil Oil": round(mw["OIL"], 3),
        "Hydro Pumped Storage": round(max(0.0, mw["PS"]), 3),
        "Hydro Run-of-river and poundage": round(mw["NPSHYD"], 3),
        "Nuclear": round(mw["NUCLEAR"], 3),
        "Other": round(mw["OTHER"], 3),
        "Solar": round(now.embedded_solar_mw * (1 + 0.03 * normal(chance, index)), 1),
        "Wind Offshore": round(offshore, 3),
        "Wind Onshore": round((mw["WIND"] - offshore) * (1 + 0.005 * normal(chance, -index)), 3),
    }
