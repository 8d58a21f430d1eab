"""The dashboard as people see it: every page in Chromium, on a desk and on a phone, its numbers against the marts."""

import csv
import io
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.pictures import READY as IDLE
from dashboard.text import JOINER
from energy_monitor.clock import clock_text
from energy_monitor.workspace import Workspace
from tests.conftest import REPOSITORY, SIMULATED_NOW, reader_environment
from tests.marts import rows_of
from tests.odd_text import EVIL, EVIL_CABLE
from tests.waiting import wait_for

PAGES = (
    *("", "charge", "charge?region=London&pauses=true&carbon=20&power=0", "charge?region=London&what=Dishwasher"),
    *("mix", "demand", "price", "carbon", "regions", "forecasts", "records", "outages", "compare", "sources"),
)
ORIGIN = "origin?number=price&at=2026-10-28T11:00Z"
CHARTS = {"": 5, "mix": 1, "demand": 1, "carbon": 1}  # where there is data
SIZES = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
GAS = (0xE0, 0x8A, 0x72)  # dim_fuels.colour
WIDTHS = """() => [document.documentElement, document.querySelector('[data-testid="stMain"]')]
  .map(e => [e.scrollWidth, e.clientWidth])"""


@contextmanager
def served(workspace: Workspace, log: Path, **environ: str) -> Iterator[str]:
    """The dashboard as it is started for people, reading a workspace; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | reader_environment(workspace) | environ,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(server, lambda: _is_up(port), log, 60, every_s=0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
    assert "Traceback" not in log.read_text(), log.read_text()


def _is_up(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).text == "ok"
    except requests.ConnectionError:
        return False


SIMULATED_CLOCK = clock_text(SIMULATED_NOW, SIMULATED_NOW, 0)


@pytest.fixture(scope="module")
def simulated_url(simulated_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("simulated") / "streamlit.log"
    with served(simulated_workspace, log, ENERGY_MONITOR_CLOCK=SIMULATED_CLOCK) as url:
        yield url


@dataclass
class Visitor:
    """A page, and what went wrong on it."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}/{path}", wait_until="commit")
        self.page.wait_for_function(IDLE, timeout=60_000)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text().replace("\N{NO-BREAK SPACE}", " ")

    def description(self, beginning: str) -> str:
        found = self.page.locator(f'[aria-label^="{beginning}"]').first.get_attribute("aria-label") or ""
        return found.replace("\N{NO-BREAK SPACE}", " ")


@contextmanager
def visitor(browser: Browser, url: str, **settings: Any) -> Iterator[Visitor]:
    """A visitor with a browser's cache of their own, whom nothing may go wrong for."""
    context = browser.new_context(**settings)
    found = Visitor(context.new_page(), url)

    def noted(message: Any) -> None:
        # Streamlit itself looks for its server below the page's address first
        probe = re.search(r"/\w+/_stcore/(health|host-config)$", message.location.get("url", ""))
        if message.type == "error" and not probe:
            found.errors.append(message.text)

    found.page.on("console", noted)
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    yield found
    assert not found.errors
    context.close()


SCHEMES = {"desk": "light", "phone": "dark"}
# What axe finds that Streamlit itself brings, by its rule: nothing, at the version that is pinned.
STREAMLITS: set[str] = set()


def hold_reachable(page: Page, where: str) -> None:
    """No violation that axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    grave = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical") and one["id"] not in STREAMLITS
    ]
    assert not grave, where


def hold_every_page(browser: Browser, url: str, size: str, simulated: bool) -> None:
    with visitor(browser, url, **SIZES[size], color_scheme=SCHEMES[size]) as seen:
        for path in (*PAGES, ORIGIN):
            seen.go(path)
            where = f"{path or 'now'} on a {size}"
            assert seen.page.locator('[data-testid="stException"]').count() == 0, where
            assert seen.page.locator(".st-key-trouble").count() == 0, where
            for scroll, client in seen.page.evaluate(WIDTHS):
                assert scroll <= client, f"{where} scrolls sideways"
            banner = seen.page.locator(".st-key-banner")
            assert banner.count() == int(simulated), where
            if simulated:
                assert "these numbers are made up" in banner.inner_text()
                assert banner.is_visible()
            assert "Elexon Limited copyright and database right" in seen.text(".st-key-footer")
            if path in CHARTS:
                assert seen.page.locator('[data-testid="stVegaLiteChart"]').count() == CHARTS[path], where
            assert not seen.errors, where
            hold_reachable(seen.page, where)


@pytest.mark.parametrize("size", ["desk", pytest.param("phone", marks=pytest.mark.full)])
def test_every_page_over_simulated_data(browser: Browser, simulated_url: str, size: str) -> None:
    hold_every_page(browser, simulated_url, size, simulated=True)


def test_every_page_over_recorded_data(browser: Browser, recorded_workspace: Workspace, tmp_path: Path) -> None:
    with served(recorded_workspace, tmp_path / "log") as url:
        hold_every_page(browser, url, "phone", simulated=False)
        with visitor(browser, url, **SIZES["desk"]) as seen:
            seen.go("mix?window=all")
            picture = seen.page.locator('[data-testid="stVegaLiteChart"]').screenshot()
    # Of 1,545 days, 41 were asked for: the gas of all others would be seen far and wide
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    counts = {colour: count for count, colour in image.getcolors(image.width * image.height) or []}
    pixels = image.width * image.height
    assert 10 < counts[GAS] < pixels / 50
    assert sum(count for colour, count in counts.items() if max(colour) - min(colour) < 8) > pixels * 0.9


def near(number: Any, digits: int, divisor: int = 1) -> str:
    """Rounded by integers alone, halves away from zero, as the pages should."""
    scaled = Decimal(repr(number) if isinstance(number, float) else number) * 10**digits
    whole = int((2 * abs(scaled) + divisor) // (2 * divisor))
    before, after = divmod(whole, 10**digits)
    sign = "−" if scaled < 0 and whole else ""
    return f"{sign}{before:,}" + (f".{after:0{digits}}" if digits else "")


def pounds(number: Decimal) -> str:
    shown = near(number, 2)
    return f"−£{shown[1:]}/MWh" if shown.startswith("−") else f"£{shown}/MWh"


def test_numbers_on_the_pages_are_those_of_the_marts(
    browser: Browser, simulated_workspace: Workspace, simulated_url: str
) -> None:
    def one(statement: str) -> tuple:
        (row,) = rows_of(simulated_workspace, statement, role="reader")
        return row

    newest = "order by period_start_utc desc limit 1"
    zero_carbon, renewable, nuclear, imports, exports, nuclear_mw, gas_mw, wind_mw, hydro_mw, other_mw = one(
        "select zero_carbon_share, renewable_share, nuclear_share, imports_mw, exports_mw, nuclear_mw, gas_mw, wind_mw,"
        f" hydro_mw, other_mw from marts.fct_grid_half_hourly where nuclear_share is not null {newest}"
    )
    (price,) = one(
        "select market_index_price_gbp_per_mwh from marts.fct_prices_half_hourly "
        f"where market_index_price_gbp_per_mwh is not null {newest}"
    )
    (imbalance,) = one(
        "select system_price_gbp_per_mwh from marts.fct_prices_half_hourly "
        f"where system_price_gbp_per_mwh is not null {newest}"
    )
    indo, total = one(
        f"select indo_mw, indo_and_embedded_mw from marts.fct_demand_half_hourly where indo_mw is not null {newest}"
    )
    carbon, index = one(
        "select coalesce(carbon_actual_gco2_per_kwh, carbon_forecast_gco2_per_kwh), carbon_index "
        f"from marts.fct_carbon_half_hourly where period_start_utc <= '{SIMULATED_NOW}' {newest}"
    )
    flows = rows_of(
        simulated_workspace,
        "select country, sum(generation_mw) from marts.fct_generation_five_minutely "
        "inner join marts.dim_fuels using (fuel_code) where is_interconnector and interval_start_utc = "
        "(select max(interval_start_utc) from marts.fct_generation_five_minutely) group by 1",
        role="reader",
    )
    outages = rows_of(
        simulated_workspace,
        "select unavailable_mw from marts.fct_outages where superseded_at_utc is null and event_status = 'Active' "
        f"and event_start_utc <= '{SIMULATED_NOW}' and coalesce(event_end_utc, 'infinity') > '{SIMULATED_NOW}' "
        "order by 1 desc limit 1",
        role="reader",
    )
    regional = rows_of(
        simulated_workspace,
        "select region_name, carbon_forecast_gco2_per_kwh from marts.fct_carbon_regional_half_hourly "
        "inner join marts.dim_regions using (region_id, region_name) "
        "where region_kind = 'network' and period_start_utc = '2026-10-28 12:30Z'",
        role="reader",
    )
    (at_nine,) = one("select indo_mw from marts.fct_demand_half_hourly where period_start_utc = '2026-10-28 09:00Z'")
    with visitor(browser, simulated_url, **SIZES["desk"]) as seen:
        seen.go("")

        def tile(key: str) -> str:
            return seen.text(f'.st-key-tile-{key} [data-testid="stMetricValue"]').strip()

        said = {key: seen.text(f".st-key-tile-{key}") for key in ("demand", "imports", "carbon")}
        sources = seen.description("Power by source") + ";"
        by_country = seen.description("Net import by country") + ";"
        numbers = {
            "headline": (seen.text("h1").split(" of ")[0], f"{near(zero_carbon * 100, 0)} %"),
            "zero-carbon share": (tile("zero-carbon"), f"{near(zero_carbon * 100, 0)} %"),
            "renewable share": (tile("renewable"), f"{near(renewable * 100, 0)} %"),
            "nuclear share": (tile("nuclear"), f"{near(nuclear * 100, 0)} %"),
            "carbon": (tile("carbon"), f"{near(carbon, 0)} gCO₂/kWh"),
            "price": (tile("price"), pounds(price)),
            "imbalance price": (tile("imbalance-price"), pounds(imbalance)),
            "demand": (tile("demand"), f"{near(indo, 1, 1000)} GW"),
            "imports": (tile("imports"), f"{near(imports, 1, 1000)} GW"),
        }
        within = {
            "demand with embedded": (said["demand"], f"{near(total, 1, 1000)} GW with embedded"),
            "exports": (said["imports"], f"{near(exports, 1, 1000)} GW exports"),
            "carbon index": (said["carbon"], index),
            "nuclear": (sources, f"Nuclear {near(nuclear_mw, 0)} MW;"),
            "gas": (sources, f"Gas {near(gas_mw, 0)} MW;"),
            "wind": (sources, f"Wind {near(wind_mw, 0)} MW;"),
            "hydro": (sources, f"Hydro {near(hydro_mw, 0)} MW;"),
            "other": (sources, f"Other {near(other_mw, 0)} MW;"),
            **{f"flow, {country}": (by_country, f"{country} {near(mw, 0)} MW;") for country, mw in flows},
        }
        if outages:
            seen.page.locator(".st-key-outages td").first.wait_for(state="attached")  # comes after the canvas
            table = seen.page.locator(".st-key-outages").evaluate("e => e.textContent").replace("\xa0", " ")
            within["largest outage"] = (table, f"{near(outages[0][0], 0)} MW")
        for subject, column, mart in (
            ("mix", "transmission_supply_mw", "fct_grid_half_hourly"),
            ("demand", "indo_mw", "fct_demand_half_hourly"),
            ("carbon", "carbon_actual_gco2_per_kwh", "fct_carbon_half_hourly"),
        ):
            seen.go(f"{subject}?window=week")
            (count,) = one(
                f"with newest as (select max(period_start_utc) as at from marts.{mart} where {column} is not null) "
                f"select count({column}) from marts.{mart} cross join newest "
                "where period_start_utc <= at and period_start_utc > at - interval '7 days'"
            )
            within[f"half-hours of {subject}"] = (seen.text(".st-key-caption"), f"ade of {count:,} of 336 half-hours")
        seen.go("regions?half_hour=Wed+28+Oct+2026%2C+12%3A30+GMT")
        marks = seen.page.locator("[aria-label*='Region: ']").evaluate_all("es => es.map(e => e.ariaLabel)")
        on_the_map = "; ".join(marks).replace("\N{NO-BREAK SPACE}", " ")
        for region, forecast in regional:
            within[f"carbon of {region}"] = (on_the_map, f"{region}; gCO₂ per kWh: {near(forecast, 0)} gCO₂/kWh")
        seen.go("origin?number=demand&at=2026-10-28T09:00Z")
        numbers["demand at nine"] = (
            seen.text('[data-testid="stMetricValue"]').strip(),
            f"{near(at_nine, 0)} MW",
        )
    assert len(flows) == 7
    assert len(regional) == 14
    assert len(numbers) + len(within) >= 40
    for name, (shown, expected) in numbers.items():
        assert shown == expected, name
    for name, (shown, expected) in within.items():
        assert expected in shown, name


def test_a_chart_is_the_same_in_every_zone_of_a_browser(browser: Browser, simulated_url: str) -> None:
    pictures = set()
    for zone in ("Europe/London", "America/Los_Angeles", "Asia/Kolkata"):
        with visitor(browser, simulated_url, **SIZES["desk"], timezone_id=zone) as seen:
            seen.go("price?window=week")
            seen.page.mouse.move(0, 0)
            pictures.add(seen.page.locator('[data-testid="stVegaLiteChart"]').first.screenshot())
    assert len(pictures) == 1


def test_a_window_is_in_the_address_and_the_csv_is_what_the_page_shows(
    browser: Browser, simulated_workspace: Workspace, simulated_url: str
) -> None:
    with visitor(browser, simulated_url, **SIZES["desk"]) as seen:
        seen.go("carbon")
        seen.page.get_by_role("radio", name="week").or_(seen.page.get_by_role("button", name="week")).first.click()
        seen.page.wait_for_url("**/carbon?window=week")
        seen.page.get_by_text("Wed 21 Oct 2026").wait_for()
        seen.page.wait_for_function(IDLE)
        with seen.page.expect_download() as download:
            seen.page.get_by_role("button", name="CSV").click()
        with Path(download.value.path()).open(newline="") as file:
            lines = list(csv.DictReader(file))
        assert seen.page.locator('[data-testid="stDataFrame"]').count() == 0
        seen.page.locator(".st-key-table-carbon summary").click()
        seen.page.locator('[data-testid="stDataFrame"]').wait_for()
    assert download.value.suggested_filename == "energy-monitor_carbon_week_2026-10-21_to_2026-10-28.csv"
    assert [line["period_start_uk_local"][-6:] for line in (lines[0], lines[-1])] == ["+01:00", "+00:00"]
    held = rows_of(
        simulated_workspace,
        "select carbon_actual_gco2_per_kwh::text from marts.fct_carbon_half_hourly "
        "where period_start_utc between %s and %s order by period_start_utc",
        (lines[0]["period_start_utc"], lines[-1]["period_start_utc"]),
        role="reader",
    )
    assert [line["carbon_actual_gco2_per_kwh"] for line in lines] == [number or "" for (number,) in held]


def test_markup_in_source_text_does_nothing(browser: Browser, odd_workspace: Workspace, tmp_path: Path) -> None:
    with (
        served(odd_workspace, tmp_path / "log", ENERGY_MONITOR_CLOCK=SIMULATED_CLOCK) as url,
        visitor(browser, url, **SIZES["desk"]) as seen,
    ):
        main = seen.page.locator('[data-testid="stMain"]')
        came_alive = 'script, img[src="x"], a[href^="javascript"], a[href*="example.org"]'
        for path in (*PAGES, ORIGIN):
            seen.go(path)
            assert seen.page.title() != "owned", path
            assert main.locator('[data-testid="stException"]').count() == 0, path
            assert main.locator(came_alive).count() == 0, path
        seen.go("")
        assert EVIL_CABLE in main.inner_text().replace(JOINER, "")
        assert EVIL in seen.text(".st-key-tile-carbon").replace(JOINER, "")
