"""The page Price below its chart: duration curves, hours below zero, what fuels' power was worth."""

from collections.abc import Callable
from datetime import date

import pytest

from dashboard import price_charts, text
from energy_monitor.workspace import Workspace
from tests.conftest import SIMULATED_NOW
from tests.marts import rows_of
from tests.odd_text import EVIL
from tests.pages import drawn, page, read_words, specs_of


def words(amount: str) -> str:
    return amount.replace(text.NBSP, " ")


def test_all_numbers_are_the_marts(simulated_workspace: Workspace, reading: Callable[..., None]) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page("price", year="2026", below="day", worth="Imbalance price")
    _, duration, below, captured = specs_of(app)
    said = read_words(app)
    curve = rows_of(
        simulated_workspace,
        "select price_kind, percentile, price_gbp_per_mwh, periods from marts.fct_price_duration where span = '2026'",
        role="reader",
    )
    assert len(curve) == 202
    assert {(p["kind"], p["percentile"], p["price"]) for p in drawn(duration, "curve")} == {
        (price_charts.KINDS[kind], percentile, float(price)) for kind, percentile, price, _ in curve
    }
    for kind, percentile, price, periods in curve:
        if percentile == 50:
            assert f"half of {periods:,} half-hours cost at most {text.price(price)}" in said, kind
    hours, known = rows_of(
        simulated_workspace,
        "select sum(negative_system_price_gbp_per_mwh_hours), sum(system_price_gbp_per_mwh_periods)"
        " from marts.fct_prices_daily where extract(year from settlement_date) = 2026",
        role="reader",
    )[0]
    assert hours > 0
    assert f"Imbalance price: below zero for {text.rounded(hours, 1)} of {text.rounded(known / 2, 1)} hours" in said
    bars = [bar["hours"] for bar in drawn(below, "bars") if bar["kind"] == "Imbalance price"]
    assert sum(bars) == pytest.approx(float(hours))
    worth = rows_of(
        simulated_workspace,
        "select coalesce(fuel_name, fuel_code), captured_price_gbp_per_mwh from marts.fct_captured_prices_monthly"
        " left join marts.dim_fuels using (fuel_code)"
        " where price_kind = 'imbalance' and captured_price_gbp_per_mwh is not null",
        role="reader",
    )
    assert {bar["label"]: bar["price"] for bar in drawn(captured, "bars")} == pytest.approx(dict(worth))


def test_a_year_is_chosen_by_the_address_and_by_day_one_year_is_shown(
    recorded_workspace: Workspace,
    reading: Callable[..., None],
) -> None:
    reading(recorded_workspace)
    app = page("price", year="2023")
    said = read_words(app)
    assert "2023. Headline price: no half-hour is known. Imbalance price: half of 670 half-hours" in said
    assert "Nothing is known of what power was worth at the headline price." in said
    app = page("price", below="day")
    assert app.selectbox(key="year").value == "all time"
    assert "By day one year is shown, the newest: 2024." in read_words(app)
    below = next(
        spec for spec in specs_of(app) if "below zero" in spec["description"].lower() and "bars" in spec["datasets"]
    )
    assert {bar["kind"] for bar in drawn(below, "bars")} == {"Imbalance price"}  # not known is no bar, zero is one
    known = page("price", known="2024-08-14T10:00")
    assert "cannot be shown as it was known in the past" in read_words(known)


def captured_row(name: str, price: float | None, baseload: float) -> dict[str, object]:
    return {
        "fuel_name": name,
        "colour": None,
        "captured_price_gbp_per_mwh": price,
        "baseload_price_gbp_per_mwh": baseload,
        "capture_rate": None,
        "energy_mwh": 10.0,
        "periods": 10,
        "periods_in_months": 1490,
        "first_month": date(2026, 9, 1),
        "last_month": date(2026, 10, 1),
    }


def test_a_price_below_zero_and_a_fuel_that_made_nothing() -> None:
    rows = [captured_row(EVIL, 10.0, -3.0), captured_row("Sun", -20.0, -3.0), captured_row("Coal", None, -3.0)]
    said = price_charts.captured_words(rows, "market_index")
    assert "a MWh of Sun −£20.00/MWh; September 2026 to October 2026" in said
    assert "10 of 1,490 half-hours" in said
    spec = price_charts.captured(rows, "market_index")
    assert [(bar["label"], bar["price"]) for bar in drawn(spec, "bars")] == [(EVIL, 10.0), ("Sun", -20.0)]
    low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low == -20.0
    assert high > 10.0
    assert "no half-hour is known" in price_charts.duration_words([], "2021")


def test_hours_below_zero_by_month_and_where_nothing_is_known() -> None:
    row = {
        "negative_market_index_price_gbp_per_mwh_hours": None,
        "market_index_price_gbp_per_mwh_periods": 0,
        "negative_system_price_gbp_per_mwh_hours": 0.0,
        "system_price_gbp_per_mwh_periods": 1486,
        "periods_in_days": 1486,
    }
    rows = [{"start_date": date(2026, 3, 1), **row}, {"start_date": date(2026, 12, 1), **row}]
    spec = price_charts.below_zero(rows, "month")
    assert [(bar["kind"], bar["hours"]) for bar in drawn(spec, "bars")] == [("Imbalance price", 0.0)] * 2
    first, last = drawn(spec, "slots")
    assert (first["t0"], first["t1"]) == ("March 2026", "not known")
    assert last["end"].date() == date(2027, 1, 1)
    assert words(price_charts.below_zero_words(rows)) == (
        "Headline price: not known. Imbalance price: below zero for 0.0 of 1,486.0 hours that are known (0.0 %)."
    )
