"""The clock of the market, in Python against the rule of UK summer time, and in SQL against Python."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection

from energy_monitor.dbt import environment
from ingestion.settlement import (
    DAY,
    HALF_HOUR,
    half_hour_start,
    local_midnight_utc,
    period_start_utc,
    periods_in,
    settlement_date_of,
    settlement_period_of,
)
from tests.conftest import REPOSITORY, WorkspaceMaker, days_between

DAYS = list(days_between(date(2000, 1, 1), date(2037, 12, 31)))


def last_sunday(year: int, month: int) -> date:
    """Of March or October, which both have 31 days."""
    last = date(year, month, 31)
    return last - (last.isoweekday() % 7) * DAY


FORWARD = {last_sunday(year, 3) for year in range(2000, 2038)}
BACK = {last_sunday(year, 10) for year in range(2000, 2038)}
CHANGES = sorted(FORWARD | BACK)

instants = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def uk_clock(instant: datetime) -> datetime:
    """The UK wall clock by the rule as the law has it: summer time between 01:00 UTC of two Sundays."""
    hour = timedelta(hours=1)
    naive = instant.astimezone(UTC).replace(tzinfo=None)
    start, end = (datetime.combine(last_sunday(naive.year, month), datetime.min.time()) + hour for month in (3, 10))
    return naive + hour if start <= naive < end else naive


def test_a_day_has_46_half_hours_on_the_last_sunday_of_march_50_on_that_of_october_and_else_48() -> None:
    expected = {day: 46 if day in FORWARD else 50 if day in BACK else 48 for day in DAYS}
    assert {day: periods_in(day) for day in DAYS} == expected
    assert (len(FORWARD), len(BACK)) == (38, 38)


def test_the_periods_of_all_days_follow_each_other_without_a_gap_or_an_overlap() -> None:
    instant = datetime(2000, 1, 1, tzinfo=UTC)
    for day in DAYS:
        for period in range(1, periods_in(day) + 1):
            assert period_start_utc(day, period) == instant
            instant += HALF_HOUR
    assert instant == datetime(2038, 1, 1, tzinfo=UTC)


def test_every_period_of_every_day_is_found_again_from_its_start() -> None:
    for day in DAYS:
        count = periods_in(day)
        for period in range(1, count + 1) if count != 48 else (1, 2, 24, 47, 48):
            start = period_start_utc(day, period)
            assert (settlement_date_of(start), settlement_period_of(start)) == (day, period)


@given(instants, zones)
def test_any_instant_lies_in_the_period_that_its_date_and_number_name(instant: datetime, zone: timezone) -> None:
    day, period = settlement_date_of(instant), settlement_period_of(instant)
    assert day == uk_clock(instant).date()
    assert period_start_utc(day, period) <= instant < period_start_utc(day, period) + HALF_HOUR
    elsewhere = instant.astimezone(zone)
    assert (settlement_date_of(elsewhere), settlement_period_of(elsewhere)) == (day, period)


@given(instants, zones)
def test_the_half_hour_of_an_instant_begins_where_its_period_does(instant: datetime, zone: timezone) -> None:
    start = half_hour_start(instant.astimezone(zone))
    assert start == period_start_utc(settlement_date_of(instant), settlement_period_of(instant))
    assert start.tzinfo is UTC


@given(st.sampled_from(CHANGES), st.integers(0, 50 * 1800 * 1_000_000 - 1))
def test_the_number_of_a_period_counts_elapsed_half_hours_also_while_the_clocks_change(day: date, since: int) -> None:
    assume(day in BACK or since < 46 * 1800 * 1_000_000)
    instant = local_midnight_utc(day) + timedelta(microseconds=since)
    assert (settlement_date_of(instant), settlement_period_of(instant)) == (day, since // 1_800_000_000 + 1)


@pytest.mark.parametrize("day", [date(2022, 3, 27), date(2023, 7, 1), date(2025, 10, 26)])
def test_a_period_that_a_day_lacks_is_refused_by_name(day: date) -> None:
    for period in (-1, 0, periods_in(day) + 1):
        with pytest.raises(ValueError, match=f"{day} has {periods_in(day)} settlement periods, and no period {period}"):
            period_start_utc(day, period)


@pytest.mark.parametrize("function", [settlement_date_of, settlement_period_of, half_hour_start])
def test_an_instant_without_a_zone_is_refused(function: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match="2024-08-13T14:00:00 has no time zone"):
        function(datetime(2024, 8, 13, 14))


# The SQL twin --------------------------------------------------------------------------------------------------------

PROJECT = """
name: energy_monitor
profile: energy_monitor
macro-paths: [macros]
"""
OF_INSTANTS = """
    select instant, {{ settlement_date('instant') }}, {{ settlement_period('instant') }}
    from unnest(%(instants)s::timestamptz[]) as given (instant)
"""
OF_PERIODS = """
    select day, period, {{ period_start_utc('day', 'period') }}, {{ periods_in('day') }}
    from unnest(%(days)s::date[], %(periods)s::integer[]) as given (day, period)
"""


@pytest.fixture(scope="module")
def clock(
    make_workspace: WorkspaceMaker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str, Connection]]:
    """The two queries above as dbt renders them with the project's macros, and where to run them."""
    from dbt.cli.main import dbtRunner

    workspace = make_workspace()
    project: Path = tmp_path_factory.mktemp("clock")
    (project / "dbt_project.yml").write_text(PROJECT)  # a project with the macros and no models is parsed at once
    (project / "macros").symlink_to(REPOSITORY / "dbt_project" / "macros")
    places = ["--project-dir", str(project), "--profiles-dir", str(REPOSITORY / "dbt_project"), "--target", "deployed"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(workspace, "transformer").items():
            patch.setenv(name, value)
        inline = f"{OF_INSTANTS};{OF_PERIODS}"
        done = dbtRunner().invoke(["--quiet", "compile", "--inline", inline, *places])
    assert done.success, done.exception
    of_instants, of_periods = done.result.results[0].node.compiled_code.split(";")  # type: ignore[union-attr]
    connection = workspace.connect("auditor")
    yield of_instants, of_periods, connection
    connection.close()


def run(connection: Connection, statement: str, **parameters: object) -> list[tuple]:
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def test_sql_has_the_same_clock_for_every_day(clock: tuple[str, str, Connection]) -> None:
    _, of_periods, connection = clock
    pairs = [(day, period) for day in DAYS for period in (1, 24, periods_in(day))]
    found = run(connection, of_periods, days=[day for day, _ in pairs], periods=[period for _, period in pairs])
    assert found == [(day, period, period_start_utc(day, period), periods_in(day)) for day, period in pairs]


def test_sql_has_the_same_clock_for_every_half_hour_around_every_change(clock: tuple[str, str, Connection]) -> None:
    of_instants, of_periods, connection = clock
    days = [day + offset * DAY for day in CHANGES for offset in (-1, 0, 1)]
    pairs = [(day, period) for day in days for period in range(1, periods_in(day) + 1)]
    starts = run(connection, of_periods, days=[day for day, _ in pairs], periods=[period for _, period in pairs])
    assert starts == [(day, period, period_start_utc(day, period), periods_in(day)) for day, period in pairs]
    before = timedelta(microseconds=1)
    edges = [edge for _, _, start, _ in starts for edge in (start, start + HALF_HOUR - before)]
    found = run(connection, of_instants, instants=edges)
    assert [(day, period) for _, day, period in found] == [pair for pair in pairs for _ in range(2)]


@settings(max_examples=30)
@given(st.lists(instants, min_size=50, max_size=50))
def test_sql_has_the_same_clock_at_any_instant(clock: tuple[str, str, Connection], moments: list[datetime]) -> None:
    of_instants, _, connection = clock
    found = run(connection, of_instants, instants=moments)
    assert found == [(moment, settlement_date_of(moment), settlement_period_of(moment)) for moment in moments]
