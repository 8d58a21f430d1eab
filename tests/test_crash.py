"""Killed, blocked and overlapping loads: nothing is lost, nothing is loaded twice, nothing is skipped by a build."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread

from energy_monitor.workspace import Workspace
from ingestion.landing import attempt_keys, read_attempt
from tests.conftest import REPOSITORY, WorkspaceMaker, day_request, manifest_folder, take_in
from tests.marts import build_marts, rows_of
from tests.waiting import wait_until

DAY = date(2025, 3, 30)
FETCHED_AT = datetime(2025, 4, 1, tzinfo=UTC)


def prices(day: date, price: float, periods: int = 46) -> bytes:
    rows = [
        {"settlementDate": f"{day}", "settlementPeriod": period, "systemSellPrice": price}
        for period in range(1, periods + 1)
    ]
    return json.dumps({"data": rows}).encode()


def demand(day: date, periods: int = 46) -> bytes:
    rows = [
        {"settlementDate": f"{day}", "settlementPeriod": period, "initialDemandOutturn": 20000 + period}
        for period in range(1, periods + 1)
    ]
    return json.dumps({"data": rows}).encode()


@contextlib.contextmanager
def held_up(workspace: Workspace, table: str) -> Iterator[None]:
    """Lets nobody append to a raw table meanwhile, so that a load stops in the middle of its transaction."""
    connection = workspace.connect("owner")
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"lock table raw.{table} in share mode")
        yield
    finally:
        connection.close()


def is_blocked(workspace: Workspace) -> bool:
    blocked = """
        select 1 from pg_stat_activity
        where datname = current_database() and usename = 'ingester' and wait_event_type = 'Lock'
    """
    # the view tells only a role's own sessions, so the ingester looks at itself
    return bool(rows_of(workspace, blocked, role="ingester"))


def loaded(workspace: Workspace) -> list[tuple]:
    return rows_of(workspace, "select load_id, dataset, status from raw.loads order by load_id")


def test_a_load_that_draws_its_number_before_and_commits_after_another_is_not_skipped(
    make_workspace: WorkspaceMaker,
) -> None:
    workspace = make_workspace()
    request = day_request("system_prices", DAY)
    slow = Thread(target=take_in, args=(workspace, "system_prices", request, prices(DAY, 84), FETCHED_AT))
    with held_up(workspace, "system_prices"):
        slow.start()
        wait_until(lambda: is_blocked(workspace))
        take_in(workspace, "demand_outturn", day_request("demand_outturn", DAY), demand(DAY), FETCHED_AT)
        build_marts(workspace, "--select", "+fct_grid_half_hourly")
        half_hours = rows_of(
            workspace, "select count(indo_mw), count(system_price_gbp_per_mwh) from marts.fct_grid_half_hourly"
        )
        assert half_hours == [(46, 0)], "what is not committed is not seen"
    slow.join()
    assert [dataset for _, dataset, _ in loaded(workspace)] == ["system_prices", "demand_outturn"]
    build_marts(workspace, "--select", "+fct_grid_half_hourly")
    half_hours = rows_of(
        workspace, "select count(indo_mw), count(system_price_gbp_per_mwh) from marts.fct_grid_half_hourly"
    )
    assert half_hours == [(46, 46)]


def test_loads_of_one_dataset_get_their_numbers_in_the_order_of_their_commits(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    request = day_request("system_prices", DAY)
    hours = [FETCHED_AT.replace(hour=hour) for hour in (1, 2, 3)]
    threads = [
        Thread(target=take_in, args=(workspace, "system_prices", request, prices(DAY, at.hour), at)) for at in hours
    ]
    with held_up(workspace, "system_prices"):
        threads[0].start()
        wait_until(lambda: is_blocked(workspace))
        for thread in threads[1:]:
            thread.start()
        time.sleep(0.3)
        drawn = rows_of(workspace, "select last_value from raw.load_numbers", role="owner")
        assert drawn == [(1,)], "a load waits for the dataset's lock before it draws a number"
    for thread in threads:
        thread.join()
    assert [(number, status) for number, _, status in loaded(workspace)] == [(n, "loaded") for n in (1, 2, 3)]


LAND_AND_DIE = """
import os, signal, sys
from datetime import datetime
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.landing import Answer, land
name, lake, request, body, fetched_at = sys.argv[1:]
workspace = Workspace(name, {"ENERGY_MONITOR_HOME": os.environ["ENERGY_MONITOR_HOME"], "ENERGY_MONITOR_LAKE": lake})
answer = Answer(request, datetime.fromisoformat(fetched_at), 200, body.encode())
land(workspace.lake(), DATASETS["system_prices"], answer)
os.kill(os.getpid(), signal.SIGKILL)
"""


def replay_command(workspace: Workspace, path: Path | str, lake: str) -> list[str]:
    del lake
    start = "from energy_monitor.cli import main; main()"
    return [sys.executable, "-c", start, "--workspace", workspace.name, "replay", str(path)]


def environment(lake: str) -> dict[str, str]:
    return os.environ | {"ENERGY_MONITOR_LAKE": lake}


def test_killed_between_landing_and_loading_the_next_run_finishes_it_once(
    make_workspace: WorkspaceMaker, lake_address: str, tmp_path: Path
) -> None:
    workspace = make_workspace(lake_address)
    body = prices(DAY, 84)
    arguments = [workspace.name, lake_address, day_request("system_prices", DAY), body.decode(), FETCHED_AT.isoformat()]
    died = subprocess.run([sys.executable, "-c", LAND_AND_DIE, *arguments], cwd=REPOSITORY, check=False)
    assert died.returncode == -signal.SIGKILL
    assert loaded(workspace) == []
    # the next run is of something else; it finishes what it finds
    other = {"source": "elexon", "request": day_request("demand_outturn", DAY), "fetched_at": "2025-04-01T00:00:00Z"}
    folder = manifest_folder(tmp_path / "other", [other | {"body": demand(DAY)}])
    for _ in range(2):
        command = replay_command(workspace, folder, lake_address)
        subprocess.run(command, cwd=REPOSITORY, env=environment(lake_address), check=True, capture_output=True)
    assert sorted(dataset for _, dataset, _ in loaded(workspace)) == ["demand_outturn", "system_prices"]
    assert rows_of(workspace, "select count(*) from raw.system_prices") == [(46,)]


def test_killed_in_the_middle_of_a_load_the_next_run_loads_it_once(
    make_workspace: WorkspaceMaker, lake_address: str, tmp_path: Path
) -> None:
    workspace = make_workspace(lake_address)
    entry = {"source": "elexon", "request": day_request("system_prices", DAY), "fetched_at": "2025-04-01T00:00:00Z"}
    folder = manifest_folder(tmp_path / "bodies", [entry | {"body": prices(DAY, 84)}])
    command = replay_command(workspace, folder, lake_address)
    with held_up(workspace, "system_prices"):
        running = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment(lake_address), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        wait_until(lambda: is_blocked(workspace))
        running.kill()
        running.communicate()
    assert running.returncode == -signal.SIGKILL
    assert rows_of(workspace, "select count(*) from raw.system_prices") == [(0,)], "half a load was kept"
    (key,) = attempt_keys(workspace.lake())
    assert read_attempt(workspace.lake(), key).status == 200
    for _ in range(2):
        subprocess.run(command, cwd=REPOSITORY, env=environment(lake_address), check=True, capture_output=True)
    assert [status for *_, status in loaded(workspace)] == ["loaded"]
    assert rows_of(workspace, "select count(*), min(load_id) = max(load_id) from raw.system_prices") == [(46, True)]


def test_killed_at_any_moment_and_run_again_ends_as_if_never_killed(
    make_workspace: WorkspaceMaker, tmp_path: Path
) -> None:
    entries = []
    for number in range(30):
        day = date(2025, 6, 1 + number % 3)
        request, at = day_request("system_prices", day), datetime(2025, 6, 10, number % 24, number, tzinfo=UTC)
        body = prices(day, number // 6, periods=48)
        entries.append({"source": "elexon", "request": request, "fetched_at": at.isoformat(), "body": body})
    folder = manifest_folder(tmp_path / "bodies", entries)
    undisturbed, killed = make_workspace(), make_workspace()
    subprocess.run(replay_command(undisturbed, folder, ""), cwd=REPOSITORY, check=True, capture_output=True)
    chance = random.Random(1)
    for _ in range(4):
        running = subprocess.Popen(
            replay_command(killed, folder, ""), cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.4, 1.2))
        running.kill()
        running.wait()
    subprocess.run(replay_command(killed, folder, ""), cwd=REPOSITORY, check=True, capture_output=True)
    versions = (
        'select "settlementDate", "settlementPeriod", "systemSellPrice", fetched_at, lake_key from raw.system_prices'
    )
    ours, theirs = (sorted(rows_of(workspace, versions)) for workspace in (undisturbed, killed))
    assert ours == theirs
    once = "select status, count(*), count(distinct attempt_key) from raw.loads group by 1"
    assert rows_of(killed, once) == rows_of(undisturbed, once) == [("loaded", 30, 30)]
