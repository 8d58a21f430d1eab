"""Records over a part of the price history: the true extremes, and none that a first answer left behind."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from energy_monitor.workspace import Workspace
from ingestion.settlement import period_start_utc, settlement_date_of, settlement_period_of
from tests.conftest import WorkspaceMaker, day_request, run_command, take_in
from tests.marts import build_marts, rows_of

Prices = dict[datetime, Decimal]
Records = dict[str, tuple[Decimal, str, str, datetime]]
MODELS = ("+fct_records", "+fct_price_duration")
DEAR, CHEAP = date(2021, 9, 10), date(2021, 9, 12)


def answer(workspace: Workspace, day: date, price: float, fetched_at: datetime) -> None:
    row = {"settlementDate": day.isoformat(), "settlementPeriod": 20, "systemSellPrice": price, "netImbalanceVolume": 1}
    take_in(workspace, "system_prices", day_request("system_prices", day), {"data": [row]}, fetched_at)


def records(workspace: Workspace) -> Records:
    rows = rows_of(workspace, "select record_id, value, state, source_dataset, period_start_utc from marts.fct_records")
    return {record: (value, state, source, start) for record, value, state, source, start in rows}


@pytest.fixture(scope="module")
def prices(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Prices]:
    """Three months of the history, the two of its extremes among them: the file, and its prices by half-hour."""
    table = pq.read_table(recorded / "history" / "system_prices_2016_2024.parquet")
    months = pc.strftime(table["startTime"], "%Y-%m")
    part = table.filter(pc.is_in(months, pa.array(["2021-09", "2022-10", "2023-07"])))
    file = tmp_path_factory.mktemp("prices") / "prices.parquet"
    pq.write_table(part, file)
    texts = (Decimal(str(price)) for price in part["systemSellPrice"].to_pylist())
    return file, dict(zip(part["startTime"].to_pylist(), texts, strict=True))


@pytest.fixture(scope="module")
def at_first(make_workspace: WorkspaceMaker, prices: tuple[Path, Prices]) -> tuple[Records, Workspace]:
    """The records while Elexon has a price of 5000 of a day before, and one of -500 that it confirmed a year later."""
    workspace = make_workspace()
    run_command("--workspace", workspace.name, "history", str(prices[0]))
    answer(workspace, DEAR, 5000, datetime(2021, 9, 11, tzinfo=UTC))
    for fetched_at in (datetime(2021, 9, 13, tzinfo=UTC), datetime(2022, 12, 1, tzinfo=UTC)):
        answer(workspace, CHEAP, -500, fetched_at)
    build_marts(workspace, "--select", *MODELS)
    return records(workspace), workspace


@pytest.fixture(scope="module")
def revised(at_first: tuple[Records, Workspace]) -> Workspace:
    """The same when both had become ordinary prices."""
    workspace = at_first[1]
    for day in (DEAR, CHEAP):
        answer(workspace, day, 84, datetime(2023, 12, 1, tzinfo=UTC))
    build_marts(workspace, "--select", "+fct_records", "fct_price_duration")
    return workspace


def test_a_record_is_provisional_until_its_number_is_settled(at_first: tuple[Records, Workspace]) -> None:
    found, _ = at_first
    assert found["highest_imbalance_price"][:3] == (5000, "provisional", "system_prices")
    assert found["lowest_imbalance_price"][:3] == (-500, "settled", "system_prices")


def test_a_revised_number_leaves_no_record_behind_and_the_true_extremes_hold(
    revised: Workspace, prices: tuple[Path, Prices]
) -> None:
    known = prices[1]
    assert (min(known.values()), max(known.values())) == (Decimal("-185.33"), Decimal("4037.8"))
    for record, value in (
        ("highest_imbalance_price", max(known.values())),
        ("lowest_imbalance_price", min(known.values())),
    ):
        first, second = sorted(start for start, price in known.items() if price == value)
        rows = rows_of(
            revised,
            "select period_start_utc, settlement_date, settlement_period, value, state, source_dataset, is_tie, ties "
            "from marts.fct_record_history where record_id = %s and is_current order by 1",
            [record],
        )
        assert rows == [
            (
                start,
                settlement_date_of(start),
                settlement_period_of(start),
                value,
                "settled",
                "history_system_prices",
                is_tie,
                1,
            )
            for start, is_tie in ((first, False), (second, True))
        ]
        (row,) = rows_of(
            revised,
            "select period_start_utc, last_tied_period_start_utc, known_since_utc, known_periods "
            "from marts.fct_records where record_id = %s",
            [record],
        )
        assert row == (first, second, min(known), len(known))


def test_every_holder_beat_the_one_before_and_held_until_the_next(revised: Workspace) -> None:
    rows = rows_of(
        revised,
        "select record_id, direction, value, beaten_value, held_from_utc, held_until_utc "
        "from marts.fct_record_history where not is_tie order by record_id, period_start_utc",
    )
    assert len({row[0] for row in rows}) > 4
    for before, after in itertools.pairwise(rows):
        if before[0] == after[0]:
            assert (after[3], after[4]) == (before[2], before[5])
            assert (after[2] > before[2]) == (after[1] == "highest")
        else:
            assert before[5] is None
            assert after[3] is None


def test_the_duration_curve_is_of_prices_that_were_paid(revised: Workspace, prices: tuple[Path, Prices]) -> None:
    by_start = prices[1] | {period_start_utc(day, 20): Decimal(84) for day in (DEAR, CHEAP)}
    spans = {"all": sorted(by_start.values())}
    for year in (2021, 2022, 2023):
        spans[str(year)] = sorted(p for start, p in by_start.items() if settlement_date_of(start).year == year)
    rows = rows_of(
        revised,
        "select span, percentile, price_gbp_per_mwh, share_at_or_below, share_at_or_above, periods "
        "from marts.fct_price_duration where price_kind = 'imbalance'",
    )
    assert len(rows) == 101 * len(spans)
    for span, percentile, price, below, above, periods in rows:
        ranked = spans[span]
        assert periods == len(ranked)
        assert price == ranked[max(1, -(-percentile * periods // 100)) - 1]
        assert below == pytest.approx(sum(p <= price for p in ranked) / periods)
        assert above == pytest.approx(sum(p >= price for p in ranked) / periods)
