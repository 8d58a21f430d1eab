"""What the numbers are worth, by real data: nothing real is suspect, and sources that say the same thing agree."""

import csv
from datetime import date
from pathlib import Path
from statistics import correlation, fmean

import pyarrow.parquet as pq
import pytest

from energy_monitor.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.marts import rows_of

SEEDS = REPOSITORY / "dbt_project" / "seeds"
FORTNIGHT = date(2022, 3, 21), date(2022, 4, 3)
Bounds = dict[tuple[str, str], tuple[float, float]]


@pytest.fixture(scope="module")
def bounds() -> Bounds:
    with (SEEDS / "plausible_ranges.csv").open() as file:
        return {
            (row["measure"], row["fuel_code"]): (float(row["minimum"] or "-inf"), float(row["maximum"] or "inf"))
            for row in csv.DictReader(file)
        }


def test_nothing_in_the_recorded_bodies_is_suspect(recorded_workspace: Workspace) -> None:
    states = {
        "fct_generation_half_hourly": ["state"],
        "fct_generation_five_minutely": ["state"],
        "fct_demand_half_hourly": [
            f"{name}_state" for name in ("indo", "itsdo", "nd", "tsd", "embedded_solar", "embedded_wind")
        ],
        "fct_carbon_half_hourly": ["state"],
        "fct_prices_half_hourly": ["system_price_state", "market_index_state"],
    }
    for mart, columns in states.items():
        anywhere = " or ".join(f"{column} = 'suspect'" for column in columns)
        assert rows_of(recorded_workspace, f"select count(*) from marts.{mart} where {anywhere}") == [(0,)], mart


def test_no_generation_of_four_real_years_is_suspect(bounds: Bounds, recorded: Path) -> None:
    for file in sorted((recorded / "history").glob("fuel*.parquet")):
        table = pq.read_table(file)
        value = "meanMW" if "meanMW" in table.column_names else "generationMW"
        extremes = table.group_by("fuelType").aggregate([(value, "min"), (value, "max")]).to_pylist()
        assert len(extremes) > 15
        for row in extremes:
            if row["fuelType"] == "SOLAR":  # an estimate of another source in the same file
                least, most = bounds["embedded_solar_mw", ""]
            else:
                least, most = bounds["generation_mw", row["fuelType"]]
            assert least <= row[f"{value}_min"], row
            assert row[f"{value}_max"] <= most, row


def test_no_demand_and_carbon_of_real_years_is_suspect_but_the_false_zeros(bounds: Bounds, recorded: Path) -> None:
    names = {
        "ND": "nd_mw",
        "TSD": "tsd_mw",
        "EMBEDDED_SOLAR_GENERATION": "embedded_solar_mw",
        "EMBEDDED_WIND_GENERATION": "embedded_wind_mw",
    }
    odd: list[tuple[str, float]] = []
    for file in sorted((recorded / "history").glob("demand_neso_*.csv")):
        with file.open() as lines:
            for row in csv.DictReader(lines):
                odd += [(m, v) for n, m in names.items() if (v := float(row[n])) and not inside(bounds, m, v)]
    with (recorded / "history" / "carbon_national_2023_h1.csv").open() as lines:
        actuals = [float(row["actual"]) for row in csv.DictReader(lines) if row["actual"]]
    measure = "carbon_actual_gco2_per_kwh"
    odd += [(measure, actual) for actual in actuals if not inside(bounds, measure, actual)]
    assert odd == [(measure, 0)] * 5, "31 January 2023 01:00Z and 7 June 2023 09:30Z to 11:00Z"


def inside(bounds: Bounds, measure: str, value: float) -> bool:
    least, most = bounds[measure, ""]
    return least <= value <= most


def test_every_known_fuel_has_bounds_and_a_carbon_factor(bounds: Bounds) -> None:
    with (SEEDS / "fuels.csv").open() as fuels, (SEEDS / "carbon_factors.csv").open() as factors:
        embedded = {row["fuel_code"]: row["is_embedded"] == "true" for row in csv.DictReader(fuels)}
        assert {row["fuel_code"] for row in csv.DictReader(factors)} == set(embedded)
    assert {code for measure, code in bounds if measure == "generation_mw"} == {
        code for code, is_embedded in embedded.items() if not is_embedded
    }
    assert {("embedded_solar_mw", ""), ("embedded_wind_mw", "")} <= set(bounds)


def test_generation_and_demand_of_the_2022_fortnight_differ_as_they_always_do(recorded_workspace: Workspace) -> None:
    """FUELINST, signed and summed over fuels, less INDO; a day of 46 half-hours is among the fourteen."""
    days = rows_of(
        recorded_workspace,
        "select settlement_date, residual, periods_compared, periods_in_day, is_within_bounds "
        "from marts.fct_reconciliation_daily where check_name = 'mix_indo' order by 1",
    )
    assert [day for day, *_ in days][:: len(days) - 1] == list(FORTNIGHT)
    assert len(days) == 14
    assert all(400 <= residual <= 750 for _, residual, *_ in days)
    assert all(compared == whole and within for *_, compared, whole, within in days)
    residuals = [
        row[0]
        for row in rows_of(
            recorded_workspace,
            """
            with inst as (
                select period_start_utc, left_value from intermediate.int_reconciliation_half_hourly
                where check_name = 'fuelinst_fuelhh'
            )
            select inst.left_value - demand.indo_mw from inst
            inner join marts.fct_demand_half_hourly as demand on inst.period_start_utc = demand.period_start_utc
            where demand.settlement_date between %s and %s
            """,
            FORTNIGHT,
        )
    ]
    assert len(residuals) == 13 * 48 + 46
    assert sum(466 <= residual <= 678 for residual in residuals) >= 0.8 * len(residuals)


def test_every_check_of_the_recorded_fortnights_lies_where_the_real_years_lie(recorded_workspace: Workspace) -> None:
    days = rows_of(
        recorded_workspace,
        "select check_name, count(*), count(is_within_bounds), sum(case when is_within_bounds then 1 else 0 end) "
        "from marts.fct_reconciliation_daily group by 1",
    )
    found = {check: counts for check, *counts in days}
    assert found == {
        "fuelinst_fuelhh": [28, 28, 28],
        "mix_indo": [14, 14, 14],
        "supply_itsdo": [14, 14, 14],
        "itsdo_indo": [14, 14, 14],
        # of 2023 nothing embedded was asked for, so that the whole intensity is not known
        "carbon_estimated_actual": [14, 0, 0],
    }


def test_our_own_intensity_follows_the_actual_one(recorded_workspace: Workspace) -> None:
    """Without embedded wind and solar it is too high: by 19 g here, and r is 0.98; of 2023 with solar r is 0.99."""
    rows = rows_of(
        recorded_workspace,
        "select carbon_estimated_transmission_gco2_per_kwh, carbon_actual_gco2_per_kwh, carbon_estimated_gco2_per_kwh "
        "from marts.fct_carbon_estimated_half_hourly where settlement_date between '2023-03-20' and '2023-04-02'",
    )
    assert len(rows) == 13 * 48 + 46
    ours, theirs = [row[0] for row in rows], [float(row[1]) for row in rows]
    assert correlation(ours, theirs) > 0.975
    assert 10 < fmean(our - their for our, their in zip(ours, theirs, strict=True)) < 25
    assert {row[2] for row in rows} == {None}


def test_our_factors_are_those_that_the_api_published(recorded_workspace: Workspace) -> None:
    published = dict(
        rows_of(
            recorded_workspace,
            "select factor_fuel, carbon_factor_gco2_per_kwh from staging.stg_carbon_intensity__factors where is_newest",
        )
    )
    ours = dict(
        rows_of(
            recorded_workspace,
            "select distinct factor_fuel, carbon_factor_gco2_per_kwh from reference.carbon_factors "
            "where not is_assumed",
        )
    )
    assert ours == published
    assumed = rows_of(
        recorded_workspace,
        "select fuels.country from reference.carbon_factors as factors "
        "inner join reference.fuels as fuels on factors.fuel_code = fuels.fuel_code "
        "where factors.is_assumed order by 1",
    )
    assert assumed == [("Belgium",), ("Denmark",), ("Norway",)]


def test_the_supply_of_a_simulated_day_times_factors_is_its_intensity(simulated_workspace: Workspace) -> None:
    """The same sum in Python, over every half-hour whose supply is known."""
    with (SEEDS / "carbon_factors.csv").open() as file:
        factors = {row["fuel_code"]: float(row["carbon_factor_gco2_per_kwh"]) for row in csv.DictReader(file)}
    grams: dict[object, float] = {}
    supply: dict[object, float] = {}
    for start, code, megawatts in rows_of(
        simulated_workspace,
        "select period_start_utc, fuel_code, generation_mw from marts.fct_generation_half_hourly "
        "where generation_mw > 0",
    ):
        grams[start] = grams.get(start, 0) + float(megawatts) * factors[code]
        supply[start] = supply.get(start, 0) + float(megawatts)
    rows = rows_of(
        simulated_workspace,
        "select period_start_utc, carbon_estimated_gco2_per_kwh, carbon_difference_gco2_per_kwh, "
        "carbon_actual_gco2_per_kwh from marts.fct_carbon_estimated_half_hourly "
        "where carbon_estimated_gco2_per_kwh is not null",
    )
    assert len(rows) > 20
    for start, estimated, difference, actual in rows:
        assert estimated == pytest.approx(grams[start] / supply[start])
        assert difference is None or difference == pytest.approx(estimated - float(actual))


def test_gaps_of_the_recorded_bodies_are_what_the_bodies_lack(recorded_workspace: Workspace) -> None:
    gaps = rows_of(
        recorded_workspace,
        "select settlement_date, dataset, periods_expected, periods_missing, periods_withdrawn "
        "from marts.fct_source_gaps_daily where periods_received < periods_expected",
    )
    # of FUELHH two half-hours of this day were recorded
    assert gaps == [(date(2026, 6, 12), "fuelhh", 47, 46, 0)]
