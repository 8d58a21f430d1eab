"""Builds by days: whatever came between them, in whatever order, the marts are those of a build of everything."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from energy_monitor.dbt import PROJECT, run_dbt
from energy_monitor.fetching import fetch_all, sessions
from energy_monitor.replay import Recorded, recorded_answers
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.windows import requests_for
from simulator.server import running
from tests.conftest import WorkspaceMaker, day_request, environ_of, take_in
from tests.marts import build_marts, marts_of, rows_of, run_dbt_here, untraced

# Every dataset that a model built by days reads, without the many requests of tariffs and the largest bodies.
FETCHED = (
    "fuelhh", "fuelinst", "demand_outturn", "system_prices", "market_index", "ndf", "tsdf", "windfor", "remit",
    "carbon_national_actual", "carbon_national_forecast", "carbon_regional_forecast", "neso_historic_demand",
    "neso_embedded_forecast",
)  # fmt: skip
# Answers that tell something else than the ones before and after.
FAULTS = (
    "revision", "late_half_hour", "middle_gap", "false_zeros", "nulls", "empty_data", "new_fuel_code", "old_body",
    "missing_key_field",
)  # fmt: skip
# Forecasts, outturns and corrections of a long day, fetched at moments of the days around it.
START = datetime(2025, 10, 25, 22, 10, tzinfo=UTC)
# All others are made anew, whole, by any build: between the first and the last one they change nothing.
BY_DAYS = ("--select", "+config.materialized:incremental")
AT_LENGTH = [pytest.mark.full, pytest.mark.timeout(1800)]
PARTS = (
    "fct_grid_half_hourly",  # what it reads stays as it was
    "int_asked_half_hours",
    "+fct_prices_half_hourly",
    "staging intermediate",
    "fct_generation_half_hourly fct_carbon_half_hourly",
    "+fct_carbon_regional_half_hourly",
)


def answers_of(source: Workspace, fetches: int, seed: int, step: timedelta) -> None:
    """Fills a lake with answers of an ill source, fetched one moment after another."""
    with running(seed=seed, now_utc=START, speed=0) as grid:
        grid.faults.put([{"match": ".", "kind": kind, "share": 0.05} for kind in FAULTS])
        environ = environ_of(grid)
        for number in range(fetches):
            now = START + step * number
            grid.set_clock(now, speed=0)
            for dataset in map(DATASETS.__getitem__, FETCHED):
                first = None if dataset.newest else (now - timedelta(days=1)).date()
                requests = requests_for(dataset, first, now.date() if first else None, now)
                list(fetch_all(source, [(dataset, request) for request in requests], sessions(environ)))


@dataclass
class Story:
    """Loads in some order, with builds of all kinds between them."""

    workspace: Workspace
    answers: list[Recorded]
    chance: Random
    builds: int = 0
    happened: list[str] = field(default_factory=list)

    def load(self, answers: list[Recorded]) -> None:
        connection, lake = self.workspace.connect("ingester"), self.workspace.lake()
        try:
            for answer in answers:
                answer.replay(lake, connection)
        finally:
            connection.close()

    def tell(self, parts: int) -> None:
        self.chance.shuffle(self.answers)
        size = -(-len(self.answers) // parts)
        pieces = [self.answers[start : start + size] for start in range(0, len(self.answers), size)]
        self.load(pieces[0])
        build_marts(self.workspace)
        for number, piece in enumerate(pieces[1:]):
            again = self.chance.sample(self.answers, 3)
            what = (self.at_once, self.in_part, self.failing, self.whole)[number % 4]
            what(piece + again)
            self.happened.append(what.__name__)

    def whole(self, answers: list[Recorded]) -> None:
        self.load(answers)
        build_marts(self.workspace, *BY_DAYS)

    def in_part(self, answers: list[Recorded]) -> None:
        self.load(answers)
        build_marts(self.workspace, "--select", *self.chance.choice(PARTS).split())

    def at_once(self, answers: list[Recorded]) -> None:
        """Loads that commit while dbt builds."""
        loading = Thread(target=self.load, args=[answers])
        loading.start()
        build_marts(self.workspace, *BY_DAYS)
        loading.join()

    def failing(self, answers: list[Recorded]) -> None:
        """A build in which one table cannot be written: what was built before it stays, and nothing after it is."""
        self.load(answers)
        mart = self.chance.choice(["fct_prices_half_hourly", "fct_generation_half_hourly"])
        with refusing(self.workspace, mart):
            assert not run_dbt_here(self.workspace, *BY_DAYS)


@contextlib.contextmanager
def refusing(workspace: Workspace, mart: str) -> Iterator[None]:
    """While it lasts, nothing can be written to a mart."""
    refuse = (
        "create or replace function intermediate.refuse() returns trigger language plpgsql as "
        "$$ begin raise exception 'refused'; end $$;"
        f"create trigger refuse before insert on marts.{mart} execute function intermediate.refuse()"
    )
    rows_of(workspace, refuse, role="transformer")
    yield
    rows_of(workspace, f"drop trigger refuse on marts.{mart}", role="transformer")


def written(workspace: Workspace, mart: str) -> dict[str, int]:
    """For each settlement date of a mart, the transaction that wrote its rows last."""
    statement = f"select settlement_date::text, max(xmin::text::bigint) from marts.{mart} group by 1"
    return dict(rows_of(workspace, statement))


@pytest.mark.parametrize(
    ("fetches", "parts", "seed"),
    [(4, 5, 1), *(pytest.param(24, 20, seed, marks=AT_LENGTH) for seed in (2, 3))],
)
def test_any_story_ends_in_the_marts_of_a_whole_build(
    make_workspace: WorkspaceMaker, fetches: int, parts: int, seed: int
) -> None:
    source, target = make_workspace(), make_workspace()
    answers_of(source, fetches, seed, timedelta(hours=9 if fetches < 10 else 3))
    answers = [a for a in recorded_answers(source.lake_uri, target.lake()) if a.dataset]
    story = Story(target, answers, Random(seed))
    story.tell(parts)
    build_marts(target)
    loads = rows_of(target, "select count(*) from raw.loads where status = 'loaded'")[0][0]
    assert loads >= fetches * len(FETCHED) * 0.8
    assert set(story.happened) == {"at_once", "in_part", "failing", "whole"}
    by_days = marts_of(target)
    build_marts(target, "--full-refresh")
    whole = marts_of(target)
    assert by_days.keys() == whole.keys()
    assert [name for name in whole if by_days[name] != whole[name]] == []


def test_a_build_writes_the_days_of_new_loads_alone(make_workspace: WorkspaceMaker, recorded: Path) -> None:
    workspace = make_workspace()
    answers = [a for a in recorded_answers(str(recorded / "bodies"), workspace.lake()) if a.dataset]
    prices = [a for a in answers if a.dataset and a.dataset.id == "system_prices" and "2024-08" not in a.label]
    story = Story(workspace, prices, Random(1))
    select = ("--select", "+fct_prices_half_hourly")
    story.load(prices[:3])
    build_marts(workspace, *select)
    first = written(workspace, "fct_prices_half_hourly")
    assert len(first) == 3
    build_marts(workspace, *select)
    assert written(workspace, "fct_prices_half_hourly") == first, "nothing new, nothing written"
    story.load(prices[3:4])
    build_marts(workspace, *select)
    then = written(workspace, "fct_prices_half_hourly")
    new = then.keys() - first.keys()
    assert len(new) == 1
    assert {day: then[day] for day in first} == first


def test_a_day_that_changes_changes_what_is_beside_it_a_year_later(make_workspace: WorkspaceMaker) -> None:
    workspace, days = make_workspace(), [date(year, 6, 1) for year in (2022, 2023, 2024)]

    def load(day: date, price: int, hours: int) -> None:
        body = {"data": [{"settlementDate": f"{day}", "settlementPeriod": 1, "systemSellPrice": price}]}
        at = datetime(2025, 6, 2, tzinfo=UTC) + timedelta(hours=hours)
        assert take_in(workspace, "system_prices", day_request("system_prices", day), body, at).status == "loaded"
        build_marts(workspace, "--select", "+fct_grid_daily")

    for number, day in enumerate(days):
        load(day, 50, number)
    before = written(workspace, "fct_grid_daily")
    load(days[1], 60, 10)
    price = "mean_system_price_gbp_per_mwh"
    of_days = (
        f"select {price}, {price}_year_before from marts.fct_grid_daily where {price} > 0 order by settlement_date"
    )
    assert rows_of(workspace, of_days) == [(50, None), (60, 50), (50, 60)]
    assert written(workspace, "fct_grid_daily")[f"{days[0]}"] == before[f"{days[0]}"], "and nothing else"


def test_another_seed_or_macro_builds_it_whole(
    make_workspace: WorkspaceMaker, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a build was made by is remembered with it: all rows follow when a rule changes, though nothing landed."""
    workspace = make_workspace()
    answers = [a for a in recorded_answers(str(recorded / "bodies"), workspace.lake()) if a.dataset]
    Story(workspace, [], Random(1)).load([a for a in answers if a.dataset and a.dataset.id == "system_prices"][:3])
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr("energy_monitor.dbt.PROJECT", project)

    def states() -> set[str]:
        arguments = ["--quiet", "build", "--exclude-resource-type", "test", "unit_test"]
        with untraced():
            assert run_dbt(workspace, [*arguments, "--select", "+fct_prices_half_hourly"])
        return {state for (state,) in rows_of(workspace, "select system_price_state from marts.fct_prices_half_hourly")}

    assert "provisional" in states()
    rules = project / "seeds" / "state_rules.csv"
    rules.write_text(rules.read_text().replace(",provisional,", ",settled,"))
    assert states() == {"settled"}, "of the seed"
    macro = project / "macros" / "states.sql"
    macro.write_text(macro.read_text().replace("else {{ row }}.rule_state", "else 'forecast'"))
    assert states() == {"forecast"}, "of the macro"


def test_a_build_of_what_landed_alone_is_not_held_up_by_tables_of_other_datasets(
    make_workspace: WorkspaceMaker,
) -> None:
    """As Dagster asks for it: files of history, which fct_generation_half_hourly reads too, did not land."""
    workspace, day = make_workspace(), date(2025, 6, 1)

    def shown(generation: int, hours: int) -> None:
        row = {"startTime": "2025-05-31T23:00:00Z", "settlementDate": f"{day}", "settlementPeriod": 1}
        body = [row | {"fuelType": "WIND", "generation": generation}]
        at = datetime(2025, 6, 2, tzinfo=UTC) + timedelta(hours=hours)
        assert take_in(workspace, "fuelhh", day_request("fuelhh", day), body, at).status == "loaded"

    shown(9000, 0)
    build_marts(workspace, "--select", "+fct_generation_half_hourly")
    shown(9100, 1)
    landed = "stg_elexon__generation_half_hourly int_asked_half_hours int_asked_five_minutes dim_settlement_periods"
    build_marts(workspace, "--select", *landed.split(), "fct_generation_half_hourly")
    wind = (
        "select generation_mw from marts.fct_generation_half_hourly where fuel_code = 'WIND' and settlement_period = 1"
    )
    assert rows_of(workspace, wind) == [(9100,)]


@pytest.mark.parametrize(
    ("first_or_last", "relation", "where"),
    [
        ("min(settlement_date)", "stg_ingestion__load_days", "true"),
        ("max(settlement_date)", "stg_ingestion__load_days", "true"),
        ("max(load_id)", "stg_ingestion__loads", "status = 'loaded'"),
        ("min(load_id)", "stg_ingestion__loads", "status = 'loaded' and is_simulated"),
    ],
)
def test_the_first_and_the_last_of_a_dataset_are_found_by_an_index(
    recorded_workspace: Workspace, first_or_last: str, relation: str, where: str
) -> None:
    """Without a look at all of its loads, of which there are more with each tick."""
    few_rows = "set local enable_seqscan = off; set local enable_bitmapscan = off;"  # of few, any way is a short one
    explain = f"explain select {first_or_last} from staging.{relation} where dataset = 'fuelhh' and {where}"
    plan = "\n".join(line for (line,) in rows_of(recorded_workspace, f"{few_rows} {explain}", role="transformer"))
    assert "Limit" in plan, plan  # one row is read, and not all of which the first is found
    assert "Index" in plan, plan
