"""What is asked for now: what is new, what may have been revised, what has not come; and a source that is silent."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.ingest import ingest
from ingestion.landing import Answer
from ingestion.settlement import DAY, HALF_HOUR, HOUR, local_midnight_utc, settlement_date_of
from ingestion.upkeep import (
    LONGEST_PAUSE,
    LONGEST_REST,
    LOOK_BACK,
    due_again,
    gaps,
    new_days,
    pause,
    requests_due,
    resting,
)
from tests.conftest import WorkspaceMaker, day_request, take_in

TODAY = date(2026, 6, 10)
NOON = datetime(2026, 6, 10, 11, 30, tzinfo=UTC)
FUELHH, PRICES = DATASETS["fuelhh"], DATASETS["system_prices"]


# New days ------------------------------------------------------------------------------------------------------------


def hours(day: date) -> Iterator[datetime]:
    now = local_midnight_utc(day)
    while now < local_midnight_utc(day + DAY):
        yield now
        now += HOUR


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 6, 10), date(2026, 10, 25)])
def test_today_is_asked_for_with_the_day_before_as_long_as_that_may_lack_rows(day: date) -> None:
    for now in hours(day):
        due_from = now - FUELHH.publication_lag - LOOK_BACK
        assert new_days(FUELHH, now, day) == (min(day, settlement_date_of(due_from)), day)


def test_a_dataset_goes_back_to_where_it_was_asked_last_but_a_month_at_most() -> None:
    """As after a night of sleep, or where its source was down while others answered."""
    assert new_days(FUELHH, NOON, None) == (TODAY - DAY, TODAY)
    assert new_days(FUELHH, NOON, date(2026, 6, 4)) == (date(2026, 6, 4), TODAY)
    assert new_days(FUELHH, NOON, TODAY) == (TODAY, TODAY)
    assert new_days(FUELHH, NOON, date(2025, 1, 1)) == (date(2026, 5, 10), TODAY)
    assert new_days(DATASETS["neso_historic_demand"], NOON, TODAY)[0] == date(2026, 5, 16)


def test_what_is_published_ahead_is_asked_for_ahead() -> None:
    assert new_days(DATASETS["octopus_unit_rates"], NOON, TODAY) == (TODAY, TODAY + DAY)
    late = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)  # 23:30 in summer
    assert new_days(DATASETS["octopus_unit_rates"], late, TODAY + DAY) == (TODAY, TODAY + DAY)


# Again, at the ages at which a source revises -------------------------------------------------------------------------

ages = st.lists(st.integers(1, 900).map(lambda hours: HOUR * hours), min_size=1, max_size=7).map(sorted)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1)).map(lambda now: now.replace(tzinfo=UTC))


@given(ages, st.dictionaries(st.dates(date(2023, 12, 1), date(2026, 1, 2)), st.none() | moments), moments)
def test_a_day_is_due_from_each_age_on_until_it_is_answered(
    ages: list[timedelta], answered: dict[date, datetime | None], now: datetime
) -> None:
    due = due_again(ages, answered, now)
    for day, newest in answered.items():
        reached = [local_midnight_utc(day + DAY) + age for age in ages]
        owed = any(at <= now and (newest is None or newest < at) for at in reached)
        assert (day in due) == owed
    later = due_again(ages, dict.fromkeys(answered, now), now)
    assert later == [], "what was answered now is owed no more"


def test_system_prices_are_asked_again_after_each_settlement_run_once() -> None:
    day, asked = date(2024, 3, 31), []
    newest: datetime | None = None
    for hour in range(24 * 900):
        now = local_midnight_utc(day + DAY) + HOUR * hour
        if due_again(PRICES.again_at, {day: newest}, now):
            asked.append(hour)
            newest = now
    assert asked == [5, 29, 173, 581, 1421, 3053, 5597, 10205, 20405]


# Gaps ----------------------------------------------------------------------------------------------------------------


def half_hours(day: date, *without: int) -> list[dict]:
    """FUELHH rows of one fuel for a whole settlement date, without some of its half-hours."""
    starts = [local_midnight_utc(day) + HALF_HOUR * n for n in range(48) if n not in without]
    return [{"startTime": start.isoformat(), "fuelType": "WIND", "generation": 1} for start in starts]


@pytest.fixture
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    return make_workspace()


@pytest.fixture
def connection(workspace: Workspace) -> Iterator[Connection]:
    connection = workspace.connect("ingester")
    yield connection
    connection.close()


def days_of(dataset: Dataset, requests: list[str]) -> list[tuple[date, date]]:
    windows = [dataset.window_of(request) for request in requests]
    return [(window.first, window.last) for window in windows if window]


def test_a_gap_is_asked_for_again_with_growing_pauses_and_is_seen_until_it_is_filled(
    workspace: Workspace, connection: Connection
) -> None:
    day = TODAY - DAY
    request, end = day_request("fuelhh", day), local_midnight_utc(TODAY)
    fetched = end + HOUR
    take_in(workspace, "fuelhh", request, half_hours(day, 7, 8), fetched)
    take_in(workspace, "fuelhh", day_request("fuelhh", TODAY), half_hours(TODAY)[:1], end + HOUR)
    pauses = []
    for _ in range(4):
        (gap,) = [gap for gap in gaps(connection, FUELHH, fetched) if gap.settlement_date == day]
        assert [start - local_midnight_utc(day) for start in gap.missing] == [HALF_HOUR * 7, HALF_HOUR * 8]
        assert gap.ask_again_at is not None
        pauses.append(gap.ask_again_at - fetched)
        assert day in {first for first, _ in days_of(FUELHH, requests_due(connection, FUELHH, gap.ask_again_at))}
        fetched = gap.ask_again_at
        take_in(workspace, "fuelhh", request, half_hours(day, 7, 8), fetched)
    assert pauses == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR]
    take_in(workspace, "fuelhh", request, half_hours(day, 8), fetched + HOUR)
    (gap,) = [gap for gap in gaps(connection, FUELHH, fetched + HOUR) if gap.settlement_date == day]
    assert gap.missing == (local_midnight_utc(day) + HALF_HOUR * 8,)
    take_in(workspace, "fuelhh", request, half_hours(day), fetched + 2 * HOUR)
    assert [gap for gap in gaps(connection, FUELHH, fetched + 2 * HOUR) if gap.settlement_date == day] == []


@given(st.integers(0, 200))
def test_pauses_grow_to_a_day(answers: int) -> None:
    assert pause(answers) <= pause(answers + 1) <= LONGEST_PAUSE


def test_a_gap_older_than_what_its_source_revises_is_given_up_and_no_longer_counted(
    workspace: Workspace, connection: Connection
) -> None:
    day = TODAY - DAY
    take_in(workspace, "fuelhh", day_request("fuelhh", day), half_hours(day, 7), NOON)
    assert [gap.settlement_date for gap in gaps(connection, FUELHH, NOON)] == [day]
    assert gaps(connection, FUELHH, NOON + 3 * DAY) == []


def test_a_row_that_was_taken_back_is_a_gap(workspace: Workspace, connection: Connection) -> None:
    day = TODAY - DAY
    take_in(workspace, "fuelhh", day_request("fuelhh", day), half_hours(day), NOON)
    assert gaps(connection, FUELHH, NOON) == []
    take_in(workspace, "fuelhh", day_request("fuelhh", day), half_hours(day, 0), NOON + HOUR)
    assert [len(gap.missing) for gap in gaps(connection, FUELHH, NOON + HOUR)] == [1]


def test_a_value_that_its_source_sends_empty_at_first_has_not_come(
    workspace: Workspace, connection: Connection
) -> None:
    carbon, day = DATASETS["carbon_national_actual"], TODAY - DAY
    rows = [
        {
            "from": (start := local_midnight_utc(day) + HALF_HOUR * n).strftime("%Y-%m-%dT%H:%MZ"),
            "to": (start + HALF_HOUR).strftime("%Y-%m-%dT%H:%MZ"),
            "intensity": {"forecast": 100, "actual": None if n == 9 else 90, "index": "low"},
        }
        for n in range(48)
    ]
    take_in(workspace, carbon.id, f"/intensity/date/{day}", {"data": rows}, NOON)
    (gap,) = gaps(connection, carbon, NOON)
    assert gap.missing == (local_midnight_utc(day) + HALF_HOUR * 9,)


def test_a_tariff_without_its_rates_is_a_gap_of_its_own(workspace: Workspace, connection: Connection) -> None:
    rates, day = DATASETS["octopus_unit_rates"], TODAY
    requests = {
        scope["tariff"]: rates.forms[0].write(local_midnight_utc(day), local_midnight_utc(day + 2 * DAY), **scope)
        for scope in rates.scopes[:2]
    }
    starts = [local_midnight_utc(day) + HALF_HOUR * n for n in range(96)]
    whole = [
        {
            "value_exc_vat": 1,
            "value_inc_vat": 2,
            "valid_from": start.isoformat(),
            "valid_to": (start + HALF_HOUR).isoformat(),
            "payment_method": None,
        }
        for start in starts
    ]
    first, second = requests
    evening = NOON + 8 * HOUR
    take_in(workspace, rates.id, requests[first], {"next": None, "results": whole}, evening)
    take_in(workspace, rates.id, requests[second], {"next": None, "results": whole[:40] + whole[48:]}, evening)
    (gap,) = gaps(connection, rates, evening)
    assert (gap.scope, len(gap.missing)) == (second, 8)
    due = requests_due(connection, rates, evening + HOUR)
    assert requests[second] in due
    assert len(due) == 27
    assert requests[first] not in due, "what was published once and has come is not asked for again"


# A silent source -----------------------------------------------------------------------------------------------------


def fail(workspace: Workspace, at: datetime) -> None:
    connection = workspace.connect("ingester")
    try:
        answer = Answer(day_request("fuelhh", TODAY), at, 503, b"", "the source answered with HTTP status 503")
        ingest(FUELHH, answer.request, lambda _: [answer], workspace.lake(), connection)
    finally:
        connection.close()


def test_a_silent_source_is_left_alone_for_longer_and_longer_and_then_caught_up_with(
    workspace: Workspace, connection: Connection
) -> None:
    """Six hours of an outage, a tick every five minutes."""
    take_in(workspace, "fuelhh", day_request("fuelhh", TODAY), half_hours(TODAY)[:2], NOON)
    tries, now = [], NOON
    while now < NOON + 6 * HOUR:
        now += timedelta(minutes=5)
        if requests_due(connection, FUELHH, now):
            tries.append(now)
            fail(workspace, now)
    rests = [after - before for before, after in itertools.pairwise(tries)]
    assert rests[0] == timedelta(minutes=5)
    assert rests == sorted(rests)
    assert rests[-1] == LONGEST_REST
    assert len(tries) <= 20
    rest = resting(connection, "elexon", now)
    assert rest is not None
    assert rest.since == tries[0]
    assert resting(connection, "neso", now) is None
    take_in(workspace, "fuelhh", day_request("fuelhh", TODAY), half_hours(TODAY)[:3], now)
    assert resting(connection, "elexon", now) is None
    assert requests_due(connection, FUELHH, now)


def test_a_refusal_is_an_answer_and_no_silence(workspace: Workspace, connection: Connection) -> None:
    for minute in range(10):
        at = NOON + timedelta(minutes=minute)
        answer = Answer(day_request("fuelhh", TODAY), at, 404, json.dumps({}).encode(), "HTTP status 404")
        ingest(FUELHH, answer.request, lambda _, answer=answer: [answer], workspace.lake(), connection)
    assert resting(connection, "elexon", NOON + HOUR) is None
