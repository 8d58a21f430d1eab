"""The dashboard over ten years: how long a warm page takes, how soon its first number is there, and fifty readers.

    ENERGY_MONITOR_RECORDED=… python -m benchmarks.dashboard [--readers 50] [--minutes 2] [--json]

Makes a server and a workspace of its own in a temporary folder, ten years as benchmarks/history.py has them, and prices
and carbon for two days ahead of now, for the page *Charge*; serves the dashboard as people get it; asks it over its own
websocket, from the request to the last element that is sent; opens it in Chromium beside an empty Streamlit app.
Deletes all of it at the end.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from psycopg2.extras import execute_values
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.sync.client import ClientConnection, connect

from benchmarks.browser import browser
from benchmarks.figures import Figure, at_most, beside, times_at_most
from benchmarks.history import TEN_YEARS, Taken, bodies_to_marts
from benchmarks.recorded import recorded_folder
from energy_monitor.dbt import environment
from energy_monitor.postgres import free_port
from energy_monitor.up.services import dashboard_is_ready
from energy_monitor.workspace import Workspace
from ingestion.settlement import HALF_HOUR, settlement_date_of, settlement_period_of

BUDGET, LIMIT_MS, FIRST_LIMIT = "dashboard", 200.0, 1.5
ROOT = Path(__file__).resolve().parents[1]
PAGES = ("mix", "demand", "price", "carbon")
OTHERS = ("regions", "forecasts", "records", "outages", "compare", "sources")
CHARGE = "region=London"  # the query of the page Charge
AHEAD = 96  # half-hours of prices and carbon, from the running one on
WINDOWS = ("day", "week", "month", "year", "all")
THINK_S = 30.0
EMPTY_APP = "import streamlit as st\nst.title('Empty')\n"
FIRST_NUMBER, FIRST_TILE = "the first number of Now, in its headline", "its first tile"
EMPTY_PAINT, EMPTY_TITLE = "an empty app's first paint", "an empty app's title"
SUCCESS = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY


def fill_ahead(workspace: Workspace, now_utc: datetime) -> None:
    """Prices of Agile and regional carbon from now on, into the marts: what the page Charge plans by."""
    first = now_utc.replace(minute=now_utc.minute // 30 * 30, second=0, microsecond=0)
    chance, starts = random.Random(1), [first + number * HALF_HOUR for number in range(AHEAD)]
    times = [(settlement_date_of(start), settlement_period_of(start), start) for start in starts]
    with closing(workspace.connect("transformer")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "select region_id, region_name, gsp_group_code from marts.dim_regions where gsp_group_code <> ''"
        )
        regions = cursor.fetchall()
        execute_values(
            cursor,
            "insert into marts.fct_retail_prices_half_hourly (settlement_date, settlement_period, period_start_utc, "
            "tariff_code, product_code, direction, region_code, region_name, price_inc_vat_p_per_kwh, state, "
            "fetched_at_utc) values %s",
            [
                (
                    *time,
                    f"E-1R-AGILE-{code}",
                    "AGILE",
                    "import",
                    code,
                    name,
                    chance.randint(5, 40),
                    "provisional",
                    now_utc,
                )
                for _, name, code in regions
                for time in times
            ],
        )
        execute_values(
            cursor,
            "insert into marts.fct_carbon_regional_half_hourly (settlement_date, settlement_period, period_start_utc, "
            "region_id, region_name, carbon_forecast_gco2_per_kwh, state, fetched_at_utc) values %s",
            [
                (*time, region, name, chance.randint(20, 300), "forecast", now_utc)
                for region, name, _ in regions
                for time in times
            ],
        )


@contextmanager
def served(script: Path, environ: Mapping[str, str]) -> Iterator[int]:
    """A Streamlit app as it is started for people; gives its port."""
    port = free_port(0) or 0
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not dashboard_is_ready(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{script} is not served")
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)


class Reader:
    """A session as a browser has one, without the browser: asks for pages and reads all that is sent."""

    def __init__(self, to_server: ClientConnection) -> None:
        self.to_server = to_server

    def ask(self, page: str, query: str) -> tuple[float, int]:
        """Seconds from asking to the last element, and the bytes sent. Raises RuntimeError where the page failed."""
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page
        began, size = time.perf_counter(), 0
        self.to_server.send(asked.SerializeToString())
        while True:
            data = self.to_server.recv(timeout=60)
            size += len(data)
            said = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            kind = said.WhichOneof("type")
            if kind == "delta" and said.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(f"/{page}?{query}: {said.delta.new_element.exception.message}")
            if kind == "script_finished" and said.script_finished == SUCCESS:
                return time.perf_counter() - began, size


@contextmanager
def reader_of(port: int) -> Iterator[Reader]:
    """A reader's session, which ends with the block."""
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, max_size=None, subprotocols=[Subprotocol("streamlit")], proxy=None) as to_server:
        yield Reader(to_server)


def warm_pages(port: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of every page in every window, after it was asked for once. Answers are kept for half a minute: both
    kinds, kept and asked anew, are among them."""
    found = {}
    with reader_of(port) as reader:
        for page in PAGES:
            for window in WINDOWS:
                reader.ask(page, f"window={window}")
                found[f"{page} {window}"] = [reader.ask(page, f"window={window}")[0] for _ in range(rounds)]
        for page, query in (("", ""), ("charge", CHARGE), *((page, "") for page in OTHERS)):
            reader.ask(page, query)
            found[page or "now"] = [reader.ask(page, query)[0] for _ in range(rounds)]
    return found


def crowd(port: int, readers: int, seconds: float) -> list[float]:
    """So many readers, each of whom does something every thirty seconds: how long each of it took."""
    taken: list[float] = []
    failures: list[BaseException] = []
    end = time.monotonic() + seconds

    def read(seed: int) -> None:
        chance = random.Random(seed)
        try:
            time.sleep(chance.uniform(0, THINK_S))
            with reader_of(port) as reader:
                while time.monotonic() < end:
                    page = chance.choice(("", "charge", *PAGES, *OTHERS))
                    query = f"window={chance.choice(WINDOWS)}" if page in PAGES else CHARGE if page == "charge" else ""
                    taken.append(reader.ask(page, query)[0])
                    time.sleep(max(0.0, THINK_S - taken[-1]))
        except Exception as error:  # told below: a thread's failure is nobody's otherwise
            failures.append(error)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{len(failures)} of {readers} readers failed, the first by: {failures[0]!r}")
    return taken


def first_number(url: str, empty_url: str, rounds: int) -> dict[str, list[float]]:
    """Seconds from the address to what a reader sees of Now, and of an empty app, by turns."""
    found: dict[str, list[float]] = {name: [] for name in (FIRST_NUMBER, FIRST_TILE, EMPTY_PAINT, EMPTY_TITLE)}
    with browser() as chromium:
        for _ in range(rounds):
            page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(empty_url, wait_until="commit")
            page.get_by_role("heading", name="Empty").wait_for()
            found[EMPTY_TITLE].append(_now(page))
            found[EMPTY_PAINT].append(_painted(page))
            page.context.close()
            page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(url, wait_until="commit")
            page.get_by_role("heading", level=1, name=re.compile(r"\d")).wait_for()
            found[FIRST_NUMBER].append(_now(page))
            page.locator('[data-testid="stMetricValue"]').first.wait_for()
            found[FIRST_TILE].append(_now(page))
            page.context.close()
    return found


def _now(page: Any) -> float:
    return float(page.evaluate("performance.now()")) / 1000


def _painted(page: Any) -> float:
    painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now()"
    return float(page.evaluate(painted)) / 1000


def measure(
    workspace: Workspace, folder: Path, *, rounds: int, readers: int, seconds: float, paints: int
) -> dict[str, Any]:
    """Of a workspace that is built; `folder` is for the empty app. Seconds by what was measured."""
    fill_ahead(workspace, datetime.now(UTC))
    with closing(workspace.connect("auditor")) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from marts.fct_grid_half_hourly")
        ((half_hours,),) = cursor.fetchall()
    environ = {**os.environ, **environment(workspace, "reader")}
    empty = folder / "empty.py"
    empty.write_text(EMPTY_APP)
    with served(ROOT / "dashboard" / "app.py", environ) as port, served(empty, environ) as empty_port:
        warm = warm_pages(port, rounds)
        shown = first_number(f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{empty_port}/", paints)
        many = crowd(port, readers, seconds) if readers else []
    return {"half_hours": half_hours, "warm_pages": warm, "browser": shown, "readers": readers, "crowd": many}


def p95(taken: Sequence[float]) -> float:
    return quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]


def figures(found: Mapping[str, Any]) -> list[Figure]:
    every = {name: p95(taken) * 1000 for name, taken in found["warm_pages"].items()}
    slowest = max(every, key=lambda name: every[name])
    whole = p95([one for taken in found["warm_pages"].values() for one in taken]) * 1000
    seen = {name: median(taken) for name, taken in found["browser"].items()}
    years = found["half_hours"] / 17532
    first = (FIRST_NUMBER, seen[FIRST_NUMBER], "s", seen[EMPTY_PAINT], EMPTY_PAINT)
    told = [
        at_most(BUDGET, f"p95 of a warm page, {len(every)} of them, {years:.1f} years", whole, "ms", LIMIT_MS),
        at_most(BUDGET, f"p95 of the slowest, {slowest}", every[slowest], "ms", LIMIT_MS),
        times_at_most(BUDGET, *first, FIRST_LIMIT),
    ]
    if many := found["crowd"]:
        told.append(beside(BUDGET, f"p95 of {found['readers']} readers at once", p95(many) * 1000, "ms"))
    return told


def table(found: Mapping[str, Any]) -> list[str]:
    """The figures as lines of Markdown."""
    every = [one for taken in found["warm_pages"].values() for one in taken]
    lines = [
        "| warm page, from asking to the last element, ms | p50 | p95 | max |",
        "|---|---|---|---|",
        *(
            f"| {name} | {median(taken) * 1000:.0f} | {p95(taken) * 1000:.0f} | {max(taken) * 1000:.0f} |"
            for name, taken in (*found["warm_pages"].items(), ("**all**", every))
        ),
        "",
    ]
    seen = {name: median(taken) for name, taken in found["browser"].items()}
    lines += [
        "| in the browser | seconds | by an empty app's first paint |",
        "|---|---|---|",
        *(f"| {name} | {at:.2f} | {at / seen[EMPTY_PAINT]:.2f} |" for name, at in seen.items()),
        "",
    ]
    if many := found["crowd"]:
        lines.append(
            f"{found['readers']} readers, one interaction each in 30 s: {len(many)} interactions, p50 "
            f"{median(many) * 1000:.0f} ms, p95 {p95(many) * 1000:.0f} ms, max {max(many) * 1000:.0f} ms."
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--days", type=int, default=TEN_YEARS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    sizes = {"rounds": given.rounds, "readers": given.readers, "seconds": given.minutes * 60, "paints": 5}
    with tempfile.TemporaryDirectory(prefix="energy-monitor-bench-") as folder:
        workspace = Workspace("history", {"ENERGY_MONITOR_HOME": folder})
        try:
            bodies_to_marts(workspace, recorded_folder(), given.days, Taken(workspace, lambda _: None))
            found = measure(workspace, Path(folder), **sizes)
        finally:
            workspace.postgres.stop()
    print(json.dumps(found) if given.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
