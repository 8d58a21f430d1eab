"""The page Forecasts: its numbers against SQL and against the versions themselves, and what it says of too little."""

import csv
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from dashboard import forecast_shown, forecast_words, text
from dashboard.connection import engine
from dashboard.export import csv_bytes
from dashboard.forecast_series import BY_LABEL, FORECASTS, GREAT_BRITAIN, HORIZONS
from dashboard.forecast_shown import Chosen
from dashboard.marts import forecasts as marts
from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, half_hour_start, local_midnight_utc
from orchestration.warehouse import parsed_project
from tests.conftest import REPOSITORY, SIMULATED_NOW, WorkspaceMaker
from tests.marts import rows_of
from tests.odd_text import EVIL
from tests.pages import shown_page, words_of

SEEDS = REPOSITORY / "dbt_project" / "seeds"
OCTOBER = date(2026, 10, 1)
A_DAY = Decimal(24)


def page(**chosen: str) -> AppTest:
    """The page at an address."""
    return shown_page("forecasts", **chosen)


def said_on(app: AppTest) -> str:
    return words_of(app).replace("\\", "").replace(text.JOINER, "").replace(text.NBSP, " ")


def chosen(series: str, hours: Decimal = A_DAY, months: tuple[date, ...] = (OCTOBER,)) -> Chosen:
    return Chosen(series, GREAT_BRITAIN, None, hours, months)


def test_series_and_horizons_are_those_of_the_seeds() -> None:
    with (SEEDS / "forecast_series.csv").open() as lines:
        seed = {row["series"]: row for row in csv.DictReader(lines)}
    assert set(FORECASTS) == set(seed)
    for key, forecast in FORECASTS.items():
        assert forecast.dataset == seed[key]["dataset"]
        assert forecast.minutes == int(seed[key]["minutes_per_value"])
        assert forecast.keeps_issues == (seed[key]["issue_kind"] == "published")
        assert forecast.is_carbon == (seed[key]["unit"] != "MW")
    with (SEEDS / "forecast_horizons.csv").open() as lines:
        assert tuple(Decimal(row["horizon_hours"]) for row in csv.DictReader(lines)) == HORIZONS


@pytest.mark.parametrize(("label", "ahead", "hours"), [("Demand", "24 h", 24), ("Wind", "4 h", 4)])
def test_an_address_gives_the_numbers_of_its_series_and_horizon(
    simulated_workspace: Workspace, reading: Callable, label: str, ahead: str, hours: int
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    ((off, error, expected, scored, settled, skill),) = rows_of(
        simulated_workspace,
        "select sum(sum_of_absolute_errors) / sum(forecasts_scored), sum(sum_of_errors) / sum(forecasts_scored),"
        " sum(forecasts_expected), sum(forecasts_scored), sum(forecasts_settled),"
        " 1 - sum(sum_of_absolute_errors_beside_persistence) / sum(sum_of_absolute_errors_of_persistence)"
        " from marts.fct_forecast_accuracy where series = %s and horizon_hours = %s",
        (BY_LABEL[label].key, hours),
        role="reader",
    )
    app = page(series=label, ahead=ahead, chart="week")
    assert (app.selectbox(key="series").value, app.session_state["ahead"]) == (label, ahead)
    assert app.session_state["chart"] == "week"
    assert [(metric.label, metric.value) for metric in app.metric] == [
        ("Off by, on average", text.megawatts(off)),
        ("Too high, on average" if error >= 0 else "Too low, on average", text.megawatts(abs(error))),
        ("Less off than no change", text.percent(skill)),
        ("Scored", f"{scored:,}"),
    ]
    said = said_on(app)
    way = "high" if error > 0 else "low"
    off_words, error_words = (text.megawatts(n).replace(text.NBSP, " ") for n in (off, abs(error)))
    name = BY_LABEL[label].name
    assert f"ahead, {name} was off by {off_words} on average, and {error_words} too {way}." in said
    assert f"of {expected:,} expected · {settled:,} settled" in said


def test_what_stood_then_has_the_errors_that_the_mart_sums(simulated_workspace: Workspace, reading: Callable) -> None:
    """The chart is from the versions and the accuracy from the mart: two ways to the same errors."""
    reading(simulated_workspace, SIMULATED_NOW)
    for series, hours in (("national_demand", A_DAY), ("wind", Decimal(12)), ("transmission_demand", Decimal("0.5"))):
        drawn = forecast_shown.against_outcome(
            chosen(series, hours), "dates", (date(2026, 10, 21), date(2026, 10, 28)), half_hour_start(SIMULATED_NOW)
        )
        errors = [row["error"] for row in drawn.rows if row["error"] is not None]
        (row,) = [r for r in marts.by_horizon(series, GREAT_BRITAIN, (OCTOBER,)) if r["horizon_hours"] == hours]
        assert len(errors) == row["forecasts_scored"] > 100
        assert float(sum(errors) / len(errors)) == pytest.approx(float(row["bias"]))
        assert float(sum(map(abs, errors)) / len(errors)) == pytest.approx(float(row["mae"]))


def test_means_over_months_and_hours_are_sums_over_counts(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    by_hour = marts.by_hour("national_demand", GREAT_BRITAIN, A_DAY, (OCTOBER,))
    (whole,) = [r for r in marts.by_horizon("national_demand", GREAT_BRITAIN, (OCTOBER,)) if r["horizon_hours"] == 24]
    counts = [row["forecasts_scored"] for row in by_hour]
    errors = [float(row["mae"]) for row in by_hour]
    assert len(set(counts)) > 1  # so a mean of means would be another number
    assert sum(counts) == whole["forecasts_scored"]
    mean = sum(error * n for error, n in zip(errors, counts, strict=True)) / sum(counts)
    assert mean == pytest.approx(float(whole["mae"]))
    assert sum(errors) / len(errors) != pytest.approx(mean, rel=1e-9)
    assert marts.by_horizon("national_demand", GREAT_BRITAIN, (date(2020, 1, 1),)) == []


def test_no_forecast_is_looked_at_later_than_now(simulated_workspace: Workspace, reading: Callable) -> None:
    """The newest issue of tomorrow is there; what will be known a quarter of an hour before then is not."""
    reading(simulated_workspace, SIMULATED_NOW)
    at = half_hour_start(SIMULATED_NOW)
    asked = ("national_demand", GREAT_BRITAIN, Decimal(4), at, at + DAY)
    found = marts.looked_at_ahead(*asked, at)
    assert [row["period_start_utc"] - at for row in found] == [timedelta(minutes=30 * n) for n in range(9)]
    assert all(row["forecast_known_from_utc"] <= row["looked_at_utc"] <= at for row in found)
    everything = rows_of(
        simulated_workspace,
        "select count(*) from marts.fct_demand_forecast_versions where source_dataset = 'ndf' and is_newest"
        " and period_start_utc >= %s",
        (at,),
        role="reader",
    )
    assert everything[0][0] > len(found)


def test_as_known_at_a_moment_the_chart_is_of_then_and_accuracy_of_now(
    simulated_workspace: Workspace, reading: Callable
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    known = SIMULATED_NOW.replace(minute=0) - DAY
    drawn = forecast_shown.against_outcome(
        chosen("national_demand"), "day", None, half_hour_start(SIMULATED_NOW), known
    )
    held = [row for row in drawn.rows if row["forecast"] is not None]
    assert held
    assert all(row["forecast_known_from_utc"] <= row["looked_at_utc"] <= known for row in held)
    assert all(row["outcome"] is None for row in drawn.rows)  # outturns were fetched a day later
    app = page(series="Demand", known=f"{known:%Y-%m-%dT%H:%M}")
    assert "How good forecasts were is as is known now" in said_on(app)
    assert app.metric


def test_too_little_says_how_much_there_is_and_what_is_needed(
    simulated_workspace: Workspace, reading: Callable
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    ((scored, expected),) = rows_of(
        simulated_workspace,
        "select sum(forecasts_scored), sum(forecasts_expected) from marts.fct_forecast_accuracy"
        " where series = 'carbon_national' and horizon_hours = 1",
        role="reader",
    )
    assert 0 < scored < 48
    app = page(series="Carbon", ahead="1 h")
    said = said_on(app)
    count = "1 forecast" if scored == 1 else f"{scored} forecasts"
    assert f"only {count} of an hour ahead can be held against what came, and 48 are needed" in said
    assert "Its source keeps no old forecasts" in said
    assert f"of {expected} half-hours" in said
    assert not app.metric
    said = said_on(page(series="Solar in local networks"))
    assert "no forecast of a day ahead can be held against what came" in said
    assert "weeks later" in said


def test_every_series_is_shown_over_both_workspaces(
    simulated_workspace: Workspace, recorded_workspace: Workspace, reading: Callable
) -> None:
    """And the page reads the marts that its exposure names, no more and no less."""
    asked: set[str] = set()
    for workspace in (simulated_workspace, recorded_workspace):
        reading(workspace, SIMULATED_NOW)

        def note(_c: object, _u: object, statement: str, *_: object) -> None:
            asked.update(re.findall(r"\bmarts\.(\w+)", statement))

        event.listen(engine(), "before_cursor_execute", note)
        try:
            for label in BY_LABEL:
                app = page(series=label)
                assert not app.error, words_of(app)
                assert BY_LABEL[label].name in said_on(app)
        finally:
            event.remove(engine(), "before_cursor_execute", note)
    asked -= {"carbon_regional_as_known_at"}
    manifest = json.loads(parsed_project().manifest_path.read_text())
    (exposure,) = [e for e in manifest["exposures"].values() if e["name"] == "dashboard_forecasts"]
    shown_on_now = {"fct_grid_half_hourly", "fct_prices_half_hourly", "fct_generation_five_minutely", "fct_outages"}
    named = {unique_id.split(".")[-1] for unique_id in exposure["depends_on"]["nodes"]}
    assert named <= asked
    assert asked - named <= shown_on_now | {"dim_fuels", "fct_records"}  # which AppTest's first page reads


def test_an_empty_workspace_says_what_to_run(make_workspace: WorkspaceMaker, reading: Callable) -> None:
    reading(make_workspace())
    assert "make up" in said_on(page())


def test_wind_is_shown_by_hour_and_an_hour_needs_both_halves(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    start, end = local_midnight_utc(date(2026, 10, 24)), local_midnight_utc(date(2026, 10, 27))
    hours = marts.outcomes("wind", GREAT_BRITAIN, start, end)
    assert len(hours) == 73  # the clocks go back in between
    (of_mart,) = rows_of(
        simulated_workspace,
        "select avg(generation_mw) from marts.fct_generation_half_hourly where fuel_code = 'WIND'"
        " and period_start_utc in (%s, %s)",
        (start, start + timedelta(minutes=30)),
        role="reader",
    )
    assert hours[0]["outcome"] == of_mart[0]
    halves = [
        {"period_start_utc": start, "outcome": Decimal(5), "outcome_state": "settled"},
        {"period_start_utc": start + timedelta(minutes=30), "outcome": None, "outcome_state": "missing"},
    ]
    assert marts._hourly(halves) == [
        {"period_start_utc": start, "outcome": None, "outcome_state": "missing and settled"}
    ]
    (spec_rows,) = [forecast_shown.against_outcome(chosen("wind"), "day", None, half_hour_start(SIMULATED_NOW))]
    sent = pa.ipc.open_stream(spec_rows.spec["datasets"]["slots"]).read_all().to_pylist()
    assert re.search(r"\d\d:00–\d\d:00 GMT$", sent[-1]["t0"])


def test_the_file_is_what_is_drawn(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    drawn = forecast_shown.by_horizon(chosen("national_demand"))
    points = pa.ipc.open_stream(drawn.spec["datasets"]["lines"]).read_all().to_pylist()
    lines = list(csv.DictReader(csv_bytes(drawn.rows).decode().splitlines()))
    enough = [line for line in lines if int(line["forecasts_scored"]) >= 48]
    drawn_errors = [p["value"] for p in points if p["series"] == "Off by, forecast" and p["value"] is not None]
    assert drawn_errors == [float(line["mae"]) for line in enough]
    assert len(enough) < len(lines)  # 48 hours ahead there are two
    assert "48 h (" in drawn.said
    for line in enough:
        hours = f"{Decimal(line['horizon_hours']).normalize():f}"
        assert f"{'30 min' if hours == '0.5' else hours + ' h'} ahead off by" in drawn.spec["description"].replace(
            text.NBSP, " "
        )


# ---------------------------------------------------------------- words


DEMAND, REGION = FORECASTS["national_demand"], FORECASTS["carbon_regional"]


def row(**given: object) -> dict:
    base = {
        "forecasts_expected": 100,
        "forecasts_held": 100,
        "forecasts_scored": 100,
        "forecasts_settled": 100,
        "mae": Decimal("611.6"),
        "bias": Decimal("80.4"),
        "outcome_basis": "outturn",
        "persistence_compared": 0,
        "week_before_compared": 0,
    }
    return base | given


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            forecast_words.headline(DEMAND, None, A_DAY, row()),
            "Looked at a day ahead, the demand forecast was off by 612 MW on average, and 80 MW too high.",
        ),
        (
            forecast_words.headline(DEMAND, None, Decimal("0.5"), row(bias=Decimal("-1080.5"))),
            "Looked at half an hour ahead, the demand forecast was off by 612 MW on average, and 1,081 MW too low.",
        ),
        (forecast_words.bias_text(DEMAND, Decimal("-0.4")), "neither too high nor too low"),
        (
            forecast_words.headline(DEMAND, None, Decimal(8), row(forecasts_scored=47))[-62:],
            "held against what came, and 48 are needed, as many as a day has."[-62:],
        ),
        (
            forecast_words.coverage_text(
                DEMAND, row(forecasts_held=999, forecasts_expected=1000, forecasts_scored=998)
            ),
            "Forecasts were there for 999 of 1,000 half-hours (99 %); 998 of them have an outcome to be held against. "
            "100 of 998 outcomes are settled (10 %); the others may change.",
        ),
        (
            forecast_words.baseline_text(
                DEMAND,
                row(
                    persistence_compared=100,
                    persistence_mae=Decimal(300),
                    skill_over_persistence=Decimal("-1.04"),
                    week_before_compared=90,
                    week_before_mae=Decimal(1200),
                    skill_over_week_before=Decimal("0.49"),
                ),
            ),
            "Had one simply said that nothing changes: off by 300 MW (the forecast is 104 % more off); or the same as "
            "a week before: off by 1,200 MW (the forecast is 49 % less off), of 90 of them.",
        ),
    ],
)
def test_forecasts_in_words(said: str, expected: str) -> None:
    assert said.replace(text.NBSP, " ") == expected


def test_what_has_no_outcome_is_said_to_be_held_against_the_last_forecast() -> None:
    said = forecast_words.headline(
        REGION, "South Wales", A_DAY, row(outcome_basis="last_forecast", mae=Decimal("8.25"))
    )
    assert "the carbon forecast of South Wales was still to change by 8.3" in said
    assert "not how far it was from the truth" in said


def test_a_regions_name_is_shown_as_text(
    simulated_workspace: Workspace, reading: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    monkeypatch.setattr(marts, "regions", lambda: [{"region_id": 13, "region_name": EVIL}])
    app = page(series="Carbon of a region")
    (headline,) = [m.value for m in app.markdown if "cannot be said yet" in m.value]
    assert text.plain(EVIL) in headline
    assert not any(element.allow_html for kind in (app.markdown, app.caption) for element in kind)
