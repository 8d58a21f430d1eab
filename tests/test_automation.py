"""The condition under which marts are built loses no landing, whenever it comes: before, during or after a run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.automation import when_inputs_land

SOURCES = ("prices", "carbon")
READS = {"stg_prices": ["prices"], "stg_carbon": ["carbon"], "mart": ["stg_prices", "stg_carbon"]}
# What may happen at any moment: a landing, or a look of Dagster's at what has landed.
MOMENT = st.lists(st.sampled_from([*SOURCES, "tick"]), max_size=3)


class Graph:
    """Two sources, a staging model each, and a mart; runs are real, and things happen in the middle of them."""

    def __init__(self) -> None:
        self.instance = dg.DagsterInstance.ephemeral()
        self.now, self.cursor = datetime(2026, 6, 10, 12, 1, tzinfo=UTC), None
        self.landed = dict.fromkeys(SOURCES, 0)
        self.holds: dict[str, dict[str, int]] = {}
        self.queue: list[list[str]] = []
        self.moments: list[list[str]] = []
        self.broken: set[str] = set()
        condition = when_inputs_land(frozenset())
        self.assets = [
            dg.asset(name=name, deps=deps, automation_condition=condition)(self._reader(name))
            for name, deps in READS.items()
        ]
        self.defs = dg.Definitions(assets=[*map(dg.AssetSpec, SOURCES), *self.assets])

    def _reader(self, name: str) -> Callable[[], None]:
        def read() -> None:
            assert name not in self.broken
            self._pass_a_moment()
            seen = [self.holds[dep] if dep in READS else {dep: self.landed[dep]} for dep in READS[name]]
            self.holds[name] = {source: count for one in seen for source, count in one.items()}
            self._pass_a_moment()

        return read

    def _pass_a_moment(self) -> None:
        for event in self.moments.pop(0) if self.moments else []:
            self.tick() if event == "tick" else self.land(event)

    def land(self, source: str) -> None:
        self.landed[source] += 1
        self.instance.report_runless_asset_event(dg.AssetMaterialization(source))

    def tick(self, after: timedelta = timedelta(seconds=5)) -> None:
        self.now += after
        result = dg.evaluate_automation_conditions(
            self.defs, self.instance, evaluation_time=self.now, cursor=self.cursor
        )
        self.cursor = result.cursor
        if asked := [one.key.to_user_string() for one in result.results if not one.true_subset.is_empty]:
            self.queue.append(asked)

    def run(self, names: list[str]) -> bool:
        job = self.defs.resolve_implicit_global_asset_job_def()
        keys = [dg.AssetKey(name) for name in names]
        return job.execute_in_process(instance=self.instance, asset_selection=keys, raise_on_error=False).success

    def build_first(self) -> "Graph":
        assert self.run(list(READS))
        self.tick()
        return self

    def run_next(self) -> None:
        assert not self.queue or self.run(self.queue.pop(0))

    def settle(self) -> int:
        """Goes on until nothing is asked for any more; the number of runs."""
        for runs in range(20):
            self.tick()
            if not self.queue:
                return runs
            self.run_next()
        raise AssertionError("it never comes to rest")


@given(st.lists(MOMENT, min_size=1, max_size=24), st.booleans())
@example([["prices"], ["tick"], ["prices"]], True)
@example([["prices", "tick"], ["carbon"], ["tick"], ["prices", "tick"], [], ["carbon", "tick", "prices"]], True)
@settings(max_examples=15)
def test_no_landing_is_lost_whenever_it_comes(moments: list[list[str]], runs_between: bool) -> None:
    graph = Graph().build_first()
    graph.moments = list(moments)
    while graph.moments:
        graph._pass_a_moment()
        if runs_between:
            graph.run_next()
    graph.settle()
    assert graph.holds["mart"] == graph.landed


def test_what_a_failed_run_left_unbuilt_is_asked_for_again_every_ten_minutes_until_it_is_built() -> None:
    graph = Graph().build_first()
    graph.land("prices")
    graph.tick()
    asked = graph.queue.pop()
    assert set(asked) == {"stg_prices", "mart"}
    graph.broken = {"stg_prices"}
    assert not graph.run(asked)
    graph.tick()
    assert graph.queue == [], "not at once: whatever broke it has had no time to heal"
    graph.tick(after=timedelta(minutes=10))
    assert set(graph.queue[0]) == {"stg_prices", "mart"}, "what was skipped too"
    graph.broken = set()
    graph.run_next()
    graph.tick(after=timedelta(minutes=10))
    assert graph.queue == []
    assert graph.holds["mart"] == graph.landed
