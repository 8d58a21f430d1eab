"""The marts against answers worked out from the recorded bodies by plain arithmetic, without our code."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from energy_monitor.workspace import Workspace
from tests.marts import rows_of

# measure -> query of (settlement_date, key, value, number of values present)
BY_DAY = """
    select settlement_date::text, '', {value}, count({column})
    from marts.{mart}
    where {where} group by settlement_date
"""
MEASURES: dict[str, str] = {
    "fuelhh_mwh": """
        select settlement_date::text, fuel_code, sum(generation_mw) / 2, count(generation_mw)
        from marts.fct_generation_half_hourly where source_dataset = 'fuelhh' group by 1, 2
    """,
    "fuelinst_mwh": """
        select settlement_date::text, fuel_code, sum(generation_mw) / 12, count(generation_mw)
        from marts.fct_generation_five_minutely group by 1, 2
    """,
    "carbon_rows": """
        select settlement_date::text, '', count(*), count(*) from marts.fct_carbon_half_hourly group by 1
    """,
    "remit_active_at_noon": """
        select '2024-01-01', mrid, unavailable_mw, revision_number
        from marts.fct_outages
        where published_at_utc <= '2024-01-01T12:00Z'
            and (superseded_at_utc > '2024-01-01T12:00Z' or superseded_at_utc is null)
            and event_status = 'Active'
            and event_start_utc <= '2024-01-01T12:00Z'
            and (event_end_utc > '2024-01-01T12:00Z' or event_end_utc is null)
    """,
}
for measure, mart, column, value in (
    ("embedded_solar_mwh", "fct_demand_half_hourly", "embedded_solar_mw", "sum(embedded_solar_mw) / 2"),
    ("embedded_wind_mwh", "fct_demand_half_hourly", "embedded_wind_mw", "sum(embedded_wind_mw) / 2"),
    ("indo_mwh", "fct_demand_half_hourly", "indo_mw", "sum(indo_mw) / 2"),
    ("itsdo_mwh", "fct_demand_half_hourly", "itsdo_mw", "sum(itsdo_mw) / 2"),
    (
        "system_price_mean",
        "fct_prices_half_hourly",
        "system_price_gbp_per_mwh",
        "avg(system_price_gbp_per_mwh)",
    ),
    ("niv_sum_mwh", "fct_prices_half_hourly", "net_imbalance_volume_mwh", "sum(net_imbalance_volume_mwh)"),
    (
        "carbon_actual_mean",
        "fct_carbon_half_hourly",
        "carbon_actual_gco2_per_kwh",
        "avg(carbon_actual_gco2_per_kwh)",
    ),
    (
        "carbon_forecast_mean",
        "fct_carbon_half_hourly",
        "carbon_forecast_gco2_per_kwh",
        "avg(carbon_forecast_gco2_per_kwh)",
    ),
):
    MEASURES[measure] = BY_DAY.format(mart=mart, column=column, value=value, where="true")
MEASURES["agile_mean_p_inc_vat"] = BY_DAY.format(
    mart="fct_retail_prices_half_hourly",
    column="price_inc_vat_p_per_kwh",
    value="avg(price_inc_vat_p_per_kwh)",
    where="tariff_code = 'E-1R-AGILE-FLEX-22-11-25-C'",
)

# the same figures where the daily mart has them: measure -> (value column, column of the number of values)
DAILY = {
    "embedded_solar_mwh": ("embedded_solar_mwh", "embedded_solar_periods"),
    "embedded_wind_mwh": ("embedded_wind_mwh", "embedded_wind_periods"),
    "indo_mwh": ("indo_mwh", "indo_periods"),
    "itsdo_mwh": ("itsdo_mwh", "itsdo_periods"),
    "system_price_mean": ("mean_system_price_gbp_per_mwh", "system_price_gbp_per_mwh_periods"),
    "niv_sum_mwh": ("net_imbalance_volume_mwh", "net_imbalance_volume_periods"),
    "carbon_actual_mean": ("mean_carbon_actual_gco2_per_kwh", "carbon_actual_gco2_per_kwh_periods"),
    "carbon_forecast_mean": ("mean_carbon_forecast_gco2_per_kwh", "carbon_forecast_gco2_per_kwh_periods"),
}

Golden = dict[str, dict[tuple[str, str], tuple[float, int]]]


@pytest.fixture(scope="module")
def golden(recorded: Path) -> Golden:
    answers: Golden = {}
    with (recorded / "golden.csv").open() as file:
        for row in csv.DictReader(file):
            key = (row["settlement_date"], row["key"])
            answers.setdefault(row["measure"], {})[key] = (float(row["value"]), int(row["n"]))
    return answers


def agrees(value: object, expected: float) -> bool:
    return value is not None and abs(float(value) - expected) <= 1e-6 * max(1, abs(expected))  # type: ignore[arg-type]


def differences(expected: dict, found: dict, strict_keys: Callable[[set], set] = lambda keys: keys) -> list[str]:
    wrong = [
        f"{key}: {found.get(key)} instead of {answer}"
        for key, answer in expected.items()
        if not (key in found and agrees(found[key][0], answer[0]) and found[key][1] == answer[1])
    ]
    return wrong


def test_every_measure_is_checked(golden: Golden) -> None:
    assert set(golden) == set(MEASURES)
    assert sum(map(len, golden.values())) == 1256


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_marts_agree_with_the_golden_answers(recorded_workspace: Workspace, golden: Golden, measure: str) -> None:
    rows = rows_of(recorded_workspace, MEASURES[measure])
    found = {(day, key): (value, n) for day, key, value, n in rows if value is not None}
    assert not differences(golden[measure], found)
    if measure not in ("embedded_solar_mwh", "embedded_wind_mwh"):
        assert set(found) == set(golden[measure]), "the marts hold values that no recorded body carried"


@pytest.mark.parametrize("measure", sorted(DAILY))
def test_the_daily_mart_agrees_too(recorded_workspace: Workspace, golden: Golden, measure: str) -> None:
    value, periods = DAILY[measure]
    rows = rows_of(recorded_workspace, f"select settlement_date::text, {value}, {periods} from marts.fct_grid_daily")
    assert not differences(golden[measure], {(day, ""): (found, n) for day, found, n in rows})
