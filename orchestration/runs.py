"""Dagster's runs: which are under way, which are over, and what failed in one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from ingestion.catalogue import DATASETS

REPEATED = 2  # runs in a row
LOOKED_AT = 200  # of the newest runs
SPAN = timedelta(days=1)
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
OVER = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


class _Deleted(Exception):
    """A run that the housekeeping deleted while it was looked at."""


@dataclass(frozen=True)
class Failing:
    """What fails: `subject` is a source, `dbt`, or a job without assets; `runs` in a row, the newest `run_id`."""

    subject: str
    assets: tuple[str, ...]
    runs: int
    run_id: str
    error: str


def repeated_failures(instance: dg.DagsterInstance) -> list[Failing]:
    """One entry for each subject of which something failed in each of its last runs, at least two."""
    since = datetime.now(UTC) - SPAN
    decided = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    runs = instance.get_runs(dg.RunsFilter(statuses=decided, updated_after=since), limit=LOOKED_AT)
    if all(run.is_success for run in runs):
        return []
    counts: dict[str, list[str]] = {}  # what failed: the runs, the newest first
    settled: set[str] = set()  # what did not fail in a run that is newer
    for run in runs:
        try:
            done, undone = _outcome(instance, run)
        except _Deleted:
            continue
        for name in undone - settled:
            counts.setdefault(name, []).append(run.run_id)
        settled |= done
    failing = {name: ids for name, ids in counts.items() if len(ids) >= REPEATED}
    return list(_by_subject(instance, failing))


def _outcome(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[set[str], set[str]]:
    """What a run made and what it was to make and did not: assets, or the job itself where it has none."""
    planned = _assets(instance, run, dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED) if not run.is_success else set()
    made = {key.to_user_string() for key in run.asset_selection or ()}
    if not run.is_success:
        made = _assets(instance, run, dg.DagsterEventType.ASSET_MATERIALIZATION)
    if not planned and not made:
        return ({run.job_name}, set()) if run.is_success else (set(), {run.job_name})
    return made, planned - made


def _assets(instance: dg.DagsterInstance, run: dg.DagsterRun, of_type: dg.DagsterEventType) -> set[str]:
    records = _records(instance, run.run_id, of_type)
    keys = [record.event_log_entry.get_dagster_event().asset_key for record in records]
    return {key.to_user_string() for key in keys if key}


def _records(instance: dg.DagsterInstance, run_id: str, of_type: dg.DagsterEventType) -> Sequence[dg.EventLogRecord]:
    """A run's events of a kind. Raises _Deleted where the run is no more: SQLite then finds a file without tables."""
    try:
        return instance.get_records_for_run(run_id, of_type=of_type).records
    except SQLAlchemyError as error:
        if instance.has_run(run_id):
            raise
        raise _Deleted from error


def _by_subject(instance: dg.DagsterInstance, failing: dict[str, list[str]]) -> Iterator[Failing]:
    subjects = {name: _subject(name) for name in failing}
    for subject in dict.fromkeys(subjects.values()):
        names = tuple(sorted(name for name in failing if subjects[name] == subject))
        worst = max((failing[name] for name in names), key=len)
        yield Failing(subject, names, len(worst), worst[0], _error(instance, worst[0]))


def _subject(name: str) -> str:
    layer, _, rest = name.partition("/")
    if layer == "raw" and rest in DATASETS:
        return DATASETS[rest].source
    return "dbt" if rest else name


def _error(instance: dg.DagsterInstance, run_id: str) -> str:
    """What the step that failed said."""
    try:
        records = _records(instance, run_id, dg.DagsterEventType.STEP_FAILURE)
    except _Deleted:
        return "The run was deleted since."
    for record in records:
        event = record.event_log_entry.get_dagster_event()
        if event.step_failure_data.error:
            cause = event.step_failure_data.error.cause or event.step_failure_data.error
            return cause.message.strip()[:500]
    return "The process of the run ended before it was done."
