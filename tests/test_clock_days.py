"""Clock-change days are whole in every mart whose dataset covers them."""

import pytest

from energy_monitor.workspace import Workspace
from tests.marts import rows_of

DAILY = {"fct_grid_daily", "fct_prices_daily"}
ALL = {"fct_grid_half_hourly", "fct_grid_daily", "dim_settlement_periods"}
PRICES = {"fct_prices_half_hourly", "fct_prices_daily"}
MIX = {"fct_generation_half_hourly", "fct_carbon_estimated_half_hourly"}
HALF_HOURLY = {
    "2022-03-27": (46, ALL | PRICES | MIX | {"fct_demand_half_hourly"}),
    "2023-03-26": (
        46,
        ALL | PRICES | MIX | {"fct_retail_prices_half_hourly", "fct_carbon_half_hourly"},
    ),
    "2025-10-26": (50, ALL | {"fct_carbon_half_hourly"}),
}


@pytest.mark.parametrize("day", sorted(HALF_HOURLY))
def test_a_clock_change_day_is_whole_in_every_mart(recorded_workspace: Workspace, day: str) -> None:
    periods, marts = HALF_HOURLY[day]
    named = """
        select table_name from information_schema.columns
        where table_schema = 'marts' and column_name = 'settlement_date'
            and not table_name ~ '^fct_(record|charge_advice)|_versions$' and table_name not in (
                'fct_revisions', 'fct_outages', 'fct_reconciliation_daily', 'fct_source_gaps_daily'
            )
    """
    found = {}
    for (mart,) in rows_of(recorded_workspace, named):
        if mart in DAILY:
            statement = f"select periods_in_day, 0, 0, 1 from marts.{mart} where settlement_date = %s"
        else:
            starts = {"fct_generation_five_minutely": "interval_start_utc", "fct_forecast_issues": "issue_start_utc"}
            start = starts.get(mart, "period_start_utc")
            statement = f"""
                select count(distinct settlement_period), min(settlement_period) - 1,
                    max(settlement_period) - count(distinct settlement_period), count(distinct {start})
                from marts.{mart} where settlement_date = %s
            """
        (row,) = rows_of(recorded_workspace, statement, [day]) or [(0, 0, 0, 0)]
        if row[0]:
            found[mart] = row
    expected = {mart: (periods, 0, 0, 1 if mart in DAILY else periods) for mart in marts}
    if day != "2025-10-26":
        expected["fct_generation_five_minutely"] = (periods, 0, 0, periods * 6)
    assert found == expected


def test_every_half_hour_of_a_clock_change_day_has_every_fuel(recorded_workspace: Workspace) -> None:
    rows = rows_of(
        recorded_workspace,
        """
        select settlement_date::text, fuel_code, count(generation_mw), count(*)
        from marts.fct_generation_half_hourly
        where settlement_date in ('2022-03-27', '2023-03-26') group by 1, 2
        """,
    )
    short = [row for row in rows if row[2] != 46 and not (row[0] == "2023-03-26" and row[1].startswith("EMBEDDED"))]
    assert not short
    assert len(rows) == 18 + 2 + 18  # in 2022 with embedded wind and solar; in 2023 NESO was not asked
