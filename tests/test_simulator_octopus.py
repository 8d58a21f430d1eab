"""The simulated supplier: prices by the half-hour in pages, out at four in the afternoon, and never changed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests

from ingestion.settlement import DAY, LONDON, local_midnight_utc, periods_in
from simulator.half_hours import index_of
from simulator.octopus_products import PRODUCTS
from simulator.octopus_rates import half_hourly, half_hours, published_utc
from simulator.prices import market_index
from simulator.server import Running, running

NOW = datetime(2025, 8, 14, 8, 3, 44, tzinfo=UTC)
AGILE, OUTGOING, VARIABLE = "AGILE-24-10-01", "AGILE-OUTGOING-19-05-13", "VAR-22-11-01"
SESSION = requests.Session()
SESSION.trust_env = False
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def grid() -> Iterator[Running]:
    with running(seed=1, now_utc=NOW, speed=0) as found:
        yield found


@pytest.fixture(autouse=True)
def at_its_time(grid: Running) -> None:
    grid.set_clock(NOW, speed=0)


def ask(url: str, status: int = 200) -> Any:
    found = SESSION.get(url, timeout=60)
    assert found.status_code == status, found.text[:300]
    assert datetime.fromisoformat(found.headers["X-Energy-Monitor-Simulated"])
    return found.json()


def tariff(grid: Running, product: str = AGILE, region: str = "C", what: str = "standard-unit-rates") -> str:
    return f"{grid.octopus_url}/products/{product}/electricity-tariffs/E-1R-{product}-{region}/{what}/"


def results(url: str) -> Rows:
    found: Rows = ask(url)["results"]
    return found


def of_day(day: date) -> str:
    first, last = local_midnight_utc(day), local_midnight_utc(day + DAY)
    return f"period_from={first:%Y-%m-%dT%H:%MZ}&period_to={last:%Y-%m-%dT%H:%MZ}"


# ---------------------------------------------------------------- windows and pages


def test_rates_come_newest_first_and_overlap_a_half_open_window(grid: Running) -> None:
    window = "period_from=2025-08-12T10:00Z&period_to=2025-08-12T12:00Z"
    found = [row["valid_from"] for row in results(f"{tariff(grid)}?{window}")]
    assert found == [f"2025-08-12T{time}:00Z" for time in ("11:30", "11:00", "10:30", "10:00")]
    within = "period_from=2025-08-12T10:10Z&period_to=2025-08-12T10:31Z"
    found = [row["valid_from"] for row in results(f"{tariff(grid)}?{within}")]
    assert found == ["2025-08-12T10:30:00Z", "2025-08-12T10:00:00Z"]


def test_times_without_a_zone_are_read_by_the_uks_clock(grid: Running) -> None:
    naive = ask(f"{tariff(grid)}?period_from=2025-08-12T10:00&period_to=2025-08-12T12:00:00")
    assert naive == ask(f"{tariff(grid)}?period_from=2025-08-12T09:00Z&period_to=2025-08-12T12:00:00%2B01:00")
    assert naive["count"] == 4


def test_pages_hold_100_rows_and_know_their_neighbours_absolute_addresses(grid: Running) -> None:
    url = f"{tariff(grid)}?period_from=2025-08-01T00:00Z&period_to=2025-08-06T00:00Z"
    first = ask(url)
    assert (first["count"], len(first["results"]), first["previous"]) == (240, 100, None)
    assert first["next"].startswith(tariff(grid) + "?")
    second = ask(first["next"])
    third = ask(second["next"])
    assert (len(second["results"]), len(third["results"]), third["next"]) == (100, 40, None)
    assert ask(second["previous"]) == first
    pages = first["results"] + second["results"] + third["results"]
    assert pages == results(f"{url}&page_size=1500")
    assert all(newer["valid_from"] == older["valid_to"] for older, newer in pairwise(pages[::-1]))


def test_a_page_has_1500_rows_at_most_and_a_page_that_does_not_exist_is_404(grid: Running) -> None:
    found = ask(f"{tariff(grid)}?page_size=9999")
    assert len(found["results"]) == 1500 < found["count"]
    assert ask(f"{tariff(grid)}?page=9999", 404) == {"detail": "Invalid page."}
    assert ask(f"{tariff(grid)}?page_size=0&page=2")["previous"] == f"{tariff(grid)}?page_size=0"


def test_a_time_that_cannot_be_read_is_refused_by_its_name(grid: Running) -> None:
    assert list(ask(f"{tariff(grid)}?period_from=yesterday", 400)) == ["period_from"]


@pytest.mark.parametrize(
    "path",
    [
        "/products/AGILE-99-01-01/",
        f"/products/{AGILE}/electricity-tariffs/E-1R-{AGILE}-I/standard-unit-rates/",
        f"/products/{AGILE}/electricity-tariffs/E-1R-{OUTGOING}-C/standard-unit-rates/",
        f"/products/{AGILE}/electricity-tariffs/E-1R-{AGILE}-C/day-unit-rates/",
        "/nothing",
    ],
)
def test_what_is_not_known_is_404_in_the_supplier_s_words(grid: Running, path: str) -> None:
    assert ask(grid.octopus_url + path, 404) == {"detail": "Not found."}


# ---------------------------------------------------------------- when prices are out


def test_a_uk_day_is_out_between_four_and_six_the_day_before_and_never_earlier() -> None:
    days = [date(2024, 1, 1) + n * DAY for n in range(700)]
    late = 0
    for day in days:
        out = published_utc(1, day).astimezone(LONDON)
        assert out.date() == day - DAY
        assert 16 <= out.hour < 18
        late += out.hour > 16 or out.minute > 15
    assert 20 < late < 140


@pytest.mark.parametrize(("day", "number"), [("2025-03-30", 46), ("2025-07-01", 48), ("2025-10-26", 50)])
def test_the_next_day_comes_whole_when_it_is_out_and_stays_as_it_is(grid: Running, day: str, number: int) -> None:
    wanted = date.fromisoformat(day)
    out = published_utc(1, wanted)
    url = f"{tariff(grid)}?{of_day(wanted)}"
    grid.set_clock(out - timedelta(seconds=1), speed=0)
    assert ask(url)["count"] == 0
    grid.set_clock(out + timedelta(seconds=1), speed=0)
    first = ask(url)
    assert first["count"] == periods_in(wanted) == number
    assert ask(f"{tariff(grid)}?period_from={local_midnight_utc(wanted + DAY):%Y-%m-%dT%H:%MZ}")["count"] == 0
    grid.set_clock(out + 300 * DAY, speed=0)
    assert ask(url) == first


def test_a_retired_product_answers_and_has_no_new_rates(grid: Running) -> None:
    found = ask(tariff(grid, "AGILE-FLEX-22-11-25"))
    assert found["results"][0]["valid_to"] == "2025-01-01T00:00:00Z"
    assert ask(f"{tariff(grid, 'AGILE-FLEX-22-11-25')}?period_from=2025-08-01T00:00Z")["count"] == 0


# ---------------------------------------------------------------- prices


def test_prices_follow_the_market_index_with_a_peak_tax_and_a_cap(grid: Running) -> None:
    found = results(f"{tariff(grid)}?period_from=2025-07-01T00:00Z&period_to=2025-07-22T00:00Z&page_size=1500")
    assert len(found) == 21 * 48
    for row in found:
        start = datetime.fromisoformat(row["valid_from"])
        wholesale, _ = market_index(1, index_of(start))
        peak = 12 if 16 <= start.astimezone(LONDON).hour < 19 else 0
        assert row["value_exc_vat"] == pytest.approx(min(95.238, 2.0 * wholesale / 10 + peak), abs=1e-4)
        assert row["value_inc_vat"] == pytest.approx(1.05 * row["value_exc_vat"], abs=1e-6)
        assert row["value_exc_vat"] == round(row["value_exc_vat"], 4)
        assert row["payment_method"] is None


def test_no_price_is_above_its_products_cap() -> None:
    flex = PRODUCTS["AGILE-FLEX-22-11-25"]
    first = index_of(datetime(2022, 12, 1, tzinfo=UTC))
    dearest = max(half_hourly(1, flex, "P", index).exc_vat for index in range(first, first + 60 * 48))
    assert 40 < 1.05 * dearest <= 100


def test_regions_differ_and_exports_earn_less_without_vat(grid: Running) -> None:
    window = of_day(date(2025, 8, 12))
    regions = {region: results(f"{tariff(grid, AGILE, region)}?{window}") for region in "ABCDEFGHJKLMNP"}
    means = {region: sum(row["value_inc_vat"] for row in rows) / 48 for region, rows in regions.items()}
    assert len(set(means.values())) > 5
    exports = results(f"{tariff(grid, OUTGOING)}?{window}")
    assert sum(row["value_inc_vat"] for row in exports) / 48 < 0.8 * min(means.values())
    assert all(row["value_inc_vat"] == row["value_exc_vat"] >= 0 for row in exports)


def test_a_variable_product_has_each_price_twice_and_an_open_end(grid: Running) -> None:
    found = results(tariff(grid, VARIABLE))
    methods = [row["payment_method"] for row in found[:4]]
    assert methods == ["DIRECT_DEBIT", "NON_DIRECT_DEBIT"] * 2
    assert [row["valid_to"] for row in found[:4]] == [None, None, found[0]["valid_from"], found[0]["valid_from"]]
    assert found[0]["valid_from"] == "2025-06-30T23:00:00Z"  # midnight, UK time
    assert found[1]["value_exc_vat"] > found[0]["value_exc_vat"]
    assert ask(f"{tariff(grid, VARIABLE)}?period_from=2025-08-01T00:00Z&period_to=2025-08-02T00:00Z")["count"] == 2


def test_the_next_price_that_is_announced_ends_the_one_before(grid: Running) -> None:
    grid.set_clock(datetime(2025, 9, 20, tzinfo=UTC), speed=0)
    newest, _, before, *_ = results(tariff(grid, VARIABLE))
    assert (newest["valid_from"], newest["valid_to"]) == ("2025-09-30T23:00:00Z", None)
    assert before["valid_to"] == newest["valid_from"]


def test_standing_charges_are_pence_a_day_that_change_in_april(grid: Running) -> None:
    found = results(tariff(grid, what="standing-charges"))
    assert [(row["valid_from"], row["valid_to"]) for row in found] == [
        ("2025-03-31T23:00:00Z", None),
        ("2024-09-30T23:00:00Z", "2025-03-31T23:00:00Z"),
    ]
    assert all(30 < row["value_exc_vat"] < 80 and row["payment_method"] is None for row in found)
    assert results(tariff(grid, OUTGOING, what="standing-charges"))[0]["value_inc_vat"] == 0
    assert len(results(tariff(grid, VARIABLE, what="standing-charges") + "?period_from=2025-08-01T00:00Z")) == 2


# ---------------------------------------------------------------- products


def test_the_list_holds_what_is_sold_now_or_then(grid: Running) -> None:
    found = ask(f"{grid.octopus_url}/products/?brand=OCTOPUS_ENERGY&page_size=100")
    assert [row["code"] for row in found["results"]] == [AGILE, OUTGOING, VARIABLE]
    assert (found["count"], found["next"], found["previous"]) == (3, None, None)
    assert {row["code"]: row["direction"] for row in found["results"]}[OUTGOING] == "EXPORT"
    assert found["results"][0]["available_from"] == "2024-10-01T00:00:00+01:00"
    then = results(f"{grid.octopus_url}/products/?available_at=2023-01-01T00:00Z")
    assert {row["code"] for row in then} == {"AGILE-FLEX-22-11-25", OUTGOING, VARIABLE}
    assert results(f"{grid.octopus_url}/products/?is_tracker=true") == []
    assert ask(f"{grid.octopus_url}/products/?page_size=2")["next"].endswith("/v1/products/?page=2&page_size=2")


def test_a_product_comes_into_being_on_its_day(grid: Running) -> None:
    grid.set_clock(datetime(2024, 9, 30, 22, 59, tzinfo=UTC), speed=0)
    ask(f"{grid.octopus_url}/products/{AGILE}/", 404)
    grid.set_clock(datetime(2024, 9, 30, 23, 0, tzinfo=UTC), speed=0)
    assert ask(f"{grid.octopus_url}/products/{AGILE}/")["code"] == AGILE
    product = PRODUCTS[AGILE]
    assert half_hours(1, product, product.first_utc).start == index_of(product.first_utc)


def test_a_product_has_a_tariff_in_each_of_14_regions_and_links_that_answer(grid: Running) -> None:
    found = ask(f"{grid.octopus_url}/products/{AGILE}/")
    tariffs = found["single_register_electricity_tariffs"]
    assert list(tariffs) == [f"_{letter}" for letter in "ABCDEFGHJKLMNP"]
    london = tariffs["_C"]["direct_debit_monthly"]
    assert london["code"] == f"E-1R-{AGILE}-C"
    charge = results(tariff(grid, what="standing-charges"))[0]
    assert london["standing_charge_inc_vat"] == charge["value_inc_vat"]
    assert [ask(link["href"])["count"] > 0 for link in london["links"]] == [True, True]
    (own,) = results(f"{grid.octopus_url}/products/")[0]["links"]
    assert ask(own["href"]) == found
