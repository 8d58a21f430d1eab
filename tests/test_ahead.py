"""Prices and carbon ahead: the marts' own numbers, as known now or then, and nothing where nothing was published."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from psycopg2.extras import RealDictCursor

from dashboard.connection import rows as dashboard_rows
from energy_monitor import ahead_sql
from energy_monitor.ahead import Ahead, Ask, ahead, ahead_by
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from ingestion.settlement import HALF_HOUR, half_hour_start
from tests.conftest import SIMULATED_NOW
from tests.marts import rows_of

EVENING = datetime(2023, 3, 25, 18, 7, tzinfo=UTC)  # the clocks go forward in the night after
MORNING = datetime(2023, 3, 26, 7, tzinfo=UTC)
TOMORROW = datetime(2026, 10, 29, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def asked(workspace: Workspace, *arguments: Any) -> Ahead:
    """As the role reader."""
    connection = workspace.connect("reader")
    try:
        return ahead(connection, *arguments)
    finally:
        connection.close()


def numbers_of(workspace: Workspace, statement: str, *parameters: object) -> dict[datetime, float]:
    return {start: float(value) for start, value in rows_of(workspace, statement, parameters)}


# Against SQL ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (EVENING, MORNING),
        (datetime(2023, 3, 26, tzinfo=UTC), datetime(2023, 3, 26, 23, tzinfo=UTC)),
        (datetime(2023, 3, 19, tzinfo=UTC), datetime(2023, 4, 3, tzinfo=UTC)),
    ],
)
def test_recorded_prices_are_the_marts(recorded_workspace: Workspace, start: datetime, end: datetime) -> None:
    found = asked(recorded_workspace, "c", start, end)
    prices = numbers_of(
        recorded_workspace,
        """
        select period_start_utc, price_inc_vat_p_per_kwh from marts.fct_retail_prices_half_hourly
        where tariff_code = 'E-1R-AGILE-FLEX-22-11-25-C' and period_start_utc between %s and %s
            and period_start_utc < %s
        """,
        half_hour_start(start),
        end,
        end,
    )
    carbon = numbers_of(
        recorded_workspace,
        """
        select period_start_utc, coalesce(carbon_actual_gco2_per_kwh, carbon_forecast_gco2_per_kwh)
        from marts.fct_carbon_half_hourly where state in ('settled', 'provisional') and period_start_utc < %s
        """,
        end,
    )
    assert (found.price_basis, found.tariff_code) == ("agile", "E-1R-AGILE-FLEX-22-11-25-C")
    assert (found.region_code, found.region_name, found.carbon_basis) == ("C", "London", "national")
    assert len(prices) > 20
    assert {slot.start_utc: slot.price_p_per_kwh for slot in found.slots} == prices
    assert [slot.start_utc for slot in found.slots] == sorted(prices)
    assert all(slot.end_utc - slot.start_utc == HALF_HOUR for slot in found.slots)
    assert {slot.start_utc: slot.carbon_gco2_per_kwh for slot in found.slots} == {
        start: carbon.get(start) for start in prices
    }
    assert found.prices.known_until_utc == max(prices) + HALF_HOUR


def test_the_day_on_which_the_clocks_go_forward_has_46_slots(recorded_workspace: Workspace) -> None:
    found = asked(recorded_workspace, "C", datetime(2023, 3, 26, tzinfo=UTC), datetime(2023, 3, 26, 23, tzinfo=UTC))
    assert (len(found.slots), found.prices.missing) == (46, ())


@pytest.mark.parametrize("letter", "ABCDEFGHJKLMNP")
def test_simulated_prices_and_carbon_are_the_marts(simulated_workspace: Workspace, letter: str) -> None:
    found = asked(simulated_workspace, letter, SIMULATED_NOW, TOMORROW)
    first = half_hour_start(SIMULATED_NOW)
    prices = numbers_of(
        simulated_workspace,
        """
        select period_start_utc, price_inc_vat_p_per_kwh from marts.fct_retail_prices_half_hourly
        where direction = 'import' and region_code = %s and period_start_utc >= %s and period_start_utc < %s
        """,
        letter,
        first,
        TOMORROW,
    )
    carbon = numbers_of(
        simulated_workspace,
        """
        select period_start_utc, carbon_forecast_gco2_per_kwh from marts.fct_carbon_regional_half_hourly
        inner join marts.dim_regions using (region_id)
        where gsp_group_code = %s and period_start_utc >= %s and period_start_utc < %s and state = 'forecast'
        """,
        letter,
        first,
        TOMORROW,
    )
    assert (len(prices), len(carbon)) == (24, 37)  # until midnight, and all but the half-hour that runs
    assert found.prices.values == prices
    assert {start: value for start, value in found.carbon.values.items() if start > first} == carbon
    assert (found.price_basis, found.carbon_basis, found.region_code) == ("agile", "regional", letter)
    assert found.prices.known_until_utc == datetime(2026, 10, 29, tzinfo=UTC)  # prices of tomorrow come at 16:00
    assert found.carbon.known_until_utc == TOMORROW
    assert found.prices.fetched_at_utc == found.carbon.fetched_at_utc == SIMULATED_NOW


def test_the_half_hour_that_runs_has_the_newest_forecast_of_it(simulated_workspace: Workspace) -> None:
    first = half_hour_start(SIMULATED_NOW)
    (newest,) = rows_of(
        simulated_workspace,
        """
        select carbon_forecast_gco2_per_kwh from marts.fct_carbon_regional_versions
        where region_id = 11 and period_start_utc = %s and is_newest
        """,
        [first],
    )
    assert asked(simulated_workspace, "L", SIMULATED_NOW, TOMORROW).carbon.values[first] == float(newest[0])


def test_without_a_region_there_is_national_carbon_and_no_price_ahead(simulated_workspace: Workspace) -> None:
    found = asked(simulated_workspace, None, SIMULATED_NOW, TOMORROW)
    carbon = numbers_of(
        simulated_workspace,
        """
        select period_start_utc, carbon_forecast_gco2_per_kwh from marts.fct_carbon_half_hourly
        where period_start_utc >= %s and period_start_utc < %s
        """,
        half_hour_start(SIMULATED_NOW),
        TOMORROW,
    )
    assert (found.price_basis, found.carbon_basis, found.slots) == ("none", "national", ())
    assert found.carbon.values == carbon
    assert {slot.start_utc: slot.carbon_gco2_per_kwh for slot in found.carbon_slots} == carbon


def test_the_market_index_stands_for_prices_of_a_time_that_has_gone_by(simulated_workspace: Workspace) -> None:
    start, end = SIMULATED_NOW - 84 * HOUR, SIMULATED_NOW - 72 * HOUR  # over the change of the clocks
    found = asked(simulated_workspace, None, start, end)
    prices = numbers_of(
        simulated_workspace,
        """
        select period_start_utc, market_index_price_gbp_per_mwh / 10 from marts.fct_prices_half_hourly
        where period_start_utc >= %s and period_start_utc < %s
        """,
        half_hour_start(start),
        end,
    )
    assert (found.price_basis, found.prices.values) == ("market_index", prices)
    assert len(prices) == 25
    # of a span that reaches into the future the past part alone would mislead
    assert asked(simulated_workspace, None, start, TOMORROW).price_basis == "none"


def test_over_sqlalchemy_as_over_psycopg2(simulated_workspace: Workspace, reading: Any) -> None:
    reading(simulated_workspace)
    for letter, known in (("L", None), ("L", SIMULATED_NOW), (None, None), (None, SIMULATED_NOW)):
        span = (letter, SIMULATED_NOW - HOUR, TOMORROW, known)
        assert ahead_by(dashboard_rows, *span) == asked(simulated_workspace, *span)


# As known then --------------------------------------------------------------------------------------------------------


def test_as_known_before_the_afternoon_and_after_it(recorded_workspace: Workspace) -> None:
    """Tomorrow's prices were fetched at 17:00."""
    end = datetime(2023, 3, 26, 23, tzinfo=UTC)
    five = datetime(2023, 3, 25, 17, tzinfo=UTC)
    start = five - HOUR
    before = asked(recorded_workspace, "C", start, end, five - timedelta(microseconds=1))
    after = asked(recorded_workspace, "C", start, end, five)
    now = asked(recorded_workspace, "C", start, end)
    assert before.prices.known_until_utc == datetime(2023, 3, 26, tzinfo=UTC)
    assert after.prices.known_until_utc == end
    assert after.prices.values == now.prices.values
    assert len(after.slots) > len(before.slots) > 0
    assert before.carbon_basis == "none"  # it was brought in afterwards
    assert now.carbon_basis == "national"


def test_as_known_now_is_what_the_marts_say(simulated_workspace: Workspace) -> None:
    for letter in ("L", "C"):
        now = asked(simulated_workspace, letter, SIMULATED_NOW, TOMORROW)
        then = asked(simulated_workspace, letter, SIMULATED_NOW, TOMORROW, SIMULATED_NOW)
        assert now.slots == then.slots
        assert now.carbon == then.carbon
    national = [asked(simulated_workspace, None, SIMULATED_NOW, TOMORROW, known) for known in (None, SIMULATED_NOW)]
    assert national[0].carbon == national[1].carbon


def test_forecasts_as_they_stood_earlier(simulated_workspace: Workspace) -> None:
    earlier = SIMULATED_NOW - 12 * HOUR
    found = asked(simulated_workspace, "L", SIMULATED_NOW, TOMORROW, earlier)
    forecasts = numbers_of(
        simulated_workspace,
        """
        select period_start_utc, carbon_forecast_gco2_per_kwh from marts.fct_carbon_regional_versions
        where region_id = 11 and fetched_at_utc <= %s and period_start_utc >= %s and period_start_utc < %s
        """,
        earlier,
        half_hour_start(SIMULATED_NOW),
        TOMORROW,
    )
    assert (found.carbon.values, found.price_basis) == (forecasts, "none")
    assert found.carbon.values != asked(simulated_workspace, "L", SIMULATED_NOW, TOMORROW).carbon.values
    assert found.carbon.fetched_at_utc == earlier


# What lacks -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def altered(simulated_workspace: Workspace) -> Iterator[Ask]:
    """Asks in a transaction that alters the marts, and is rolled back."""
    connection = simulated_workspace.connect("transformer")

    def ask(statement: str, **parameters: object) -> Sequence[Mapping[str, Any]]:
        with connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(ahead_sql.for_psycopg2(statement), parameters)
            return cursor.fetchall() if cursor.description else []

    try:
        yield ask
    finally:
        connection.rollback()
        connection.close()


@pytest.mark.parametrize(
    "becomes",
    [
        "price_inc_vat_p_per_kwh = null",
        "state = 'suspect'",
        "state = 'missing', price_inc_vat_p_per_kwh = null",
        "price_inc_vat_p_per_kwh = 'NaN'",
    ],
)
def test_a_half_hour_without_a_sound_price_is_no_slot(altered: Ask, becomes: str) -> None:
    six = datetime(2026, 10, 28, 18, tzinfo=UTC)
    gap = [six, six + HALF_HOUR, six + 4 * HALF_HOUR]
    whole = ahead_by(altered, "L", SIMULATED_NOW, TOMORROW)
    altered(
        f"update marts.fct_retail_prices_half_hourly set {becomes} "
        "where region_code = 'L' and direction = 'import' and period_start_utc = any(:gap)",
        gap=gap,
    )
    found = ahead_by(altered, "L", SIMULATED_NOW, TOMORROW)
    assert found.slots == tuple(slot for slot in whole.slots if slot.start_utc not in gap)
    assert found.prices.missing == ((six, six + HOUR), (six + 2 * HOUR, six + 2 * HOUR + HALF_HOUR))
    assert found.prices.known_until_utc == whole.prices.known_until_utc


def test_a_half_hour_without_carbon_is_a_slot_that_says_so(altered: Ask) -> None:
    six = datetime(2026, 10, 28, 18, tzinfo=UTC)
    altered("update marts.fct_carbon_regional_half_hourly set state = 'missing' where period_start_utc = :six", six=six)
    found = ahead_by(altered, "L", SIMULATED_NOW, TOMORROW)
    assert {slot.start_utc for slot in found.slots if slot.carbon_gco2_per_kwh is None} == {six}
    assert found.carbon.missing == ((six, six + HALF_HOUR),)


def test_a_suspect_actual_gives_way_to_its_forecast(altered: Ask) -> None:
    early = datetime(2026, 10, 27, 6, tzinfo=UTC)
    altered(
        "update marts.fct_carbon_half_hourly set state = 'suspect', carbon_actual_gco2_per_kwh = 0, "
        "carbon_forecast_gco2_per_kwh = 77 where period_start_utc = :early",
        early=early,
    )
    assert ahead_by(altered, None, early, early + HOUR).carbon.values[early] == 77
    altered("update marts.fct_carbon_half_hourly set carbon_forecast_gco2_per_kwh = null where state = 'suspect'")
    assert early not in ahead_by(altered, None, early, early + HOUR).carbon.values


def test_a_region_without_agile_prices_has_none_of_another(recorded_workspace: Workspace) -> None:
    found = asked(recorded_workspace, "L", EVENING, MORNING)
    assert (found.price_basis, found.slots, found.tariff_code) == ("none", (), None)
    assert (found.region_name, found.carbon_basis) == ("South West England", "national")


@pytest.mark.parametrize("letter", ["Z", "I", "", "LL", "'; drop table x --", "11"])
def test_a_region_that_does_not_exist_is_refused(simulated_workspace: Workspace, letter: str) -> None:
    with pytest.raises(UserError, match=r"no region has the letter .*L South West England"):
        asked(simulated_workspace, letter, SIMULATED_NOW, TOMORROW)


def test_an_empty_span_is_refused(simulated_workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="nothing lies between"):
        asked(simulated_workspace, "L", TOMORROW, TOMORROW)


# Which tariff ---------------------------------------------------------------------------------------------------------


def rate(tariff: str, start: datetime, value: float, length: timedelta = HALF_HOUR) -> dict[str, Any]:
    return {
        "tariff_code": tariff,
        "valid_from_utc": start,
        "valid_to_utc": start + length,
        "value": Decimal(str(value)),
        "fetched_at_utc": start,
    }


def only(rates: list[dict[str, Any]]) -> Ask:
    """Answers with rates, and with nothing else."""
    region = {"gsp_group_code": "L", "region_id": 11, "region_name": "South West England"}

    def ask(statement: str, **_: object) -> list[dict[str, Any]]:
        agile = (ahead_sql.AGILE, ahead_sql.AGILE_AS_KNOWN)
        return [region] if statement == ahead_sql.REGIONS else rates if statement in agile else []

    return ask


def test_the_newest_product_counts_by_the_day_in_its_code() -> None:
    old, new = "E-1R-AGILE-FLEX-22-11-25-L", "E-1R-AGILE-24-10-01-L"
    edge = half_hour_start(EVENING)
    found = ahead_by(only([rate(old, edge, 1), rate(new, edge, 2)]), "L", EVENING, MORNING)
    assert [(slot.start_utc, slot.price_p_per_kwh) for slot in found.slots] == [(edge, 2)]


def test_a_price_of_a_part_of_a_half_hour_is_of_none() -> None:
    found = ahead_by(only([rate("E-1R-AGILE-24-10-01-L", EVENING, 1)]), "L", EVENING, MORNING)
    assert (found.price_basis, found.slots) == ("none", ())


def test_a_price_that_holds_for_longer_is_of_each_half_hour_but_stands_behind_a_half_hours_own() -> None:
    tariff, edge = "E-1R-AGILE-24-10-01-L", half_hour_start(EVENING)
    rates = [
        rate(tariff, edge + HALF_HOUR, 9),
        rate(tariff, edge - HOUR, 4, 3 * HOUR),
        rate(tariff, edge + HOUR, 5, 2 * HOUR),
    ]
    found = ahead_by(only(rates), "L", EVENING, edge + 2 * HOUR)
    assert [slot.price_p_per_kwh for slot in found.slots] == [4, 9, 5, 5]
