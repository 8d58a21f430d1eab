"""The page Compare: one measure over two periods, day by day, its totals against the marts, its address."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboard import comparison, half_hour_places, text
from dashboard.comparable import MEASURES
from dashboard.comparison import Comparison
from dashboard.periods import MONTH_A_YEAR_BEFORE, MONTHS, WEEKS, YEARS, Period, preset
from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, HALF_HOUR
from tests.conftest import SIMULATED_NOW
from tests.marts import rows_of
from tests.pages import drawn, page, read_words, specs_of

DEMAND, PRICE, SHARE = MEASURES["Demand"], MEASURES["Headline price"], MEASURES["Zero-carbon share"]


@pytest.mark.parametrize(
    ("name", "newest", "first", "second"),
    [
        (WEEKS, date(2026, 10, 28), (date(2026, 10, 26), date(2026, 10, 28)), (date(2026, 10, 19), date(2026, 10, 21))),
        (MONTHS, date(2026, 3, 31), (date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 2, 1), date(2026, 2, 28))),
        (MONTHS, date(2026, 1, 5), (date(2026, 1, 1), date(2026, 1, 5)), (date(2025, 12, 1), date(2025, 12, 5))),
        (
            MONTH_A_YEAR_BEFORE,
            date(2024, 2, 29),
            (date(2024, 2, 1), date(2024, 2, 29)),
            (date(2023, 2, 1), date(2023, 2, 28)),
        ),
        (YEARS, date(2024, 12, 31), (date(2024, 1, 1), date(2024, 12, 31)), (date(2023, 1, 1), date(2023, 12, 31))),
    ],
)
def test_a_preset_is_as_many_days_and_never_beyond_its_month_or_year(
    name: str, newest: date, first: tuple[date, date], second: tuple[date, date]
) -> None:
    assert preset(name, newest) == (Period(*first), Period(*second))


def day_row(day: date, mwh: float | None, periods: int, of: int = 48) -> dict[str, Any]:
    return {"settlement_date": day, "periods_in_day": of, "indo_mwh": mwh, "indo_periods": periods}


def test_days_that_are_not_complete_are_named_and_in_no_total() -> None:
    first, second = Period(date(2026, 3, 1), date(2026, 3, 4)), Period(date(2026, 2, 1), date(2026, 2, 3))
    days = [day_row(first.first + DAY * n, 100.0 * (n + 1), 48) for n in range(4)]
    days += [day_row(second.first, 10.0, 48), day_row(second.first + DAY, 5.0, 20)]  # of the third nothing was asked
    compared = Comparison(DEMAND, first, second, {row["settlement_date"]: row for row in days})
    assert compared.counted == [(first.first, second.first)]
    assert compared.totals() == (100.0, 10.0)
    said = comparison.left_out(compared)
    assert "Mon 2 Feb 2026 (20 of 48 half-hours)" in said
    assert "Tue 3 Feb 2026 (never asked for)" in said
    assert "One day at the end of the longer period has no counterpart" in said
    assert "over one complete day" in comparison.in_words(compared)
    rows = compared.rows("day")
    assert [row["second_indo_mwh_per_day"] for row in rows] == [10.0, None, None, None]
    assert [row["first_complete_days"] for row in rows] == [1] * 4
    (week,) = compared.rows("week")
    assert (week["first_indo_mwh_per_day"], week["first_complete_days"], week["second_complete_days"]) == (250.0, 4, 1)
    nothing = Comparison(DEMAND, first, second, {})
    assert "nothing can be said" in comparison.in_words(nothing)
    assert "Sun 1 Mar 2026 to Wed 4 Mar 2026 (never asked for)" in comparison.left_out(nothing)


def test_a_mean_of_days_is_that_of_their_half_hours_and_below_zero_has_no_percentage() -> None:
    day = date(2026, 3, 29)
    rows = [
        {PRICE.daily: -10.0, PRICE.periods: 46, "periods_in_day": 46},
        {PRICE.daily: 20.0, PRICE.periods: 48, "periods_in_day": 48},
    ]
    mean = PRICE.over(rows)
    assert mean == (-10.0 * 46 + 20.0 * 48) / 94
    compared = Comparison(PRICE, Period(day, day), Period(day, day), {})
    assert comparison.difference(compared.measure, 5.0, -10.0) == "That is £15.00/MWh more."
    assert comparison.difference(PRICE, 5.0, 10.0).replace(text.NBSP, " ") == "That is £5.00/MWh less (−50 %)."
    assert comparison.difference(SHARE, 0.5, 0.45) == "That is 5.0 percentage points more."
    assert comparison.difference(PRICE, 5.0, 5.001) == "Both are equal."
    supply = [{SHARE.daily: 0.5, "supply_mwh": 100.0}, {SHARE.daily: 0.2, "supply_mwh": 300.0}]
    assert SHARE.over(supply) == pytest.approx((50 + 60) / 400)


def test_half_hours_are_at_one_place_by_the_uks_clock() -> None:
    """25 October 2026 has two hours from 01:00: the first counts. 29 March has none: it has no number."""
    autumn, spring = Period(date(2026, 10, 25), date(2026, 10, 25)), Period(date(2026, 3, 29), date(2026, 3, 29))

    def numbered(period: Period) -> list[dict[str, Any]]:
        start, end = half_hour_places.bounds(period)
        count = (end - start) // HALF_HOUR
        return [{"period_start_utc": start + HALF_HOUR * n, "indo_mw": Decimal(n)} for n in range(count)]

    rows = half_hour_places.aligned(autumn, spring, numbered(autumn), numbered(spring), "indo_mw")
    assert len(rows) == 48
    by_clock = {row["uk_clock"]: (row["first_indo_mw"], row["second_indo_mw"]) for row in rows}
    assert by_clock["00:30"] == (1, 1)
    assert by_clock["01:00"] == (2, None)
    assert by_clock["02:00"] == (6, 2)
    assert by_clock["23:30"] == (49, 45)


def test_totals_and_chart_are_the_marts_numbers(simulated_workspace: Workspace, reading: Callable[..., None]) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    address = {"first": ["2026-10-26", "2026-10-28"], "second": ["2026-10-23", "2026-10-25"]}
    app = page("compare", measure="Demand", periods="any dates", by="day", **address)
    totals = rows_of(
        simulated_workspace,
        "select sum(indo_mwh) from marts.fct_grid_daily where indo_periods = periods_in_day"
        " and settlement_date between %s and %s",
        (date(2026, 10, 26), date(2026, 10, 27)),
        role="reader",
    ) + rows_of(
        simulated_workspace,
        "select sum(indo_mwh) from marts.fct_grid_daily where settlement_date between %s and %s",
        (date(2026, 10, 23), date(2026, 10, 24)),
        role="reader",
    )
    said = read_words(app)
    for (total,) in totals:
        assert text.gigawatt_hours(total).replace(text.NBSP, " ") in said
    assert "over 2 complete days of Mon 26 Oct 2026 to Wed 28 Oct 2026" in said
    assert "Wed 28 Oct 2026 (" in said  # it is not over yet
    overlay, by_month = specs_of(app)
    expected = rows_of(
        simulated_workspace,
        "select indo_mwh from marts.fct_grid_daily where settlement_date between %s and %s order by settlement_date",
        (date(2026, 10, 23), date(2026, 10, 25)),
        role="reader",
    )
    lines = [point for point in drawn(overlay, "lines") if point["series"] == "Second period"]
    assert [point["value"] for point in lines if point["at"] < 3] == [float(mwh) for (mwh,) in expected]
    first = [point["value"] for point in drawn(overlay, "lines") if point["series"] == "First period"]
    assert first[-1] is None  # the third day is a gap
    ((mwh, periods),) = rows_of(
        simulated_workspace,
        "select indo_mwh, indo_periods from marts.fct_grid_monthly where indo_periods > 0",
        role="reader",
    )
    (cell,) = drawn(by_month, "cells")
    assert cell["text"] == f"{text.rounded(float(mwh) / (periods / 2) / 1000, 1)}*"
    assert text.gigawatts(float(mwh) / (periods / 2)).replace(text.NBSP, " ") in said


@pytest.mark.parametrize("label", list(MEASURES))
def test_every_measure_by_everything_is_there(
    simulated_workspace: Workspace, reading: Callable[..., None], label: str
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    address = {"first": ["2026-10-26", "2026-10-27"], "second": ["2026-10-24", "2026-10-25"]}
    app = page("compare", measure=label, periods="any dates", by="half-hour", **address)
    overlay = specs_of(app)[0]
    points = [point for point in drawn(overlay, "lines") if point["value"] is not None]
    if any(point["series"] == "First period" for point in points):
        (found,) = rows_of(
            simulated_workspace,
            f"select {MEASURES[label].half_hourly} from marts.fct_grid_half_hourly where period_start_utc = %s",
            (datetime(2026, 10, 26, tzinfo=UTC),),
            role="reader",
        )
        first = next(point for point in drawn(overlay, "lines") if point["series"] == "First period")
        assert first["value"] == (None if found[0] is None else float(found[0]))
    for by in ("week", "month"):
        app.button_group(key="by").set_value(by).run()
        assert not app.exception
        assert f"by {by}" in specs_of(app)[0]["description"]


def test_the_address_is_the_choice_and_long_periods_are_by_day(
    simulated_workspace: Workspace, reading: Callable[..., None]
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page("compare", measure="Wind", periods=YEARS, by="half-hour")
    assert app.selectbox(key="measure").value == "Wind"
    assert app.selectbox(key="periods").value == YEARS
    said = read_words(app)
    assert "periods of at most seven days" in said
    assert "Thu 1 Jan 2026 to Wed 28 Oct 2026" in said
    known = page("compare", known="2026-10-27T10:00")
    assert "cannot be shown as it was known" in read_words(known)


def test_a_measure_without_a_number_says_so(recorded_workspace: Workspace, reading: Callable[..., None]) -> None:
    reading(recorded_workspace)
    app = page("compare", measure="Headline price")
    assert "holds nothing of “Headline price” yet" in read_words(app)
    assert not specs_of(app)
