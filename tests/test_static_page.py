"""The page for everyone: the same numbers as the dashboard's Now, in one small file that needs nothing."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import dagster as dg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from sqlalchemy import event

from dashboard import kept, text
from dashboard.connection import WarehouseError, engine, one_moment, rows
from dashboard.now_answers import Answers, answers
from dashboard.static_charts import Axis, y_ticks
from dashboard.static_page import MADE_UP, MOST_LETTERS, page
from energy_monitor import publishing
from energy_monitor.clock import clock_text
from energy_monitor.dbt import environment, in_environment
from energy_monitor.errors import UserError
from energy_monitor.publishing import MOST_BYTES, PAGE, REFRESHING, publish
from energy_monitor.workspace import Workspace
from ingestion.lake import LakeError, open_lake
from ingestion.landing import attempt_keys
from ingestion.settlement import LONDON
from ingestion.sources import SOURCES
from orchestration import site
from orchestration.building import Graph
from orchestration.definitions import build_defs
from orchestration.exposures import exposure_of, marts_of
from orchestration.warehouse import SHARED, parsed_project, warehouse_assets
from tests.conftest import REPOSITORY, SIMULATED_NOW, WorkspaceMaker
from tests.marts import rows_of
from tests.odd_text import EVIL, EVIL_CABLE
from tests.pages import shown_page, specs_of
from tests.test_dashboard_browser import SIZES

LATER = datetime(2026, 11, 2, 9, tzinfo=UTC)  # for the recorded workspace: long after its newest row
MAY_STAY_OPEN = {"td", "th", "tr", "tbody", "thead", "li", "dt", "dd", "html", "body"}
VOID = {"meta", "link", "br"}


class Parsed(HTMLParser):
    """The text and the attributes of a page, whose tags must match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert set(self.open) <= MAY_STAY_OPEN

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"{tag} has an attribute twice"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open[-1] != tag:
            assert self.open.pop() in MAY_STAY_OPEN, f"</{tag}> closes what is not open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def answers_of(workspace: Workspace, now_utc: datetime) -> Answers | None:
    kept.forget()
    try:
        with in_environment(environment(workspace, "reader")):
            return answers(now_utc)
    finally:
        kept.forget()


@pytest.fixture(params=["simulated", "recorded"])
def built(request: pytest.FixtureRequest) -> tuple[Workspace, datetime]:
    """Both workspaces, each with the moment at which it is looked at."""
    now = SIMULATED_NOW if request.param == "simulated" else LATER
    return request.getfixturevalue(f"{request.param}_workspace"), now


# What is on it --------------------------------------------------------------------------------------------------------


def hold_to_itself(html: str) -> Parsed:
    """The page is small, matches its tags, runs nothing, and asks for nothing from elsewhere."""
    assert len(html.encode()) <= MOST_BYTES
    found = Parsed(html)
    names = [tag for tag, _ in found.tags]
    assert not {"script", "iframe", "object", "embed", "img", "base", "form", "input"} & set(names)
    assert [names.count(one) for one in ("h1", "main", "header", "footer")] == [1, 1, 1, 1]
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in found.tags:
        assert not [name for name in attrs if name.startswith("on") or name in ("src", "srcset")], (tag, attrs)
        link = attrs.get("href")
        assert (
            link is None
            or (tag == "a" and link in ("", "index.html", "refreshing.html"))
            or (tag == "link" and link.startswith("data:image/svg+xml,"))
        ), link
    addresses = {
        value for _, attrs in found.tags for value in attrs.values() if re.match(r"\s*(https?:|//)", value or "")
    }
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in html
    assert "@import" not in html
    for source in SOURCES.values():
        assert source.attribution in found.text
    return found


def test_it_is_small_whole_and_needs_nothing(built: tuple[Workspace, datetime]) -> None:
    workspace, now = built
    html = page(answers_of(workspace, now), now)
    found = hold_to_itself(html)
    assert len(gzip.compress(html.encode())) < 20_000
    is_simulated = now == SIMULATED_NOW
    assert (MADE_UP in found.text) == is_simulated
    titles = [attrs["content"] for tag, attrs in found.tags if attrs.get("property") == "og:title"]
    assert titles[0].startswith(MADE_UP) == is_simulated, "also where only its title is shown"
    assert not [attrs for _, attrs in found.tags if attrs.get("http-equiv") == "refresh"]
    assert '<meta http-equiv="refresh" content="300">' in page(answers_of(workspace, now), now, refreshes=True)
    made = next(attrs["datetime"] for tag, attrs in found.tags if tag == "time")
    assert datetime.fromisoformat(made) == now


def test_its_numbers_are_those_of_the_dashboard(built: tuple[Workspace, datetime], reading: Callable) -> None:
    workspace, now = built
    found = Parsed(page(answers_of(workspace, now), now))
    kept.forget()
    reading(workspace, now)
    app = shown_page("now")
    for words in (app.title[0].value, app.markdown[0].value):
        assert " ".join(text.unescaped(words).split()) in found.text
    assert len(app.metric) == 8
    shown = "".join(found.words)
    for metric in app.metric:
        assert f"{metric.label}{metric.value}" in shown, metric.label
    said = [text.unescaped(caption.value) for caption in app.caption]
    told = [one for one in said if one.startswith(("Shares are", "The newest half-hour")) or "France: IFA" in one]
    assert len(told) == 2, "what the shares are of, and the cables"
    for words in told:
        assert " ".join(words.split()) in found.text
    bars = [spec["description"] for spec in specs_of(app) if spec["description"].count("\xa0MW;") > 2]
    assert len(bars) == 2, "the mix and the flows"
    for description in bars:
        numbers = re.findall(r"([A-Z][^;:.]*? [−\d,]+\xa0MW)", description)
        assert len(numbers) > 5
        for number in numbers:
            assert number in shown
    stale = [caption for caption in app.caption if "-badge[stale]" in caption.value]
    assert sum(attrs.get("class") == "stale" for _, attrs in found.tags) == len(stale)


SERIES = {
    "carbon": ("fct_carbon_half_hourly", "carbon_actual_gco2_per_kwh, carbon_forecast_gco2_per_kwh", 0),
    "price": ("fct_prices_half_hourly", "market_index_price_gbp_per_mwh, system_price_gbp_per_mwh", 2),
    "demand": ("fct_demand_half_hourly", "indo_mw, national_demand_forecast_mw", 0),
}


@pytest.mark.parametrize("subject", SERIES)
def test_its_tables_are_the_marts(built: tuple[Workspace, datetime], subject: str) -> None:
    workspace, now = built
    html = page(answers_of(workspace, now), now)
    (section,) = re.findall(rf'<section id="{subject}".*?</section>', html, re.DOTALL)
    shown = []
    for day, of_day in re.findall(
        r"<th scope=rowgroup colspan=\d>(.*?)(?=<tr>)(.*?)(?=<tbody>|</table>)", section, re.DOTALL
    ):
        for clock, first, second in re.findall(r"<tr><th>(.*?)<td>(.*?)<td>([^<]*)", of_day):
            shown.append((day.partition(",")[0], clock[:5], first, second))
    assert len(shown) >= 48
    mart, columns, digits = SERIES[subject]
    found = rows_of(
        workspace, f"select period_start_utc, {columns} from marts.{mart} order by period_start_utc", role="reader"
    )
    expected = [
        (f"{local:%a} {local.day} {local:%b %Y}", f"{local:%H:%M}", *(word(n, digits) for n in numbers))
        for start, *numbers in found
        for local in (start.astimezone(LONDON),)
    ]
    places = [n for n, row in enumerate(expected) if row == shown[0]]
    shown = [row for row in shown if row in expected or row[2:] != (text.NONE, text.NONE)]
    assert any([row for row in expected[at:] if row in shown][: len(shown)] == shown for at in places)


def word(number: object, digits: int) -> str:
    return text.NONE if number is None else text.rounded(number, digits)  # type: ignore[arg-type]


def test_what_sources_send_is_shown_as_text(odd_workspace: Workspace) -> None:
    html = page(answers_of(odd_workspace, SIMULATED_NOW), SIMULATED_NOW)
    found = hold_to_itself(html)
    assert found.text.count(EVIL) >= 3, "a carbon index, a unit and a cause"
    assert EVIL_CABLE in found.text


def test_it_stays_small_whatever_a_source_says(odd_workspace: Workspace) -> None:
    found = answers_of(odd_workspace, SIMULATED_NOW)
    assert found
    endless = "<&\"' endless " * 10_000
    outages = [{**row, "affected_unit": endless, "cause": endless, "fuel_type": endless} for row in found.outages]
    flows = [{**flow, "cables": endless} for flow in found.flows]
    tiles = [replace(tile, detail=text.plain(endless)) for tile in found.tiles]
    parsed = hold_to_itself(page(replace(found, outages=outages, flows=flows, tiles=tiles), SIMULATED_NOW))
    assert f"{' '.join(endless.split())[: MOST_LETTERS - 1]}…" in parsed.text


def test_a_workspace_without_data_says_so(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    assert answers_of(workspace, SIMULATED_NOW) is None
    found = hold_to_itself(page(None, SIMULATED_NOW))
    assert "No data yet" in found.text
    done = publish(workspace)
    assert not done.has_data
    assert workspace.lake().get(PAGE).decode().count("No data yet") >= 2


def test_each_part_that_lacks_says_so(simulated_workspace: Workspace) -> None:
    found = answers_of(simulated_workspace, SIMULATED_NOW)
    assert found
    nothing = replace(
        found,
        shares=None,
        mix=None,
        carbon=None,
        flows=[],
        price=None,
        demand=None,
        outages=[],
        newest_outage_message=None,
    )
    said = hold_to_itself(page(nothing, SIMULATED_NOW)).text
    for words in ("no fuel mix", "no carbon data", "no five-minutely data", "no price data", "no demand data"):
        assert f"There is {words} yet." in said
    assert "no message on an outage was fetched" in said
    assert "cannot be said yet" in said


@pytest.mark.parametrize(
    ("low", "high", "from_zero"),
    [(0, 0, True), (31.5, 31.5, False), (-90, 4000, True), (-500, -20, True), (1, 2, False)],
)
def test_an_axis_has_round_numbers_around_all_there_is(low: float, high: float, from_zero: bool) -> None:
    marks = y_ticks(low, high, Axis("", "", from_zero=from_zero))
    assert marks[0] <= low <= high <= marks[-1]
    assert 2 <= len(marks) <= 7
    assert not from_zero or 0 in marks


# How it is asked ------------------------------------------------------------------------------------------------------


def test_it_reads_what_its_exposure_says_of_one_moment_and_writes_nothing(simulated_workspace: Workspace) -> None:
    asked: list[str] = []
    with in_environment(environment(simulated_workspace, "reader")):
        event.listen(engine(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert answers_of(simulated_workspace, SIMULATED_NOW)
        with one_moment():
            first, _, second = (
                rows("select now(), current_setting('transaction_isolation') as isolation, pg_backend_pid()")[0]
                for _ in range(3)
            )
            assert first == second
            assert first["isolation"] == "repeatable read"
            with pytest.raises(WarehouseError, match="read-only"):
                rows("create temporary table t (i int)")
        (after,) = rows("select current_setting('transaction_isolation') as isolation")
        assert after["isolation"] == "read committed"
    manifest = _manifest()
    read = {key.path[-1] for key in marts_of(manifest, exposure_of(manifest, "site_now"))}
    assert set(re.findall(r"\bmarts\.(\w+)", " ".join(asked))) == read


def _manifest() -> dict:
    return json.loads(parsed_project().manifest_path.read_text())


# Publishing -----------------------------------------------------------------------------------------------------------


def test_it_is_published_without_streamlit_and_in_time(simulated_workspace: Workspace) -> None:
    code = f"""
import sys, time
from energy_monitor.publishing import publish
from energy_monitor.workspace import Workspace
start = time.perf_counter()
done = publish(Workspace({simulated_workspace.name!r}))
print(time.perf_counter() - start, done.place)
print(*sorted({{"streamlit", "altair", "pandas", "dagster", "dbt"}} & set(sys.modules)))
"""
    clock = {"ENERGY_MONITOR_CLOCK": clock_text(SIMULATED_NOW, SIMULATED_NOW, 0)}
    with in_environment(clock):
        done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    told, heavy = done.stdout.split("\n")[:2]
    seconds, place = told.split()
    assert float(seconds) < 2
    assert not heavy
    assert Path(place) == Path(simulated_workspace.lake_uri) / PAGE
    html = Path(place).read_text()
    assert html == page(answers_of(simulated_workspace, SIMULATED_NOW), SIMULATED_NOW)
    assert 'content="300"' in simulated_workspace.lake().get(REFRESHING).decode()


def test_a_newer_page_takes_the_place_of_an_older_and_nothing_else_changes(lake_address: str) -> None:
    lake = open_lake(f"{lake_address}/lake")
    lake.put("landing/elexon/fuelhh/date=2026-10-28/x.attempt.json", b"{}")
    before = list(attempt_keys(lake))
    for data in (b"first", b"second"):
        lake.publish(PAGE, data, publishing.CONTENT_TYPE, publishing.CACHE_CONTROL)
        assert lake.get(PAGE) == data
    assert list(lake.keys("site/")) == [PAGE]
    assert list(attempt_keys(lake)) == before, "what is published is no attempt, and so is never replayed"
    for key in ("landing/a", "site", "site/", "site/../landing/a", "sites/a", "/site/a", "x/site/a"):
        with pytest.raises(LakeError, match="no place to publish at"):
            lake.publish(key, b"x", "text/html", "")
    assert list(lake.keys()) == sorted([PAGE, "landing/elexon/fuelhh/date=2026-10-28/x.attempt.json"])


def test_a_bucket_says_what_the_page_is_and_for_how_long(s3: str) -> None:
    lake = open_lake(f"{s3}/published")
    lake.publish(PAGE, b"<p>", publishing.CONTENT_TYPE, publishing.CACHE_CONTROL)
    head = lake.client.head_object(Bucket=lake.bucket, Key=lake.prefix + PAGE)
    assert (head["ContentType"], head["CacheControl"]) == ("text/html; charset=utf-8", "public, max-age=60")


def test_a_page_in_a_folder_is_readable_by_whoever_serves_it_and_leaves_nothing_beside(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"))
    lake.publish(PAGE, b"<p>", "text/html", "")
    assert (tmp_path / "lake" / PAGE).stat().st_mode & 0o777 == 0o644
    assert [path.name for path in (tmp_path / "lake" / "site").iterdir()] == ["index.html"]
    (tmp_path / "lake" / "file").write_bytes(b"")
    stuck = open_lake(str(tmp_path / "lake" / "file"))
    with pytest.raises(LakeError, match=r"cannot publish site/index\.html in the lake at "):
        stuck.publish(PAGE, b"<p>", "text/html", "")


def test_a_page_that_is_too_large_stays_unpublished(simulated_workspace: Workspace, monkeypatch) -> None:
    monkeypatch.setattr(publishing, "MOST_BYTES", 10_000)
    with pytest.raises(UserError, match=r"the page has \d+,\d+ bytes, and may have 10,000: it was not published"):
        publish(simulated_workspace)


def test_the_command_says_where_the_page_is(simulated_workspace: Workspace, command: Callable) -> None:
    done = command("--workspace", simulated_workspace.name, "publish")
    assert re.fullmatch(rf"{re.escape(simulated_workspace.lake_uri)}/site/index\.html  [\d,]+ bytes\n", done.out)


def test_a_build_publishes_and_one_that_cannot_says_so_and_is_a_build_all_the_same(
    simulated_workspace: Workspace, command: Callable, monkeypatch
) -> None:
    asked: list[Workspace] = []
    monkeypatch.setattr("energy_monitor.dbt.build", lambda workspace, arguments: arguments != ("fail",))
    monkeypatch.setattr(publishing, "publish", asked.append)
    assert command("--workspace", simulated_workspace.name, "build").err == ""
    command("--workspace", simulated_workspace.name, "build", "fail", expect=1)
    assert len(asked) == 1, "after each build that succeeded"

    def refuse(workspace: Workspace) -> None:
        raise LakeError("the lake is full")

    monkeypatch.setattr(publishing, "publish", refuse)
    done = command("--workspace", simulated_workspace.name, "build")
    assert done.err == "energy-monitor: the marts are built, and the page was not published: the lake is full\n"


# In Dagster -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def asset(simulated_workspace: Workspace) -> dg.AssetsDefinition:
    manifest = _manifest()
    exposure = exposure_of(manifest, "site_now")
    return site.site_page(simulated_workspace.name, marts_of(manifest, exposure), exposure)


def test_dagster_publishes_it_and_tells_where(asset: dg.AssetsDefinition, simulated_workspace: Workspace) -> None:
    done = dg.materialize([asset], instance=dg.DagsterInstance.ephemeral())
    (made,) = done.asset_materializations_for_node("site_now")
    assert made.metadata["place"].value == f"{simulated_workspace.lake_uri}/{PAGE}"
    assert 10_000 < made.metadata["bytes"].value <= MOST_BYTES
    assert [check.passed for check in done.get_asset_check_evaluations()] == [True]


@pytest.mark.parametrize("error", [LakeError("the lake is full"), KeyError("a bug")], ids=["a lake", "a bug"])
def test_a_page_that_fails_is_a_check_that_fails_and_never_a_run(
    asset: dg.AssetsDefinition, monkeypatch, error: Exception
) -> None:
    def refuse(workspace: Workspace) -> None:
        raise error

    monkeypatch.setattr(site, "publish", refuse)
    done = dg.materialize([asset], instance=dg.DagsterInstance.ephemeral())
    assert done.success
    assert not done.asset_materializations_for_node("site_now")
    (check,) = done.get_asset_check_evaluations()
    assert not check.passed
    assert str(error) in (check.description or "")


def test_it_is_built_with_each_mart_that_it_reads(asset: dg.AssetsDefinition) -> None:
    graph = Graph.of(warehouse_assets(parsed_project()), SHARED, asset)
    read = set(graph.reads[site.PAGE]) - set(SHARED)
    assert len(read) == 8
    for dataset in (key.path[-1] for key in graph.datasets):
        found = graph.reading([dataset])
        assert (site.PAGE in found) == bool(read & found), dataset
    assert site.PAGE in graph.reading(["fuelinst"])
    assert graph.code[site.PAGE] == site.version()


def test_the_run_that_builds_its_marts_makes_it_after_them(simulated_workspace: Workspace, monkeypatch) -> None:
    monkeypatch.setenv("ENERGY_MONITOR_WORKSPACE", simulated_workspace.name)
    monkeypatch.setenv("ENERGY_MONITOR_CLOCK", clock_text(SIMULATED_NOW, SIMULATED_NOW, 0))
    found = build_defs()
    (sensor,) = (one for one in found.sensors or () if one.name == "build")
    assert site.PAGE in sensor.job.selection.resolve(found.resolve_asset_graph())
    job = found.resolve_implicit_global_asset_job_def()
    five_minutely = dg.AssetKey(["marts", "fct_generation_five_minutely"])
    done = job.execute_in_process(asset_selection=[five_minutely, site.PAGE], instance=dg.DagsterInstance.ephemeral())
    made = [event.asset_key for event in done.get_asset_materialization_events()]
    assert made == [five_minutely, site.PAGE]
    (seconds,) = (
        step.step_success_data.duration_ms / 1000
        for step in done.get_step_success_events()
        if step.step_key == "site_now"
    )
    assert seconds < 1.5


# In a browser ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(built: tuple[Workspace, datetime], tmp_path: Path) -> Path:
    workspace, now = built
    path = tmp_path / "index.html"
    path.write_text(page(answers_of(workspace, now), now))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_in_a_browser(browser: Browser, file: Path, size: str, scheme: str) -> None:
    context = browser.new_context(**SIZES[size], color_scheme=scheme)
    seen, wrong, asked = context.new_page(), [], []
    seen.on("console", lambda message: wrong.append(message.text))
    seen.on("pageerror", lambda error: wrong.append(str(error)))
    seen.on("request", lambda request: asked.append(request.url))
    seen.goto(file.as_uri())
    seen.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    scroll, client = seen.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client
    assert wrong == []
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert not seen.locator(".old").is_visible()
    found = Axe().run(seen).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    context.close()


def test_markup_of_a_source_does_nothing(browser: Browser, odd_workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(page(answers_of(odd_workspace, SIMULATED_NOW), SIMULATED_NOW))
    context = browser.new_context()
    seen = context.new_page()
    seen.goto((tmp_path / "index.html").as_uri())
    assert seen.title() != "owned"
    assert seen.locator("main b, main a, main script, main img").count() == 0
    assert EVIL in seen.locator("#outages").inner_text()
    context.close()


def test_a_page_left_open_for_an_hour_says_so(browser: Browser, simulated_workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(page(answers_of(simulated_workspace, SIMULATED_NOW), SIMULATED_NOW))
    context = browser.new_context()
    seen = context.new_page()
    seen.goto((tmp_path / "index.html").as_uri())
    seen.evaluate("document.getAnimations().forEach(one => one.currentTime = 3600 * 1000 + 1)")
    assert seen.locator(".old").is_visible()
    context.close()
