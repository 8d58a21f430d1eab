"""The page Sources: how each dataset stands, its lag, failures, gaps and revisions, and whether sources agree."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dashboard import checks, reliability, source_charts, text
from dashboard.marts import sources as marts
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY
from tests.conftest import REPOSITORY, SIMULATED_NOW
from tests.marts import rows_of
from tests.odd_text import EVIL
from tests.pages import drawn, page, read_words, specs_of

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ATTEMPT = {
    "newest_attempt_utc": NOW,
    "median_lag_minutes": 30.0,
    "p95_lag_minutes": 90.0,
    "requests_unanswered": 0,
    "bodies_failed": 0,
    "rows_revised": 0,
    "bodies_waiting": 0,
}


def test_the_checks_are_those_of_the_seed() -> None:
    with (REPOSITORY / "dbt_project" / "seeds" / "reconciliation_bounds.csv").open(newline="") as seed:
        assert {row["check_name"] for row in csv.DictReader(seed)} == set(checks.CHECKS)


def found(**attempts: dict[str, Any] | None) -> list[reliability.Standing]:
    newest = {name: NOW for name, attempt in attempts.items() if attempt is not None}
    known = {name: attempt for name, attempt in attempts.items() if attempt is not None}
    return reliability.standings(NOW, newest, known, {}, {})


def test_what_is_late_or_broken_is_named() -> None:
    every = dict.fromkeys(DATASETS, ATTEMPT)
    assert reliability.summary(found(**every), NOW) == (
        f"All {len(DATASETS)} datasets answered within their time. Every answer that came could be loaded."
    )
    assert reliability.summary(found(), NOW) == "No dataset was asked for in this workspace."
    waiting = reliability.summary(found(**every | {"fuelhh": ATTEMPT | {"bodies_waiting": 2}}), NOW)
    assert "wait in the lake for a replay: fuelhh (2)." in waiting
    allowed = DATASETS["fuelhh"].allowed_lateness
    for since, is_late in ((allowed, False), (allowed + timedelta(seconds=1), True)):
        late = reliability.standings(NOW, {"fuelhh": NOW - since, "remit": NOW}, {}, {}, {})
        assert [one.is_late for one in late if one.dataset == "fuelhh"] == [is_late]
        assert ("1 of 2 datasets is late: fuelhh (newest answer" in reliability.summary(late, NOW)) == is_late
    never = reliability.standings(NOW, {}, {"fuelhh": ATTEMPT}, {}, {})
    assert reliability.summary(never, NOW).startswith("Never answered: fuelhh")
    rows = {row["Dataset"]: row["State"] for row in reliability.table(never, NOW)}
    assert (rows["fuelhh"], rows["ndf"]) == ("never answered", "not asked for")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(None, "–"), (4.4, "4 min"), (119, "119 min"), (716, "11.9 h"), (-30, "−30 min"), (33000, "23 days")],
)
def test_lags_in_words(minutes: float | None, said: str) -> None:
    assert reliability.lag(minutes).replace(text.NBSP, " ") == said


def gap_day(day: date, missing: int, withdrawn: int) -> dict[str, Any]:
    received = 48 - missing - withdrawn
    return {
        "settlement_date": day,
        "periods_in_day": 48,
        "periods_expected": 48,
        "periods_received": received,
        "periods_missing": missing,
        "periods_withdrawn": withdrawn,
    }


def test_a_calendar_tells_missing_from_withdrawn_and_from_never_asked() -> None:
    monday = date(2026, 3, 2)
    days = [gap_day(monday, 0, 0), gap_day(monday + DAY, 3, 1), gap_day(monday + 3 * DAY, 0, 2)]
    said = source_charts.gaps_in_words(days)
    assert "2 of 3 settlement dates" in said
    assert "Thu 5 Mar 2026 (2 withdrawn), Tue 3 Mar 2026 (3 missing, 1 withdrawn)." in said
    points = drawn(source_charts.calendar(days, monday + 3 * DAY, "x"), "days")
    assert [(p["weekday"], p["state"]) for p in points] == [
        ("Mon", source_charts.COMPLETE),
        ("Tue", source_charts.MISSING),
        ("Thu", source_charts.WITHDRAWN),
    ]
    assert len({p["week"] for p in points}) == 1
    assert "have all that was due" in source_charts.gaps_in_words(days[:1])


def check_day(day: date, residual: float | None, within: bool | None) -> dict[str, Any]:
    return {
        "settlement_date": day,
        "unit": "MW",
        "periods_in_day": 48,
        "periods_compared": 48 if within is not None else 10,
        "residual": residual,
        "residual_p05": residual,
        "residual_p95": residual,
        "residual_minimum": -50,
        "residual_maximum": 50,
        "is_within_bounds": within,
    }


def test_days_out_of_bounds_are_named_and_parts_of_days_are_not_judged() -> None:
    first = date(2026, 3, 1)
    days = [check_day(first, 60.4, False), check_day(first + DAY, 0.2, True), check_day(first + 2 * DAY, -99.0, None)]
    said = checks.in_words(days).replace(text.NBSP, " ")
    assert "1 of 2 days lies outside: Sun 1 Mar 2026 (+60 MW)." in said
    assert "1 day has both sides for less than half of the day, and is not judged." in said
    assert "On Tue 3 Mar 2026 the difference was −99 MW, over 10 of 48 half-hours." in said
    assert checks.amount(0.2, "MW").replace(text.NBSP, " ") == "0 MW"
    assert "no half-hour has both" in checks.in_words([check_day(first, None, None)])
    notes = [slot["t4"] for slot in drawn(checks.residuals("mix_indo", days, first, first + 2 * DAY), "slots")]
    assert [note.split(",")[0].split(":")[0] for note in notes] == ["outside", "inside", "not judged"]
    assert checks.check_of(EVIL).title == EVIL  # a check of tomorrow goes by its name


def test_all_numbers_are_the_marts(simulated_workspace: Workspace, reading: Callable[..., None]) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page("sources", dataset="agpt", check="Mix against national demand")
    said = read_words(app)
    assert f"All {len(DATASETS)} datasets answered within their time." in said
    shown = {row["Dataset"]: row for row in app.dataframe[0].value.to_dict("records")}
    assert list(shown) == list(DATASETS)
    numbers = rows_of(
        simulated_workspace,
        "select dataset, sum(requests_unanswered), sum(bodies_failed), sum(rows_revised)"
        " from marts.fct_source_reliability_daily where fetch_date > date '2026-10-21' group by dataset",
        role="reader",
    )
    assert len(numbers) == len(DATASETS)
    for dataset, unanswered, failed, revised in numbers:
        row = shown[dataset]
        assert (row["Unanswered"], row["Failed"], row["Rows revised"]) == (
            f"{unanswered:,}",
            f"{failed:,}",
            f"{revised:,}",
        )
    lags = rows_of(
        simulated_workspace,
        "select dataset, median_lag_minutes, p95_lag_minutes from marts.fct_source_reliability_daily as days"
        " where fetch_date = (select max(fetch_date) from marts.fct_source_reliability_daily as newest"
        " where newest.dataset = days.dataset and median_lag_minutes is not null)",
        role="reader",
    )
    assert lags
    for dataset, median, p95 in lags:
        expected = (reliability.lag(median), reliability.lag(p95))
        assert (shown[dataset]["Median lag"], shown[dataset]["p95 lag"]) == expected
    gaps = rows_of(
        simulated_workspace,
        "select dataset, sum(periods_missing + periods_withdrawn) from marts.fct_source_gaps_daily group by dataset",
        role="reader",
    )
    assert {dataset: shown[dataset]["Gaps"] for dataset, _ in gaps} == {dataset: f"{n:,}" for dataset, n in gaps}
    assert shown["ndf"]["Gaps"] == text.NONE  # not counted is no zero
    missed = dict(
        rows_of(
            simulated_workspace,
            "select dataset, count(*) from marts.fct_forecast_issues where issue_state = 'missed' group by dataset",
            role="reader",
        )
    )
    assert missed
    assert {dataset: shown[dataset]["Issues missed"] for dataset in missed} == {d: f"{n:,}" for d, n in missed.items()}
    residuals = rows_of(
        simulated_workspace,
        "select residual from marts.fct_reconciliation_daily where check_name = 'mix_indo' and residual is not null"
        " order by settlement_date",
        role="reader",
    )
    lines = drawn(specs_of(app)[-1], "lines")
    values = {p["value"] for p in lines if p["series"].startswith("Daily mean") and p["value"] is not None}
    assert values == {float(residual) for (residual,) in residuals}


def test_the_newest_revisions_come_first_and_none_from_after_a_past_moment(
    simulated_workspace: Workspace,
    reading: Callable[..., None],
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    ((dataset, changed),) = rows_of(
        simulated_workspace,
        "select dataset, max(changed_at_utc) from marts.fct_revisions group by dataset order by count(*) desc limit 1",
        role="reader",
    )
    assert marts.revisions(dataset, SIMULATED_NOW)[0]["changed_at_utc"] == changed
    assert not [
        row for row in marts.revisions(dataset, changed - timedelta(seconds=1)) if row["changed_at_utc"] >= changed
    ]
    known = page("sources", known="2026-10-28T06:00", dataset=dataset)
    assert "as at the end of Wed 28 Oct 2026" in read_words(known)


def test_errors_and_values_of_sources_are_text(
    simulated_workspace: Workspace,
    reading: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    days, revisions = marts.days, marts.revisions

    def failed(*asked: Any) -> list[dict[str, Any]]:
        return [row | {"bodies_failed": 1, "first_error": EVIL, "last_error": EVIL} for row in days(*asked)]

    def revised(*asked: Any) -> list[dict[str, Any]]:
        return [row | {"row_key": EVIL, "value_before": EVIL, "value_after": None} for row in revisions(*asked)]

    monkeypatch.setattr(marts, "days", failed)
    monkeypatch.setattr(marts, "revisions", revised)
    app = page("sources", dataset="agpt")
    tables = [element.value for element in app.dataframe]
    failures = next(table for table in tables if "First error" in table)
    assert set(failures["First error"]) == set(failures["Last error"]) == {EVIL}
    assert set(failures["Failed"]) == {"1"}
    changes = next(table for table in tables if "After" in table)
    assert set(changes["Before"]) == {EVIL}
    assert set(changes["After"]) == {text.NONE}
    assert not any(element.allow_html for kind in (app.markdown, app.caption) for element in kind)


def test_data_long_past_is_late_and_what_was_never_asked_for_is_not(
    recorded_workspace: Workspace,
    reading: Callable[..., None],
) -> None:
    reading(recorded_workspace, datetime(2026, 11, 25, tzinfo=UTC))
    app = page("sources", dataset="system_prices")
    ((count,),) = rows_of(recorded_workspace, "select count(*) from marts.dim_datasets", role="reader")
    said = read_words(app)
    assert f"All {count} datasets are late: fuelhh (newest answer" in said
    assert f"{len(DATASETS) - count} more were never asked for in this workspace." in said
    assert app.selectbox(key="dataset").value == "system_prices"
    assert "The newest twenty at most" in said
    page("sources", dataset="octopus_unit_rates")
