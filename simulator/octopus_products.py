"""What the simulated supplier sells: products by half-hour that follow the market, one that is bought from households,
and one that changes by the quarter. Codes, dates and caps are those of the real ones, rounded where not published.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ingestion.settlement import LONDON, local_midnight_utc

BRAND = "OCTOPUS_ENERGY"
FOREVER = date(2100, 1, 1)


@dataclass(frozen=True)
class Product:
    """One product: on sale from its first day until `sold_until`, with rates until `rates_until` (days in the UK).

    cap: the most that a kWh costs, p before VAT; None where rates go by the quarter.
    """

    code: str
    name: str
    description: str
    first_date: date
    sold_until: date = FOREVER
    rates_until: date = FOREVER
    cap: float | None = None
    is_export: bool = False

    @property
    def is_half_hourly(self) -> bool:
        return self.cap is not None

    @property
    def first_utc(self) -> datetime:
        return local_midnight_utc(self.first_date)


def _agile(code: str, name: str, first: date, sold_until: date, rates_until: date, cap: float) -> Product:
    return Product(code, name, "Half-hourly prices that follow the market.", first, sold_until, rates_until, cap)


PRODUCTS = {
    product.code: product
    for product in (
        _agile(
            "AGILE-18-02-21", "Agile February 2018", date(2018, 2, 21), date(2022, 7, 22), date(2024, 1, 1), 33.3333
        ),
        _agile("AGILE-22-07-22", "Agile July 2022", date(2022, 7, 22), date(2022, 8, 31), date(2024, 1, 1), 52.3809),
        _agile("AGILE-22-08-31", "Agile August 2022", date(2022, 8, 31), date(2022, 11, 25), date(2024, 1, 1), 74.2857),
        _agile("AGILE-FLEX-22-11-25", "Agile", date(2022, 11, 25), date(2023, 12, 11), date(2025, 1, 1), 95.238),
        _agile("AGILE-23-12-06", "Agile", date(2023, 12, 6), date(2024, 10, 1), date(2025, 10, 1), 95.238),
        _agile("AGILE-24-10-01", "Agile", date(2024, 10, 1), FOREVER, FOREVER, 95.238),
        Product(
            "AGILE-OUTGOING-19-05-13",
            "Agile Outgoing",
            "Half-hourly payments for what a home feeds in.",
            date(2019, 5, 13),
            cap=1e6,
            is_export=True,
        ),
        Product("VAR-22-11-01", "Flexible", "A price that changes by the quarter.", date(2022, 11, 1)),
    )
}
# What the wholesale price counts for, and pence added in the evening peak. By region, in the order of the letters.
REGIONS = {
    "A": (2.1, 13), "B": (2.0, 14), "C": (2.0, 12), "D": (2.2, 13), "E": (2.1, 11), "F": (2.1, 12), "G": (2.1, 12),
    "H": (2.1, 12), "J": (2.2, 12), "K": (2.2, 12), "L": (2.3, 11), "M": (2.0, 13), "N": (2.1, 13), "P": (2.4, 12),
}  # fmt: skip


def known(code: str, now_utc: datetime) -> Product | None:
    """The product of a code; None where there is none by now."""
    product = PRODUCTS.get(code)
    return product if product and now_utc >= product.first_utc else None


def tariff_code(product: Product, region: str) -> str:
    """The code of a product's electricity tariff in a region: one register, as on a meter without a night rate."""
    return f"E-1R-{product.code}-{region}"


def region_of(product: Product, tariff: str) -> str | None:
    """The region's letter of a tariff of a product; None where it is no tariff of it."""
    region = tariff[-1:]
    return region if region in REGIONS and tariff == tariff_code(product, region) else None


def is_sold(product: Product, at_utc: datetime) -> bool:
    """Whether a household can choose a product at an instant."""
    return product.first_utc <= at_utc < local_midnight_utc(product.sold_until)


def summary(product: Product, url: str) -> dict[str, Any]:
    """A product in the list. url: where the list is."""
    return {
        "code": product.code,
        "direction": "EXPORT" if product.is_export else "IMPORT",
        "full_name": f"{product.name} ({product.code})",
        "display_name": product.name,
        "description": product.description,
        "is_variable": True,
        "is_green": True,
        "is_tracker": False,
        "is_prepay": False,
        "is_business": False,
        "is_restricted": False,
        "term": None if not product.is_half_hourly else 12,
        "available_from": local_text(product.first_utc),
        "available_to": None if product.sold_until == FOREVER else local_text(local_midnight_utc(product.sold_until)),
        "brand": BRAND,
        "links": [{"href": f"{url}{product.code}/", "method": "GET", "rel": "self"}],
    }


def local_text(instant: datetime) -> str:
    """An instant as products write it: by the UK's clock, with its offset, `Z` where that is 0."""
    local = instant.astimezone(LONDON)
    text = local.strftime("%Y-%m-%dT%H:%M:%S")
    return text + ("+01:00" if local.utcoffset() else "Z")


def utc_or_none(instant: datetime | None) -> str | None:
    """An instant as rates write it."""
    return None if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
