"""What Octopus's endpoints take and how their answers are cut in pages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ingestion.settlement import LONDON
from simulator.elexon_requests import Query, first

PAGE_SIZE, LARGEST_PAGE = 100, 1500
Path = Mapping[str, str]


class Request(NamedTuple):
    """What an endpoint takes. url: the address that was asked, without its query."""

    seed: int
    path: Path
    query: Query
    now_utc: datetime
    url: str


class Refusal(ValueError):
    """A request that is answered with an error: its status and body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def window(query: Query) -> tuple[datetime | None, datetime | None]:
    """A half-open window; an end that is not given is open."""
    return instant(query, "period_from"), instant(query, "period_to")


def instant(query: Query, name: str) -> datetime | None:
    """An instant. Without a zone it is read by the UK's clock, as the source does: the trap is part of the format."""
    text = first(query, name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise Refusal(400, {name: ["Enter a valid date/time."]}) from None
    return (found.replace(tzinfo=LONDON) if found.tzinfo is None else found).astimezone(UTC)


def page(asked: Request, count: int, rows: Callable[[int, int], Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """The page that is asked for, with absolute addresses of its neighbours. An odd page size is the usual one."""
    size, number = (first(asked.query, name) or "" for name in ("page_size", "page"))
    length = min(LARGEST_PAGE, int(size)) if size.isdecimal() and int(size) > 0 else PAGE_SIZE
    pages = max(1, -(-count // length))
    if number and not (number.isdecimal() and 1 <= int(number) <= pages):
        raise Refusal(404, {"detail": "Invalid page."})
    page = int(number or 1)
    return {
        "count": count,
        "next": _address(asked, page + 1) if page < pages else None,
        "previous": _address(asked, page - 1) if page > 1 else None,
        "results": list(rows((page - 1) * length, page * length)),
    }


def _address(asked: Request, page: int) -> str:
    given = {name: list(values) for name, values in asked.query.items() if name != "page"}
    if page > 1:  # the first page has no number
        given["page"] = [str(page)]
    text = urlencode(sorted(given.items()), doseq=True)
    return f"{asked.url}?{text}" if text else asked.url
