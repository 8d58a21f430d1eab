"""Loading: the rows of a landed body into the versioned raw table, in one transaction with the record of the load.

The rule that makes the order of loads immaterial: for each answer that covers a key, the version that holds at its
time says what the answer said. A body that is older than others already loaded may break this for the keys that
it changes, so the next later bodies over the same days are read again from the lake, until each of those keys has
been met once: from there on nothing can have changed.

Versions of a key are ordered by (fetched_at, lake_key), which no two different answers share.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ingestion.coverage import days_covered, is_whole_day
from ingestion.dataset import INSTANT_STEP, BodyError, Dataset, Window
from ingestion.landing import Attempt
from ingestion.parsing import Body, Row, parse
from ingestion.settlement import settlement_date_of

ReadBody = Callable[[str], bytes]
Status = Literal["loaded", "failed", "unanswered", "loaded before"]


@dataclass(frozen=True)
class Loaded:
    """What a load did: rows in the body, versions that it appended, and in words why it was not loaded."""

    status: Status
    rows_seen: int = 0
    rows_new: int = 0
    error: str | None = None


def load(connection: Connection, dataset: Dataset, attempt: Attempt, read_body: ReadBody) -> Loaded:
    """Loads one landed attempt, once. What cannot be loaded is recorded with its reason, and can be replayed.

    `read_body` reads a body of the lake by its key. Faults of the lake or the database itself are raised.
    """
    if attempt.status != 200 or attempt.error or attempt.body_key is None:
        error = attempt.error or f"the source answered with HTTP status {attempt.status}"
        return _record_failure(connection, dataset, attempt, "unanswered", error)
    with connection, connection.cursor() as cursor:
        if _is_loaded(cursor, attempt):
            return Loaded("loaded before")
    asked = _asked(dataset, attempt.request)
    try:
        body = parse(dataset, read_body(attempt.body_key), asked.window, asked.scope)
        with connection, connection.cursor() as cursor:
            return _load(cursor, dataset, attempt, asked, body, read_body)
    except BodyError as error:
        return _record_failure(connection, dataset, attempt, "failed", str(error))
    except (psycopg2.DataError, psycopg2.errors.ProgramLimitExceeded) as error:  # as a key too long for an index
        reason = f"PostgreSQL refused a value: {str(error).splitlines()[0]}"
        return _record_failure(connection, dataset, attempt, "failed", reason)


@dataclass(frozen=True)
class _Asked:
    """What a request asked for. `is_complete`: whether a row of it that the answer lacks is known to be absent."""

    window: Window | None
    scope: Mapping[str, str]
    is_complete: bool

    @property
    def scope_text(self) -> str | None:
        return " ".join(self.scope.values()) or None


def _asked(dataset: Dataset, request: str) -> _Asked:
    window = dataset.window_of(request)
    is_complete = dataset.kind == "reference" or (window is not None and window.form.complete)
    return _Asked(window, dataset.scope_of(request), is_complete)


def _load(cursor: Cursor, dataset: Dataset, attempt: Attempt, asked: _Asked, body: Body, read_body: ReadBody) -> Loaded:
    # Taken before the load's number is drawn, and held to the commit: numbers come in the order of commits.
    cursor.execute("select pg_advisory_xact_lock(hashtext('energy_monitor.load'), hashtext(%s))", [dataset.id])
    if _is_loaded(cursor, attempt):
        return Loaded("loaded before")
    cursor.execute("select nextval('raw.load_numbers')")
    (load_id,) = cursor.fetchone() or (0,)
    versions = _Versions(cursor, dataset, load_id)
    versions.append(attempt.fetched_at, attempt.body_key or "", asked, body.rows)
    new_by_day = versions.changed_by_day(attempt.fetched_at)
    result = Loaded("loaded", len(body.rows), sum(new_by_day.values()))
    _record(cursor, dataset, attempt, result, load_id, ", ".join(body.unknown_fields) or None)
    _record_days(cursor, dataset, attempt, asked, body.rows, new_by_day, load_id)
    for later in _later_bodies(cursor, dataset, attempt, new_by_day):
        if not versions.any_changed():
            break
        later_asked = _asked(dataset, later.request)
        if not _may_concern(later_asked.scope, asked.scope):
            continue
        try:
            later_rows = parse(dataset, read_body(later.lake_key), later_asked.window, later_asked.scope).rows
        except BodyError as error:
            raise BodyError(f"{later.lake_key}, loaded before, has to be read again and cannot be: {error}") from None
        versions.append_again(later.fetched_at, later.lake_key, later_asked, later_rows)
    return result


def _may_concern(scope: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether answers of two scopes can have a row in common."""
    return all(scope[name] == other[name] for name in scope.keys() & other.keys())


class _Versions:
    """The versioned table of a dataset, in one transaction: two temporary tables and the rule of appending.

    `incoming` holds the rows of the body at hand, `changed` the keys that got a version and are still to be met
    in a later body.
    """

    def __init__(self, cursor: Cursor, dataset: Dataset, load_id: int) -> None:
        self.cursor, self.dataset = cursor, dataset
        self.load_id = load_id
        columns = [c.name for c in dataset.columns]
        keys = [c.name for c in dataset.keys]
        self.names = {
            "raw": sql.Identifier("raw", dataset.id),
            "columns": _list(columns),
            "keys": _list(keys),
            "incoming_columns": _list(columns, "incoming"),
            "version_keys": _list(keys, "version"),
            "same_version": _same(keys, "version", "incoming"),
            "in_incoming": _same(keys, "incoming", "held"),
            "in_changed": _same(keys, "changed", "incoming"),
            "held_in_changed": _same(keys, "changed", "held"),
            "time": sql.Identifier(dataset.time_column) if dataset.time_column else sql.SQL("null::date"),
        }
        self._run(
            """
            create temporary table incoming on commit drop as
            select {columns}, extra, content_hash from {raw} with no data;
            create temporary table changed on commit drop as select {keys} from {raw} with no data;
            """
        )

    def append(self, fetched_at: datetime, lake_key: str, asked: _Asked, rows: Sequence[Row]) -> None:
        """Appends what differs from the versions that hold at the body's time; remembers the keys as changed."""
        self._stage(rows)
        for statement in (APPEND_PRESENT, APPEND_ABSENT):
            if statement is APPEND_ABSENT and not _tells_absences(asked, rows):
                continue
            self._run(
                "with appended as (" + statement + " returning {keys}) insert into changed select {keys} from appended",
                self._parameters(fetched_at, lake_key, asked),
                present_filter=sql.SQL("true"),
                absent_filter=sql.SQL("true"),
                covered=self._covered(asked, "version"),
            )

    def append_again(self, fetched_at: datetime, lake_key: str, asked: _Asked, rows: Sequence[Row]) -> None:
        """The same for a later body, for the changed keys alone, which then count as met."""
        self._stage(rows)
        parameters = self._parameters(fetched_at, lake_key, asked)
        only = {
            "present_filter": sql.SQL("exists (select 1 from changed where {in_changed})").format(**self.names),
            "absent_filter": sql.SQL("exists (select 1 from changed where {held_in_changed})").format(**self.names),
        }
        self._run(APPEND_PRESENT, parameters, **only)
        self._run("delete from changed using incoming where {in_changed}", parameters)
        if _tells_absences(asked, rows):
            self._run(APPEND_ABSENT, parameters, **only, covered=self._covered(asked, "version"))
            self._run("delete from changed where {covered}", parameters, covered=self._covered(asked, "changed"))

    def _covered(self, asked: _Asked, table: str) -> sql.Composable:
        """The condition that a complete answer would have held a row of a table, had there been one."""
        conditions: list[sql.Composable] = [
            sql.SQL("{} = {}").format(sql.Identifier(table, name), sql.Placeholder(f"scope_{name}"))
            for name in asked.scope
        ]
        if asked.window is not None and self.dataset.time_column is not None:
            time = sql.Identifier(table, self.dataset.time_column)
            conditions.append(sql.SQL("{} between %(first)s and %(last)s").format(time))
        return sql.SQL(" and ").join(conditions) if conditions else sql.SQL("true")

    def any_changed(self) -> bool:
        self._run("select exists (select 1 from changed)")
        (found,) = self.cursor.fetchone() or (False,)
        return bool(found)

    def changed_by_day(self, fetched_at: datetime) -> Counter[date]:
        """How many of the changed keys lie in each settlement date; rows without a time in that of the fetch."""
        self._run("select {time}, count(*) from changed group by 1")
        days: Counter[date] = Counter()
        for time, count in self.cursor.fetchall():
            time = time or fetched_at
            days[settlement_date_of(time) if isinstance(time, datetime) else time] += count
        return days

    def _parameters(self, fetched_at: datetime, lake_key: str, asked: _Asked) -> dict[str, object]:
        first: date | datetime | None = None
        last: date | datetime | None = None
        window, time = asked.window, self.dataset.time_column
        if window is not None and time is not None:
            is_day = self.dataset.by_name[time].type == "day"
            first, last = (window.first, window.last) if is_day else (window.start_utc, window.end_utc - INSTANT_STEP)
        return {f"scope_{name}": value for name, value in asked.scope.items()} | {
            "fetched_at": fetched_at,
            "lake_key": lake_key,
            "load_id": self.load_id,
            "first": first,
            "last": last,
        }

    def _stage(self, rows: Iterable[Row]) -> None:
        self._run("delete from incoming")
        copy = "copy incoming ({columns}, extra, content_hash) from stdin (encoding 'utf8')"
        # bytes: a StringIO holds four for each character
        lines = "".join(_copy_lines(self.dataset, rows)).encode()
        self.cursor.copy_expert(sql.SQL(copy).format(**self.names), io.BytesIO(lines))

    def _run(self, statement: str, parameters: dict[str, object] | None = None, **more: sql.Composable) -> None:
        self.cursor.execute(sql.SQL(statement).format(**self.names, **more), parameters)


APPEND_PRESENT = """
    insert into {raw} ({columns}, extra, is_absent, content_hash, fetched_at, lake_key, load_id)
    select {incoming_columns}, incoming.extra, false, incoming.content_hash,
        %(fetched_at)s, %(lake_key)s, %(load_id)s
    from incoming
    left join lateral (
        select version.content_hash
        from {raw} as version
        where {same_version} and (version.fetched_at, version.lake_key) <= (%(fetched_at)s, %(lake_key)s)
        order by version.fetched_at desc, version.lake_key desc
        limit 1
    ) as held on true
    where held.content_hash is distinct from incoming.content_hash and {present_filter}
"""
APPEND_ABSENT = """
    insert into {raw} ({keys}, is_absent, content_hash, fetched_at, lake_key, load_id)
    select {keys}, true, '', %(fetched_at)s, %(lake_key)s, %(load_id)s
    from (
        select distinct on ({version_keys}) {version_keys}, version.is_absent
        from {raw} as version
        where {covered}
            and (version.fetched_at, version.lake_key) <= (%(fetched_at)s, %(lake_key)s)
        order by {version_keys}, version.fetched_at desc, version.lake_key desc
    ) as held
    where not held.is_absent
        and not exists (select 1 from incoming where {in_incoming})
        and {absent_filter}
"""


def _tells_absences(asked: _Asked, rows: Sequence[Row]) -> bool:
    # a list of all that there is, and nothing on it, is a source that lost its list
    return asked.is_complete and (asked.window is not None or bool(rows))


def _list(names: Iterable[str], table: str | None = None) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(table, n) if table else sql.Identifier(n) for n in names)


def _same(keys: Iterable[str], left: str, right: str) -> sql.Composable:
    pairs = (sql.SQL("{} = {}").format(sql.Identifier(left, k), sql.Identifier(right, k)) for k in keys)
    return sql.SQL(" and ").join(pairs)


def _copy_lines(dataset: Dataset, rows: Iterable[Row]) -> Iterator[str]:
    free = [i for i, c in enumerate(dataset.columns) if c.type in ("text", "json")]
    for row in rows:
        cells = list(row.cells)
        for place in free:
            cell = cells[place]
            if cell is not None:
                cells[place] = _escape(cell)
        cells += [None if row.extra is None else _escape(row.extra), row.content_hash]
        yield "\t".join("\\N" if cell is None else cell for cell in cells) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _is_loaded(cursor: Cursor, attempt: Attempt) -> bool:
    cursor.execute("select 1 from raw.loads where attempt_key = %s and status = 'loaded'", [attempt.key])
    return cursor.fetchone() is not None


def _record_failure(connection: Connection, dataset: Dataset, attempt: Attempt, status: Status, error: str) -> Loaded:
    """A record of its own transaction; the same failure of the same attempt is recorded once."""
    result = Loaded(status, error=error)
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('energy_monitor.load'), hashtext(%s))", [dataset.id])
        cursor.execute(
            "select 1 from raw.loads where attempt_key = %s and status = %s and error = %s",
            [attempt.key, status, error],
        )
        if cursor.fetchone() is None:
            cursor.execute("select nextval('raw.load_numbers')")
            (load_id,) = cursor.fetchone() or (0,)
            _record(cursor, dataset, attempt, result, load_id, None)
    return result


def _record(
    cursor: Cursor,
    dataset: Dataset,
    attempt: Attempt,
    result: Loaded,
    load_id: int,
    unknown_fields: str | None,
) -> None:
    window = dataset.window_of(attempt.request)
    values = {
        "load_id": load_id,
        "dataset": dataset.id,
        "status": result.status,
        "request": attempt.request,
        "http_status": attempt.status,
        "window_column": window.column if window else None,
        "window_first": window.first.isoformat() if window else None,
        "window_last": window.last.isoformat() if window else None,
        "fetched_at": attempt.fetched_at,
        "attempt_key": attempt.key,
        "lake_key": attempt.body_key,
        "rows_seen": result.rows_seen,
        "rows_new": result.rows_new,
        "unknown_fields": unknown_fields,
        "error": result.error,
        "is_simulated": attempt.is_simulated,
    }
    _insert(cursor, "loads", values)


def _record_days(
    cursor: Cursor,
    dataset: Dataset,
    attempt: Attempt,
    asked: _Asked,
    rows: Iterable[Row],
    new_by_day: Counter[date],
    load_id: int,
) -> None:
    fetch_day = settlement_date_of(attempt.fetched_at)
    seen = Counter(row.settlement_date or fetch_day for row in rows)
    covered = days_covered(dataset, asked.window, attempt.fetched_at)
    for day in sorted(covered.keys() | seen.keys() | new_by_day.keys()):
        start, end = covered.get(day, (None, None))
        values = {
            "load_id": load_id,
            "dataset": dataset.id,
            "settlement_date": day,
            "fetched_at": attempt.fetched_at,
            "is_complete": day in covered and asked.is_complete,
            "is_whole_day": is_whole_day(dataset, day, covered.get(day)),
            "covered_from_utc": start,
            "covered_to_utc": end,
            "rows_seen": seen[day],
            "rows_new": new_by_day[day],
            "scope": asked.scope_text,
        }
        _insert(cursor, "load_days", values)


def _insert(cursor: Cursor, table: str, values: dict[str, object]) -> None:
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier("raw", table), _list(values), sql.SQL(", ").join(map(sql.Placeholder, values))
    )
    cursor.execute(statement, values)


@dataclass(frozen=True)
class _LaterBody:
    fetched_at: datetime
    lake_key: str
    request: str


def _later_bodies(cursor: Cursor, dataset: Dataset, attempt: Attempt, days: Iterable[date]) -> list[_LaterBody]:
    cursor.execute(
        """
        select distinct loads.fetched_at, loads.lake_key, loads.request
        from raw.loads
        inner join raw.load_days on load_days.load_id = loads.load_id
        where loads.dataset = %s
            and loads.status = 'loaded'
            and (load_days.settlement_date = any(%s) or %s)
            and (loads.fetched_at, loads.lake_key) > (%s, %s)
        order by loads.fetched_at, loads.lake_key, loads.request
        """,
        [dataset.id, list(days), dataset.time_column is None, attempt.fetched_at, attempt.body_key],
    )
    return [_LaterBody(*row) for row in cursor.fetchall()]
