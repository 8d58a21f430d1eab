"""What is wrong now, in as few sentences as tell it: what follows from something else that is wrong is not said too."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from psycopg2.extensions import connection as Connection

from energy_monitor.status import DatasetStatus, dataset_statuses
from ingestion.catalogue import DATASETS
from ingestion.sources import SOURCES
from ingestion.upkeep import Rest, resting
from orchestration.freshness import DataClock, newest_of
from orchestration.ledger import Ledger, Problem
from orchestration.runs import Failing

MOST_NAMED = 6


def problems(
    auditor: Connection,
    reader: Connection,
    clocks: Sequence[DataClock],
    failing: Iterable[Failing],
    ledger: Ledger,
    now: datetime,
) -> list[Problem]:
    """All that is wrong with a workspace, by its own records and by Dagster's.

    What follows from a source's silence is not told either while the end of that has not been: it catches up.
    """
    silent = {source: rest for source in SOURCES if (rest := resting(auditor, source, now))}
    excused = {*silent, *(source for source in SOURCES if _key_of_silence(source) in ledger)}
    statuses = [status for status in dataset_statuses(auditor, now) if status.dataset in DATASETS]
    lateness = [(clock, clock.lateness(newest_of(reader, clock), now)) for clock in clocks]
    return [
        *of_sources(silent),
        *of_datasets(statuses, excused),
        *of_marts(lateness, statuses, excused),
        *of_runs(failing, statuses, excused),
    ]


def _key_of_silence(source: str) -> str:
    return f"silent {source}"


def of_sources(silent: dict[str, Rest]) -> Iterator[Problem]:
    """Sources that do not answer."""
    for source, rest in silent.items():
        since = f"{rest.since:%Y-%m-%d %H:%MZ}"
        yield Problem(
            _key_of_silence(source),
            f"{SOURCES[source].title} does not answer",
            f"No answer since {since}. It is asked again on its own, more and more seldom; what is missed is then "
            "asked for again. Nothing needs to be done unless others reach it.",
        )


def of_datasets(statuses: Iterable[DatasetStatus], excused: Collection[str]) -> Iterator[Problem]:
    """Bodies that could not be loaded, and data that is late though its source answers."""
    for status in statuses:
        if status.bodies_waiting:
            yield Problem(
                f"bodies {status.dataset}",
                f"{status.dataset}: answers landed that cannot be loaded",
                f"{status.bodies_waiting} wait in the lake. {status.last_error or ''}\n"
                "After a fix: energy-monitor replay --failed",
            )
        elif status.is_late and DATASETS[status.dataset].source not in excused:
            yield Problem(
                f"late {status.dataset}",
                f"{status.dataset}: no new data",
                f"The newest is of {status.newest_data:%Y-%m-%d %H:%MZ}, {status.lag_minutes:.0f} minutes ago, and "
                f"{status.allowed_lag_minutes:.0f} are usual. {' '.join(status.remarks)}",
            )


def of_marts(
    lateness: Iterable[tuple[DataClock, timedelta | None]], statuses: Iterable[DatasetStatus], excused: Collection[str]
) -> Iterator[Problem]:
    """One problem for all marts that are behind though what they read has come: then the builds are what is wrong."""
    behind = {s.dataset for s in statuses if s.is_late or s.bodies_waiting or s.lag_minutes is None}
    late = [
        clock.mart
        for clock, late_by in lateness
        if clock.dataset not in behind
        and DATASETS[clock.dataset].source not in excused
        and late_by is not None
        and late_by > clock.allowed_lateness
    ]
    if late:
        yield Problem(
            "behind marts",
            "Marts are behind what landed",
            f"{_some(late)}: what they read has come, and they do not show it. Look at the newest runs that build.",
        )


def of_runs(
    failing: Iterable[Failing], statuses: Iterable[DatasetStatus], excused: Collection[str]
) -> Iterator[Problem]:
    """What failed again and again, and not because a source is silent or its answers cannot be loaded."""
    told = {*excused, *(DATASETS[status.dataset].source for status in statuses if status.bodies_waiting)}
    for one in failing:
        if one.subject not in told:
            yield Problem(
                f"failing {one.subject}",
                f"{SOURCES[one.subject].title if one.subject in SOURCES else one.subject}: runs fail",
                f"{one.runs} in a row, the newest {one.run_id}: {_some(one.assets)}.\n{one.error}",
            )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
