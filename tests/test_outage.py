"""A source that is down for hours, and two ingesters that ask for the same at once: over HTTP, with simulated time."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from energy_monitor.fetching import fetch_all, sessions
from energy_monitor.status import dataset_statuses, source_statuses
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.session import Manners
from ingestion.settlement import HOUR
from ingestion.upkeep import LONGEST_REST, requests_due
from simulator.server import Running, running
from tests.conftest import REPOSITORY, Done, WorkspaceMaker, environ_of
from tests.marts import rows_of
from tests.scripted_source import Say, scripted_source

NOON = datetime(2026, 6, 10, 11, 32, tzinfo=UTC)
TICK = timedelta(minutes=5)
QUICK = Manners(attempts=3, first_pause_s=0.001, read_timeout_s=5)
ASKED = [DATASETS[name] for name in ("fuelinst", "system_prices", "remit")]


def tick(workspace: Workspace, grid: Running, now: datetime) -> int:
    """Asks for what is due; how many requests that made."""
    grid.set_clock(now, speed=0)
    connection = workspace.connect("ingester")
    try:
        wanted = [(one, request) for one in ASKED for request in requests_due(connection, one, now)]
    finally:
        connection.close()
    session_of = sessions(environ_of(grid), QUICK)
    for session in session_of.values():
        session.now = lambda: now
    list(fetch_all(workspace, wanted, session_of))
    return len(wanted)


def test_a_source_that_is_down_for_six_hours_is_backed_off_from_and_caught_up_with(
    make_workspace: WorkspaceMaker,
) -> None:
    workspace = make_workspace()
    with running(seed=3, now_utc=NOON, speed=0) as grid:
        tick(workspace, grid, NOON)
        down_until = NOON + 6 * HOUR
        outage = {"match": "/bmrs/", "kind": "http_503", "share": 1, "until_utc": down_until.isoformat()}
        grid.faults.put([outage])
        asked, now = [], NOON
        while now < down_until + LONGEST_REST:
            now += TICK
            if tick(workspace, grid, now):
                asked.append(now)
        silent = [at for at in asked if at < down_until]
        assert len(silent) <= 20, "of 72 ticks"
        rests = [later - earlier for earlier, later in itertools.pairwise(silent)]
        assert rests == sorted(rests)
        assert asked[len(silent)] <= down_until + LONGEST_REST, "asked again soon after the end"

        attempts = rows_of(
            workspace,
            "select date_trunc('minute', fetched_at), count(*) from raw.loads "
            "where fetched_at > %s and fetched_at < %s group by 1",
            [NOON, down_until],
        )
        # one request to the end, two more with a single attempt each, and then no other
        assert max(count for _, count in attempts) <= QUICK.attempts + QUICK.most_failures - 1 + 2
        connection = workspace.connect("auditor")
        try:
            statuses = {one.dataset: one for one in dataset_statuses(connection, now)}
            sources = {one.source: one for one in source_statuses(connection, now, {})}
        finally:
            connection.close()
        for dataset in ASKED[:2]:
            assert not statuses[dataset.id].gaps, "caught up"
            assert not statuses[dataset.id].is_late
        assert sources["elexon"].silent_since_utc is None
        assert 0 < sources["elexon"].most_requests_in_a_minute <= 60


def test_two_ingesters_of_the_same_window_at_once_make_no_version_twice(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    with running(seed=3, now_utc=NOON, speed=0) as grid:
        environ = os.environ | environ_of(grid) | {"ENERGY_MONITOR_HOME": str(workspace.home)}
        day = str((NOON - timedelta(days=1)).date())
        ingest = ("--workspace", workspace.name, "ingest", "fuelinst", "system_prices", "--from", day, "--to", day)
        command = [sys.executable, "-c", "from energy_monitor.cli import main; main()", *ingest]
        both = [
            subprocess.Popen(command, cwd=REPOSITORY, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(2)
        ]
        said = [process.communicate(timeout=120)[0].decode() for process in both]
        assert [process.returncode for process in both] == [0, 0], said
    (count,) = rows_of(workspace, 'select count(*), count(distinct ("startTime", "fuelType")) from raw.fuelinst')
    assert count[0] == count[1] == 288 * 20
    ((versions, keys),) = rows_of(
        workspace, 'select count(*), count(distinct ("settlementDate", "settlementPeriod")) from raw.system_prices'
    )
    assert versions == keys == 48
    # the simulator's clock stands still, so both answers are one and the same, landed once and loaded once
    loads = rows_of(workspace, "select dataset, count(*) from raw.loads where status = 'loaded' group by 1 order by 1")
    assert loads == [("fuelinst", 1), ("system_prices", 1)]


def test_a_database_that_goes_away_in_mid_ingest_is_told_in_words_and_loses_nothing(
    make_workspace: WorkspaceMaker, command: Callable[..., Done]
) -> None:
    """What psycopg2 raises then depends on which statement finds it out."""
    workspace, asked = make_workspace(), []
    prices = [{"settlementDate": "2025-06-01", "settlementPeriod": 1, "systemSellPrice": 80}]

    def answer(path: str, before: int) -> Say:
        asked.append(path)
        if len(asked) == 1:  # while the connection waits for an answer
            cut = """
                select pg_terminate_backend(pid) from pg_stat_activity
                where usename = 'ingester' and datname = current_database() and pid <> pg_backend_pid()
            """
            assert rows_of(workspace, cut, role="ingester")
        return Say(body=json.dumps({"data": prices}).encode())

    days = ("--from", "2025-06-01", "--to", "2025-06-01")
    ingest = ("--workspace", workspace.name, "ingest", "system_prices", *days)
    with scripted_source(answer) as source:
        told = command(*ingest, expect=2, ENERGY_MONITOR_ELEXON_URL=source.url)
        assert "PostgreSQL went away" in told.err
        command(*ingest, ENERGY_MONITOR_ELEXON_URL=source.url)
    loaded = "select count(*), count(distinct load_id) from raw.system_prices"
    assert rows_of(workspace, loaded) == [(1, 1)]
