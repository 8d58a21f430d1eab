"""The same assets by Lambda and in this process: the real handler behind Lambda's API, and a real PostgreSQL."""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import dagster as dg
import pytest
import requests
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from hypothesis import given
from hypothesis import strategies as st
from psycopg2 import sql

from energy_monitor.clock import VARIABLE as CLOCK
from energy_monitor.clock import clock_text
from energy_monitor.errors import UserError
from energy_monitor.status import dataset_statuses
from energy_monitor.up.services import simulated_sources
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.settlement import DAY, settlement_date_of
from ingestion.wanted import Wanted
from orchestration.choice import VARIABLE, chosen_ingester
from orchestration.datasets import dataset_assets
from orchestration.definitions import build_defs
from orchestration.ingester import Ingester, InProcess
from orchestration.lambdas import ByLambda
from orchestration.resuming import BACKFILL, ROOT_RUN, began_at
from simulator.server import running
from tests.conftest import WorkspaceMaker
from tests.lambda_service import THROTTLED, Service, lambda_service
from tests.marts import rows_of
from tests.scripted_source import Say, scripted_source
from tests.test_backfill import prices
from tests.test_handler import ingester_url

AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
PRICES = "energy-monitor-system_prices"
FIRST, LAST = date(2025, 3, 28), date(2025, 4, 1)


@dataclass
class Ran:
    """What became of a run: the rows of its assets' metadata, and all that it said."""

    success: bool
    run_id: str
    told: dict[str, dict[str, object]] = field(default_factory=dict)
    observed: dict[str, dict[str, object]] = field(default_factory=dict)
    words: str = ""


@dataclass
class Both:
    """A workspace whose datasets are brought in by a run of Dagster, one way or the other."""

    workspace: Workspace
    service: Service
    instance: dg.DagsterInstance

    def ingester(self, way: str) -> Ingester:
        name = self.workspace.name
        return InProcess(workspace=name) if way == "process" else ByLambda(workspace=name, first_pause_s=0.01)

    def run(self, ingester: Ingester, first: date, last: date, *datasets: str, **tags: str) -> Ran:
        job = dg.define_asset_job("ingest", dg.AssetSelection.all())
        defs = dg.Definitions(dataset_assets(), jobs=[job], resources={"ingester": ingester})
        days = {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
        result = defs.resolve_job_def("ingest").execute_in_process(
            asset_selection=[dg.AssetKey(["raw", dataset]) for dataset in datasets],
            tags=days | tags,
            instance=self.instance,
            raise_on_error=False,
        )
        ran = Ran(result.success, result.run_id)
        for event in result.get_asset_materialization_events():
            ran.told[event.asset_key.path[-1]] = values_of(event.materialization)
        for event in result.get_asset_observation_events():
            seen = event.asset_observation_data.asset_observation
            ran.observed[seen.asset_key.path[-1]] = values_of(seen)
        ran.words = "\n".join(entry.message for entry in self.instance.all_logs(result.run_id))
        for failure in result.filter_events(lambda event: event.is_step_failure):
            ran.words += str(failure.step_failure_data.error_display_string)
        return ran


def values_of(told: dg.AssetMaterialization | dg.AssetObservation) -> dict[str, object]:
    return {name: value.value for name, value in told.metadata.items()}


def addresses(url: str) -> dict[str, str]:
    """The sources' base URLs at a server that takes the paths of a simulator, and budgets that hold nothing up."""
    port = int(url.rpartition(":")[2])
    at = simulated_sources(port)
    return at | {name.replace("_URL", "_REQUESTS_PER_MINUTE"): "60000" for name in at}


@pytest.fixture
def bring(make_workspace: WorkspaceMaker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Both]]:
    """Makes a workspace for a source's address, with its Lambdas beside it."""
    with contextlib.ExitStack() as stack:

        def make(url: str) -> Both:
            workspace = make_workspace()
            inside = {"ENERGY_MONITOR_LAKE": workspace.lake_uri, "ENERGY_MONITOR_INGESTER_URL": ingester_url(workspace)}
            kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
            service = stack.enter_context(lambda_service(kept | addresses(url) | inside))
            for name, value in {**addresses(url), **AWS, "AWS_ENDPOINT_URL_LAMBDA": service.url}.items():
                monkeypatch.setenv(name, value)
            return Both(workspace, service, stack.enter_context(dg.DagsterInstance.ephemeral()))

        yield make


@pytest.fixture(scope="module")
def grid_url() -> Iterator[str]:
    """A simulated grid as of now that does not say that it is one: Lambdas take real answers alone."""
    with running(seed=3, now_utc=datetime.now(UTC), speed=0) as grid:

        def forward(path: str, _: int) -> Say:
            answer = requests.get(f"{grid.url}{path}", timeout=30)
            return Say(answer.status_code, answer.content)

        with scripted_source(forward) as source:
            yield source.url


def rows_in_raw(workspace: Workspace, dataset: str) -> list[tuple]:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in DATASETS[dataset].columns)
    table = sql.Identifier("raw", dataset)
    return sorted(rows_of(workspace, sql.SQL("select {}, is_absent from {}").format(columns, table)), key=repr)


# Both ways ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "last"), [(-4, -3), (0, 0)], ids=["past days", "today"])
def test_both_ways_bring_in_the_same_and_tell_the_same(
    bring: Callable[[str], Both], grid_url: str, first: int, last: int
) -> None:
    today = settlement_date_of(datetime.now(UTC))
    names = {"fuelhh", "market_index"} | ({"carbon_national_forecast"} if last == 0 else set())
    found = {}
    for way in ("process", "lambda"):
        both = bring(grid_url)
        asked = (*names, "carbon_national_forecast")
        ran = both.run(both.ingester(way), today + first * DAY, today + last * DAY, *asked)
        assert ran.success, ran.words
        assert set(ran.told) == names
        assert bool(both.service.invoked) == (way == "lambda")
        found[way] = both, ran
    (one, by_process), (other, by_lambda) = found.values()
    for name in names:
        rows = rows_in_raw(one.workspace, name)
        assert rows
        assert rows_in_raw(other.workspace, name) == rows
        here, there = by_process.told[name], by_lambda.told[name]
        told = ("requests", "rows_seen", "rows_new", "answered_before", "window", "asked", "newest_data_utc")
        assert {what: here[what] for what in told} == {what: there[what] for what in told}
        assert here["lag_minutes"] == pytest.approx(there["lag_minutes"], abs=2)
        hold_numbers(other.workspace, name, there)


def hold_numbers(workspace: Workspace, name: str, told: dict[str, object]) -> None:
    """Numbers that Dagster plots, as the records of loads and the status page have them."""
    newest, count, new = rows_of(
        workspace, "select max(load_id), count(*), sum(rows_new)::int from raw.loads where dataset = %s", [name]
    )[0]
    assert (told["newest_load_id"], told["requests"], told["rows_new"]) == (newest, count, new)
    assert {type(told[what]) for what in ("requests", "rows_seen", "rows_new", "newest_load_id")} == {int}
    assert type(told["lag_minutes"]) is float
    connection = workspace.connect("auditor")
    try:
        (status,) = (one for one in dataset_statuses(connection, datetime.now(UTC)) if one.dataset == name)
    finally:
        connection.close()
    assert told["lag_minutes"] == pytest.approx(status.lag_minutes, abs=2)
    assert datetime.fromtimestamp(told["newest_data_utc"], UTC) == status.newest_data


# What goes wrong with a Lambda ----------------------------------------------------------------------------------------


def test_the_reason_of_a_failing_lambda_and_its_log_are_in_the_run_and_hold_no_other_up(
    bring: Callable[[str], Both], grid_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(path: str, n: int) -> Say:
        return (
            Say(400, b"no") if "system-prices/2025-03-30" in path else Say(body=requests.get(grid_url + path).content)
        )

    with scripted_source(answer) as source:
        both = bring(source.url)
        ran = both.run(both.ingester("lambda"), FIRST, LAST, "system_prices", "fuelhh")
    assert not ran.success
    assert set(ran.told) == {"fuelhh"}
    partly = ran.observed["system_prices"]
    assert (partly["requests"], partly["failed"], partly["rows_seen"]) == (5, 1, 2 * 48 + 2 * 48)
    assert "system_prices, /balancing/settlement/system-prices/2025-03-30: the source answered with HTTP status" in (
        ran.words
    )
    assert f'{PRICES}: {{"level":"WARNING"' in ran.words
    assert f"{PRICES}: [ERROR] NotAllLoaded: " in ran.words
    assert f"log group /aws/lambda/{PRICES}" in ran.words
    assert ran.words.count(": END RequestId: ") == 2
    assert [name for name, _ in both.service.invoked] == ["energy-monitor-fuelhh", PRICES], "in the catalogue's order"


def test_a_lambda_that_is_not_there_is_named_and_holds_no_other_up(bring: Callable[[str], Both]) -> None:
    with scripted_source(prices) as source:
        both = bring(source.url)
        both.service.missing = {"energy-monitor-fuelhh"}
        ran = both.run(both.ingester("lambda"), FIRST, FIRST, "fuelhh", "system_prices")
    assert "fuelhh: there is no Lambda energy-monitor-fuelhh in eu-west-2: deploy it" in ran.words
    assert set(ran.told) == {"system_prices"}


def test_a_throttled_lambda_is_waited_for_but_not_for_ever(bring: Callable[[str], Both]) -> None:
    with scripted_source(prices) as source:
        both = bring(source.url)
        both.service.refusals = {PRICES: [THROTTLED] * 2}
        ran = both.run(both.ingester("lambda"), FIRST, FIRST, "system_prices")
        assert ran.success
        assert len(both.service.invoked) == 3
        both.service.refusals = {PRICES: [THROTTLED] * 9}
        ran = both.run(both.ingester("lambda"), FIRST, FIRST, "system_prices")
        assert len(both.service.invoked) == 3 + 5
        assert len(source.asked) == 1
    assert "was throttled 5 times: give it more concurrency" in ran.words


@pytest.mark.parametrize(
    ("payload", "error", "reason"),
    [
        (b'{"errorMessage": "2026-01-01 Task timed out after 900.00 seconds"}', "Unhandled", "timed out after 900.00"),
        (b'{"errorType": "KindError", "errorMessage": "simulated"}', "Unhandled", "failed: KindError: simulated"),
        (b'{"errorType": "NotAllLoaded", "errorMessage": "?"}', "Unhandled", "answered what no ingester does"),
        (b'"hello"', None, "answered what no ingester does, '\"hello\"'"),
    ],
)
def test_whatever_a_lambda_says_is_told_in_words(
    bring: Callable[[str], Both], payload: bytes, error: str | None, reason: str
) -> None:
    both = bring("http://127.0.0.1:9")
    both.service.canned = {PRICES: (payload, error)}
    ran = both.run(both.ingester("lambda"), FIRST, FIRST, "system_prices")
    assert not ran.success
    assert reason in ran.words


def test_a_lambda_that_does_not_answer_is_invoked_once(bring: Callable[[str], Both]) -> None:
    both = bring("http://127.0.0.1:9")
    both.service.canned, both.service.silence_s = {PRICES: (b"{}", None)}, 2
    ran = both.run(ByLambda(workspace=both.workspace.name, read_timeout_s=0.3), FIRST, FIRST, "system_prices")
    assert "did not answer within 0.3 s and may be at work still" in ran.words
    assert len(both.service.invoked) == 1


def test_without_credentials_or_a_region_it_says_so(
    bring: Callable[[str], Both], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = bring("http://127.0.0.1:9")
    for name, reason in (
        ("AWS_ACCESS_KEY_ID", "there are no AWS credentials to invoke energy-monitor-system_prices with"),
        ("AWS_DEFAULT_REGION", "could not be invoked: You must specify a region."),
    ):
        monkeypatch.delenv(name)
        assert reason in both.run(both.ingester("lambda"), FIRST, FIRST, "system_prices").words


def test_a_log_longer_than_lambda_returns_is_said_to_be_cut(bring: Callable[[str], Both]) -> None:
    with scripted_source(prices) as source:
        both = bring(source.url)
        short = both.run(both.ingester("lambda"), FIRST, FIRST, "system_prices")
        long = both.run(both.ingester("lambda"), FIRST, FIRST + 15 * DAY, "system_prices")
    assert "only the last 4 KB" not in short.words
    assert "only the last 4 KB of its log are here" in long.words
    assert long.told["system_prices"]["requests"] == 16


# Going on where a run stopped -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["process", "process, by another clock", "lambda"])
def test_a_backfill_that_is_run_again_asks_only_for_what_is_missing(
    bring: Callable[[str], Both], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "another clock" in way:  # answers are fetched before the run began, by this clock
        monkeypatch.setenv(CLOCK, clock_text(datetime(2025, 6, 1, tzinfo=UTC), datetime.now(UTC), 0))
    broken = {"2025-03-30", "2025-03-31"}

    def answer(path: str, n: int) -> Say:
        return Say(400, b"no") if path.rpartition("/")[2] in broken else prices(path, n)

    with scripted_source(answer) as source:
        both = bring(source.url)
        ingester = both.ingester(way.partition(",")[0])
        first = both.run(ingester, FIRST, LAST, "system_prices")
        assert not first.success
        broken = set()
        second = both.run(ingester, FIRST, LAST, "system_prices", **{ROOT_RUN: first.run_id})
        assert second.success
        told = second.told["system_prices"]
        assert (told["requests"], told["answered_before"]) == (2, 3)
        asked = [path.rpartition("/")[2] for _, path in source.asked[5:]]
        assert sorted(asked) == ["2025-03-30", "2025-03-31"]
        third = both.run(ingester, FIRST, LAST, "system_prices", **{ROOT_RUN: first.run_id})
        assert third.told["system_prices"]["requests"] == 0, "and all of its days count as brought in"
        anew = both.run(ingester, FIRST, LAST, "system_prices")
        assert anew.told["system_prices"]["requests"] == 5, "a run of its own asks for all"


def test_a_run_of_a_backfill_goes_by_when_that_began() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        began = datetime(2026, 6, 1, 12, tzinfo=UTC)
        instance.add_backfill(
            PartitionBackfill("some", BulkActionStatus.REQUESTED, False, {}, began.timestamp(), partition_names=[])
        )
        assert began_at(instance, dg.DagsterRun("ingest", tags={BACKFILL: "some", ROOT_RUN: "pruned"})) == began
        assert began_at(instance, dg.DagsterRun("ingest", tags={ROOT_RUN: "pruned"})) is None
        assert began_at(instance, dg.DagsterRun("ingest")) is None


# Which ingester, and what it is told ----------------------------------------------------------------------------------


def test_the_environment_chooses_the_ingester(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(chosen_ingester("live", {}), InProcess)
    assert isinstance(chosen_ingester("live", {VARIABLE: "process"}), InProcess)
    with pytest.raises(UserError, match="ENERGY_MONITOR_INGESTER is 'lamda': write process"):
        chosen_ingester("live", {VARIABLE: "lamda"})
    monkeypatch.setenv(VARIABLE, "lambda")
    assert isinstance(build_defs().resources["ingester"], ByLambda)
    own = InProcess(workspace="own")
    assert build_defs(resources={"ingester": own}).resources["ingester"] is own


DATES = st.dates(date(2016, 1, 1), date(2030, 1, 1))


@given(
    st.sampled_from(list(DATASETS.values())),
    st.one_of(st.just((None, None)), st.tuples(DATES, DATES)),
    st.booleans(),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_an_event_says_what_is_wanted(
    dataset: Dataset, days: tuple[date | None, date | None], is_due: bool, since: datetime | None
) -> None:
    wanted = Wanted(*days, is_due=is_due or days == (None, None), answered_since=since)
    assert Wanted.of_event(wanted.event(dataset)) == wanted
