"""What is wrong now, in as few sentences as tell it: what follows from something else that is wrong is not said too."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from psycopg2.extensions import connection as Connection

from energy_monitor.status import DatasetStatus, dataset_statuses
from ingestion.catalogue import DATASETS
from ingestion.sources import SOURCES
from ingestion.upkeep import Rest, resting
from orchestration.freshness import DataClock, newest_of
from orchestration.ledger import Problem
from orchestration.runs import Failing

MOST_NAMED = 6


def problems(
    auditor: Connection, reader: Connection, clocks: Sequence[DataClock], failing: Iterable[Failing], now: datetime
) -> list[Problem]:
    """All that is wrong with a workspace, by its own records and by Dagster's."""
    silent = {source: rest for source in SOURCES if (rest := resting(auditor, source, now))}
    statuses = [status for status in dataset_statuses(auditor, now) if status.dataset in DATASETS]
    late_marts = [(clock, newest_of(reader, clock)) for clock in clocks]
    return [
        *of_sources(silent),
        *of_datasets(statuses, silent),
        *of_marts([(clock, clock.lateness(newest, now)) for clock, newest in late_marts], statuses),
        *of_runs(failing, statuses, silent),
    ]


def of_sources(silent: dict[str, Rest]) -> Iterator[Problem]:
    """Sources that do not answer."""
    for source, rest in silent.items():
        since = f"{rest.since:%Y-%m-%d %H:%MZ}"
        yield Problem(
            f"silent {source}",
            f"{SOURCES[source].title} does not answer",
            f"No answer since {since}. It is asked again on its own, more and more seldom; what is missed is then "
            "asked for again. Nothing needs to be done unless others reach it.",
        )


def of_datasets(statuses: Iterable[DatasetStatus], silent: Collection[str]) -> Iterator[Problem]:
    """Bodies that could not be loaded, and data that is late though its source answers."""
    for status in statuses:
        if status.bodies_waiting:
            yield Problem(
                f"bodies {status.dataset}",
                f"{status.dataset}: answers landed that cannot be loaded",
                f"{status.bodies_waiting} wait in the lake. {status.last_error or ''}\n"
                "After a fix: energy-monitor replay --failed",
            )
        elif status.is_late and DATASETS[status.dataset].source not in silent:
            yield Problem(
                f"late {status.dataset}",
                f"{status.dataset}: no new data",
                f"The newest is of {status.newest_data:%Y-%m-%d %H:%MZ}, {status.lag_minutes:.0f} minutes ago, and "
                f"{status.allowed_lag_minutes:.0f} are usual. {' '.join(status.remarks)}",
            )


def of_marts(
    lateness: Iterable[tuple[DataClock, timedelta | None]], statuses: Iterable[DatasetStatus]
) -> Iterator[Problem]:
    """One problem for all marts that are behind though what they read has come: then the builds are what is wrong."""
    behind = {s.dataset for s in statuses if s.is_late or s.bodies_waiting or s.lag_minutes is None}
    late = [
        clock.mart
        for clock, late_by in lateness
        if clock.dataset not in behind and late_by is not None and late_by > clock.allowed_lateness
    ]
    if late:
        yield Problem(
            "behind marts",
            "Marts are behind what landed",
            f"{_some(late)}: what they read has come, and they do not show it. Look at the newest runs that build.",
        )


def of_runs(
    failing: Iterable[Failing], statuses: Iterable[DatasetStatus], silent: Collection[str]
) -> Iterator[Problem]:
    """What failed again and again, and not because a source is silent or its answers cannot be loaded."""
    excused = set(silent) | {DATASETS[s.dataset].source for s in statuses if s.bodies_waiting}
    for one in failing:
        if one.subject not in excused:
            yield Problem(
                f"failing {one.subject}",
                f"{SOURCES[one.subject].title if one.subject in SOURCES else one.subject}: runs fail",
                f"{one.runs} in a row, the newest {one.run_id}: {_some(one.assets)}.\n{one.error}",
            )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
