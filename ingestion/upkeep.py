"""What to ask now: what is new, what its source may have revised, and what was asked for and has not come.

Read from the records of loads alone, so that whoever asks, a tick, a person or a Lambda, goes on where the last one
stopped, also after weeks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ingestion.catalogue import DATASETS
from ingestion.dataset import Dataset
from ingestion.settlement import (
    DAY,
    HALF_HOUR,
    HOUR,
    local_midnight_utc,
    period_start_utc,
    periods_in,
    settlement_date_of,
)
from ingestion.windows import requests_for, requests_for_days

LOOK_BACK = 3 * HOUR  # a row that was late by less than this is caught by the next tick
MOST_DAYS_BEHIND = 31  # after a longer absence a backfill brings in the rest
FEWEST_FAILURES = 3  # attempts in a row before a source counts as silent
SHORTEST_REST, LONGEST_REST = timedelta(minutes=5), timedelta(minutes=30)
FIRST_PAUSE, LONGEST_PAUSE = HALF_HOUR, DAY  # between two answers that lack a period

Place = tuple[str, date]  # a scope ('' for all) and a settlement date
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Gap:
    """Periods of a settlement date that were due, asked for, and have not come.

    scope: what they are of, such as a tariff, where a dataset has scopes. answers: how many answers for the whole day
    lacked them. ask_again_at: None where the source no longer adds to this day.
    """

    dataset: str
    scope: str
    settlement_date: date
    missing: tuple[datetime, ...]
    answers: int
    ask_again_at: datetime | None


def requests_due(connection: Connection, dataset: Dataset, now: datetime) -> list[str]:
    """All that is to be asked of a dataset now, in order of time and each once; nothing while its source rests.

    Raises ValueError where what is due cannot be asked for.
    """
    if (rest := resting(connection, dataset.source, now)) and now < rest.until:
        return []
    if dataset.newest is not None:
        return requests_for(dataset, None, None, now)
    first, last = new_days(dataset, now, asked_up_to(connection, dataset))
    days = set(_days(first, last)) | set(days_due_again(connection, dataset, now))
    days |= set(days_never_answered(connection, dataset, now))
    days |= {gap.settlement_date for gap in gaps(connection, dataset, now) if _is_due(gap, now)}
    requests = dict.fromkeys(_requests_for_runs(dataset, _runs(days)))
    return [r for r in requests if not (dataset.published_once and _has_all(connection, dataset, r))]


def _requests_for_runs(dataset: Dataset, runs: Iterable[tuple[date, date]]) -> list[str]:
    """Requests for spans of days. Raises ValueError where none of them can be asked for."""
    requests: list[str] = []
    refusals: list[ValueError] = []
    for run in runs:
        try:
            requests += requests_for_days(dataset, *run)
        except ValueError as refusal:
            refusals.append(refusal)
    if refusals and not requests:
        raise refusals[0]
    return requests


@dataclass(frozen=True)
class Rest:
    """A source that does not answer is left alone for half as long as it has been silent, so far."""

    since: datetime
    until: datetime


# Statuses that may pass are no answer; 400 or 404 is one, if not the one that was wished for.
SILENCE = """
with attempts as (
    select fetched_at, status <> 'unanswered' or (http_status < 500 and http_status <> 429) as is_answered
    from raw.loads
    where dataset = any(%(datasets)s) and fetched_at > %(since)s
)
select min(fetched_at), max(fetched_at), count(*)
from attempts
where fetched_at > coalesce((select max(fetched_at) from attempts where is_answered), '-infinity')
    and is_answered is not true
"""


def resting(connection: Connection, source: str, now: datetime) -> Rest | None:
    """How long a source has not answered, and until when it is left alone; None where it answers."""
    ids = [dataset.id for dataset in DATASETS.values() if dataset.source == source]
    with connection, connection.cursor() as cursor:
        cursor.execute(SILENCE, {"datasets": ids, "since": now - MOST_DAYS_BEHIND * DAY})
        since, newest, count = cursor.fetchone() or (None, None, 0)
    if count < FEWEST_FAILURES:
        return None
    return Rest(since, newest + min(max((newest - since) / 2, SHORTEST_REST), LONGEST_REST))


def new_days(dataset: Dataset, now: datetime, asked_up_to: date | None) -> tuple[date, date]:
    """The settlement dates on which rows that are new by the clock may lie. Pure.

    From the day on which rows that are due now may lie, or from that up to which the dataset was asked for before.
    """
    today = settlement_date_of(now)
    since = [today, settlement_date_of(now - dataset.publication_lag - LOOK_BACK)]
    since.append(max(asked_up_to, today - MOST_DAYS_BEHIND * DAY) if asked_up_to else today - DAY)
    return min(since), settlement_date_of(now + dataset.ahead)


def asked_up_to(connection: Connection, dataset: Dataset) -> date | None:
    """The newest settlement date that a loaded answer was of; None where there is none."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select max(settlement_date) from raw.load_days where dataset = %s", [dataset.id])
        newest: date | None = (cursor.fetchone() or (None,))[0]
    return newest


def days_never_answered(connection: Connection, dataset: Dataset, now: datetime) -> list[date]:
    """The settlement dates among answered ones of which some request was not: later answers do not make up for it."""
    today = settlement_date_of(now)
    oldest = today - MOST_DAYS_BEHIND * DAY
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select distinct coalesce(scope, ''), settlement_date from raw.load_days "
            "where dataset = %s and settlement_date between %s and %s",
            [dataset.id, oldest, today],
        )
        answered = set(cursor.fetchall())
    days = {day for _, day in answered}
    if not days:
        return []
    a_day = [(min(days), min(days))]
    scopes = {" ".join(dataset.scope_of(request).values()) for request in _requests_for_runs(dataset, a_day)}
    return [day for day in _days(min(days), max(days)) if any((scope, day) not in answered for scope in scopes)]


ANSWERED_DAYS = """
select
    settlement_date,
    array_agg(fetched_at order by fetched_at) filter (where is_whole_day),
    max(fetched_at) filter (where is_whole_day and rows_new = 0)
from raw.load_days
where dataset = %s and settlement_date between %s and %s and covered_to_utc - covered_from_utc > interval '1 second'
group by settlement_date
"""


def days_due_again(connection: Connection, dataset: Dataset, now: datetime) -> list[date]:
    """The settlement dates that have reached an age at which their source may have revised them.

    At each, a day is let go when an answer has confirmed the one before: what one said alone may have been wrong, and
    the next age may be months away. A day that a backfill brought in, long after, is not asked for twice.
    """
    if not dataset.again_at:
        return []
    today = settlement_date_of(now)
    oldest = today - max(dataset.again_at) - MOST_DAYS_BEHIND * DAY
    with connection, connection.cursor() as cursor:
        cursor.execute(ANSWERED_DAYS, [dataset.id, oldest, today])
        found = cursor.fetchall()
    answered = {day: answers[-1] if answers else None for day, answers, _ in found}
    due = set(due_again(dataset.again_at, answered, now))
    due |= {
        day
        for day, answers, confirmed in found
        if _is_unconfirmed(_ages_reached(day, dataset.again_at, now), answers or [], confirmed, now)
        and (len(answers) > 1 or day >= today - MOST_DAYS_BEHIND * DAY)
    }
    return sorted(due)


def _ages_reached(day: date, ages: Sequence[timedelta], now: datetime) -> list[datetime]:
    """When a settlement date reached each of the ages that it has by now."""
    return [at for age in ages if (at := local_midnight_utc(day + DAY) + age) <= now]


def _is_unconfirmed(
    reached: Sequence[datetime], answers: Sequence[datetime], confirmed: datetime | None, now: datetime
) -> bool:
    """Whether each answer since the newest age has changed something; asked again with growing pauses."""
    since = [at for at in answers if reached and at >= max(reached)]
    is_confirmed = confirmed is not None and bool(reached) and confirmed >= max(reached)
    return bool(since) and not is_confirmed and since[-1] + pause(len(since) - 1) <= now


def due_again(ages: Sequence[timedelta], answered: Mapping[date, datetime | None], now: datetime) -> list[date]:
    """Of settlement dates with the newest answer for the whole of each, those without one since the last age. Pure."""
    due = []
    for day, newest in sorted(answered.items()):
        reached = _ages_reached(day, ages, now)
        if reached and (newest is None or newest < max(reached)):
            due.append(day)
    return due


def gaps(connection: Connection, dataset: Dataset, now: datetime) -> list[Gap]:
    """What is missing of the span in which the source still adds and revises, the oldest first."""
    if not dataset.expects_every_period:
        return []
    today = settlement_date_of(now)
    first = today - dataset.revised_for
    found = missing(connection, dataset, first, settlement_date_of(now + dataset.ahead))
    answers = _whole_day_answers(connection, dataset, {day for _, day in found})
    return [_gap(dataset, place, starts, answers.get(place, (0, None)), now) for place, starts in sorted(found.items())]


def _gap(
    dataset: Dataset, place: Place, starts: Sequence[datetime], answers: tuple[int, datetime | None], now: datetime
) -> Gap:
    scope, day = place
    count, newest = answers
    again = newest + pause(count) if newest else now
    is_over = local_midnight_utc(day + DAY) + dataset.revised_for < again
    return Gap(dataset.id, scope, day, tuple(starts), count, None if is_over else again)


def pause(answers: int) -> timedelta:
    """How long to wait after so many answers for a whole day that lacked a period. Pure."""
    return min(FIRST_PAUSE * 2.0 ** min(answers, 20), LONGEST_PAUSE)


def _is_due(gap: Gap, now: datetime) -> bool:
    return gap.ask_again_at is not None and gap.ask_again_at <= now


WHOLE_DAY_ANSWERS = """
select coalesce(scope, ''), settlement_date, count(*), max(fetched_at)
from raw.load_days
where dataset = %s and settlement_date = any(%s) and is_whole_day
group by 1, 2
"""


def _whole_day_answers(
    connection: Connection, dataset: Dataset, days: Iterable[date]
) -> dict[Place, tuple[int, datetime | None]]:
    with connection, connection.cursor() as cursor:
        cursor.execute(WHOLE_DAY_ANSWERS, [dataset.id, list(days)])
        return {(scope, day): (count, newest) for scope, day, count, newest in cursor.fetchall()}


# What answers covered, as few spans: a day is asked for many times.
COVERED = """
select scope, settlement_date, lower(span), upper(span)
from (
    select
        coalesce(scope, '') as scope,
        settlement_date,
        unnest(range_agg(tstzrange(covered_from_utc, covered_to_utc))) as span
    from raw.load_days
    where dataset = %s and settlement_date between %s and %s and covered_from_utc is not null
    group by 1, 2
) as covered
"""


def expected(connection: Connection, dataset: Dataset, first_day: date, last_day: date) -> dict[Place, set[datetime]]:
    """The starts of the periods of some settlement dates that were asked for and due."""
    with connection, connection.cursor() as cursor:
        cursor.execute(COVERED, [dataset.id, first_day, last_day])
        found: dict[Place, set[datetime]] = {}
        for scope, day, start, end in cursor.fetchall():
            found.setdefault((scope, day), set()).update(_starts(start, end, dataset.period))
    return found


def missing(connection: Connection, dataset: Dataset, first_day: date, last_day: date) -> dict[Place, list[datetime]]:
    """What of `expected` has not come, or was taken back; only places that lack something."""
    wanted = expected(connection, dataset, first_day, last_day)
    if not wanted:
        return {}
    with connection, connection.cursor() as cursor:
        present = set(_present(cursor, dataset, first_day, last_day))
    lacking = {
        (scope, day): sorted(start for start in starts if (scope, start) not in present)
        for (scope, day), starts in wanted.items()
    }
    return {place: starts for place, starts in lacking.items() if starts}


def _starts(first: datetime, end: datetime, period: timedelta) -> Iterator[datetime]:
    start = first.astimezone(UTC)
    start += (EPOCH - start) % period
    while start < end:
        yield start
        start += period


def _present(cursor: Cursor, dataset: Dataset, first_day: date, last_day: date) -> Iterator[tuple[str, datetime]]:
    """The scope and start of each period of which any row holds."""
    assert dataset.time_column is not None
    is_by_day = dataset.by_name[dataset.time_column].type == "day"
    bounds = (
        (first_day, last_day + DAY)
        if is_by_day
        else (local_midnight_utc(first_day), local_midnight_utc(last_day + DAY))
    )
    numbers = [c.name for c in dataset.keys if c.type == "integer"] if is_by_day else []
    scopes = list(dataset.scope_columns)
    keys = [c.name for c in dataset.keys]
    awaited = sql.SQL("{} is not null").format(sql.Identifier(dataset.awaited)) if dataset.awaited else sql.SQL("true")
    statement = sql.SQL(
        """
        select distinct {shown}
        from (
            select distinct on ({keys}) *
            from {table}
            where {time} >= %s and {time} < %s
            order by {keys}, fetched_at desc, lake_key desc
        ) as newest
        where not is_absent and {awaited}
        """
    ).format(
        shown=_names([dataset.time_column, *numbers[:1], *scopes]),
        keys=_names(keys),
        table=sql.Identifier("raw", dataset.id),
        time=sql.Identifier(dataset.time_column),
        awaited=awaited,
    )
    cursor.execute(statement, bounds)
    for time, *rest in cursor.fetchall():
        scope = " ".join(map(str, rest[len(numbers[:1]) :]))
        if not is_by_day:
            yield scope, time.astimezone(UTC)
        elif 1 <= rest[0] <= periods_in(time):
            yield scope, period_start_utc(time, rest[0])


def _has_all(connection: Connection, dataset: Dataset, request: str) -> bool:
    """Whether every period that a request asks for has come."""
    window = dataset.window_of(request)
    if window is None:
        return False
    days = settlement_date_of(window.start_utc), settlement_date_of(window.end_utc)
    scope = " ".join(dataset.scope_of(request).values())
    with connection, connection.cursor() as cursor:
        present = {start for of, start in _present(cursor, dataset, *days) if of == scope}
    return all(start in present for start in _starts(window.start_utc, window.end_utc, dataset.period))


def _names(names: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days as spans of days that follow one another."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and runs[-1][1] == day - DAY:
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs
