"""A build over what an earlier one made, while others read it and hang views of theirs on it."""

import json
import shutil
from pathlib import Path
from threading import Thread

import pytest

from energy_monitor.dbt import PROJECT, run_dbt
from energy_monitor.workspace import Workspace
from orchestration.warehouse import parsed_project
from tests.conftest import WorkspaceMaker
from tests.marts import build_marts, rows_of, run_dbt_here, untraced
from tests.waiting import wait_until

# A view over three seeds and two tables: threads that drop these at once would each hold what the other waits for.
FORECASTS = ("--select", "+int_expected_forecasts")


def relations(workspace: Workspace, kind: str, schema: str) -> dict[str, int]:
    """The number that PostgreSQL gave each relation of a schema when it was made."""
    statement = "select relname, oid from pg_class where relkind = %s and relnamespace = %s::regnamespace"
    return dict(rows_of(workspace, statement, (kind, schema)))


def test_seeds_and_views_stay_and_tables_are_dropped_one_after_another(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    build_marts(workspace, *FORECASTS)
    kept = [("r", "reference"), ("v", "staging"), ("v", "intermediate")]
    first = [relations(workspace, *which) for which in kept]
    assert all(first)
    tables = relations(workspace, "r", "intermediate")

    with workspace.connect("auditor") as other, other.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('energy_monitor: drop'))")
        done: list[bool] = []
        again = Thread(target=lambda: done.append(run_dbt_here(workspace, *FORECASTS)))
        again.start()
        waits = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        wait_until(lambda: rows_of(workspace, waits) != [(0,)], 60, instead=lambda: "for a drop to wait for another")
        assert not done
    again.join()
    other.close()
    assert done == [True]
    assert relations(workspace, "r", "intermediate") != tables
    # the views over a table that is made anew go with it, and come again
    assert [relations(workspace, *which) for which in kept[:2]] == first[:2]
    assert relations(workspace, *kept[2]).keys() == first[2].keys()


def test_a_seed_is_filled_in_place_and_made_anew_when_its_columns_are_others(
    make_workspace: WorkspaceMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace()
    project = tmp_path / "dbt_project"
    others = ("target", "logs", "staging", "intermediate", "marts", "exposures.yml", "tests")  # take seconds to parse
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(*others))
    monkeypatch.setattr("energy_monitor.dbt.PROJECT", project)
    seed = project / "seeds" / "record_kinds.csv"

    def after_a_build_of(text: str) -> tuple[int, list[tuple]]:
        seed.write_text(text)
        with untraced():
            assert run_dbt(workspace, ["--quiet", "seed", "--select", seed.stem])
        rows = rows_of(workspace, f"select * from reference.{seed.stem} order by 1")
        return relations(workspace, "r", "reference")[seed.stem], rows

    text = seed.read_text()
    heading, *lines = text.splitlines()
    one, rows = after_a_build_of(text)
    assert len(rows) == len(lines)
    rows_of(workspace, f"create view staging.of_an_analyst as select * from reference.{seed.stem}", role="transformer")
    two, rows = after_a_build_of("\n".join([heading, *lines[:2], ""]))
    assert (two, len(rows)) == (one, 2)
    assert "of_an_analyst" in relations(workspace, "v", "staging")
    three, rows = after_a_build_of("\n".join([f"{heading},remark", f"{lines[0]},first", ""]))
    assert three != one
    assert [row[-1] for row in rows] == ["first"]


def test_what_is_built_by_days_lies_in_their_order_when_it_is_built_whole(recorded_workspace: Workspace) -> None:
    nodes = json.loads(parsed_project().manifest_path.read_text())["nodes"].values()
    by_days = [
        f"{node['schema']}.{node['name']}"
        for node in nodes
        if node["config"]["materialized"] == "incremental" and "settlement_date" in node["columns"]
    ]
    assert len(by_days) > 25
    # in their order, each page and each day begins a stretch of its own; a short row may fill a gap in any page before
    scattered = """
        select count(distinct (page, settlement_date)) > 2.5 * (count(distinct page) + count(distinct settlement_date))
        from (select settlement_date, (ctid::text::point)[0] as page from {}) as in_their_places
    """
    assert {table for table in by_days if rows_of(recorded_workspace, scattered.format(table)) == [(True,)]} == set()
