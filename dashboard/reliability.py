"""How each dataset stands: whether its source answered within its time, and what waits or lacks, in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dashboard import text
from dashboard.connection import Row
from dashboard.local_time import day_text
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY
from ingestion.sources import SOURCES

RECENT_DAYS = 7
MOST_NAMED = 4


@dataclass(frozen=True)
class Standing:
    """A dataset of the catalogue at a moment. `newest_utc`: its newest answer; `attempt`: as marts.sources.attempts."""

    dataset: str
    newest_utc: datetime | None
    is_late: bool
    attempt: Row | None
    gaps: int | None
    missed: int | None

    @property
    def is_asked_for(self) -> bool:
        return self.attempt is not None or self.newest_utc is not None

    @property
    def waiting(self) -> int:
        return int(self.attempt["bodies_waiting"]) if self.attempt else 0

    @property
    def is_broken(self) -> bool:
        """Whether something came that could not be loaded, or nothing ever came."""
        return self.is_asked_for and (self.newest_utc is None or self.waiting > 0)

    @property
    def words(self) -> str:
        """The state in words, for a table."""
        if not self.is_asked_for:
            return "not asked for"
        if self.newest_utc is None:
            return "never answered"
        said = ["late" if self.is_late else "in time"]
        if self.waiting:
            said.append(f"{self.waiting:,} {'body waits' if self.waiting == 1 else 'bodies wait'} for a replay")
        return ", ".join(said)


def standings(
    now_utc: datetime,
    newest: Mapping[str, datetime],
    attempts: Mapping[str, Row],
    gaps: Mapping[str, int],
    issues: Mapping[str, Row],
) -> list[Standing]:
    """Every dataset of the catalogue, in its order. `newest`: the newest answers, by dataset."""
    return [
        Standing(
            dataset.id,
            at := newest.get(dataset.id),
            at is not None and now_utc - at > dataset.allowed_lateness,
            attempts.get(dataset.id),
            gaps.get(dataset.id),
            int(issues[dataset.id]["missed"]) if dataset.id in issues else None,
        )
        for dataset in DATASETS.values()
    ]


def summary(found: Sequence[Standing], now_utc: datetime) -> str:
    """How all datasets stand, in a few sentences of plain text."""
    asked = [one for one in found if one.is_asked_for]
    if not asked:
        return "No dataset was asked for in this workspace."
    late = [one for one in asked if one.is_late]
    never = [one for one in asked if one.newest_utc is None]
    waiting = [one for one in asked if one.waiting]
    said = []
    if not late and not never:
        said.append(f"All {len(asked)} datasets answered within their time.")
    if late:
        whole = "All" if len(late) == len(asked) else f"{len(late)} of"
        said.append(
            f"{whole} {len(asked)} datasets {'is' if len(late) == 1 else 'are'} late: "
            f"{_named(late, lambda one: f'newest answer {_age(one, now_utc)}')}."
        )
    if never:
        said.append(f"Never answered: {_named(never, lambda _: 'only failures')}.")
    if waiting:
        said.append(
            f"Some bodies could not be loaded and wait in the lake for a replay: "
            f"{_named(waiting, lambda one: f'{one.waiting:,}')}."
        )
    elif not never:
        said.append("Every answer that came could be loaded.")
    if lacking := len(found) - len(asked):
        said.append(f"{lacking} more {'was' if lacking == 1 else 'were'} never asked for in this workspace.")
    return " ".join(said)


def _age(one: Standing, now_utc: datetime) -> str:
    return "" if one.newest_utc is None else text.age(now_utc - one.newest_utc)


def _named(some: Sequence[Standing], why: Callable[[Standing], str]) -> str:
    named = [f"{one.dataset} ({why(one)})" for one in some[:MOST_NAMED]]
    more = len(some) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def lag(minutes: float | None) -> str:
    """A lag as 4 min, 11.9 h or 23 days."""
    if minutes is None:
        return text.NONE
    if abs(minutes) < 120:
        return f"{text.rounded(minutes, 0)}{text.NBSP}min"
    if abs(minutes) < 72 * 60:
        return f"{text.rounded(minutes / 60, 1)}{text.NBSP}h"
    return f"{text.rounded(minutes / 1440, 0)}{text.NBSP}days"


def span_words(of: timedelta) -> str:
    """A time that may pass, as 40 min or 26 days."""
    return lag(of / timedelta(minutes=1))


def _count(number: object) -> str:
    return text.NONE if number is None else f"{number:,}"


def table(found: Sequence[Standing], now_utc: datetime) -> list[dict[str, str]]:
    """One row per dataset, as a page shows it. What is not counted of a dataset is a dash."""
    rows = []
    for one in found:
        dataset, attempt = DATASETS[one.dataset], one.attempt or {}
        rows.append(
            {
                "Dataset": one.dataset,
                "State": one.words,
                "Newest answer": text.NONE if one.newest_utc is None else _age(one, now_utc),
                "Allowed": span_words(dataset.allowed_lateness),
                "Median lag": lag(attempt.get("median_lag_minutes")),
                "p95 lag": lag(attempt.get("p95_lag_minutes")),
                "Unanswered": _count(attempt.get("requests_unanswered")),
                "Failed": _count(attempt.get("bodies_failed")),
                "Gaps": _count(one.gaps),
                "Issues missed": _count(one.missed),
                "Rows revised": _count(attempt.get("rows_revised")),
                "Source": SOURCES[dataset.source].title,
                "What it is": dataset.title,
            }
        )
    return rows


def export_rows(found: Sequence[Standing]) -> list[Row]:
    """The same numbers as they are in the marts, for files."""
    return [
        {
            "dataset": one.dataset,
            "newest_answer_utc": one.newest_utc,
            "is_late": one.is_late,
            "median_lag_minutes": (one.attempt or {}).get("median_lag_minutes"),
            "p95_lag_minutes": (one.attempt or {}).get("p95_lag_minutes"),
            "lag_day": (one.attempt or {}).get("lag_day"),
            "requests_unanswered": _whole(one, "requests_unanswered"),
            "bodies_failed": _whole(one, "bodies_failed"),
            "bodies_waiting": _whole(one, "bodies_waiting"),
            "gaps": one.gaps,
            "issues_missed": one.missed,
            "rows_revised": _whole(one, "rows_revised"),
        }
        for one in found
    ]


def _whole(one: Standing, name: str) -> int | None:
    return None if one.attempt is None else int(one.attempt[name])


def failures(days: Sequence[Row], most: int = 20) -> list[dict[str, str]]:
    """The newest days of fetch on which something went wrong, with the errors as plain text."""
    return [
        {
            "Day (UTC)": day_text(day["fetch_date"]),
            "Unanswered": f"{day['requests_unanswered']:,}",
            "Failed": f"{day['bodies_failed']:,}",
            "Still waiting": f"{day['bodies_failed_waiting']:,}",
            "First error": day["first_error"] or "",
            "Last error": day["last_error"] or "",
        }
        for day in reversed(days)
        if day["requests_unanswered"] or day["bodies_failed"]
    ][:most]


def recent(until: date) -> date:
    """The first of the last seven days."""
    return until - (RECENT_DAYS - 1) * DAY
