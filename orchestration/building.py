"""What is to be built: all that reads what landed or has changed, in one run, and one run at a time. Pure.

States are compared, and not events: what landed while a build was under way is newer than what that build was asked
for, and so is built next. Nothing can be missed, and nothing waits for a day that never comes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

import dagster as dg

# How long to wait before what failed is tried again though nothing new landed, and before all is built where nothing
# was: `up`, or a person, builds it for the first time.
AGAIN = timedelta(minutes=10)
FIRST = timedelta(minutes=5)
TYPE = "dagster-dbt/materialization_type"  # where dagster-dbt notes how a node is kept
HOURLY = "hourly"  # dbt's tag of what is made of all of history, and of tests of what landed: they come once an hour
TURN = "energy_monitor/turn"  # where a check notes it

Key = dg.AssetKey
CheckKey = dg.AssetCheckKey


@dataclass(frozen=True)
class Graph:
    """What is built: what each node of dbt reads, its version, the nodes that read whatever is loaded, and the page.

    shared: built with each landing, and no reason to build what reads them. shown: views, which show what landed
    without being built. hourly: what is not built with each landing; nothing else reads it. checks: of what is built,
    and of these the hourly ones.
    """

    reads: Mapping[Key, Collection[Key]]
    code: Mapping[Key, str]
    shared: Collection[Key]
    shown: Collection[Key]
    hourly: Collection[Key] = ()
    checks: Collection[CheckKey] = ()
    hourly_checks: Collection[CheckKey] = ()

    @classmethod
    def of(cls, assets: dg.AssetsDefinition, shared: Collection[Key], *also: dg.AssetsDefinition) -> "Graph":
        specs = [spec for one in (assets, *also) for spec in one.specs]
        checks = [check for one in (assets, *also) for check in one.check_specs]
        shown = [s.key for s in specs if s.metadata.get(TYPE) == "view" and s.key.path[0] == "marts"]
        return cls(
            {spec.key: [dep.asset_key for dep in spec.deps] for spec in specs},
            {spec.key: spec.code_version or "" for spec in specs},
            shared,
            shown,
            [spec.key for spec in specs if HOURLY in spec.tags],
            [check.key for check in checks],
            [check.key for check in checks if check.metadata.get(TURN) == HOURLY],
        )

    @cached_property
    def at_once(self) -> set[Key]:
        """What is built with each landing."""
        return set(self.reads) - set(self.hourly)

    def checks_with(self, keys: Collection[Key], datasets: Collection[str]) -> set[CheckKey]:
        """The checks that go with the building of these; with what is hourly, the hourly ones of what landed too."""
        hourly, found = set(self.hourly_checks), {check for check in self.checks if check.asset_key in keys}
        if set(keys) <= set(self.hourly):
            landed = self.reading(datasets)
            return found | {check for check in hourly if check.asset_key in landed}
        return found - hourly

    @cached_property
    def datasets(self) -> set[Key]:
        """The datasets that anything reads."""
        return {dep for deps in self.reads.values() for dep in deps} - self.reads.keys()

    @cached_property
    def fingerprint(self) -> str:
        """Of all SQL and all seeds."""
        return sha256(repr(sorted((str(key), code) for key, code in self.code.items())).encode()).hexdigest()[:12]

    def reading(self, datasets: Collection[str]) -> set[Key]:
        """What is to be built when these have landed."""
        if not datasets:
            return set()
        landed = {Key(["raw", dataset]) for dataset in datasets}
        wanted = self._below(landed, but=self.shared) - set(self.shown) | set(self.shared)
        # and what these read that is made of the records of loads alone, and so of every dataset's: a table that is
        # built by days takes in no load that one above it has not
        return (wanted | self._above(wanted) & self._of_records) & self.reads.keys()

    def changed(self, keys: Collection[Key]) -> set[Key]:
        """What is to be built when these have changed: they themselves and all that reads them."""
        return (self._below(set(keys), but=()) | set(keys)) & self.reads.keys()

    @cached_property
    def _of_records(self) -> set[Key]:
        return self._below(self.datasets, but=()) - self._below(self.datasets, but=self.shared)

    def _above(self, keys: set[Key]) -> set[Key]:
        found, newest = set(), keys
        while newest := {dep for key in newest for dep in self.reads.get(key, ()) if dep not in found}:
            found |= newest
        return found

    def _below(self, keys: set[Key], but: Collection[Key]) -> set[Key]:
        found, newest = set(), keys
        while newest := {
            key for key, deps in self.reads.items() if key not in found and key not in but and newest & set(deps)
        }:
            found |= newest
        return found


@dataclass(frozen=True)
class Built:
    """What is known to be built, and what was asked for last: the newest load of each dataset, the version of code."""

    loads: Mapping[str, int] = field(default_factory=dict)
    code: str = ""
    asked_loads: Mapping[str, int] = field(default_factory=dict)
    asked_code: str = ""

    @property
    def token(self) -> str:
        """Of what was asked for: the run that was to build it bears it."""
        return sha256(repr((sorted(self.asked_loads.items()), self.asked_code)).encode()).hexdigest()[:12]

    def when_done(self) -> "Built":
        return replace(self, loads=self.asked_loads, code=self.asked_code)

    def lacking(self, newest: Mapping[str, int]) -> list[str]:
        """The datasets that are loaded further than they are built."""
        return sorted(name for name, load_id in newest.items() if load_id > self.loads.get(name, 0))

    def at_least(self, loads: Mapping[str, int]) -> "Built":
        """The same, where something else has built all that was loaded up to these."""
        names = self.loads.keys() | loads.keys()
        return replace(self, loads={name: max(self.loads.get(name, 0), loads.get(name, 0)) for name in sorted(names)})

    def as_json(self) -> dict[str, Any]:
        return {"loads": self.loads, "code": self.code, "asked": self.asked_loads, "asked_code": self.asked_code}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Built":
        return cls(kept["loads"], kept["code"], kept["asked"], kept["asked_code"]) if kept else cls()


@dataclass(frozen=True)
class Last:
    """The newest run that was asked for: for what, whether it succeeded, and when it ended."""

    token: str
    succeeded: bool
    ended: datetime


@dataclass(frozen=True)
class Wanted:
    """What to build now, why, and what is then asked for."""

    built: Built
    keys: frozenset[Key] = frozenset()
    datasets: tuple[str, ...] = ()


def decide(
    graph: Graph,
    lane: Collection[Key],
    built: Built,
    last: Last | None,
    newest: Mapping[str, int],
    stale: Collection[Key],
    now: datetime,
) -> Wanted:
    """What to build of a lane, when no build is under way: of what is built at once, or of what is hourly.

    newest: how far each dataset is loaded; for what is hourly, how far all else is built. stale: nodes that were made
    of another version of their code, or never. last: the newest run that was asked for of this lane.
    """
    stale = set(stale) & set(lane)
    if last and last.token != built.token:
        last = None  # of something else
    if last and last.succeeded:
        built = built.when_done()
    if not stale:
        built = replace(built, code=graph.fingerprint)
    landed = built.lacking(newest)
    keys = (graph.reading(landed) | graph.changed(stale)) & set(lane)
    loads = {**built.loads, **{name: newest[name] for name in landed}}
    asked = replace(built, asked_loads=loads, asked_code=graph.fingerprint)
    if last and not last.succeeded and asked.token == last.token and now - last.ended < AGAIN:
        return Wanted(built)
    return Wanted(asked, frozenset(keys), tuple(landed)) if keys else Wanted(built)
