"""What Elexon's endpoints take: dates, instants, windows with limits, and the body of a refusal.

Parameters that an endpoint does not know are never looked at, as in the source: a wrong name is not an error.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any

Query = Mapping[str, Sequence[str]]
FIRST_DATE = date(2009, 1, 1)
FIRST_UTC = datetime(2009, 1, 1, tzinfo=UTC)


class BadRequest(ValueError):
    """A request that is answered with 400: the sentence, and the parameter that it is about (empty for several)."""

    def __init__(self, sentence: str, parameter: str = "") -> None:
        super().__init__(sentence)
        self.parameter = parameter


def problem(error: BadRequest, request: str) -> dict[str, Any]:
    """The body of a 400. `errors` is as recorded; the other members are how such frameworks fill them in."""
    trace = blake2b(request.encode(), digest_size=24).hexdigest()
    return {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "traceId": f"00-{trace[:32]}-{trace[32:]}-00",
        "errors": {error.parameter: [str(error)]},
    }


def first(query: Query, name: str) -> str | None:
    """A parameter's first value; None where it is absent or empty."""
    return next((value for value in query.get(name, ()) if value), None)


def day(text: str, name: str) -> date:
    """A settlement date, in exactly the form yyyy-MM-dd."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadRequest(f"The value '{text}' is not valid.", name)


def instant(text: str, name: str) -> datetime:
    """An instant after RFC 3339, seconds optional; a date alone is its midnight. No zone is UTC."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # an unquoted plus arrives as a space
    except ValueError:
        raise BadRequest(f"The value '{text}' is not valid.", name) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def instants(
    query: Query, first_name: str, last_name: str, now_utc: datetime, largest: timedelta | None
) -> tuple[datetime, datetime] | None:
    """A closed window of instants; None where neither end is given. An end that is missing is now, or the other end."""
    start, end = (first(query, name) for name in (first_name, last_name))
    if start is None and end is None:
        return None
    last = instant(end, last_name) if end else now_utc
    begin = instant(start, first_name) if start else last
    if largest is not None and last - begin > largest:
        names = f"{first_name[0].upper()}{first_name[1:]} and {last_name[0].upper()}{last_name[1:]}"
        raise BadRequest(f"The date range between {names} inclusive must not exceed {_spoken(largest)}")
    return begin, last


def days(query: Query, now_utc: datetime, largest: timedelta | None) -> tuple[date, date] | None:
    """A closed window of settlement dates, counted with both ends; None where neither is given."""
    names = "settlementDateFrom", "settlementDateTo"
    start, end = (first(query, name) for name in names)
    if start is None and end is None:
        return None
    last = day(end, names[1]) if end else now_utc.date()
    begin = day(start, names[0]) if start else last
    if largest is not None and last - begin >= largest:
        raise BadRequest(
            "The date range between SettlementDateFrom and SettlementDateTo inclusive must not exceed "
            + _spoken(largest)
        )
    return max(begin, FIRST_DATE), last


def required(query: Query, *names: str) -> None:
    """Refuses a request that lacks a parameter."""
    for name in names:
        if first(query, name) is None:
            raise BadRequest(f"The {name} field is required.", name)


def periods(query: Query, name: str = "settlementPeriod") -> frozenset[int] | None:
    """The settlement periods that are asked for, 1 to 50; None for all of them."""
    texts = [text for text in query.get(name, ()) if text]
    found = set()
    for text in texts:
        if not text.isdecimal() or not 1 <= int(text) <= 50:
            raise BadRequest(f"The value '{text}' is not valid.", name)
        found.add(int(text))
    return frozenset(found) if texts else None


def _spoken(span: timedelta) -> str:
    hours = span // timedelta(hours=1)
    return f"{hours // 24} days" if hours > 24 else f"{hours} hours" if hours != 24 else "1 day"
