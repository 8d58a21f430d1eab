"""The polite session against a source that misbehaves, over real HTTP; every attempt ends up in the lake."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Thread
from time import monotonic

import pytest

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.ingest import ingest
from ingestion.landing import attempt_keys, read_attempt, read_body
from ingestion.session import Budget, Manners, Session
from tests.conftest import WorkspaceMaker
from tests.marts import rows_of
from tests.scripted_source import Say, scripted_source

QUICK = Manners(attempts=4, read_timeout_s=0.3, connect_timeout_s=0.3, first_pause_s=0.05, longest_pause_s=2)
REQUEST = "/demand/outturn?settlementDateFrom=2025-01-01&settlementDateTo=2025-01-01"
GOOD = Say(body=b'{"data":[{"settlementDate":"2025-01-01","settlementPeriod":1,"initialDemandOutturn":25000}]}')
PASSING = {
    "429": Say(429, b"slow down"),
    "500": Say(500, b"oh"),
    "503": Say(503, b""),
    "time-out": Say(silence_s=1),
    "reset in mid-body": Say(body=b'{"data":[' + b" " * 1000, broken_after=300),
    "reset before anything": Say(broken_after=0),
}


def fetched(url: str, per_minute: float = 6000, manners: Manners = QUICK) -> list:
    return list(Session(url, Budget(per_minute), manners).fetch(REQUEST))


@pytest.mark.parametrize("trouble", sorted(PASSING))
def test_what_may_pass_is_tried_again(trouble: str) -> None:
    with scripted_source(lambda _, before: GOOD if before == 2 else PASSING[trouble]) as source:
        answers = fetched(source.url)
    assert [answer.error is None for answer in answers] == [False, False, True]
    assert answers[-1].body == GOOD.body
    assert len(source.asked) == 3


@pytest.mark.parametrize("trouble", sorted(PASSING))
def test_it_gives_up_after_a_few_attempts(trouble: str) -> None:
    with scripted_source(lambda *_: PASSING[trouble]) as source:
        answers = fetched(source.url)
    assert len(answers) == len(source.asked) == QUICK.attempts
    assert all(answer.error for answer in answers)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_will_not_pass_is_asked_once(status: int) -> None:
    with scripted_source(lambda *_: Say(status, b"no")) as source:
        (answer,) = fetched(source.url)
    assert (answer.status, answer.body) == (status, b"no")
    assert str(status) in (answer.error or "")
    assert len(source.asked) == 1


def test_pauses_grow() -> None:
    with scripted_source(lambda *_: Say(500)) as source:
        fetched(source.url, manners=Manners(attempts=4, first_pause_s=0.1))
    pauses = [later[0] - earlier[0] for earlier, later in zip(source.asked, source.asked[1:], strict=False)]
    for place, pause in enumerate(pauses):
        assert 0.05 * 2**place <= pause <= 0.15 * 2**place + 0.15


def in_a_second() -> str:
    return format_datetime((datetime.now(UTC) + timedelta(seconds=1.99)).replace(microsecond=0), usegmt=True)


@pytest.mark.parametrize("retry_after", [lambda: "1", in_a_second], ids=["seconds", "date"])
def test_retry_after_is_respected(retry_after: Callable[[], str]) -> None:
    def answer(_: str, before: int) -> Say:
        return GOOD if before else Say(429, headers={"Retry-After": retry_after()})

    with scripted_source(answer) as source:
        fetched(source.url)
    (first, _), (second, _) = source.asked
    assert 0.7 <= second - first <= 2.5


def test_a_source_that_asks_for_a_long_pause_is_left_alone() -> None:
    with scripted_source(lambda *_: Say(503, headers={"Retry-After": "3600"})) as source:
        start = monotonic()
        assert len(fetched(source.url)) == 1
    assert monotonic() - start < 1


def test_never_more_than_the_budget_however_many_ask() -> None:
    spacing_s = 0.05
    with scripted_source(lambda _, before: Say(500) if before % 3 else GOOD) as source:
        session = Session(source.url, Budget(60 / spacing_s), QUICK)
        threads = [Thread(target=lambda: [list(session.fetch(REQUEST)) for _ in range(3)]) for _ in range(5)]
        began = monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(source.asked) >= 15
    for place, (when, _) in enumerate(sorted(source.asked)):
        assert when - began >= place * spacing_s, f"request {place + 1} came before its time"


def test_a_source_that_cannot_be_reached_is_tried_again_and_said_in_words() -> None:
    answers = fetched("http://127.0.0.1:9")  # where nothing listens
    assert len(answers) == QUICK.attempts
    assert all(answer.status is None and answer.body is None for answer in answers)
    assert all("refused" in (answer.error or "") for answer in answers)


def test_every_attempt_is_in_the_lake_and_in_raw_loads(make_workspace: WorkspaceMaker, lake_address: str) -> None:
    workspace: Workspace = make_workspace(lake_address)
    troubles = [PASSING["500"], PASSING["reset in mid-body"], PASSING["time-out"], GOOD]
    lake, connection = workspace.lake(), workspace.connect("ingester")
    try:
        with scripted_source(lambda _, before: troubles[before]) as source:
            session = Session(source.url, Budget(6000), QUICK)
            loaded = ingest(DATASETS["demand_outturn"], REQUEST, session.fetch, lake, connection)
    finally:
        connection.close()
    assert (loaded.status, loaded.rows_new) == ("loaded", 1)
    attempts = [read_attempt(lake, key) for key in attempt_keys(lake)]
    assert [attempt.status for attempt in attempts] == [500, 200, None, 200]
    assert [attempt.body_key is None for attempt in attempts] == [False, False, True, False]
    assert read_body(lake, attempts[1].body_key or "") == PASSING["reset in mid-body"].body[:300]
    recorded = rows_of(workspace, "select status, attempt_key, error from raw.loads order by fetched_at")
    assert [key for _, key, _ in recorded] == [attempt.key for attempt in attempts]
    assert [status for status, *_ in recorded] == ["unanswered"] * 3 + ["loaded"]
    assert "500" in recorded[0][2]
    assert "300 bytes" in recorded[1][2]
    assert "timed out" in recorded[2][2].lower()


def test_a_budget_goes_on_from_a_request_that_somebody_else_made() -> None:
    budget = Budget(per_minute=100)
    budget.go_on_from(seconds_since=3600)
    started = monotonic()
    budget.wait()
    assert monotonic() - started < 0.3
    budget = Budget(per_minute=100)
    budget.go_on_from(seconds_since=0.1)
    started = monotonic()
    budget.wait()
    assert 0.4 < monotonic() - started < 1
