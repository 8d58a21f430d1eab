"""Octopus Energy: what households pay, half-hourly on Agile, by region. Prices of Octopus Energy; no key is needed.

Rates do not say which tariff they are of; only the request does. Answers come in pages: each request asks for no more
than one page holds, and an answer that says there is another one is not loaded.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ingestion.dataset import BodyError, Column, Dataset, Form
from ingestion.settlement import DAY, HALF_HOUR, HOUR

LARGEST_PAGE = 1500
LARGEST_PRODUCTS_PAGE = 100
GSP_GROUPS = "ABCDEFGHJKLMNP"  # the 14 regions of the networks; there is no I and no O
PRODUCTS = ("AGILE-24-10-01", "AGILE-OUTGOING-19-05-13")
SCOPES = tuple(
    {"product": product, "tariff": f"E-1R-{product}-{group}"} for product in PRODUCTS for group in GSP_GROUPS
)


def results(body: Any) -> list[Mapping[str, Any]]:
    """`{"count", "next", "previous", "results": […]}` to its rows.

    A rate that holds whatever the way of paying has no `payment_method`; here it has an empty one, as it is a key.
    """
    found = body.get("results") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise BodyError("expected an object with a list `results`")
    return [
        row | {"payment_method": row["payment_method"] or ""}
        if isinstance(row, dict) and "payment_method" in row
        else row
        for row in found
    ]


def cut_short(body: Any) -> str | None:
    """Why an answer is not whole."""
    next_page = body.get("next")
    return f"the answer goes on at {next_page}, and would be taken for all there is" if next_page else None


def _rates(dataset_id: str, title: str, meaning: str, last_part: str, unit: str, **rest: Any) -> Dataset:
    return Dataset(
        id=dataset_id,
        source="octopus",
        title=title,
        meaning=meaning,
        requests=rf"/products/[^/]+/electricity-tariffs/(?P<tariff_code>[^/]+)/{last_part}/",
        rows=results,
        cut_short=cut_short,
        columns=(
            Column("tariff_code", "text", "key"),
            Column("valid_from", "instant", "key"),
            Column("payment_method", "text", "key"),
            Column("valid_to", "instant", "value"),
            Column("value_exc_vat", "number", "value", unit),
            Column("value_inc_vat", "number", "value", f"{unit}, with VAT"),
        ),
        cadence=DAY,
        scopes=SCOPES,
        **rest,
    )


UNIT_RATES = _rates(
    "octopus_unit_rates",
    "Half-hourly prices of Agile and Agile Outgoing, in 14 regions",
    "What a kWh costs a household on Agile, or brings one on Agile Outgoing.",
    "standard-unit-rates",
    "p/kWh",
    revisions="Published once, about 16:00 for the next day; none seen changed.",
    seen="rebuilt",
    kind="measurement",
    forms=(
        Form(
            "/products/{product}/electricity-tariffs/{tariff}/standard-unit-rates/"
            f"?period_from={{first}}&period_to={{last}}&page_size={LARGEST_PAGE}",
            "valid_from",
            "instant",
            31 * DAY,  # of 48 half-hours each, and two more
            half_open=True,
        ),
    ),
    time_column="valid_from",
    period=HALF_HOUR,
    publication_lag=-4 * HOUR,  # the first half-hour of a day is out by eight in the evening before
    ahead=DAY,
    published_once=True,
    ask_at="25,55 15-20 * * *",
    revised_for=2 * DAY,
)

STANDING_CHARGES = _rates(
    "octopus_standing_charges",
    "Standing charges of Agile and Agile Outgoing, in 14 regions",
    "What a household pays a day, whatever it uses.",
    "standing-charges",
    "p/day",
    revisions="A new one ends the one before.",
    seen="no",
    kind="reference",
    newest="/products/{product}/electricity-tariffs/{tariff}/standing-charges/" + f"?page_size={LARGEST_PAGE}",
    forms=(),
    time_column=None,
    period=timedelta(0),
    publication_lag=timedelta(0),
    revised_for=timedelta(0),
)

PRODUCTS_ON_SALE = Dataset(
    id="octopus_products",
    source="octopus",
    title="Products on sale",
    meaning="What Octopus sells, and from when to when; tells when Agile gets a new name.",
    revisions="Products come and go.",
    seen="no",
    kind="reference",
    requests="/products/",
    newest=f"/products/?brand=OCTOPUS_ENERGY&page_size={LARGEST_PRODUCTS_PAGE}",
    forms=(),
    rows=results,
    cut_short=cut_short,
    columns=(
        Column("code", "text", "key"),
        Column("direction", "text", "value"),
        Column("full_name", "text", "value"),
        Column("display_name", "text", "value"),
        Column("description", "text", "value"),
        Column("is_variable", "boolean", "value"),
        Column("is_green", "boolean", "value"),
        Column("is_tracker", "boolean", "value"),
        Column("is_prepay", "boolean", "value"),
        Column("is_business", "boolean", "value"),
        Column("is_restricted", "boolean", "value"),
        Column("term", "integer", "value"),
        Column("available_from", "instant", "value"),
        Column("available_to", "instant", "value"),
        Column("brand", "text", "value"),
        Column("links", "json", "attribute"),
    ),
    time_column=None,
    period=timedelta(0),
    cadence=DAY,
    publication_lag=timedelta(0),
    revised_for=timedelta(0),
)

DATASETS = (PRODUCTS_ON_SALE, UNIT_RATES, STANDING_CHARGES)
