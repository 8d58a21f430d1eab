"""The benchmarks at a tiny size, so that they do not rot. What they measure here says nothing."""

from pathlib import Path

from benchmarks import as_known_at


def test_as_known_at_is_answered_alike_by_both_forms(tmp_path: Path) -> None:
    found = as_known_at.run(tmp_path, versions=8 * as_known_at.ROWS_OF_ISSUE, moments=5)
    assert found["versions"] == 8 * 96 * 18
    assert found["milliseconds"].keys() == as_known_at.FORMS.keys()
    assert all(times["p50"] <= times["p95"] <= times["max"] for times in found["milliseconds"].values())
    assert "13,824 versions" in "\n".join(as_known_at.table(found))
