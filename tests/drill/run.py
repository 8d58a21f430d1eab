"""A drill from its first tick to its report."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from energy_monitor.postgres import free_port
from simulator.fault_plan import KINDS
from tests.drill.accounts import Accounts, account
from tests.drill.carried import Holder, marts_not_held
from tests.drill.comparison import Comparison, LostForecasts, compare
from tests.drill.history import held
from tests.drill.ingester import ended
from tests.drill.lake import LakeReader
from tests.drill.plan import plan_of
from tests.drill.report import Report
from tests.drill.side import Side, side
from tests.drill.size import Size
from tests.drill.trouble import killed, lake_fails, lake_fails_during, restart_between, restart_during

MOST_EXTRA_DAYS = 30  # for requests, and kinds of fault, that did not come in the days of the size
PUBLISHED_ONCE = "fct_retail_prices"  # the mart of datasets whose first answer is taken for good
MAY_CUT_A_LANDING = ("kills", "lake failures", "lake failures in the middle of an ingest")


class Drill:
    """Two sides, and what was seen of them."""

    def __init__(self, size: Size, well: Side, ill: Side) -> None:
        self.size, self.well, self.ill = size, well, ill
        self.chance = Random(size.seed)
        self.report = Report(size=asdict(size))
        self.holder = Holder(LakeReader(Path(ill.workspace.lake_uri)))

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.report.seconds[what] = self.report.seconds.get(what, 0) + time.monotonic() - start

    def run(self) -> Report:
        last = self.with_faults()
        self.catch_up(last)
        self.check()
        return self.report

    def with_faults(self) -> datetime:
        """The ticks of the drill; gives the last one."""
        size = self.size
        ends = size.first_tick_utc + timedelta(days=size.days)
        unmet = dict.fromkeys(KINDS, 0)
        for number, tick in enumerate(size.ticks()):
            is_enough = self.requests() >= size.until_requests and not any(unmet.values())
            if tick >= ends and (is_enough or tick >= ends + timedelta(days=MOST_EXTRA_DAYS)):
                break
            met = {entry["kind"] for entry in self.ill.grid.faults.injected}
            unmet = {kind: 0 if kind in met else number for kind in KINDS}
            self.ill.grid.faults.put(plan_of(size.share, unmet))
            last = tick
            self.tick(tick)
            self.befall(number)
            if number % size.build_every == size.build_every - 1:
                self.build_and_hold(f"{tick:%Y-%m-%d %H:%MZ}")
        self.report.counts["requests with faults on"] = self.requests()
        return last

    def requests(self) -> int:
        return self.ill.grid.faults.requests

    def tick(self, tick: datetime) -> None:
        """One moment on both sides; at once where they are processes of their own."""
        self.report.counts["ticks"] += 1
        for one in (self.well, self.ill):
            one.go_to(tick)
        with self.timed("ingesting"):
            if self.size.in_processes:
                started = [(one, one.start()) for one in (self.well, self.ill)]
                for one, process in started:
                    one.noted(ended(process))
            else:
                self.well.ingest()
                self.ill.ingest()

    def befall(self, number: int) -> None:
        """What happens to the machines of the ill side at a tick."""
        size, ill, counts = self.size, self.ill, self.report.counts
        with self.timed("kills, restarts and lake failures"):
            if number % size.kill_every == size.kill_every - 1:
                killed(ill, self.chance, counts)
            if number % size.restart_every == size.restart_every - 1:
                restart_between(ill, counts)
                restart_during(ill, self.chance, counts)
            if number % size.lake_fails_every == size.lake_fails_every - 1:
                lake_fails(ill, counts)
                lake_fails_during(ill, self.chance, counts)

    def build_and_hold(self, when: str) -> None:
        with self.timed("building marts"):
            self.ill.build()
        with self.timed("holding values against bodies"):
            self.holder.hold(self.ill.workspace, when)
        self.report.counts["moments at which values were held against bodies"] += 1

    def catch_up(self, last: datetime) -> None:
        """Sources and machines are well again, and everything is asked again."""
        self.ill.grid.faults.put([])
        for tick in self.size.catch_up(last):
            self.tick(tick)

    def check(self) -> None:
        with self.timed("building marts"):
            self.well.build()
        self.build_and_hold("at the end")
        with self.timed("comparing"):
            accounts, found = self.account(), self.compare()
        if found.differences:
            before = set(found.differences)
            found = self.by_hand()
            healed = sorted(before - set(found.differences))
            once = [told for told in healed if told.startswith(PUBLISHED_ONCE)]
            self.report.listed["published_once"] = once
            self.report.failures["only_by_hand"] = sorted(set(healed) - set(once))
            accounts = self.account()
        self.tell(accounts, found)

    def by_hand(self) -> Comparison:
        """Asks for all days of the drill again: those older than a source revises are asked for by nobody else."""
        days = self.size.first_tick_utc.date() - timedelta(days=1), self.ill.tick_utc.date()
        for one in (self.well, self.ill):
            one.go_to(one.tick_utc + timedelta(minutes=10))
            for _ in range(2):  # what a row lacks is withdrawn when two answers have said so
                one.go_to(one.tick_utc + timedelta(minutes=5))
                one.ask_again(*map(str, days))
            one.build()
        self.holder.hold(self.ill.workspace, "after asking by hand")
        return self.compare()

    def account(self) -> Accounts:
        self.holder.read()
        faults = self.ill.grid.faults
        return account(self.holder.lake, self.ill.workspace, faults.served, faults.injected)

    def compare(self) -> Comparison:
        lake, theirs = self.holder.lake, LakeReader(Path(self.well.workspace.lake_uri))
        theirs.read()
        kinds = {entry["sha256"]: entry["kind"] for entry in self.ill.grid.faults.served if entry.get("sha256")}
        faulted = {key for key, digest in lake.hashes.items() if kinds.get(digest)}
        lost = LostForecasts.between(theirs, lake, faulted)
        self.report.counts["issues of forecasts missed"] = len(lost.missed)
        return compare(self.well.workspace, self.ill.workspace, lost, faulted)

    def tell(self, accounts: Accounts, found: Comparison) -> None:
        report = self.report
        report.kinds = {kind: Counter(counts) for kind, counts in accounts.kinds.items()}
        report.counts.update(accounts.totals)
        report.counts["rows compared"], report.counts["columns compared"] = found.rows, found.columns
        report.counts["values held against bodies"] = self.holder.values_held
        for name in ("lost", "unserved", "wrongly_failed", "wrongly_loaded"):
            report.failures[name] = getattr(accounts, name)
        report.failures["invented"] = self.holder.invented
        with self.timed("comparing"):
            report.failures["history"] = held(
                self.holder.lake, accounts.kind_of, accounts.change_of, self.well.workspace, self.ill.workspace
            )
        report.failures["differences"] = found.differences
        report.failures["unexpected"] = [*self.ill.unexpected, *self.well.unexpected]
        report.failures["not_met"] = sorted(kind for kind, counts in report.kinds.items() if not counts["met"])
        report.listed["orphans"] = accounts.orphans
        if len(accounts.orphans) > (most := sum(report.counts[name] for name in MAY_CUT_A_LANDING)):
            report.failures["lost"].append(f"{len(accounts.orphans)} bodies without a record, after {most} mishaps")
        report.listed["forecasts_missed"] = found.forecasts_missed
        report.listed["withdrawn"] = found.withdrawn
        report.marts, report.marts_left_out = found.marts, found.left_out
        report.marts_not_held = sorted(marts_not_held(self.ill.workspace) - set(found.left_out))


def keep_a_port(home: Path, seed: int) -> None:
    """A port far from those that other servers of this machine begin with: ours is free while its server is cut off."""
    candidates = Random(f"{home} {seed}").sample(range(26000, 32000), 100)
    folder = home / "postgres"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "port").write_text(f"{free_port(*candidates)}\n")


def drill(size: Size, home: Path) -> Report:
    """Runs a drill in a folder of its own, with a PostgreSQL of its own."""
    start = time.monotonic()
    keep_a_port(home, size.seed)
    with (
        side("well", home, size) as well,
        side("ill", home, size) as ill,
    ):
        try:
            report = Drill(size, well, ill).run()
        finally:
            ill.workspace.postgres.stop()
    report.seconds["all"] = time.monotonic() - start
    return report
