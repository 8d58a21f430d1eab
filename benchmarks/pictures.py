"""The pictures of README and docs, of a simulated grid: `make pictures`.

Makes a workspace of its own in a temporary folder, three weeks of the simulated grid over the change of the clocks of
October 2026, serves the dashboard, and takes what is listed below in Chromium. Deletes all of it at the end.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from benchmarks.browser import browser
from benchmarks.dashboard import ROOT, served
from energy_monitor.clock import VARIABLE as CLOCK
from energy_monitor.clock import clock_text
from energy_monitor.database import prepare
from energy_monitor.dbt import build, environment
from energy_monitor.fetching import fetch_all, sessions
from energy_monitor.up.services import simulated_sources, simulator_budgets
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY
from ingestion.settlement import settlement_date_of as local_date
from ingestion.windows import requests_for
from simulator.server import running

IMAGES = ROOT / "docs" / "images"
NOW = datetime(2026, 10, 28, 12, 7, tzinfo=UTC)
DAYS = 21
ISSUES = (36, 24, 18, 12, 6, 0)  # hours before NOW at which forecasts are fetched
COLOURS = 128  # of a picture's palette, for small files
DESK, PHONE = (1280, 800), (390, 844)


@dataclass(frozen=True)
class Picture:
    """A file's name, the page's address, and how it is looked at. `whole`: the page's full height."""

    name: str
    address: str
    size: tuple[int, int] = DESK
    scheme: Literal["light", "dark"] = "light"
    whole: bool = True


PICTURES = (
    Picture("now", ""),
    Picture("now-phone", "", PHONE, "dark", whole=False),
    Picture("charge", "charge?region=South+West+England"),
    Picture("mix", "mix?window=week&against=week+before"),
    Picture("regions", "regions"),
    Picture("forecasts", "forecasts"),
    Picture("sources", "sources", whole=False),
    Picture("origin", "origin?number=carbon-forecast&at=2026-10-28T18:00Z"),
)
READY_WITHIN_MS = 300_000  # on a busy machine; by itself a second or two
# Everything is there and nothing is under way
READY = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  if (!app || app.dataset.testConnectionState !== 'CONNECTED') return false;
  if (app.dataset.testScriptState !== 'notRunning') return false;
  const busy = '[data-testid="stSkeleton"],[data-testid="stAppSkeleton"],[data-stale="true"],[data-testid="stSpinner"]';
  if (document.querySelector(busy) || !document.querySelector('.st-key-footer')) return false;
  return [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')].filter(e => e.offsetParent)
    .every(e => e.querySelector('canvas,svg'));
}"""


def fill(workspace: Workspace) -> None:
    """The simulated grid as somebody who asked at its pace has it."""
    prepare(workspace)
    forecasts = [dataset for dataset in DATASETS.values() if dataset.newest]
    pasts = [dataset for dataset in DATASETS.values() if not dataset.newest]
    first, last = local_date(NOW) - DAYS * DAY, local_date(NOW)
    with running(seed=11, now_utc=NOW - timedelta(hours=ISSUES[0]), speed=0) as grid:
        asked = sessions({**simulated_sources(grid.port), **simulator_budgets()})
        for hours in ISSUES:
            now = NOW - timedelta(hours=hours)
            grid.set_clock(now, speed=0)
            list(fetch_all(workspace, [(d, r) for d in forecasts for r in requests_for(d, None, None, now)], asked))
        list(fetch_all(workspace, [(d, r) for d in pasts for r in requests_for(d, first, last, NOW)], asked))
    if not build(workspace, ["--exclude-resource-type", "test", "--quiet"]):
        raise RuntimeError("dbt could not build the simulated grid")


@contextmanager
def simulated_dashboard() -> Iterator[str]:
    """The address of the dashboard over that grid, at its moment."""
    with tempfile.TemporaryDirectory(prefix="energy-monitor-pictures-") as folder:
        workspace = Workspace("simulated", {**os.environ, "ENERGY_MONITOR_HOME": folder})
        try:
            fill(workspace)
            environ = {**os.environ, **environment(workspace, "reader"), CLOCK: clock_text(NOW, NOW, 0)}
            with served(ROOT / "dashboard" / "app.py", environ) as port:
                yield f"http://127.0.0.1:{port}"
        finally:
            workspace.postgres.stop()


def taken(page: Any, picture: Picture, url: str) -> bytes:
    """The picture as PNG, with few colours."""
    width, height = picture.size
    page.goto(f"{url}/{picture.address}", wait_until="commit")
    page.wait_for_function(READY, timeout=READY_WITHIN_MS)
    if picture.whole:
        tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, tall)})
        page.wait_for_function(READY, timeout=READY_WITHIN_MS)
    page.wait_for_timeout(1500)  # charts are drawn anew at the new size, tables a moment after
    image = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    with simulated_dashboard() as url, browser() as chromium:
        for picture in PICTURES:
            width, height = picture.size
            page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=picture.scheme)
            file: Path = IMAGES / f"{picture.name}.png"
            file.write_bytes(taken(page, picture, url))
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} kB")
            page.close()


if __name__ == "__main__":
    main()
