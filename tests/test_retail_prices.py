"""What households pay: whole days when clocks change, what did not come, and answers that speak of one tariff alone."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY, HALF_HOUR, HOUR, local_midnight_utc, periods_in
from tests.conftest import WorkspaceMaker, take_in
from tests.marts import build_marts, rows_of

SHORT_DAY, LONG_DAY, DAY_WITH_GAPS = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 10)
LONDON, EXPORT = "AGILE-24-10-01-C", "AGILE-OUTGOING-19-05-13-A"
EVENING_BEFORE, AFTERWARDS = -7 * HOUR, 30 * HOUR
NEVER_CAME, LATER_LACKING = 5, 7
Price = tuple[Decimal | None, str]


def answer(workspace: Workspace, tariff: str, day: date, age: timedelta, lacking: Collection[int] = ()) -> None:
    """The prices of a day, below zero in its first half-hour, as they come at an age from its midnight."""
    midnight = local_midnight_utc(day)
    results = [
        {
            "value_exc_vat": float(period - 2),
            "value_inc_vat": round((period - 2) * 1.05, 4),
            "valid_from": instant(midnight + HALF_HOUR * (period - 1)),
            "valid_to": instant(midnight + HALF_HOUR * period),
            "payment_method": None,
        }
        for period in reversed(range(1, periods_in(day) + 1))
        if period not in lacking
    ]
    form = DATASETS["octopus_unit_rates"].forms[0]
    end = local_midnight_utc(day + DAY)
    request = form.write(midnight, end, product=tariff[:-2], tariff=f"E-1R-{tariff}")
    body = {"count": len(results), "next": None, "previous": None, "results": results}
    assert take_in(workspace, "octopus_unit_rates", request, body, midnight + age).status == "loaded"


def instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    workspace = make_workspace()
    for day in (SHORT_DAY, LONG_DAY):
        answer(workspace, LONDON, day, EVENING_BEFORE)
    for age in (EVENING_BEFORE, AFTERWARDS, AFTERWARDS + HOUR):
        answer(workspace, LONDON, DAY_WITH_GAPS, age)
        lacking = {NEVER_CAME} if age == EVENING_BEFORE else {NEVER_CAME, LATER_LACKING}
        answer(workspace, EXPORT, DAY_WITH_GAPS, age, lacking)
    build_marts(workspace, "--select", "+fct_retail_prices_half_hourly")
    return workspace


@pytest.mark.parametrize(("day", "periods"), [(SHORT_DAY, 46), (LONG_DAY, 50)])
def test_a_day_on_which_clocks_change_has_a_price_in_each_half_hour(
    workspace: Workspace, day: date, periods: int
) -> None:
    rows = rows_of(
        workspace,
        """
        select settlement_period, period_start_utc, price_exc_vat_p_per_kwh, region_code, region_name, direction, state
        from marts.fct_retail_prices_half_hourly where settlement_date = %s order by 1
        """,
        [day],
    )
    midnight = local_midnight_utc(day)
    assert rows == [
        (period, midnight + HALF_HOUR * (period - 1), period - 2, "C", "London", "import", "settled")
        for period in range(1, periods + 1)
    ]


def test_what_did_not_come_is_missing_and_what_two_answers_lack_is_withdrawn(workspace: Workspace) -> None:
    rows = rows_of(
        workspace,
        """
        select product_code || '-' || region_code, settlement_period, price_inc_vat_p_per_kwh, state
        from marts.fct_retail_prices_half_hourly where settlement_date = %s
        """,
        [DAY_WITH_GAPS],
    )
    found: dict[str, dict[int, Price]] = defaultdict(dict)
    for tariff, period, price, state in rows:
        found[tariff][period] = price, state
    prices = {n: (round(Decimal(n - 2) * Decimal("1.05"), 4), "settled") for n in range(1, 49)}
    odd = {NEVER_CAME: (None, "missing"), LATER_LACKING: (None, "withdrawn")}
    assert found == {LONDON: prices, EXPORT: prices | odd}
