"""What is wanted of a dataset, and what became of it: in Python, and as the event and the answer of a Lambda."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from ingestion.dataset import Dataset
from ingestion.loading import Loaded

# Of how many requests and reasons the words are told: what a Lambda raises is printed into the 4 KB of its log that
# come back, beside all else.
MOST_TOLD = 5


@dataclass(frozen=True)
class Wanted:
    """Settlement dates, all that is due by the clock, or both.

    first, last: the dates; none where both are None. is_due: whether what is due is wanted too; `last` is then today.
    answered_since: what was loaded since then by the database's clock, which is the machines' and not a simulator's,
        need not be asked for again; None where all of the dates is.
    requests: what an earlier invocation handed back; then they are wanted, and nothing else.
    run_id: on whose behalf, for the log.
    """

    first: date | None = None
    last: date | None = None
    is_due: bool = False
    answered_since: datetime | None = None
    requests: tuple[str, ...] = ()
    run_id: str | None = None

    def of(self, dataset: Dataset) -> "Wanted":
        """What of it can be asked for: of a source that keeps no past no date, and today is all that is due. Pure."""
        if dataset.newest is not None or (self.is_due and self.first == self.last):
            return replace(self, first=None, last=None)
        return self

    @property
    def is_nothing(self) -> bool:
        return not (self.first or self.last or self.is_due or self.requests)

    def rest(self, left: Sequence[str]) -> "Wanted":
        """What an invocation handed back, wanted of the next."""
        return Wanted(requests=tuple(left), run_id=self.run_id)

    def event(self, dataset: Dataset) -> dict[str, Any]:
        """What a Lambda is told."""
        said = {
            "dataset": dataset.id,
            "from": self.first and self.first.isoformat(),
            "to": self.last and self.last.isoformat(),
            "due": self.is_due,
            "answered_since": self.answered_since and self.answered_since.isoformat(),
            "requests": list(self.requests),
            "run_id": self.run_id,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> "Wanted":
        """What a Lambda was told; without dates it is all that is due. Raises ValueError for what is no date."""
        first, last = (date.fromisoformat(event[name]) if event.get(name) else None for name in ("from", "to"))
        since = datetime.fromisoformat(event["answered_since"]) if event.get("answered_since") else None
        if since and since.tzinfo is None:
            raise ValueError(f"the event's answered_since, {event['answered_since']}, has no time zone")
        requests = event.get("requests") or ()
        are_paths = isinstance(requests, Sequence) and all(isinstance(r, str) and r.startswith("/") for r in requests)
        if not are_paths:
            raise ValueError(f"the event's requests, {str(requests)[:200]}, are not all a path and a query")
        is_due = bool(event.get("due")) or not (first or last or requests)
        return cls(first, last, is_due, since, tuple(requests), event.get("run_id") or None)


@dataclass(frozen=True)
class Outcome:
    """What became of a dataset. Its fields are those of a Lambda's answer.

    requests: how many were made, or had been landed before and were loaded now. asked: the first few of them.
    answered_before: how many were not made, as they had been answered. failed: how many were not loaded.
    errors: the reasons of the first few of these, by request; under '' what holds for all of the dataset.
    left: the requests that there was no time for, to be asked for by another invocation.
    """

    dataset: str
    requests: int = 0
    asked: Sequence[str] = ()
    answered_before: int = 0
    rows_seen: int = 0
    rows_new: int = 0
    failed: int = 0
    errors: Mapping[str, str] = field(default_factory=dict)
    left: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        results: Sequence[tuple[str, Loaded]],
        answered_before: int,
        left: Sequence[str] = (),
    ) -> "Outcome":
        """From what became of each request."""
        errors = [(request, loaded.error) for request, loaded in results if loaded.error]
        return cls(
            dataset=dataset.id,
            requests=len(results),
            asked=[request for request, _ in results[:MOST_TOLD]],
            answered_before=answered_before,
            rows_seen=sum(loaded.rows_seen for _, loaded in results),
            rows_new=sum(loaded.rows_new for _, loaded in results),
            failed=len(errors),
            errors=dict(errors[:MOST_TOLD]),
            left=list(left),
        )

    @classmethod
    def failure(cls, dataset: Dataset, reason: str) -> "Outcome":
        """Where nothing is known of its requests, or none could be made."""
        return cls(dataset.id, failed=1, errors={"": reason})

    def then(self, later: "Outcome") -> "Outcome":
        """Both together, of one dataset: this one, and what was asked for of what it left. Pure."""
        return Outcome(
            dataset=self.dataset,
            requests=self.requests + later.requests,
            asked=[*self.asked, *later.asked][:MOST_TOLD],
            answered_before=self.answered_before + later.answered_before,
            rows_seen=self.rows_seen + later.rows_seen,
            rows_new=self.rows_new + later.rows_new,
            failed=self.failed + later.failed,
            errors=dict([*self.errors.items(), *later.errors.items()][:MOST_TOLD]),
            left=list(later.left),
        )

    @property
    def is_loaded(self) -> bool:
        """Whether something was wanted, and all of it is there."""
        return not (self.failed or self.left) and bool(self.requests or self.answered_before)

    @property
    def reasons(self) -> list[str]:
        """Each reason as a sentence that names what it is of."""
        return [f"{self.dataset}{', ' if request else ''}{request}: {error}" for request, error in self.errors.items()]
