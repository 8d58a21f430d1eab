"""The plan of faults: which requests meet which kind, to which share, when. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import Any

from simulator.faulty_bodies import CHANGES

STATUSES = {"http_429": 429, "http_500": 500, "http_503": 503}
OF_AN_ANSWER = ("reset_in_mid_body", "truncated_json", "empty_object", "old_body", *CHANGES)  # need one that is well
KINDS = frozenset((*STATUSES, "time_out", "html_with_200", *OF_AN_ANSWER))


@dataclass(frozen=True)
class Rule:
    """Requests that match, to their share, meet a fault of a kind; in simulated time from one instant to another."""

    match: re.Pattern[str]
    kind: str
    share: float
    from_utc: datetime | None = None
    until_utc: datetime | None = None
    retry_after_s: float = 1

    def holds(self, request: str, now_utc: datetime) -> bool:
        """Whether the rule is for a request (path and query) at a time."""
        is_late_enough = self.from_utc is None or self.from_utc <= now_utc
        is_early_enough = self.until_utc is None or now_utc < self.until_utc
        return is_late_enough and is_early_enough and self.match.search(request) is not None

    def chance(self, seed: int, request: str, before: int) -> Random:
        """Chance that is the same for the same seed, request, and number of times that it was asked before."""
        text = f"{seed}\n{self.kind}\n{self.match.pattern}\n{request}\n{before}"
        return Random(int.from_bytes(sha256(text.encode()).digest()[:8], "big"))

    def as_json(self) -> dict[str, Any]:
        times = {"from_utc": self.from_utc, "until_utc": self.until_utc}
        told = {name: time.isoformat() for name, time in times.items() if time}
        return {"match": self.match.pattern, "kind": self.kind, "share": self.share, **told}


def plan_of(given: Any) -> tuple[Rule, ...]:
    """A plan from what JSON says. Raises ValueError, with what is wrong, for anything that is none."""
    if not isinstance(given, list):
        raise ValueError("a plan is a list of rules")
    return tuple(_rule(number, rule) for number, rule in enumerate(given, start=1))


def _rule(number: int, given: Any) -> Rule:
    names = {"match", "kind", "share", "from_utc", "until_utc", "retry_after_s"}
    if not isinstance(given, dict) or not {"match", "kind", "share"} <= given.keys() <= names:
        raise ValueError(
            f"rule {number} is {given!r}: it needs match, kind and share, and may have from_utc, until_utc"
        )
    if given["kind"] not in KINDS:
        raise ValueError(f"rule {number}: {given['kind']!r} is no kind; there are {', '.join(sorted(KINDS))}")
    try:
        match, share = re.compile(given["match"]), float(given["share"])
        pause_s = float(given.get("retry_after_s", 1))
        times = {name: _instant(given[name]) for name in ("from_utc", "until_utc") if given.get(name)}
    except (re.error, ValueError, TypeError) as error:
        raise ValueError(f"rule {number}: {error}") from None
    if not 0 <= share <= 1:
        raise ValueError(f"rule {number}: share {share} is not between 0 and 1")
    return Rule(match, given["kind"], share, **times, retry_after_s=pause_s)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return instant.astimezone(UTC)
