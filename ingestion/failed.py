"""Bodies that were landed and could not be loaded, and whether their source has answered the same since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from psycopg2.extensions import connection as Connection

from ingestion.coverage import days_covered
from ingestion.dataset import Dataset


@dataclass(frozen=True)
class FailedBody:
    """A body of the lake that is in no table. It stays, and can be replayed.

    is_waiting: nothing else has told since what it would have told.
    """

    attempt_key: str
    request: str
    fetched_at: datetime
    error: str
    is_waiting: bool


FAILED = """
select distinct on (failed.attempt_key) failed.attempt_key, failed.request, failed.fetched_at, failed.error
from raw.loads as failed
where failed.dataset = %s
    and failed.status = 'failed'
    and not exists (
        select 1 from raw.loads where loads.attempt_key = failed.attempt_key and loads.status = 'loaded'
    )
order by failed.attempt_key, failed.load_id desc
"""
ANSWERS_SINCE = """
select loads.request, load_days.scope, load_days.settlement_date, load_days.covered_from_utc,
    load_days.covered_to_utc, loads.fetched_at
from raw.loads
left join raw.load_days on load_days.load_id = loads.load_id
where loads.dataset = %s and loads.status = 'loaded' and loads.fetched_at > %s
"""


@dataclass(frozen=True)
class _Answer:
    request: str
    scope: str | None
    day: date | None
    covered_from: datetime | None
    covered_to: datetime | None
    fetched_at: datetime


def failed_bodies(connection: Connection, dataset: Dataset) -> list[FailedBody]:
    """The bodies of a dataset that were never loaded, the newest fetch first."""
    with connection, connection.cursor() as cursor:
        cursor.execute(FAILED, [dataset.id])
        failed = cursor.fetchall()
        if not failed:
            return []
        cursor.execute(ANSWERS_SINCE, [dataset.id, min(fetched_at for _, _, fetched_at, _ in failed)])
        answers = [_Answer(*row) for row in cursor.fetchall()]
    bodies = [
        FailedBody(key, request, fetched_at, error, not _is_answered(dataset, request, fetched_at, answers))
        for key, request, fetched_at, error in failed
    ]
    return sorted(bodies, key=lambda body: (body.fetched_at, body.attempt_key), reverse=True)


def _is_answered(dataset: Dataset, request: str, fetched_at: datetime, answers: Iterable[_Answer]) -> bool:
    """Whether answers that came later told all that a request was due to be told."""
    later = [answer for answer in answers if answer.fetched_at > fetched_at]
    scope = " ".join(dataset.scope_of(request).values()) or None
    if dataset.newest is not None:  # each answer takes the place of the one before
        return any(answer.scope == scope for answer in later)
    window = dataset.window_of(request)
    covered = days_covered(dataset, window, fetched_at)
    spans = [(day, start, end) for day, (start, end) in covered.items() if start and end]
    if not spans:
        return any(answer.request == request for answer in later)
    return all(
        any(
            answer.scope == scope
            and answer.day == day
            and answer.covered_from is not None
            and answer.covered_to is not None
            and answer.covered_from <= start
            and answer.covered_to >= end
            for answer in later
        )
        for day, start, end in spans
    )
