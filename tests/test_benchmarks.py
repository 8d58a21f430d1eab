"""The benchmarks at a tiny size, so that they do not rot. What they measure here says nothing."""

import json
from pathlib import Path

import pytest

from benchmarks import as_known_at, dashboard, loading


def test_as_known_at_is_answered_alike_by_both_forms(tmp_path: Path) -> None:
    found = as_known_at.run(tmp_path, versions=8 * as_known_at.ROWS_OF_ISSUE, moments=5)
    assert found["versions"] == 8 * 96 * 18
    assert found["milliseconds"].keys() == as_known_at.FORMS.keys()
    assert all(times["p50"] <= times["p95"] <= times["max"] for times in found["milliseconds"].values())
    assert "13,824 versions" in "\n".join(as_known_at.table(found))


@pytest.mark.full  # builds a workspace and serves it, which takes minutes
@pytest.mark.timeout(1800)
def test_the_dashboard_is_measured_page_by_page_and_in_the_browser(recorded: Path, tmp_path: Path) -> None:
    history = recorded / "history"
    files = [history / "fuel_mix_half_hourly_2021_2024.parquet", history / "carbon_national_2023_h1.csv"]
    found = dashboard.run(tmp_path, files, rounds=1, readers=2, seconds=5, paints=1)
    assert found["rows"]["fct_grid_half_hourly"] > 0
    assert len(found["warm_pages"]) == len(dashboard.PAGES) * len(dashboard.WINDOWS) + len(dashboard.OTHERS) + 1
    assert all(seconds > 0 for taken in found["browser"].values() for seconds in taken)
    assert "| an empty app's first paint |" in "\n".join(dashboard.table(found))


def test_every_way_of_loading_ends_with_the_same_number_of_rows(recorded: Path, tmp_path: Path) -> None:
    request, body = loading.recorded_bodies(recorded)[0]
    rows = loading.rows_of(body)[:200]
    found = loading.run(tmp_path, [(request, json.dumps({"data": rows}).encode())], rounds=1)
    assert found["rows"] == 200
    assert found["loaded"].keys() == loading.ways().keys()
    assert set(found["loaded"].values()) == {200}
    assert "200 rows in 1 bodies" in "\n".join(loading.table(found))
