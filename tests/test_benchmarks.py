"""The benchmarks at a tiny size, so that they do not rot. What they measure here says nothing."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import __main__ as bench
from benchmarks import as_known_at, dashboard, figures, growth, history, loading, ten_years
from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, HALF_HOUR, HOUR, periods_in
from tests.conftest import REPOSITORY, WorkspaceMaker
from tests.marts import rows_of


def test_as_known_at_is_answered_alike_by_both_forms(tmp_path: Path) -> None:
    found = as_known_at.run(tmp_path, versions=8 * as_known_at.ROWS_OF_ISSUE, moments=5)
    assert found["versions"] == 8 * 96 * 18
    assert found["milliseconds"].keys() == as_known_at.FORMS.keys()
    assert all(times["p50"] <= times["p95"] <= times["max"] for times in found["milliseconds"].values())
    assert "13,824 versions" in "\n".join(as_known_at.table(found))


@pytest.mark.full
def test_ten_years_of_each_history_have_each_half_hour_once(recorded: Path, tmp_path: Path) -> None:
    history.write_files(recorded, tmp_path, history.TEN_YEARS)
    mix = pd.read_parquet(tmp_path / "mix.parquet")
    assert not mix.duplicated(["startTime", "fuelType"]).any()
    for name, column in (("mix", "startTime"), ("prices", "startTime"), ("carbon", "from")):
        times = pd.read_parquet(tmp_path / f"{name}.parquet", columns=[column])[column]
        assert (times.min().year, times.max().isoformat()) == (2015, "2024-12-31T23:30:00+00:00")
        # but for those that the recorded ones lack
        assert times.nunique() > 0.998 * history.TEN_YEARS * 48
    demand = pd.read_parquet(tmp_path / "demand.parquet").groupby("SETTLEMENT_DATE")["SETTLEMENT_PERIOD"]
    days = [history.END - number * DAY for number in range(history.TEN_YEARS, 0, -1)]
    assert demand.count().to_dict() == {day.isoformat(): periods_in(day) for day in days}


@pytest.mark.full  # builds a workspace and serves it, which takes minutes
@pytest.mark.timeout(1800)
def test_histories_are_built_and_the_dashboard_is_measured_over_them(recorded: Path, tmp_path: Path) -> None:
    workspace = Workspace("history", {"ENERGY_MONITOR_HOME": str(tmp_path)})
    try:
        found = history.run(workspace, recorded, days=3)
        seen = dashboard.measure(workspace, tmp_path, rounds=1, readers=2, seconds=5, paints=1)
    finally:
        workspace.postgres.stop()
    assert found["rows"]["raw.history_system_prices"] == found["rows"]["marts.fct_grid_half_hourly"] == 3 * 48
    assert found["seconds"].keys() == {"load", "build", "test", history.WHOLE, history.PLAIN}
    assert {figure.met for figure in history.figures(found)} == {None}, "three days say nothing of ten years"
    assert seen["half_hours"] == 3 * 48
    assert len(seen["warm_pages"]) == len(dashboard.PAGES) * len(dashboard.WINDOWS) + len(dashboard.OTHERS) + 2
    assert all(seconds > 0 for taken in seen["browser"].values() for seconds in taken)
    assert "| an empty app's first paint |" in "\n".join(dashboard.table(seen))
    assert [figure.limit for figure in dashboard.figures(seen)] == ["≤ 200 ms", "≤ 200 ms", "≤ 1.5 ×", ""]


def test_every_way_of_loading_ends_with_the_same_number_of_rows(recorded: Path, tmp_path: Path) -> None:
    request, body = loading.recorded_bodies(recorded)[0]
    rows = loading.rows_of(body)[:200]
    found = loading.run(tmp_path, [(request, json.dumps({"data": rows}).encode())], rounds=1)
    assert found["rows"] == 200
    assert found["loaded"].keys() == loading.ways().keys()
    assert set(found["loaded"].values()) == {200}
    assert "200 rows in 1 bodies" in "\n".join(loading.table(found))
    assert found["processor"].keys() == found["seconds"].keys()
    first, *others = loading.figures(found)
    assert first.met == (first.ours <= 2 * (first.other or 0))
    assert {figure.met for figure in others} == {None}


@pytest.mark.parametrize(
    ("figure", "ratio", "verdict"),
    [
        (figures.at_most("planner", "p95", 5.0, "ms", 5), None, "met"),
        (figures.at_most("planner", "p95", 5.01, "ms", 5), None, "short"),
        (figures.times_at_most("dashboard", "first number", 3.0, "s", 2.0, "an empty app", 1.5), 1.5, "met"),
        (figures.times_at_most("dashboard", "first number", 3.1, "s", 2.0, "an empty app", 1.5), 1.55, "short"),
        (figures.speed_at_least("loading", "rows", 2.0, "s", 1.0, "the floor", 0.5), 0.5, "met"),
        (figures.speed_at_least("loading", "rows", 2.5, "s", 1.0, "the floor", 0.5), 0.4, "short"),
        (figures.beside("loading", "rows", 2.0, "s", 10.0, "dlt"), 0.2, ""),
    ],
)
def test_a_figure_is_met_or_short_by_its_limit(figure: figures.Figure, ratio: float | None, verdict: str) -> None:
    assert figure.ratio == (None if ratio is None else pytest.approx(ratio))
    assert figure.verdict == verdict
    assert "\n".join(figures.table([figure])).endswith(f"| {verdict} |")


def test_one_command_makes_one_table_and_one_file(recorded: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "planner", "--json", str(file)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    told = json.loads(file.read_text())
    assert told["failed"] == {}
    assert {one["budget"] for one in told["figures"]} == {"planner, 48 hours"}
    assert {one["verdict"] for one in told["figures"]} <= {"met", "short"}
    assert f"| planner, 48 hours | {told['figures'][0]['what']} | " in done.stdout
    assert f"{told['machine']['cores']} cores" in done.stdout


def test_a_part_that_fails_is_named_and_the_others_go_on(
    recorded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no zip")

    monkeypatch.setattr(bench.lambdas, "run", fail)
    told = bench.measure(bench.Given(recorded, quick=True), ["lambdas", "planner"], lambda _: None)
    assert told["failed"] == {"lambdas": "RuntimeError: no zip"}
    assert told["found"].keys() == {"planner"}
    assert "not measured: lambdas: RuntimeError: no zip" in bench.lines_of(told)
    assert "no zip" in capsys.readouterr().err


@pytest.mark.full  # lives a day
def test_days_that_were_lived_are_laid_end_to_end(
    make_workspace: WorkspaceMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, start = make_workspace(), datetime(2026, 3, 31, tzinfo=UTC)  # two days after the one of 46 half-hours
    monkeypatch.setattr(ten_years, "STEP", 6 * HOUR)
    with ten_years.a_grid(1, start) as grid:
        ten_years.live(workspace, grid, start, 1)
    base = ten_years.base_of(workspace, start, 1)
    ten_years.lay(workspace, base, 1, 2)
    ten_years.lay(workspace, base, 3, 3)  # as a year is laid on to a month
    end = start - ten_years.LATEST + DAY
    found = rows_of(workspace, 'select distinct "startTime" from raw.fuelhh where "startTime" < %s order by 1', [end])
    assert [at for (at,) in found] == [end + n * HALF_HOUR for n in range(-4 * 48, 0)], "no half-hour lacks"
    periods = """
        select "settlementDate"::text, count(distinct "settlementPeriod") from raw.system_prices
        where "settlementDate" < '2026-03-31' group by 1
    """
    days = {"2026-03-27": 48, "2026-03-28": 48, "2026-03-29": 46, "2026-03-30": 48}
    assert dict(rows_of(workspace, periods)) == days
    labels = """
        select count(*) from raw.fuelhh
        where ("settlementDate" + time '00:00') at time zone 'Europe/London'
            + ("settlementPeriod" - 1) * interval '30 minutes' <> "startTime"
    """
    assert rows_of(workspace, labels) == [(0,)], "and each is called what it is"
    primary = "select count(*) from pg_constraint where contype = 'p' and connamespace = 'raw'::regnamespace"
    assert rows_of(workspace, primary) == rows_of(make_workspace(), primary)
    loads = "select count(*), count(distinct load_id), max(load_id) < nextval('raw.load_numbers') from raw.loads"
    ((count, distinct, is_next),) = rows_of(workspace, loads, role="owner")
    assert (distinct, is_next) == (count, True)


@pytest.mark.full  # lives a day, and builds three workspaces
@pytest.mark.timeout(1800)
def test_growth_is_measured_at_each_size(tmp_path: Path) -> None:
    found, lines = growth.bench(tmp_path, True, False, print)
    assert list(found["sizes"]) == ["a month", "ten years"]
    assert {line.met for line in lines} == {None}, "of a few days nothing is said of the budgets"
    assert f"| {growth.NOW} |" in "\n".join(growth.table(found))
