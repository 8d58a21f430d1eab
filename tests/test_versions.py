"""Issue by issue of a number: what was revised, and what was known when (real bodies of August 2024)."""

from datetime import UTC, datetime
from decimal import Decimal

from energy_monitor.workspace import Workspace
from tests.marts import rows_of

FIRST_FETCH = datetime(2024, 8, 14, 8, 3, 47, tzinfo=UTC)
LATER_FETCH = datetime(2026, 5, 26, 1, 59, 13, tzinfo=UTC)
KNOWN_AT = """
    select settlement_period, system_sell_price_gbp_per_mwh
    from staging.stg_elexon__system_prices
    where settlement_date = '2024-08-13'
        and known_from_utc <= %(at)s and (known_to_utc > %(at)s or known_to_utc is null)
"""


def test_raw_holds_both_prices_with_their_times(recorded_workspace: Workspace) -> None:
    versions = rows_of(
        recorded_workspace,
        """
        select fetched_at, "systemSellPrice" from raw.system_prices
        where "settlementDate" = '2024-08-13' and "settlementPeriod" = 29 order by fetched_at
        """,
    )
    assert versions == [(FIRST_FETCH, Decimal("0.0")), (LATER_FETCH, Decimal("84.0"))]


def test_the_mart_says_what_holds_now(recorded_workspace: Workspace) -> None:
    (row,) = rows_of(
        recorded_workspace,
        """
        select system_price_gbp_per_mwh, net_imbalance_volume_mwh, system_price_fetched_at_utc, state, settlement_run
        from marts.fct_prices_half_hourly where settlement_date = '2024-08-13' and settlement_period = 29
        """,
    )
    assert row == (84, Decimal("57.05"), LATER_FETCH, "settled", "RF")


def test_one_price_and_three_volumes_were_revised(recorded_workspace: Workspace) -> None:
    revised = """
        select "settlementDate"::text,
            count(*) filter (where prices > 1), count(*) filter (where volumes > 1),
            count(*) filter (where versions > 1)
        from (
            select "settlementDate", "settlementPeriod", count(*) as versions,
                count(distinct "systemSellPrice") as prices, count(distinct "netImbalanceVolume") as volumes
            from raw.system_prices where "settlementDate" between '2024-08-13' and '2024-08-14' group by 1, 2
        ) as by_period
        group by 1 order by 1
    """
    assert rows_of(recorded_workspace, revised) == [("2024-08-13", 1, 3, 3), ("2024-08-14", 0, 0, 0)]


def test_as_known_at_noon_of_the_next_day_the_price_is_the_first_one(recorded_workspace: Workspace) -> None:
    then = dict(rows_of(recorded_workspace, KNOWN_AT, {"at": datetime(2024, 8, 14, 12, tzinfo=UTC)}))
    now = dict(rows_of(recorded_workspace, KNOWN_AT, {"at": datetime(2026, 11, 1, tzinfo=UTC)}))
    assert then[29] == 0
    assert now[29] == 84
    assert len(then) == 30, "known then: the periods of the first recording"
    assert len(now) == 48
    assert {period for period, price in then.items() if now[period] != price} == {29}


def test_before_the_first_stamp_nothing_is_known(recorded_workspace: Workspace) -> None:
    at = datetime(2024, 8, 13, 13, 48, 32, tzinfo=UTC)  # a second before the source made period 29's price
    assert 29 not in dict(rows_of(recorded_workspace, KNOWN_AT, {"at": at}))
