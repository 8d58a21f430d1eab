"""What befalls the machines: ingesters killed, PostgreSQL cut off, a lake that is not there. All of it for real."""

import contextlib
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from energy_monitor.postgres import EmbeddedPostgres
from tests.drill.ingester import ended
from tests.drill.side import Side

IMPORTS_S = 0.4  # of an ingester's life, before it does anything


def killed(side: Side, chance: Random, counts: Counter[str]) -> None:
    """An ingester that dies by kill -9 at a moment of its own."""
    process = side.start()
    time.sleep(IMPORTS_S + chance.uniform(0, side.ingest_s))
    counts["kills" if process.poll() is None else "kills that came too late"] += 1
    process.kill()
    side.noted(ended(process))


def cut_off(postgres: EmbeddedPostgres) -> None:
    """An immediate shutdown, as by a power cut: nobody is waited for, and nothing is written."""
    postgres.start()  # an ingester that is killed in its first moments has started nothing
    lines = (postgres.data / "postmaster.pid").read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGQUIT)


def restart_between(side: Side, counts: Counter[str]) -> None:
    cut_off(side.workspace.postgres)
    counts["PostgreSQL restarts"] += 1


def restart_during(side: Side, chance: Random, counts: Counter[str]) -> None:
    _during(side, chance, lambda: cut_off(side.workspace.postgres))
    counts["PostgreSQL restarts in the middle of an ingest"] += 1


def lake_fails(side: Side, counts: Counter[str]) -> None:
    """A whole tick without a lake."""
    with lake_away(Path(side.workspace.lake_uri)):
        side.ingest()
    counts["lake failures"] += 1


def lake_fails_during(side: Side, chance: Random, counts: Counter[str]) -> None:
    """The lake goes away in the middle, and comes back when the ingester has given up."""
    with contextlib.ExitStack() as stack:
        _during(side, chance, lambda: stack.enter_context(lake_away(Path(side.workspace.lake_uri))))
    counts["lake failures in the middle of an ingest"] += 1


def _during(side: Side, chance: Random, befalls: Callable[[], object]) -> None:
    process = side.start()
    time.sleep(IMPORTS_S + chance.uniform(0, side.ingest_s))
    befalls()
    side.noted(ended(process))


@contextlib.contextmanager
def lake_away(lake: Path) -> Iterator[None]:
    """The lake's folder is a file for a while; what somebody wrote while it was being swapped is not thrown away."""
    lake.mkdir(parents=True, exist_ok=True)
    away = lake.with_name("lake.away")
    lake.rename(away)
    while True:
        try:
            lake.touch(exist_ok=False)
            break
        except FileExistsError:  # an ingester has made the folder again
            shutil.copytree(lake, away, dirs_exist_ok=True)
            shutil.rmtree(lake, ignore_errors=True)
    try:
        yield
    finally:
        lake.unlink()
        away.rename(lake)
