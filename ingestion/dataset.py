"""What a dataset is: how it is asked for, what its rows hold, when they are due. See `datasets/` for each."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from ingestion.settlement import DAY, HOUR, local_midnight_utc

ColumnType = Literal["instant", "day", "integer", "number", "text", "boolean", "json"]
Role = Literal["key", "value", "attribute"]
NOTHING = timedelta(0)
INSTANT_STEP = timedelta(microseconds=1)  # the resolution of both Python's and PostgreSQL's clocks


@dataclass(frozen=True)
class Column:
    """A field of a source's row, under the source's own name.

    key: says which row it is. value: what the row says; a change of one makes a new version.
    attribute: kept as first seen with its version, and not compared (a publish time, a redundant label).
    """

    name: str
    type: ColumnType
    role: Role
    unit: str = ""


@dataclass(frozen=True)
class Window:
    """What a request asked for: the span of one column, closed unless its form says else. Days are settlement dates."""

    form: "Form"
    first: date | datetime
    last: date | datetime

    @property
    def column(self) -> str:
        return self.form.column

    def holds(self, value: date | datetime) -> bool:
        """Whether a value of the window's column lies in it (a day window also takes instants of its days)."""
        if isinstance(value, datetime) and (self.form.half_open or not isinstance(self.first, datetime)):
            return self.start_utc <= value - self.form.behind < self.end_utc
        return self.first <= value <= self.last

    @property
    def start_utc(self) -> datetime:
        """The earliest start of a row that the answer can hold."""
        if isinstance(self.first, datetime):
            return self.first - self.form.behind
        return local_midnight_utc(self.first)

    @property
    def end_utc(self) -> datetime:
        """The instant before which every row that the answer can hold starts (half-open)."""
        if isinstance(self.last, datetime):
            return self.last - self.form.behind + (NOTHING if self.form.half_open else INSTANT_STEP)
        return local_midnight_utc(self.last + DAY)


@dataclass(frozen=True)
class Form:
    """One way of asking an endpoint for a window, both to write such a request and to read one.

    template: path and query with `{first}` and `{last}`, `{year}` of the first, and what a dataset's scopes name;
        other parameters of a request are let through.
    column: the field that the endpoint filters by this window; both ends belong to it.
    half_open: the last instant does not belong to it after all.
    largest: the largest window that the endpoint answers.
    span: the window's length where a request names only its start.
    behind: how long after a row's start the filtered column lies (the end of a half-hour: 30 minutes).
    complete: whether a row that the answer lacks is known to be absent. False where the filtered column may move
        for the same row, as publish times do.
    """

    template: str
    column: str
    type: Literal["day", "instant"]
    largest: timedelta
    span: timedelta | None = None
    behind: timedelta = NOTHING
    complete: bool = True
    half_open: bool = False

    def write(self, first: date | datetime, last: date | datetime, **scope: str) -> str:
        """The request, as path and query, for a window. Raises ValueError for one that this form cannot ask for."""
        path, _, query = self.template.partition("?")
        values = {"first": _write(first), "last": _write(last), "year": f"{first:%Y}"} | scope
        parameters = urlencode([(k, v.format(**values)) for k, v in parse_qsl(query)], safe=":{},\"'")
        request = path.format(**values) + (f"?{parameters}" if query else "")
        if self.read(request) != Window(self, first, last):
            raise ValueError(f"{self.template} cannot ask for {first} to {last}")
        return request

    def windows(self, first_day: date, last_day: date, period: timedelta, **scope: str) -> Iterator[str]:
        """Requests, none larger than the endpoint answers, that cover settlement dates; `period` is a row's length."""
        if self.type == "day":
            days = self.largest // DAY
            while first_day <= last_day:
                last_of_window = min(last_day, first_day + DAY * (days - 1))
                yield self.write(first_day, last_of_window, **scope)
                first_day = last_of_window + DAY
            return
        start = local_midnight_utc(first_day) + self.behind
        last = local_midnight_utc(last_day + DAY) + self.behind - period
        while start < last:
            # by elapsed time, as the local day on which the clocks go back is longer than an endpoint's day
            end = min(start + self.largest - period, last)
            yield self.write(start, end + period if self.half_open else end, **scope)
            start = end + period

    def read(self, request: str) -> Window | None:
        """The window that a request of this form asks for; None where the request has another form."""
        split, own = urlsplit(request), urlsplit(self.template)
        found = _match(own.path, split.path)
        given = dict(parse_qsl(split.query))
        for name, template in parse_qsl(own.query):
            values = _match(template, given.get(name, ""))
            found = None if found is None or values is None else found | values
        if found is None:
            return None
        try:
            return self._window(found["first"], found.get("last", found["first"]))
        except ValueError:
            return None

    def _window(self, first: str, last: str) -> Window | None:
        if self.type == "day":
            return Window(self, date.fromisoformat(first), date.fromisoformat(last))
        start = datetime.fromisoformat(first)
        end = start + self.span if self.span else datetime.fromisoformat(last)
        return None if start.tzinfo is None or end.tzinfo is None else Window(self, start, end)


def _write(value: date | datetime) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ" if value.second else "%Y-%m-%dT%H:%MZ")


def _match(template: str, text: str) -> dict[str, str] | None:
    match = _pattern(template).fullmatch(text)
    return None if match is None else match.groupdict()


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>[^/&]+)" for i, p in enumerate(parts)))


# A settlement date is asked for again in the small hours after it, and once more a day later: what came late, and what
# was corrected, is there by then.
NEXT_DAYS = (5 * HOUR, 29 * HOUR)
BUILD_ALLOWANCE = timedelta(minutes=20)  # to ask, to load, and to build behind another build


Seen = Literal["recorded", "rebuilt", "no"]


@dataclass(frozen=True)
class Dataset:
    """One dataset of one source: one endpoint, one raw table, one ingester.

    meaning: what a row says, in a sentence for people. revisions: what its source changes afterwards, in words.
    seen: whether a real body was seen: as it came (`recorded`), as real values whose JSON was put together again
        (`rebuilt`), or none (`no`).
    kind: measurements (the newest version holds), forecasts (every issue matters), messages, or a reference: a list
        that each answer holds whole, and whose rows have no time.
    requests: what requests for it look like, without a window too: a regular expression over the path, and over as
        much of the query as it takes to tell the dataset. Its named groups are columns that only the request tells.
    scopes: what a request has to name beside its window, such as each tariff: values for the template of a request.
    forms: how windows are asked for; the first is the one that we use.
    rows: the decoded body to its rows, by source field name; raises BodyError for another shape. Pure.
    cut_short: why a decoded body is not all of the answer, where its source gives out pages; None where it is. Pure.
    time_column: the key column that says when the row is (an instant, or a settlement date); None for a reference.
    period: the time that one row stands for.
    stamp: the column that says when the source made a row; of two rows for one key, the later one holds.
    newest: the request for what the source knows now, `{now}` being the half-hour, where it cannot be asked for
        otherwise: its source keeps no past.
    published_once: what has come is not asked for again.
    awaited: the value without which a row has not come yet, as the source sends it empty before.
    cadence: how often the source publishes. publication_lag: how long after a period's end its row is due; below zero
        where it is published ahead.
    ahead: how far ahead of now there are rows to be asked for.
    ask_at: cron expression in UTC, where cadence and lag do not say when to ask.
    quiet_for: how much longer than its cadence it may go without a new row, and nothing is wrong.
    revised_for: how far back the source still changes rows. again_at: the ages of a settlement date, from its end, at
        which it is asked for again.
    """

    id: str
    source: str
    title: str
    meaning: str
    revisions: str
    seen: Seen
    kind: Literal["measurement", "forecast", "message", "reference"]
    requests: str
    forms: tuple[Form, ...]
    rows: Callable[[Any], list[Mapping[str, Any]]]
    columns: tuple[Column, ...]
    time_column: str | None
    period: timedelta
    cadence: timedelta
    publication_lag: timedelta
    revised_for: timedelta
    again_at: tuple[timedelta, ...] = ()
    stamp: str | None = None
    newest: str | None = None
    awaited: str | None = None
    published_once: bool = False
    ahead: timedelta = NOTHING
    ask_at: str | None = None
    quiet_for: timedelta = timedelta()
    scopes: tuple[Mapping[str, str], ...] = field(default=({},), hash=False)
    cut_short: Callable[[Any], str | None] | None = None

    @cached_property
    def keys(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.role == "key")

    @cached_property
    def values(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.role == "value")

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {c.name: c for c in self.columns}

    @property
    def allowed_lateness(self) -> timedelta:
        """How long ago the newest row in a mart may have ended: then its successor should have been there."""
        return self.period + self.publication_lag + self.cadence + self.quiet_for + BUILD_ALLOWANCE

    def answers(self, request: str) -> bool:
        """Whether a request, as path and query, is one for this dataset."""
        return re.fullmatch(rf"(?:{self.requests})(?:[?&].*)?", request) is not None

    def scope_of(self, request: str) -> dict[str, str]:
        """The columns whose values only the request tells: an answer says nothing about rows with other ones."""
        match = re.fullmatch(rf"(?:{self.requests})(?:[?&].*)?", request)
        return {name: value for name, value in match.groupdict().items() if value} if match else {}

    @cached_property
    def scope_columns(self) -> tuple[str, ...]:
        """The columns that only the request tells, where the first form's requests always do."""
        return tuple(self.scope_of(self.forms[0].template)) if self.forms else ()

    @property
    def expects_every_period(self) -> bool:
        """Whether a period of a window that an answer lacks is one that is missing."""
        return self.kind == "measurement" and bool(self.period) and bool(self.forms) and self.forms[0].complete

    def window_of(self, request: str) -> Window | None:
        """What a request asked for, or None where it names no window (then it covers the rows that came)."""
        return next((w for form in self.forms if (w := form.read(request))), None)


class BodyError(ValueError):
    """A response body that is not what its dataset sends: the sentence says what, where and which value."""
