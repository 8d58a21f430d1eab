"""Octopus Energy's endpoints: products, prices and standing charges. Pure, but for where the next page lies."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from simulator.elexon_requests import first
from simulator.half_hours import first_index_from, index_of
from simulator.octopus_products import (
    BRAND,
    PRODUCTS,
    REGIONS,
    Product,
    is_sold,
    known,
    local_text,
    region_of,
    summary,
    tariff_code,
    utc_or_none,
)
from simulator.octopus_rates import Rate, half_hourly, half_hours, quarterly, standing_charges, with_vat
from simulator.octopus_requests import Refusal, Request, instant, page, window

PREFIX = "/v1"
NOT_FOUND = {"detail": "Not found."}


def products(asked: Request) -> Any:
    """`/products/`: what is on sale, now or at `available_at`."""
    at = instant(asked.query, "available_at") or asked.now_utc
    found = [
        summary(product, asked.url)
        for product in PRODUCTS.values()
        if is_sold(product, at) and product.first_utc <= asked.now_utc
    ]
    flags = ("is_green", "is_variable", "is_tracker", "is_prepay", "is_business")
    for name in flags:
        wanted = (first(asked.query, name) or "").lower()
        if wanted in ("true", "false"):
            found = [row for row in found if row[name] == (wanted == "true")]
    if first(asked.query, "brand") not in (None, BRAND):
        found = []
    return page(asked, len(found), lambda start, stop: found[start:stop])


def product(asked: Request) -> Any:
    """`/products/{code}/`: a product with its tariffs by region, on sale or not."""
    found = _known(asked)
    at = instant(asked.query, "tariffs_active_at") or asked.now_utc
    names = ("direct_debit_monthly",) if found.is_half_hourly else ("direct_debit_monthly", "non_direct_debit")
    tariffs = {}
    for region in REGIONS:
        charges = [rate for rate in standing_charges(asked.seed, found, region, asked.now_utc) if _holds(rate, at)]
        charge = charges[0] if charges else None
        tariffs[f"_{region}"] = {name: _tariff(found, region, charge, asked.url) for name in names}
    row = summary(found, asked.url.removesuffix(f"{found.code}/"))
    groups = ("dual_register_electricity_tariffs", "single_register_gas_tariffs")
    return {
        **row,
        "tariffs_active_at": local_text(at),
        "single_register_electricity_tariffs": tariffs,
        **{name: {} for name in groups},
    }


def _tariff(found: Product, region: str, charge: Rate | None, url: str) -> dict[str, Any]:
    code = tariff_code(found, region)
    return {
        "code": code,
        "standing_charge_exc_vat": None if charge is None else charge.exc_vat,
        "standing_charge_inc_vat": None if charge is None else with_vat(charge, found),
        "links": [
            {"href": f"{url}electricity-tariffs/{code}/{name}/", "method": "GET", "rel": name.replace("-", "_")}
            for name in ("standing-charges", "standard-unit-rates")
        ],
    }


def unit_rates(asked: Request) -> Any:
    """`…/standard-unit-rates/`: p/kWh, newest first, of what overlaps the window."""
    found, region = _tariff_of(asked)
    if not found.is_half_hourly:
        return _page_of_rates(asked, found, quarterly(asked.seed, found, region, asked.now_utc))
    begin, end = window(asked.query)
    out = half_hours(asked.seed, found, asked.now_utc)
    start = max(out.start, index_of(begin)) if begin else out.start
    stop = min(out.stop, first_index_from(end)) if end else out.stop
    indices = range(start, max(start, stop))[::-1]
    return page(
        asked,
        len(indices),
        lambda start, stop: [_row(half_hourly(asked.seed, found, region, i), found) for i in indices[start:stop]],
    )


def charges(asked: Request) -> Any:
    """`…/standing-charges/`: p/day, newest first, of what overlaps the window."""
    found, region = _tariff_of(asked)
    return _page_of_rates(asked, found, standing_charges(asked.seed, found, region, asked.now_utc))


def _known(asked: Request) -> Product:
    found = known(asked.path["product"], asked.now_utc)
    if found is None:
        raise Refusal(404, NOT_FOUND)
    return found


def _tariff_of(asked: Request) -> tuple[Product, str]:
    found = _known(asked)
    region = region_of(found, asked.path["tariff"])
    if region is None:
        raise Refusal(404, NOT_FOUND)
    return found, region


def _holds(rate: Rate, at: datetime) -> bool:
    return rate.valid_from <= at and (rate.valid_to is None or at < rate.valid_to)


def _row(rate: Rate, found: Product) -> dict[str, Any]:
    return {
        "value_exc_vat": rate.exc_vat,
        "value_inc_vat": with_vat(rate, found),
        "valid_from": utc_or_none(rate.valid_from),
        "valid_to": utc_or_none(rate.valid_to),
        "payment_method": rate.payment_method,
    }


def _page_of_rates(asked: Request, found: Product, rates: Iterable[Rate]) -> Any:
    begin, end = window(asked.query)
    rows = [
        _row(rate, found)
        for rate in rates
        if (begin is None or rate.valid_to is None or rate.valid_to > begin) and (end is None or rate.valid_from < end)
    ]
    return page(asked, len(rows), lambda start, stop: rows[start:stop])


Endpoint = Callable[[Request], Any]
RATES = "/products/{product}/electricity-tariffs/{tariff}"
ENDPOINTS: Mapping[str, Endpoint] = {
    "/products/": products,
    "/products/{product}/": product,
    f"{RATES}/standard-unit-rates/": unit_rates,
    f"{RATES}/standing-charges/": charges,
}


def answer(endpoint: Endpoint, asked: Request) -> tuple[int, Any]:
    """The status and the body, not yet as text, of a request."""
    try:
        return 200, endpoint(asked)
    except Refusal as refusal:
        return refusal.status, refusal.body
