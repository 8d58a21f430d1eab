"""Times as people type them, and times and amounts as the planner writes them."""

from datetime import UTC, datetime, timedelta

import pytest

from energy_monitor.errors import UserError
from energy_monitor.plan_times import read_time, tomorrow_morning
from energy_monitor.plan_words import kilograms, pounds, span_text, spans_text
from ingestion.settlement import DAY, HALF_HOUR, HOUR

# Times ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "after", "meant", "note"),
    [
        ("07:00", "2026-10-28T12:00", "2026-10-29T07:00", ""),
        ("7:00", "2026-10-28T06:59", "2026-10-28T07:00", ""),
        ("07:00", "2026-10-28T07:00", "2026-10-29T07:00", ""),
        ("07:00", "2026-07-01T12:00", "2026-07-02T06:00", ""),
        ("2026-07-02 07:00", "2026-10-28T12:00", "2026-07-02T06:00", ""),
        ("2026-07-02T07:00Z", "2026-10-28T12:00", "2026-07-02T07:00", ""),
        ("2026-07-02T07:00+02:00", "2026-10-28T12:00", "2026-07-02T05:00", ""),
        ("01:30", "2026-10-24T20:00", "2026-10-25T00:30", "the first is meant, 01:30 BST."),
        ("01:30", "2026-10-25T00:45", "2026-10-25T01:30", "the second is meant, 01:30 GMT."),
        ("01:30", "2026-10-25T01:30", "2026-10-26T01:30", ""),
        ("2026-10-25T01:30", "2026-10-25T00:45", "2026-10-25T00:30", "the first is meant, 01:30 BST."),
        ("01:30", "2026-03-29T01:00", "2026-03-30T00:30", ""),
        ("00:30", "2026-03-28T20:00", "2026-03-29T00:30", ""),
        ("02:00", "2026-03-28T20:00", "2026-03-29T01:00", ""),
    ],
)
def test_times_as_people_type_them(typed: str, after: str, meant: str, note: str) -> None:
    found = read_time("--until", typed, datetime.fromisoformat(f"{after}Z"))
    assert found.utc == datetime.fromisoformat(f"{meant}Z")
    assert found.note.endswith(note)
    assert bool(found.note) == bool(note)


@pytest.mark.parametrize("typed", ["01:30", "2026-03-29T01:30", "01:00", "01:59"])
def test_skipped_times(typed: str) -> None:
    with pytest.raises(UserError, match=r"there is no 01:\d\d on Sun 29 Mar 2026"):
        read_time("--from", typed, datetime(2026, 3, 28, 20, tzinfo=UTC))


def test_tomorrow_morning_is_seven_by_the_clock() -> None:
    assert tomorrow_morning(datetime(2026, 10, 24, 22, tzinfo=UTC)) == datetime(2026, 10, 25, 7, tzinfo=UTC)
    assert tomorrow_morning(datetime(2026, 10, 23, 22, 59, tzinfo=UTC)) == datetime(2026, 10, 24, 6, tzinfo=UTC)
    assert tomorrow_morning(datetime(2026, 10, 23, 23, tzinfo=UTC)) == datetime(2026, 10, 25, 7, tzinfo=UTC)


# Words ----------------------------------------------------------------------------------------------------------------


def test_spans_in_words() -> None:
    late = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    assert span_text(late, late + HALF_HOUR) == "Sat 24 Oct, 23:30–00:00 BST"
    assert span_text(late, late + 4 * HOUR) == "Sat 24 Oct, 23:30 BST – Sun 25 Oct, 02:30 GMT"
    assert span_text(late - DAY, late - DAY + 6 * HOUR) == "Fri 23 Oct, 23:30 – Sat 24 Oct, 05:30 BST"
    assert span_text(late + HOUR, late + 3 * HOUR) == "Sun 25 Oct, 00:30 BST–01:30 GMT"
    assert span_text(late + timedelta(minutes=29, seconds=40), late + HOUR) == "Sun 25 Oct, 00:00–00:30 BST"
    assert span_text(late, late + 48 * HOUR) == "Sat 24 Oct, 23:30 BST – Mon 26 Oct, 22:30 GMT"
    assert span_text(late, late + timedelta(seconds=14)) == "Sat 24 Oct, 23:30 BST for 14 seconds"
    both = ((late, late + HALF_HOUR), (late + 2 * HALF_HOUR, late + 3 * HALF_HOUR))
    assert spans_text(both) == "Sat 24 Oct, 23:30–00:00 BST and Sun 25 Oct, 00:30–01:00 BST"
    over = ((late - DAY, late - DAY + HOUR), (late - DAY + 2 * HOUR, late - DAY + 3 * HOUR))
    assert spans_text(over) == "Fri 23 Oct, 23:30 – Sat 24 Oct, 00:30 BST and 01:30–02:30 BST"
    assert spans_text(both, most=1) == "Sat 24 Oct, 23:30–00:00 BST and 1 more"


def test_amounts_in_words() -> None:
    assert [pounds(one) for one in (None, 0, 4.2, -0.35, 0.034, -0.0001)] == [
        *("not known", "£0.00", "£4.20", "−£0.35", "£0.034", "£0.000")
    ]
    assert [kilograms(one) for one in (None, 0, -1.19, 12.34)] == ["not known", "0.00 kg", "−1.19 kg", "12.3 kg"]
