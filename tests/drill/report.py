"""What a drill found, as a table for people and as JSON for programs."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

FAILURES = {
    "lost": "landed and neither loaded nor recorded as failed",
    "unserved": "in the lake, and not what the simulator sent",
    "wrongly_failed": "failed without a fault",
    "wrongly_loaded": "loaded, though it was no answer",
    "invented": "values in marts that no body carried",
    "differences": "rows of marts that differ from the side without faults",
    "only_by_hand": "rows that were right only after their days were asked for again by hand",
    "unexpected": "commands that ended with a traceback",
    "not_met": "kinds of fault that the drill did not meet",
    "history": "what the marts of history say otherwise than the log of faults",
}
LISTED = {
    "orphans": "bodies whose attempt record a kill or a lost lake prevented; asked for again",
    "forecasts_missed": "rows that differ by an issue of a forecast that its source does not keep",
    "withdrawn": "rows that only a fault said, shown as withdrawn and without a value",
    "published_once": "rows of what is published once and so not asked for again, right after it was, by hand",
}
MOST_SHOWN = 8
STATUSES = ("met", "landed", "loaded", "failed", "unanswered")


@dataclass
class Report:
    """Counts, and sentences by kind of failure. A good drill has no sentence in `failures`."""

    size: dict[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    failures: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in FAILURES})
    listed: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in LISTED})
    marts: list[str] = field(default_factory=list)
    marts_left_out: list[str] = field(default_factory=list)
    marts_not_held: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not any(self.failures.values())

    def as_json(self) -> dict[str, Any]:
        return {"is_good": self.is_good, **self.__dict__}

    def lines(self) -> list[str]:
        """The report as text."""
        lines = [f"{'kind of fault':22}" + "".join(f"{status:>12}" for status in STATUSES)]
        for kind in sorted(self.kinds):
            lines.append(f"{kind:22}" + "".join(f"{self.kinds[kind][status]:12,}" for status in STATUSES))
        total = Counter[str]()
        for counts in self.kinds.values():
            total.update(counts)
        lines += [f"{'all':22}" + "".join(f"{total[status]:12,}" for status in STATUSES), ""]
        lines += [f"{count:12,}  {name}" for name, count in sorted(self.counts.items())]
        lines += ["", *(f"{seconds:12,.1f}  seconds: {name}" for name, seconds in self.seconds.items()), ""]
        lines += [f"marts compared: {', '.join(self.marts)}"]
        lines += [f"about loads or history, not compared: {', '.join(self.marts_left_out)}"]
        lines += [f"worked out from others, not held against bodies: {', '.join(self.marts_not_held)}", ""]
        for name, meaning in LISTED.items():
            lines += _some(len(self.listed[name]), meaning, self.listed[name])
        lines.append("")
        for name, meaning in FAILURES.items():
            lines += _some(len(self.failures[name]), meaning, self.failures[name])
        return [*lines, "", "GOOD: nothing lost, nothing invented" if self.is_good else "NOT GOOD"]


def _some(count: int, meaning: str, sentences: list[str]) -> list[str]:
    more = [f"              … and {count - MOST_SHOWN:,} more"] if count > MOST_SHOWN else []
    return [f"{count:12,}  {meaning}", *(f"              {text}" for text in sentences[:MOST_SHOWN]), *more]
