"""The planner's benchmark at a tiny size, so that it does not rot; and that no rule of others is ever better."""

from pathlib import Path

import pytest

from benchmarks import planner as benchmark


def test_exact_plans_are_compared_with_the_rules_of_others(recorded: Path) -> None:
    found = benchmark.run(recorded, loads=40, number=3)
    assert found["dearer"].keys() == {"Agile, p", "national carbon, g"}
    for rules in found["dearer"].values():
        assert rules.keys() == {*benchmark.RULES, "at once"}
        assert all(row["worse"] == 0 for row in rules.values())
        assert all(row["better_percent"] > 0 for row in rules.values())
        assert rules["at once"]["dearer_percent"] > rules["evcc, continuous"]["dearer_percent"]
    assert found["milliseconds"].keys() == {*benchmark.METHODS, *benchmark.AT_RANDOM}
    assert "| evcc, continuous |" in "\n".join(benchmark.table(found))


def test_a_folder_without_history_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["planner", "--recorded", str(tmp_path)])
    with pytest.raises(SystemExit):
        benchmark.main()
    assert f"no recorded history at {tmp_path}" in capsys.readouterr().err
