"""Replays of recorded bodies: twice adds nothing, in reverse changes nothing, and the lake alone rebuilds it all."""

from pathlib import Path

import pytest

from energy_monitor.replay import recorded_answers
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from tests.conftest import WorkspaceMaker, run_command
from tests.marts import build_marts, marts_of, rows_of

RAW_TABLES = """
    select table_name from information_schema.tables
    where table_schema = 'raw' and table_name not in ('loads', 'load_days')
"""
# Every kind of body, with a clock-change day and the day that was revised; the rest only in the full size.
FEW = ("2022-03-27", "2023-03-26", "2024-08-1", "REMIT", "2025-10-26", "historic demand data", "2026-06")


def raw_counts(workspace: Workspace) -> dict[str, int]:
    names = [name for (name,) in rows_of(workspace, RAW_TABLES)]
    return {name: rows_of(workspace, f'select count(*) from raw."{name}"')[0][0] for name in names}


def replay_all(workspace: Workspace, path: str, only: tuple[str, ...] | None, in_reverse: bool = False) -> int:
    lake = workspace.lake()
    answers = [answer for answer in recorded_answers(path, lake) if answer.dataset]
    if only:
        answers = [answer for answer in answers if any(part in answer.label for part in only)]
    connection = workspace.connect("ingester")
    try:
        for answer in reversed(answers) if in_reverse else answers:
            assert answer.replay(lake, connection).error is None
    finally:
        connection.close()
    return len(answers)


def test_replaying_again_adds_no_version(recorded_workspace: Workspace, recorded: Path) -> None:
    before = raw_counts(recorded_workspace)
    assert sum(before.values()) > 170_000
    again = run_command("--workspace", "recorded", "replay", str(recorded / "bodies"))
    assert raw_counts(recorded_workspace) == before
    assert "Left alone" not in again.stdout, "every recorded body is of a dataset that is known"


@pytest.mark.parametrize("only", [FEW, pytest.param(None, marks=pytest.mark.full)], ids=["few", "all"])
def test_in_reverse_and_from_the_lake_alone(
    make_workspace: WorkspaceMaker, recorded: Path, s3: str, only: tuple[str, ...] | None
) -> None:
    """In order into a folder; in reverse into a bucket, and from that bucket, in reverse again, into a folder."""
    path = str(recorded / "bodies")
    in_order, bucket, rebuilt = make_workspace(), make_workspace(s3), make_workspace()
    bodies = replay_all(in_order, path, only)
    replay_all(bucket, path, only, in_reverse=True)
    # an empty database, and nothing but the lake of the one that was loaded in reverse
    assert replay_all(rebuilt, bucket.lake_uri, None, in_reverse=True) == bodies
    for workspace in (in_order, rebuilt):
        build_marts(workspace)
    before, after = marts_of(in_order), marts_of(rebuilt)
    assert sum(map(len, before.values())) > 10_000
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []


@pytest.mark.full
def test_a_lake_of_every_dataset_rebuilds_it_all(
    make_workspace: WorkspaceMaker, simulated_workspace: Workspace
) -> None:
    loaded = "select distinct dataset from raw.loads where status = 'loaded'"
    assert {name for (name,) in rows_of(simulated_workspace, loaded)} == set(DATASETS)
    rebuilt = make_workspace()
    replay_all(rebuilt, simulated_workspace.lake_uri, None)
    build_marts(rebuilt)
    before, after = marts_of(simulated_workspace), marts_of(rebuilt)
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []


def test_one_lost_or_damaged_object_does_not_keep_the_others_out(
    make_workspace: WorkspaceMaker, recorded: Path, tmp_path: Path
) -> None:
    source = make_workspace(str(tmp_path / "source"))
    replay_all(source, str(recorded / "bodies"), ("2026-06", "REMIT"))
    bodies = sorted((tmp_path / "source").rglob("*.json.gz"))
    assert len(bodies) == 3
    bodies[0].unlink()
    bodies[1].write_bytes(bodies[1].read_bytes()[:40])
    done = run_command("--workspace", "rescued", "replay", source.lake_uri, expect=1)
    assert done.stderr.count("not loaded:") == 2
    assert f"there is no {bodies[0].relative_to(source.lake_uri)}" in done.stderr
    assert "damaged" in done.stderr
    assert rows_of(Workspace("rescued"), "select count(*) from raw.loads where status = 'loaded'") == [(1,)]
