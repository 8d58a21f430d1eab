"""The lake as a stranger reads it: files and JSON, and none of our own parsing."""

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from simulator.faulty_bodies import rows_in

LONDON = ZoneInfo("Europe/London")
LONGEST_EMPTY_BYTES = 10_000  # of a body without a row: CKAN says much around it
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Landed:
    """One attempt record of the lake."""

    key: str
    dataset: str
    request: str
    fetched_at: datetime
    status: int | None
    error: str | None
    body_key: str | None


@dataclass
class LakeReader:
    """Reads a lake again and again; each file once."""

    folder: Path
    attempts: dict[str, Landed] = field(default_factory=dict)
    bodies: dict[str, bytes | None] = field(default_factory=dict)  # by key; None once it was let go
    hashes: dict[str, str] = field(default_factory=dict)  # of bodies, by key
    empty: set[str] = field(default_factory=set)  # bodies that are fine, and hold no row
    others: set[str] = field(default_factory=set)  # whatever else lies there

    def read(self) -> None:
        """Reads what is new."""
        for path in sorted(self.folder.rglob("*")):
            key = path.relative_to(self.folder).as_posix()
            if not path.is_file() or key in self.attempts or key in self.bodies:
                continue
            if key.endswith(".attempt.json"):
                self.attempts[key] = _attempt(key, json.loads(path.read_text()))
            elif key.endswith(".json.gz"):
                body = gzip.decompress(path.read_bytes())
                self.bodies[key], self.hashes[key] = body, sha256(body).hexdigest()
                if len(body) < LONGEST_EMPTY_BYTES and rows_in(decoded(body)) == []:
                    self.empty.add(key)
            else:
                self.others.add(key)

    def forget(self, keys: Iterable[str | None]) -> None:
        """Lets go of bodies; that they are there, and their hashes, is remembered."""
        for key in keys:
            if key in self.bodies:
                self.bodies[key] = None

    def orphans(self) -> set[str]:
        """Bodies that no attempt record names."""
        return set(self.bodies) - {attempt.body_key for attempt in self.attempts.values()}


def _attempt(key: str, record: dict[str, Any]) -> Landed:
    at = datetime.fromisoformat(record["fetched_at"])
    told = (record[name] for name in ("status", "error", "body_key"))
    return Landed(key, record["dataset"], record["request"], at, *told)


def decoded(body: bytes | None) -> Any:
    """A body as JSON, with exact numbers; None where it is none."""
    try:
        return None if body is None else json.loads(body, parse_float=Decimal)
    except ValueError:
        return None


def objects(document: Any, around: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Every object of a document, with the plain fields of the objects that it lies in, and of those that it holds."""
    if isinstance(document, list):
        for inner in document:
            yield from objects(inner, around)
    elif isinstance(document, dict):
        plain = _plain(document)
        held = {k: v for inner in document.values() if isinstance(inner, dict) for k, v in _plain(inner).items()}
        yield {**(around or {}), **held, **plain}
        for inner in document.values():
            if isinstance(inner, list | dict):
                yield from objects(inner, {**(around or {}), **plain})


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if not isinstance(value, list | dict)}


def instant(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def start_of_period(day: Any, period: Any) -> datetime | None:
    """The instant at which a numbered half-hour of a UK day begins; days as 2025-01-31, 31-JAN-2025 and 31-Jan-25."""
    for form in ("%Y-%m-%d", "%d-%b-%Y", "%d-%b-%y", "%Y-%m-%dT%H:%M:%S"):
        try:
            midnight = datetime.strptime(day, form).replace(tzinfo=LONDON)
            return midnight.astimezone(UTC) + timedelta(minutes=30) * (int(period) - 1)
        except (TypeError, ValueError):
            continue
    return None
