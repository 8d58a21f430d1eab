"""What a Lambda has no time for it hands back, and Dagster's side invokes again until all is done, but not for ever."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from energy_monitor.fetching import sessions
from energy_monitor.workspace import Workspace
from ingestion.answered import requests_wanted
from ingestion.catalogue import DATASETS
from ingestion.handler import NotAllLoaded, handler
from ingestion.session import Budget, Manners, Session
from ingestion.time_left import FOREVER, MARGIN_S, TimeLeft
from ingestion.wanted import Outcome, Wanted
from orchestration.lambdas import MOST_INVOCATIONS, Invoker
from tests.conftest import WorkspaceMaker
from tests.lambda_runtime import SECONDS
from tests.lambda_service import lambda_service
from tests.marts import rows_of
from tests.scripted_source import Say, scripted_source
from tests.test_backfill import prices
from tests.test_handler import ingester_url
from tests.test_lambdas import AWS, addresses
from tests.test_live_path import urls

PRICES = DATASETS["system_prices"]
WANTED = Wanted(date(2025, 5, 1), date(2025, 5, 6), run_id="a run")
LOG = logging.getLogger(__name__)


@dataclass
class Watch:
    """A context whose time goes by with each look at it."""

    seconds: float
    per_look: float
    aws_request_id: str = "a request"

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self.seconds)


@dataclass
class Clock:
    """A steady clock that goes on by itself with each look."""

    per_look: float
    now: float = 0

    def __call__(self) -> float:
        self.now += self.per_look
        return self.now


@pytest.fixture
def workspace(make_workspace: WorkspaceMaker, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(str(tmp_path_factory.mktemp("lake")))


@pytest.fixture
def aim(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Points the handler at a source."""

    def at(url: str) -> None:
        inside = {"ENERGY_MONITOR_LAKE": workspace.lake_uri, "ENERGY_MONITOR_INGESTER_URL": ingester_url(workspace)}
        for name, value in {**urls(url), **inside}.items():
            monkeypatch.setenv(name, value)

    return at


def test_time_is_kept_back_for_one_more_request() -> None:
    assert TimeLeft.of(None).seconds() == FOREVER
    assert TimeLeft.of(Watch(900, 0)).margin_s == MARGIN_S
    short = TimeLeft.of(Watch(9, 0))
    assert short.margin_s == 3
    assert short.is_enough()
    assert not short.is_enough(wait_s=6.1)
    assert not TimeLeft(lambda: 60.0).is_enough()
    assert TimeLeft(lambda: 30.0).spare_s() == 0


def test_it_stops_between_two_requests_and_the_rest_is_asked_for_once(
    workspace: Workspace, aim: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_source(prices) as source:
        aim(source.url)
        monkeypatch.setattr("ingestion.time_left.time.monotonic", Clock(per_look=40))
        context: Any = Watch(300, 0)
        calls = [handler(WANTED.event(PRICES), context)]
        while calls[-1]["left"]:
            calls.append(handler(WANTED.rest(calls[-1]["left"]).event(PRICES), context))
            assert len(calls) <= 6
        days = [path.rpartition("/")[2] for _, path in source.asked]
    assert days == [f"2025-05-0{n}" for n in range(1, 7)]
    assert len(calls) > 1
    whole = Outcome(**calls[0])
    for call in calls[1:]:
        whole = whole.then(Outcome(**call))
    assert (whole.requests, whole.rows_new, whole.is_loaded) == (6, 6 * 48, True)


def test_what_failed_is_told_with_what_is_left_and_raised_only_when_nothing_is(
    workspace: Workspace, aim: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_source(lambda path, n: Say(400, b"no") if "05-01" in path else prices(path, n)) as source:
        aim(source.url)
        with monkeypatch.context() as patch:
            patch.setattr("ingestion.time_left.time.monotonic", Clock(per_look=40))
            told = Outcome(**handler(WANTED.event(PRICES), Watch(240, 0)))
        assert (told.failed, len(told.errors), bool(told.left), told.is_loaded) == (1, 1, True, False)
        with pytest.raises(NotAllLoaded):
            handler({"dataset": "system_prices", "requests": [*told.left, told.asked[0]]})


def test_no_other_attempt_is_waited_for_when_there_is_no_time_for_it() -> None:
    with scripted_source(lambda *_: Say(503, headers={"Retry-After": "5"})) as source:
        session = Session(source.url, Budget(60_000), Manners(attempts=5))
        session.spare_s = lambda: 4.0
        assert [answer.status for answer in session.fetch("/x")] == [503]


def test_the_same_event_again_changes_nothing(workspace: Workspace, aim: Callable[[str], None]) -> None:
    """As Lambda's own retries and impatient callers have it."""
    with scripted_source(prices) as source:
        aim(source.url)
        first, second = (handler(WANTED.event(PRICES)) for _ in range(2))
    assert (first["rows_new"], second["rows_new"], second["rows_seen"]) == (6 * 48, 0, 6 * 48)
    assert rows_of(workspace, "select count(*)::int from raw.system_prices") == [(6 * 48,)]


def test_what_was_handed_back_is_wanted_of_this_process_too(workspace: Workspace) -> None:
    connection = workspace.connect("ingester")
    try:
        rest = Wanted(requests=("/one", "/two", "/one"))
        assert requests_wanted(connection, PRICES, rest, datetime.now(UTC)) == (["/one", "/two"], 0)
    finally:
        connection.close()
    assert {session.spare_s() for session in sessions().values()} == {FOREVER}, "a process of Dagster's has no deadline"


def test_an_event_hands_requests_and_the_run_on() -> None:
    rest = WANTED.rest(["/one"])
    assert rest.event(PRICES) == {"dataset": "system_prices", "requests": ["/one"], "run_id": "a run"}
    assert Wanted.of_event(rest.event(PRICES)) == rest
    assert rest.of(PRICES) == rest
    assert not rest.is_nothing


# Dagster's side -------------------------------------------------------------------------------------------------------


@dataclass
class Scripted(Invoker):
    """Answers as it is told, the last one again and again."""

    answers: list[Outcome] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def outcome(self, dataset: Any, event: Any) -> Outcome:
        self.events.append(event)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def scripted(*answers: Outcome) -> Scripted:
    return Scripted("energy-monitor-", 1, 0, LOG, list(answers))


SOME = Outcome("system_prices", requests=2, rows_new=5, asked=["/a", "/b"], left=["/c"])


def test_it_invokes_again_for_what_is_left() -> None:
    invoker = scripted(SOME, Outcome("system_prices", requests=1, rows_new=3, asked=["/c"]))
    outcome = invoker.all_of(PRICES, WANTED)
    assert invoker.events == [WANTED.event(PRICES), WANTED.rest(["/c"]).event(PRICES)]
    assert (outcome.requests, outcome.rows_new, outcome.asked, outcome.is_loaded) == (3, 8, ["/a", "/b", "/c"], True)


def test_it_does_not_invoke_for_ever() -> None:
    invoker = scripted(SOME)
    outcome = invoker.all_of(PRICES, WANTED)
    assert len(invoker.events) == MOST_INVOCATIONS
    assert not outcome.is_loaded
    assert outcome.reasons == [
        f"system_prices: the Lambda energy-monitor-system_prices handed work back, and 1 requests were not made after "
        f"{MOST_INVOCATIONS} invocations: ask for fewer days at once"
    ]


def test_one_that_has_no_time_for_a_single_request_is_not_invoked_again() -> None:
    invoker = scripted(Outcome("system_prices", left=["/a", "/b"]))
    outcome = invoker.all_of(PRICES, WANTED)
    assert len(invoker.events) == 1
    assert outcome.reasons[0].endswith(
        "2 requests were not made as there was no time for one: give it a longer timeout"
    )


def test_a_later_invocation_that_fails_is_told_with_what_came_before() -> None:
    invoker = scripted(SOME, Outcome.failure(PRICES, "the Lambda timed out"))
    outcome = invoker.all_of(PRICES, WANTED)
    assert len(invoker.events) == 2
    assert (outcome.requests, outcome.failed, outcome.errors) == (2, 1, {"": "the Lambda timed out"})


def test_a_real_function_with_little_time_is_invoked_until_all_is_there(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_source(prices) as source:
        environ = {
            **addresses(source.url),
            "ENERGY_MONITOR_LAKE": workspace.lake_uri,
            "ENERGY_MONITOR_INGESTER_URL": ingester_url(workspace),
            SECONDS: "1.2",
        }
        with lambda_service(environ) as service:
            for name, value in {**AWS, "AWS_ENDPOINT_URL_LAMBDA": service.url}.items():
                monkeypatch.setenv(name, value)
            invoker = Invoker("energy-monitor-", 60, 0.01, LOG)
            outcome = invoker.all_of(PRICES, Wanted(date(2025, 5, 1), date(2025, 5, 12)))
        asked = [path for _, path in source.asked]
    assert json.loads(json.dumps(asdict(outcome)))["left"] == []
    assert (outcome.requests, outcome.rows_new, outcome.is_loaded) == (12, 12 * 48, True)
    assert len(asked) == len(set(asked)) == 12
    assert len(service.invoked) > 1
