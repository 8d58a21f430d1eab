"""The one polite HTTP session: time-outs, few retries with growing pauses, and a budget of requests per source."""

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock

import requests
import urllib3

from ingestion.landing import SIMULATED_HEADER, Answer
from ingestion.sources import Source

KEPT_HEADERS = ("content-type", "date", "last-modified", "etag", "retry-after", SIMULATED_HEADER)
USER_AGENT = "energy-monitor"
CHUNK_BYTES = 65536


def utc_now() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Manners:
    """How a session behaves. Times in seconds."""

    attempts: int = 5
    connect_timeout_s: float = 5
    read_timeout_s: float = 30
    first_pause_s: float = 1  # doubled with each attempt, and spread by chance over half to one and a half
    longest_pause_s: float = 120  # a source that asks for a longer one is left alone until the next run
    most_failures: int = 3  # of requests in a row, each after all its attempts: then the source is left alone too


@dataclass
class Budget:
    """At most so many starts of requests in any minute, for all threads together."""

    per_minute: float
    _next_start: float = 0
    _lock: Lock = field(default_factory=Lock)

    def go_on_from(self, seconds_since: float) -> None:
        """Counts a request that started so long ago, by whoever it was."""
        with self._lock:
            self._next_start = max(self._next_start, time.monotonic() - max(0.0, seconds_since) + 60 / self.per_minute)

    @property
    def next_in_s(self) -> float:
        """How long until the next request may start."""
        return max(0.0, self._next_start - time.monotonic())

    def wait(self) -> None:
        """Returns when the next request may start."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + 60 / self.per_minute
        time.sleep(max(0.0, start - now))


class Session:
    """Fetches from one source. Safe to share between threads."""

    def __init__(
        self, base_url: str, budget: Budget, manners: Manners | None = None, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.now = now  # the time of what never came; a simulator's answers carry their own
        self.base_url, self.budget, self.manners = base_url, budget, manners or Manners()
        self.failures = 0  # requests in a row that got no answer
        self.spare_s: Callable[[], float] = lambda: math.inf  # how long may still be waited for another attempt
        self.http = requests.Session()
        self.http.headers["User-Agent"] = USER_AGENT

    @classmethod
    def of(
        cls,
        source: Source,
        environ: Mapping[str, str],
        manners: Manners | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> "Session":
        """The session of a source, at the base URL and with the budget that the environment gives it."""
        return cls(source.url(environ), Budget(source.budget_per_minute(environ)), manners, now)

    def fetch(self, request: str) -> Iterator[Answer]:
        """Every attempt at a request, path and query, up to the first that is answered or not worth repeating.

        429, 5xx, time-outs and broken connections are tried again; other answers are final. After a request that
        failed to the end, the next ones get a single attempt, until one is answered; after some of these, none.
        """
        if self.failures >= self.manners.most_failures:
            return
        attempts = 1 if self.failures else self.manners.attempts
        for attempt in range(1, attempts + 1):
            self.budget.wait()
            answer, is_passing = self._ask(request)
            if not is_passing:
                self.failures = 0
            pause_s = self._pause_s(answer, attempt)
            yield answer
            if not is_passing:
                return
            if attempt == attempts or pause_s > min(self.manners.longest_pause_s, self.spare_s()):
                self.failures += 1
                return
            time.sleep(pause_s)

    def _ask(self, request: str) -> tuple[Answer, bool]:
        """One attempt, and whether its failure may pass."""
        status: int | None = None
        body: bytes | None = None
        headers: dict[str, str] = {}
        fetched_at = self.now()
        timeout = (self.manners.connect_timeout_s, self.manners.read_timeout_s)
        try:
            with self.http.get(self.base_url + request, timeout=timeout, stream=True) as response:
                # when the answer began to come, the source had made it: not when its last byte came
                fetched_at = self.now()
                status, headers = response.status_code, _kept(response.headers)
                fetched_at = _simulated_now(headers) or fetched_at
                body = b""
                # as it comes, so that what arrived before the connection broke is kept
                while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
                    body += chunk
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            reason = f"{type(error).__name__}: {_brief(error)}"
            if body is not None:
                reason = f"the answer broke off after {len(body)} bytes ({reason})"
            return Answer(request, fetched_at, status, body or None, reason, headers), True
        if status == 200:
            return Answer(request, fetched_at, status, body, None, headers), False
        error_text = f"the source answered with HTTP status {status}"
        is_passing = status == 429 or status >= 500
        return Answer(request, fetched_at, status, body, error_text, headers), is_passing

    def _pause_s(self, answer: Answer, attempt: int) -> float:
        asked = _retry_after_s(answer.headers.get("retry-after"), answer.fetched_at)
        if asked is not None:
            return asked
        pause_s = self.manners.first_pause_s * 2.0 ** (attempt - 1)
        return pause_s * random.uniform(0.5, 1.5)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in KEPT_HEADERS if name in headers}


def _simulated_now(headers: Mapping[str, str]) -> datetime | None:
    """A simulator marks its answers with the time of its own clock, which is the time of everything that it says."""
    try:
        return datetime.fromisoformat(headers[SIMULATED_HEADER])
    except (KeyError, ValueError):
        return None


def _brief(error: BaseException) -> str:
    """What began it: the libraries wrap a short reason into long ones."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error)[:200]


def _retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or as a date; None where it says nothing readable."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None
