"""The best three hours of the next day for a charge: by the national carbon forecast, and by Agile where one lives."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlencode

from dashboard import charge_words, cleanest, text
from dashboard.connection import Row
from dashboard.local_time import clock_text, moment_text
from dashboard.marts import charge as marts
from dashboard.marts import now as of_now
from dashboard.regions import name_of
from ingestion.settlement import DAY, half_hour_start


def region_named(name: str | None) -> Row | None:
    """The network region of that name."""
    return next((row for row in marts.network_regions() if name_of(row) == name), None) if name else None


def lines(now_utc: datetime, known_utc: datetime | None, region: Row | None) -> Iterator[str]:
    """What the panel says, as Markdown."""
    start = half_hour_start(now_utc)
    yield _greenest(of_now.carbon_ahead(start, known_utc), now_utc)
    if region is None:
        yield "**Cheapest**: prices are those of a region. [Choose yours, and what to charge](charge)."
        return
    yield _cheapest(region, now_utc, known_utc)
    yield f"[Plan a charge in {text.plain(name_of(region))}](charge?{urlencode({'region': name_of(region)})})"


def _greenest(ahead: Sequence[Row], now_utc: datetime) -> str:
    found = cleanest.best({row["period_start_utc"]: float(row["carbon"]) for row in ahead})
    if found is None:
        return "**Greenest** in Great Britain: no three hours on end have a carbon forecast."
    return f"**Greenest** in Great Britain: {text.plain(_said(found, now_utc, text.carbon(found.mean)))}"


def _cheapest(region: Row, now_utc: datetime, known_utc: datetime | None) -> str:
    start = half_hour_start(now_utc)
    ahead = marts.ahead(region["gsp_group_code"], start, start + DAY, known_utc)
    name = text.plain(name_of(region))
    found = cleanest.best(ahead.prices.values) if ahead.price_basis == "agile" else None
    if found is None or ahead.prices.known_until_utc is None:
        return f"**Cheapest in {name}**: no Agile price is known ahead."
    said = _said(found, now_utc, charge_words.rate(found.mean))
    until = moment_text(ahead.prices.known_until_utc)
    return f"**Cheapest in {name}**, on Agile: {text.plain(f'{said} Prices are published until {until}.')}"


def _said(found: cleanest.Best, now_utc: datetime, mean: str) -> str:
    said = f"{charge_words.dated((found.start_utc, found.end_utc), now_utc)}, {mean} on average"
    if found.start_utc == found.soonest_utc:
        return f"{said}: the soonest there are."
    less = f"{text.percent(found.saved)} less than in " if found.soonest_mean > 0 else "less than in "
    return f"{said}, {less}the three hours from {clock_text(found.soonest_utc)}."
