"""The marts of history and reliability, held against what the simulator injected: exactly that, and no more."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from tests.drill.lake import LakeReader, Landed
from tests.marts import names_of_marts, rows_of

RELIABILITY, REVISIONS = "fct_source_reliability_daily", "fct_revisions"
ISSUES = "fct_forecast_issues"
Day = tuple[date, str]


def held(
    lake: LakeReader, kinds: Mapping[str, str | None], changes: Mapping[str, Any], well: Workspace, ill: Workspace
) -> list[str]:
    """What the marts say otherwise than the log. `kinds` and `changes` are by the key of an attempt in the lake."""
    there = names_of_marts(ill)
    wrong: list[str] = []
    if RELIABILITY in there:
        wrong += _reliability(lake, kinds, ill)
    if ISSUES in there:
        wrong += _issues(lake, ill)
    if REVISIONS in there:
        wrong += _revisions(lake, kinds, changes, well, ill)
    return wrong


def _day(attempt: Landed) -> Day:
    return attempt.fetched_at.date(), attempt.dataset


def _reliability(lake: LakeReader, kinds: Mapping[str, str | None], ill: Workspace) -> list[str]:
    """Requests without an answer, bodies that failed and answers without a row, of each day and dataset."""
    records = rows_of(ill, "select attempt_key, status from raw.loads")
    failed = {key for key, status in records if status == "failed" and kinds.get(key)}
    loaded = {key for key, status in records if status == "loaded"}
    expected: dict[Day, Counter[str]] = defaultdict(Counter)
    for attempt in lake.attempts.values():
        is_answered = attempt.status == 200 and attempt.error is None
        expected[_day(attempt)]["requests_answered" if is_answered else "requests_unanswered"] += 1
        expected[_day(attempt)]["bodies_failed"] += attempt.key in failed
        expected[_day(attempt)]["answers_empty"] += attempt.key in loaded and attempt.body_key in lake.empty
    columns = ("requests_answered", "requests_unanswered", "bodies_failed", "answers_empty")
    told = rows_of(ill, f"select fetch_date, dataset, {', '.join(columns)} from marts.{RELIABILITY}")
    found = {(day, dataset): dict(zip(columns, counts, strict=True)) for day, dataset, *counts in told}
    wrong = [f"{RELIABILITY} has {day}, of which nothing is in the lake" for day in found.keys() - expected.keys()]
    for day, counts in sorted(expected.items()):
        for column in columns:
            if (told_of_it := found.get(day, {}).get(column)) != counts[column]:
                wrong.append(f"{RELIABILITY} {day}: {column} is {told_of_it}, and not {counts[column]}")
    return wrong


def _issues(lake: LakeReader, ill: Workspace) -> list[str]:
    """An issue of a forecast without a past is missed exactly where no answer with rows came in its time."""
    loaded = {key for (key,) in rows_of(ill, "select attempt_key from raw.loads where status = 'loaded'")}
    came: dict[str, set[datetime]] = defaultdict(set)
    for attempt in lake.attempts.values():
        if attempt.key in loaded and attempt.body_key not in lake.empty:
            came[attempt.dataset].add(attempt.fetched_at)
    told = rows_of(ill, f"select dataset, issue_start_utc, issue_state from marts.{ISSUES}")
    wrong = []
    for dataset, start, state in told:
        end = start + DATASETS[dataset].cadence
        is_there = any(start <= at < end for at in came[dataset])
        if state != ("received" if is_there else "missed"):
            wrong.append(f"{ISSUES}: the issue of {dataset} from {start} is {state}")
    return wrong


Change = dict[str, Any]


def _revisions(
    lake: LakeReader, kinds: Mapping[str, str | None], changes: Mapping[str, Any], well: Workspace, ill: Workspace
) -> list[str]:
    """Each change was brought by a fault, or is of a row that had met one, or of a source that revises; none lacks."""
    theirs, ours = _changes(well), _changes(ill)
    revise = {change["dataset"] for change in theirs}  # when, the two sides may have seen at different ticks
    faulted = {a.body_key for a in lake.attempts.values() if a.body_key and kinds.get(a.key)}
    strange = [c for c in ours if c["lake_key"] not in faulted and c["dataset"] not in revise]
    wrong = []
    for (dataset, key), of_body in _grouped(strange).items():
        rows = {change["row_key"] for change in of_body}
        had_met_one = _rows_that_had_met_a_fault(ill, dataset, key, faulted)
        if len(rows) > had_met_one:
            told = "; ".join(f"{c['row_key']} {c['value_name']} from {c['value_before']}" for c in of_body[:5])
            wrong.append(f"{REVISIONS}: {key} changed {len(rows)} rows, of which {had_met_one} had met a fault: {told}")
    seen = {change["lake_key"] for change in ours}
    known = {change["dataset"] for change in (*ours, *theirs)}
    for attempt in lake.attempts.values():
        is_revision = kinds.get(attempt.key) == "revision" and attempt.dataset in known
        change = changes.get(attempt.key)
        if is_revision and attempt.body_key not in seen and changed_a_known_value(ill, attempt, change):
            wrong.append(f"{REVISIONS} lacks {change} of {attempt.key}")
    return wrong


def _grouped(changes: list[Change]) -> dict[tuple[str, str], list[Change]]:
    found: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        found[change["dataset"], change["lake_key"]].append(change)
    return found


def _rows_that_had_met_a_fault(workspace: Workspace, dataset: str, lake_key: str, faulted: set[str]) -> int:
    """Of the rows that a body changed, those of which a version before came with a fault; by the raw table alone."""
    same = " and ".join(f'earlier."{c.name}" = version."{c.name}"' for c in DATASETS[dataset].keys)
    statement = f"""
        select count(*) from raw.{dataset} as version
        where version.lake_key = %s and exists (
            select 1 from raw.{dataset} as earlier
            where {same} and earlier.fetched_at < version.fetched_at and earlier.lake_key = any(%s)
        )
    """
    return int(rows_of(workspace, statement, [lake_key, list(faulted)])[0][0])


def changed_a_known_value(workspace: Workspace, attempt: Landed, change: Any) -> bool:
    """Whether a body brought another value where there was one before it, by the raw table alone.

    That an empty value was filled in is no revision. `change` is what the log says of the fault.
    """
    columns = {c.name for c in DATASETS[attempt.dataset].columns}
    fields = {value["field"] for value in (change or {}).get("values", ())} & columns or columns
    same = " and ".join(f'earlier."{c.name}" = version."{c.name}"' for c in DATASETS[attempt.dataset].keys)
    differs = " or ".join(f'held."{field}" <> version."{field}"' for field in sorted(fields))
    statement = f"""
        select count(*) from raw.{attempt.dataset} as version
        cross join lateral (
            select * from raw.{attempt.dataset} as earlier
            where {same} and (earlier.fetched_at, earlier.lake_key) < (version.fetched_at, version.lake_key)
            order by earlier.fetched_at desc, earlier.lake_key desc
            limit 1
        ) as held
        where version.lake_key = %s and not version.is_absent and not held.is_absent and ({differs})
    """
    return rows_of(workspace, statement, [attempt.body_key]) != [(0,)]


def _changes(workspace: Workspace) -> list[Change]:
    columns = "dataset, row_key, value_name, value_before, value_after, changed_at_utc, lake_key"
    rows = rows_of(workspace, f"select {columns} from marts.{REVISIONS}")
    return [dict(zip(columns.split(", "), row, strict=True)) for row in rows]
