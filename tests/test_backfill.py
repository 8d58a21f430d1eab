"""`backfill` over real HTTP: stopped at any moment it goes on without asking again, and says what the source lacks."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import pytest

from energy_monitor.fetching import Lack, lacks
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import periods_in
from tests.conftest import REPOSITORY, run_command
from tests.marts import rows_of
from tests.scripted_source import Say, Source, scripted_source
from tests.test_live_path import urls
from tests.waiting import wait_until

FIRST, LAST = "2025-03-01", "2025-04-10"
LACKING = ("2025-03-30", 7)


def prices(path: str, _: int) -> Say:
    """Every period of the day asked for, but one; a little slowly."""
    day = date.fromisoformat(path.rpartition("/")[2])
    rows = [
        {"settlementDate": f"{day}", "settlementPeriod": period, "systemSellPrice": 50}
        for period in range(1, periods_in(day) + 1)
        if (f"{day}", period) != LACKING
    ]
    return Say(body=json.dumps({"data": rows}).encode(), silence_s=0.15)


@pytest.fixture
def source() -> Iterator[Source]:
    with scripted_source(prices) as source:
        yield source


def test_stopped_and_started_again_it_asks_for_nothing_twice(home: object, source: Source) -> None:
    name = "backfilled"
    run_command("--workspace", name, "status")  # makes the database, so that the kill below meets the asking
    arguments = ["--workspace", name, "backfill", "--from", FIRST, "--to", LAST, "system_prices"]
    command = [sys.executable, "-c", "from energy_monitor.cli import main; main()", *arguments]
    for stop in (signal.SIGKILL, signal.SIGINT):
        before = len(source.asked)
        running = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | urls(source.url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda before=before: len(source.asked) >= before + 6)
        running.send_signal(stop)
        _, errors = running.communicate(timeout=30)
        assert "Traceback" not in errors
        assert running.returncode == (130 if stop == signal.SIGINT else -stop)
    done = run_command(*arguments, **urls(source.url))
    assert "the source lacks 1 of 1,966: 2025-03-30 03:00Z" in done.stdout  # three hours after midnight

    asked = [path.rpartition("/")[2] for _, path in source.asked]
    days = 41
    assert len(set(asked)) == days
    # what was under way when the process was killed had not landed, and is asked for again: four at once at most
    assert days <= len(asked) <= days + 2 * 4
    workspace = Workspace(name)
    assert rows_of(workspace, "select count(*), count(distinct request) from raw.loads") == [(days, days)]

    before = len(source.asked)
    run_command(*arguments, **urls(source.url))
    assert len(source.asked) == before, "a backfill that is done asks for nothing"


def test_what_the_source_lacks_is_what_was_due_and_did_not_come(home: object, source: Source) -> None:
    connection = Workspace("backfilled").connect("auditor")
    try:
        lack = lacks(connection, DATASETS["system_prices"], date(2025, 3, 29), date(2025, 3, 31))
        assert lack == Lack("system_prices", 48 + 46 + 48, ("2025-03-30 03:00Z",))
        assert lacks(connection, DATASETS["remit"], date(2025, 3, 29), date(2025, 3, 31)) is None
    finally:
        connection.close()
