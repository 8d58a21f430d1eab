"""The questions of docs/warehouse.md: each query runs as it stands, as the role that analysts have."""

import re

import pytest

from energy_monitor.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.marts import rows_of

PAGE = REPOSITORY / "docs" / "warehouse.md"
QUESTIONS = {
    title: re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    for title, text in re.findall(r"^## (\d+\. .*?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE)
}
# What the recorded bodies hold nothing of: forecasts that were fetched before their time.
OF_FORECASTS = "6. How good is the forecast of demand a day ahead?"
# The answer that one hopes for is empty.
MAY_BE_EMPTY = "8. Do the sources agree with each other?"


def test_there_are_ten_questions_with_a_query_each() -> None:
    assert len(QUESTIONS) == 10
    assert all(len(queries) == 1 for queries in QUESTIONS.values())


@pytest.mark.parametrize("title", [title for title in QUESTIONS if title != OF_FORECASTS])
def test_a_question_is_answered(recorded_workspace: Workspace, title: str) -> None:
    rows = rows_of(recorded_workspace, QUESTIONS[title][0], role="analyst")
    assert rows or title == MAY_BE_EMPTY


def test_the_question_of_forecasts_is_answered(simulated_workspace: Workspace) -> None:
    rows = rows_of(simulated_workspace, QUESTIONS[OF_FORECASTS][0], role="analyst")
    assert [row[:3] for row in rows] == [("national_demand", 24, "MW")]
    scored, expected, bias, mae, rmse = rows[0][3:8]
    assert 0 < scored <= expected
    assert abs(bias) <= mae <= rmse
