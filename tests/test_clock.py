"""The one clock of a workspace: the machine's, or a simulator's."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_monitor.clock import VARIABLE, clock_text, now_utc
from energy_monitor.errors import UserError

INSTANTS = st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))


def test_without_a_simulator_it_is_the_machines_time() -> None:
    before = datetime.now(UTC)
    assert before <= now_utc({}) <= datetime.now(UTC)


@given(INSTANTS, INSTANTS, st.integers(0, 1000), st.timedeltas(timedelta(), timedelta(hours=1)))
def test_it_goes_on_from_where_it_was_set_at_its_own_speed(
    simulated: datetime, machine: datetime, speed: int, passed: timedelta
) -> None:
    environ = {VARIABLE: clock_text(simulated, machine, speed)}
    assert now_utc(environ, machine + passed) == simulated + passed * speed


@pytest.mark.parametrize(
    "text",
    ["2025-06-01T12:00Z", "2025-06-01T12:00,2026-06-01T12:00Z,1", "2025-06-01T12:00Z,2026-06-01T12:00Z,fast", "a,b,c"],
)
def test_a_clock_that_cannot_be_read_is_said_with_its_value(text: str) -> None:
    with pytest.raises(UserError, match=r"ENERGY_MONITOR_CLOCK is .*write two times"):
        now_utc({VARIABLE: text})
