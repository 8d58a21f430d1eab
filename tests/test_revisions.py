"""What the sources changed afterwards, and how well they answered: listed once each, whatever the order of loads."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, HOUR, local_midnight_utc
from tests.conftest import WorkspaceMaker, day_request, take_in
from tests.marts import build_marts, marts_of, rows_of

REVISED_DAY = date(2026, 6, 10)
MIDNIGHT = local_midnight_utc(REVISED_DAY)
MARTS = "fct_revisions", "fct_source_reliability_daily"
Demand = dict[int, tuple[int | None, int]]
# age -> settlement period -> (INDO, ITSDO)
ANSWERS: dict[timedelta, Demand] = {
    29 * HOUR: {1: (20000, 21000), 2: (None, 21500), 3: (19000, 20000)},
    30 * HOUR: {1: (20000, 21000), 2: (20500, 21500), 3: (19000, 20000)},  # an empty place is filled
    31 * HOUR: {1: (20100, 21000), 2: (20500, 21500)},  # one value changes, a row is lacking
    32 * HOUR: {1: (20000, 21000), 2: (20500, 21500), 3: (19000, 20000)},  # all is as it was
}
CHANGES = """
    select settlement_period, value_name, change, number_before, number_after, value_after,
        changed_at_utc, hours_after_period_end
    from marts.fct_revisions where dataset = 'demand_outturn' order by changed_at_utc, settlement_period, value_name
"""


def take_in_demand(workspace: Workspace, age: timedelta, demand: Demand) -> None:
    label = {"settlementDate": f"{REVISED_DAY}"}
    rows = [
        label
        | {
            "settlementPeriod": period,
            "initialDemandOutturn": indo,
            "initialTransmissionSystemDemandOutturn": itsdo,
        }
        for period, (indo, itsdo) in demand.items()
    ]
    take_in(workspace, "demand_outturn", day_request("demand_outturn", REVISED_DAY), {"data": rows}, MIDNIGHT + age)


def filled(workspace: Workspace, ages: list[timedelta]) -> Workspace:
    for age in ages:
        take_in_demand(workspace, age, ANSWERS[age])
    request = day_request("demand_outturn", REVISED_DAY + DAY)
    take_in(workspace, "demand_outturn", request, {"data": []}, MIDNIGHT + 33 * HOUR)
    take_in(workspace, "demand_outturn", request, b"<html>busy</html>", MIDNIGHT + 34 * HOUR)
    build_marts(workspace, "--select", *(f"+{mart}" for mart in MARTS))
    return workspace


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    return filled(make_workspace(), list(ANSWERS))


def test_each_change_is_listed_once_and_first_values_are_none(workspace: Workspace) -> None:
    changed, back = MIDNIGHT + 31 * HOUR, MIDNIGHT + 32 * HOUR
    assert rows_of(workspace, CHANGES) == [
        (1, "indo_mw", "changed", 20000, 20100, "20100", changed, 30.5),
        (3, "indo_mw", "withdrawn", 19000, None, None, changed, 29.5),
        (3, "itsdo_mw", "withdrawn", 20000, None, None, changed, 29.5),
        (1, "indo_mw", "changed", 20100, 20000, "20000", back, 31.5),
        (3, "indo_mw", "returned", None, 19000, "19000", back, 30.5),
        (3, "itsdo_mw", "returned", None, 20000, "20000", back, 30.5),
    ]


def test_a_change_names_the_answer_that_brought_it(workspace: Workspace) -> None:
    keys = rows_of(
        workspace,
        """
        select distinct revisions.changed_at_utc = loads.fetched_at
        from marts.fct_revisions as revisions left join raw.loads on revisions.lake_key = loads.lake_key
        """,
    )
    assert keys == [(True,)]


def test_how_well_a_source_answered_is_counted_by_day_of_fetch(workspace: Workspace) -> None:
    (row,) = rows_of(
        workspace,
        """
        select fetch_date, requests_answered, requests_unanswered, bodies_failed, bodies_failed_waiting, answers_empty,
            rows_seen, rows_new, median_lag_minutes, first_error = last_error, last_error
        from marts.fct_source_reliability_daily
        """,
    )
    # seen 3, 3, 2 and 3 rows; the first answer brought all three half-hours, 28 to 29 hours after their ends
    assert row[:9] == (REVISED_DAY + DAY, 6, 0, 1, 1, 1, 11, 3, 28 * 60.0)
    assert row[9] is True
    assert "not whole, valid JSON" in row[10]


def test_the_order_of_loads_does_not_matter(workspace: Workspace, make_workspace: WorkspaceMaker) -> None:
    other = filled(make_workspace(), list(reversed(ANSWERS)))
    assert rows_of(other, CHANGES) == rows_of(workspace, CHANGES)
    ours, theirs = marts_of(workspace), marts_of(other)
    assert [theirs[mart] for mart in MARTS] == [ours[mart] for mart in MARTS]


def test_of_the_recorded_days_one_price_and_three_volumes_were_revised(recorded_workspace: Workspace) -> None:
    revisions = rows_of(
        recorded_workspace,
        """
        select settlement_period, value_name, number_before, number_after from marts.fct_revisions
        where dataset = 'system_prices' order by 1, 2
        """,
    )
    assert [row[:2] for row in revisions] == [
        (29, "net_imbalance_volume_mwh"),
        (29, "system_buy_price_gbp_per_mwh"),
        (29, "system_sell_price_gbp_per_mwh"),
        (33, "net_imbalance_volume_mwh"),
        (44, "net_imbalance_volume_mwh"),
    ]
    assert revisions[2][2:] == (0, Decimal("84.0"))


def test_every_recorded_body_is_an_answer(recorded_workspace: Workspace) -> None:
    (counts,) = rows_of(
        recorded_workspace,
        """
        select sum(requests_answered), sum(bodies_failed), sum(rows_seen), (select sum(rows_seen) from raw.loads)
        from marts.fct_source_reliability_daily
        """,
    )
    (answers,) = rows_of(recorded_workspace, "select count(distinct attempt_key) from raw.loads")
    assert counts[:2] == (answers[0], 0)
    assert counts[2] == counts[3]
