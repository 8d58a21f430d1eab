"""From what is wrong at each look to one message when a problem begins and one when it is over. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Problem:
    """Something that a person should know of.

    `key` tells one from another, and stays the same while it lasts; its first word is what it is called in
    docs/operations.md.
    """

    key: str
    title: str
    text: str


@dataclass(frozen=True)
class Message:
    """What is told: that a problem began, or that it is over."""

    title: str
    text: str
    is_over: bool


@dataclass(frozen=True)
class Entry:
    """A problem that is being followed: since when it is there, whether it was told, since when it is gone."""

    problem: Problem
    since: datetime
    is_told: bool = False
    gone_since: datetime | None = None


Ledger = Mapping[str, Entry]


def look(
    ledger: Ledger, problems: Iterable[Problem], now: datetime, grace: timedelta
) -> tuple[dict[str, Entry], list[Message]]:
    """The ledger after a look at what is wrong now, and what is to be told.

    grace: how long something has to be wrong, and then right again, before anybody is told.
    """
    found = {problem.key: problem for problem in problems}
    followed = {key: _seen(ledger.get(key), problem, now) for key, problem in found.items()}
    # what was never told and is gone is forgotten: it healed by itself, within the time of grace
    followed |= {key: _unseen(entry, now) for key, entry in ledger.items() if key not in found and entry.is_told}
    after, messages = {}, []
    for key, entry in followed.items():
        if entry.gone_since and now - entry.gone_since >= grace:
            messages.append(_over(entry))
            continue
        if not entry.is_told and now - entry.since >= grace:
            messages.append(_begun(entry.problem))
            entry = replace(entry, is_told=True)
        after[key] = entry
    return after, messages


def _seen(entry: Entry | None, problem: Problem, now: datetime) -> Entry:
    return replace(entry, problem=problem, gone_since=None) if entry else Entry(problem, now)


def _unseen(entry: Entry, now: datetime) -> Entry:
    return entry if entry.gone_since else replace(entry, gone_since=now)


def _begun(problem: Problem) -> Message:
    where = f"What to do: docs/operations.md, '{problem.key.partition(' ')[0]}'."
    return Message(problem.title, f"{problem.text}\n{where}", is_over=False)


def _over(entry: Entry) -> Message:
    assert entry.gone_since is not None
    times = f"It was there from {entry.since:%Y-%m-%d %H:%MZ} to {entry.gone_since:%Y-%m-%d %H:%MZ}."
    return Message(f"over: {entry.problem.title}", times, is_over=True)


def as_json(ledger: Ledger) -> dict[str, Any]:
    """A ledger in words of JSON."""
    return {
        key: asdict(entry.problem)
        | {
            "since": entry.since.isoformat(),
            "is_told": entry.is_told,
            "gone_since": entry.gone_since and entry.gone_since.isoformat(),
        }
        for key, entry in ledger.items()
    }


def from_json(kept: Mapping[str, Any]) -> dict[str, Entry]:
    """The ledger that `as_json` wrote."""
    return {
        key: Entry(
            Problem(one["key"], one["title"], one["text"]),
            datetime.fromisoformat(one["since"]),
            one["is_told"],
            datetime.fromisoformat(one["gone_since"]) if one["gone_since"] else None,
        )
        for key, one in kept.items()
    }
