"""What is built when: no landing is lost, whenever it comes, and nothing is built that need not be."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from energy_monitor.workspace import Workspace
from orchestration.building import AGAIN, FIRST, HOURLY, Built, Graph, Last, decide
from orchestration.follow import AT_ONCE, BUILD, FOLLOWS, build_sensor
from orchestration.loads import LOADS, WHOLE, newest_loads
from orchestration.warehouse import SHARED, parsed_project, warehouse_assets
from tests.conftest import WorkspaceMaker, day_request, take_in

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
OF_PRICES = {"staging/stg_elexon__system_prices", "marts/fct_prices_half_hourly", "marts/fct_grid_half_hourly"}
OF_GENERATION = {"staging/stg_elexon__generation_half_hourly", "marts/fct_generation_half_hourly"}


def key(text: str) -> dg.AssetKey:
    return dg.AssetKey(text.split("/"))


# Which ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph.of(warehouse_assets(parsed_project()), SHARED)


def built_for(graph: Graph, *datasets: str) -> set[str]:
    return {found.to_user_string() for found in graph.reading(datasets)}


def test_nothing_is_built_where_nothing_landed(graph: Graph) -> None:
    assert built_for(graph) == set()


def test_what_landed_is_built_to_the_last_mart_and_no_other(graph: Graph) -> None:
    found = built_for(graph, "fuelhh")
    assert found >= OF_GENERATION | {"marts/fct_grid_half_hourly", "marts/fct_grid_daily", "marts/fct_records"}
    assert not found & {"marts/fct_prices_half_hourly", "marts/fct_carbon_half_hourly", "marts/fct_outages"}
    found = built_for(graph, "system_prices")
    assert found >= OF_PRICES | {"marts/fct_grid_daily"}
    assert not found & (OF_GENERATION | {"marts/fct_carbon_half_hourly", "marts/fct_demand_half_hourly"})


def test_all_that_a_built_node_reads_and_that_loads_change_is_built_with_it(graph: Graph) -> None:
    """Tables that are built by days take in no load that a table above them has not."""
    assert "intermediate/int_carbon_regional_asked" in built_for(graph, "carbon_regional_forecast")
    names = [dataset.path[-1] for dataset in graph.datasets]
    for name in names:
        found = graph.reading([name])
        lacking = {dep for node in found for dep in graph.reads[node]} & graph._of_records - found
        assert not lacking, name
    assert graph.reading(names) | set(graph.shown) >= graph._below(graph.datasets, but=())


def test_five_minutes_do_not_build_what_is_half_hourly(graph: Graph) -> None:
    found = built_for(graph, "fuelinst")
    assert "marts/fct_generation_five_minutely" in found
    assert not found & (OF_PRICES | OF_GENERATION | {"marts/fct_grid_half_hourly", "marts/fct_demand_half_hourly"})


def test_versions_show_what_landed_without_being_built(graph: Graph) -> None:
    assert not {name for name in built_for(graph, *(k.path[-1] for k in graph.datasets)) if name.endswith("_versions")}
    changed = graph.changed({key("staging/stg_elexon__system_prices")})
    assert key("marts/fct_system_price_versions") in changed, "but with the SQL of what they read"


def test_what_is_built_with_each_landing_reads_nothing_that_is_built_hourly(graph: Graph) -> None:
    assert {"marts/fct_records", "marts/fct_revisions"} <= {found.to_user_string() for found in graph.hourly}
    readers = {node for node in graph.at_once if not set(graph.hourly).isdisjoint(graph.reads[node])}
    assert readers == set()


def test_views_of_what_landed_are_tested_once_an_hour_and_all_else_as_it_is_built(graph: Graph) -> None:
    landed = graph.reading(["fuelhh"])
    at_once = graph.checks_with(landed & graph.at_once, ["fuelhh"])
    hourly = graph.checks_with(landed & set(graph.hourly), ["fuelhh"])
    assert at_once | hourly == {check for check in graph.checks if check.asset_key in landed}
    assert not at_once & hourly
    layers = {check.asset_key.path[0] for check in at_once}
    assert layers == {"intermediate", "marts"}
    assert {check.asset_key for check in hourly} >= {key("staging/stg_elexon__generation_half_hourly")}


# When -----------------------------------------------------------------------------------------------------------------

SOURCES = ("prices", "carbon")
TOY = Graph(
    reads={
        key("staging/prices"): [key("raw/prices")],
        key("staging/carbon"): [key("raw/carbon")],
        key("marts/grid"): [key("staging/prices"), key("staging/carbon")],
    },
    code={key("staging/prices"): "1", key("staging/carbon"): "1", key("marts/grid"): "1"},
    shared=(),
    shown=(),
)
EVENT = st.sampled_from([*SOURCES, "look", "look", "step", "step", "fail", "wait"])


@dataclass
class World:
    """Loads, looks of the sensor and the steps of a build, in any order; each node reads when its step comes."""

    newest: dict[str, int] = field(default_factory=dict)
    holds: dict[dg.AssetKey, dict[str, int]] = field(default_factory=dict)
    built: Built = field(default_factory=lambda: Built(code=TOY.fingerprint, asked_code=TOY.fingerprint))
    last: Last | None = None
    run: list[dg.AssetKey] = field(default_factory=list)
    token: str = ""
    now: datetime = NOON
    number: int = 0
    builds: int = 0

    def happen(self, event: str) -> None:
        self.now += timedelta(seconds=5)
        if event in SOURCES:
            self.number += 1
            self.newest[event] = self.number
        elif event == "wait":
            self.now += AGAIN
        elif event == "look" and not self.run:
            self.look()
        elif event == "fail" and self.run:
            self.run, self.last = [], Last(self.token, False, self.now)
        elif event == "step" and self.run:
            self.step()

    def look(self) -> None:
        kept = Built.from_json(json.loads(json.dumps(self.built.as_json())))
        wanted = decide(TOY, TOY.at_once, kept, self.last, self.newest, (), self.now)
        self.built = wanted.built
        if wanted.keys:
            self.run, self.token = [key for key in TOY.reads if key in wanted.keys], wanted.built.token
            self.builds += 1

    def step(self) -> None:
        node = self.run.pop(0)
        seen = [self.holds.get(dep, {}) if dep in TOY.reads else self._loaded(dep) for dep in TOY.reads[node]]
        self.holds[node] = {name: load for one in seen for name, load in one.items()}
        if not self.run:
            self.last = Last(self.token, True, self.now)

    def _loaded(self, dep: dg.AssetKey) -> dict[str, int]:
        name = dep.path[-1]
        return {name: self.newest[name]} if name in self.newest else {}

    def settle(self) -> None:
        """Until nothing is built any more."""
        for _ in range(50):
            self.happen("wait")
            self.happen("look")
            if not self.run:
                return
            while self.run:
                self.happen("step")
        raise AssertionError("it never comes to rest")


@given(st.lists(EVENT, max_size=60))
@example(["prices", "look", "step", "prices", "step"])
@example(["prices", "look", "carbon", "fail", "look", "step", "prices", "fail"])
def test_no_landing_is_lost_whenever_it_comes(events: list[str]) -> None:
    world = World()
    for event in events:
        world.happen(event)
    world.settle()
    assert world.holds.get(key("marts/grid"), {}) == world.newest
    builds = world.builds
    world.settle()
    assert world.builds == builds, "and nothing is built for nothing"


def test_landings_during_a_build_are_built_together_after_it() -> None:
    world = World()
    for event in ("prices", "look", "step", "carbon", "look", "prices", "look", "carbon", "look"):
        world.happen(event)
    assert world.builds == 1
    world.settle()
    assert world.builds == 2


def test_what_failed_is_tried_again_when_something_lands_and_else_after_ten_minutes() -> None:
    world = World()
    for event in ("prices", "look", "fail", "look", "look"):
        world.happen(event)
    assert world.builds == 1
    world.happen("carbon")
    world.happen("look")
    assert world.run == list(TOY.reads), "and what failed with it"
    world.happen("fail")
    world.happen("look")
    assert world.builds == 2
    world.happen("wait")
    world.happen("look")
    assert world.builds == 3


def test_what_changed_is_built_with_all_that_reads_it_once() -> None:
    built = Built({"prices": 3}, "of before", {"prices": 3}, "of before")
    stale = {key("staging/carbon")}
    wanted = decide(TOY, TOY.at_once, built, None, {"prices": 3}, stale, NOON)
    assert wanted.keys == {key("staging/carbon"), key("marts/grid")}
    again = decide(
        TOY, TOY.at_once, wanted.built, Last(wanted.built.token, False, NOON), {"prices": 3}, stale, NOON + AGAIN / 2
    )
    assert not again.keys
    again = decide(
        TOY, TOY.at_once, again.built, Last(wanted.built.token, False, NOON), {"prices": 3}, stale, NOON + AGAIN
    )
    assert again.keys == wanted.keys
    done = decide(TOY, TOY.at_once, again.built, Last(wanted.built.token, True, NOON), {"prices": 3}, set(), NOON)
    assert (done.keys, done.built.code) == (frozenset(), TOY.fingerprint)


# The sensor -----------------------------------------------------------------------------------------------------------


class Following:
    """The sensor over a workspace, with an instance whose runs the test makes up."""

    def __init__(self, workspace: Workspace, graph: Graph) -> None:
        self.workspace, self.graph, self.cursor = workspace, graph, None
        self.instance = dg.DagsterInstance.ephemeral()
        self.sensor = build_sensor(workspace.name, graph)

        @dg.op
        def nothing() -> None: ...

        @dg.job(name="build")
        def job() -> None:
            nothing()

        self.job = job

    def look(self) -> list[dg.RunRequest]:
        result = self.sensor(dg.build_sensor_context(instance=self.instance, cursor=self.cursor))
        assert isinstance(result, dg.SensorResult)
        self.cursor, self.said = result.cursor, result.skip_reason and result.skip_reason.skip_message
        return list(result.run_requests or [])

    def hour_passes(self) -> None:
        kept = json.loads(self.cursor or "{}")
        before = datetime.fromisoformat(kept["hourly_at"]) - timedelta(hours=1)
        self.cursor = json.dumps(kept | {"hourly_at": before.isoformat()})

    def done(self, request: dg.RunRequest) -> None:
        tags = dict(request.tags)
        self.instance.create_run_for_job(self.job, tags=tags, status=dg.DagsterRunStatus.SUCCESS)

    def build_all(self) -> None:
        """As the job `build` does it."""
        for node, code in self.graph.code.items():
            tags = {"dagster/code_version": code}
            self.instance.report_runless_asset_event(dg.AssetMaterialization(node, tags=tags))
        connection = self.workspace.connect("auditor")
        loads = json.dumps(newest_loads(connection))
        connection.close()
        tags = {WHOLE: "yes", LOADS: loads}
        self.instance.create_run_for_job(self.job, tags=tags, status=dg.DagsterRunStatus.SUCCESS)

    @contextmanager
    def under_way(self, tags: dict[str, str] | None = None, job: str = "build") -> Iterator[dg.DagsterRun]:
        run = self.instance.create_run_for_job(self.job, tags=tags, status=dg.DagsterRunStatus.STARTED)
        yield run
        self.instance.report_run_canceled(run)


def land(workspace: Workspace, price: float) -> None:
    body = {"data": [{"settlementDate": "2026-06-09", "settlementPeriod": 1, "systemSellPrice": price}]}
    take_in(workspace, "system_prices", day_request("system_prices", date(2026, 6, 9)), body, datetime.now(UTC))


def test_the_sensor_asks_for_what_landed_one_build_at_a_time(make_workspace: WorkspaceMaker, graph: Graph) -> None:
    following = Following(make_workspace(), graph)
    land(following.workspace, 1)
    assert following.look() == [], "the first build is left to whoever begins"
    following.build_all()
    assert following.look() == []
    assert following.said == "all that landed is built"
    land(following.workspace, 2)
    with following.under_way():
        assert following.look() == []
        assert following.said == "a build is under way"
    (request,) = following.look()
    assert set(request.asset_selection) == graph.reading(["system_prices"]) & graph.at_once
    assert request.tags["energy_monitor/landed"] == "system_prices"
    run = following.instance.create_run_for_job(following.job, tags=dict(request.tags))
    following.instance.report_run_canceled(run)
    assert following.look() == [], "not again at once"
    land(following.workspace, 3)
    (request,) = following.look()
    following.done(request)
    assert following.look() == []


def test_what_was_never_built_is_built_after_a_while(
    make_workspace: WorkspaceMaker, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = Following(make_workspace(), graph)
    assert following.look() == []
    kept = json.loads(following.cursor or "{}")
    following.cursor = json.dumps(kept | {"since": (datetime.now(UTC) - FIRST).isoformat()})
    (request,) = following.look()
    assert set(request.asset_selection) == graph.at_once
    assert request.tags[FOLLOWS] == AT_ONCE
    assert request.tags[BUILD]


def test_what_is_hourly_is_built_in_the_next_hour_from_what_is_built_by_then(
    make_workspace: WorkspaceMaker, graph: Graph
) -> None:
    following = Following(make_workspace(), graph)
    land(following.workspace, 1)
    following.build_all()
    assert following.look() == []
    land(following.workspace, 2)
    (request,) = following.look()
    assert not set(request.asset_selection) & set(graph.hourly)
    following.hour_passes()
    (again,) = following.look()
    assert again.tags[FOLLOWS] == AT_ONCE, "what is hourly waits for what it reads"
    following.done(request)
    (hourly,) = following.look()
    assert (hourly.tags[FOLLOWS], hourly.tags["energy_monitor/landed"]) == (HOURLY, "system_prices")
    assert set(hourly.asset_selection) == graph.reading(["system_prices"]) & set(graph.hourly)
    assert key("staging/stg_elexon__system_prices") in {check.asset_key for check in hourly.asset_check_keys or ()}
    following.done(hourly)
    land(following.workspace, 3)
    (request,) = following.look()
    following.done(request)
    assert following.look() == [], "not again in this hour"
    following.hour_passes()
    (hourly,) = following.look()
    following.done(hourly)
    following.hour_passes()
    assert following.look() == [], "nor for nothing"
