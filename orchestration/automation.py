"""When things run: each condition once, with a name that the UI shows.

`AutomationCondition.eager()` is not used: it forgets an update that comes while its own run is under way, and it
waits for every partition ever of what it depends on, also for a day that will never come.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import dagster as dg

from energy_monitor.clock import tie
from ingestion.dataset import Dataset
from ingestion.settlement import DAY

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
OFTEN_CRON = "*/5 * * * *"


def cron_of(dataset: Dataset, speed: float = 1) -> str:
    """When a dataset's newest row is due, at each of its periods; in UTC, where no hour is skipped or doubled.

    On a simulated clock that goes faster than the machine's, everything is asked for every five minutes.
    """
    if speed > 1:
        return OFTEN_CRON
    if dataset.ask_at:
        return dataset.ask_at
    if dataset.cadence >= DAY:
        return "20 6 * * *"
    if dataset.cadence >= HOUR:
        return f"{_minutes(dataset, HOUR)} */{dataset.cadence // HOUR} * * *"
    return f"{_minutes(dataset, dataset.cadence)} * * * *"


def _minutes(dataset: Dataset, cadence: timedelta) -> str:
    first = dataset.publication_lag % cadence
    return ",".join(str((first + cadence * n) // MINUTE) for n in range(HOUR // cadence))


def tick(cron: str) -> dg.AutomationCondition[Any]:
    """A tick of a cron schedule, in UTC."""
    return dg.AutomationCondition.cron_tick_passed(cron)


def when_due(dataset: Dataset) -> dg.AutomationCondition[Any]:
    """Today's partition at each tick of the dataset; a tick while one is under way is left to the next."""
    today = dg.AutomationCondition.in_latest_time_window()
    found = tie()
    cron = cron_of(dataset, speed=found[2] if found else 1)
    due = (tick(cron).since_last_handled() & today).with_label("today, when its newest row is due")
    return due & ~dg.AutomationCondition.in_progress()


def when_inputs_land(not_counting: Collection[dg.AssetKey]) -> dg.AutomationCondition[Any]:
    """Whenever anything that it reads was updated, and when its own SQL, or its seed's rows, changed.

    An update that comes while a run is under way asks for another run, which waits in the queue. What was never built
    waits for a build of all that is missing, as what it reads would be missing too.
    """
    updated = dg.AutomationCondition.any_deps_updated()
    if not_counting:
        updated = updated.ignore(dg.AssetSelection.assets(*not_counting))
    landed = (updated & ~dg.AutomationCondition.missing()).with_label("what it reads was updated")
    return landed | _changed() | _never_built()


def when_it_changes() -> dg.AutomationCondition[Any]:
    """When its own SQL changed, or that of what it reads: for a view, which shows what landed without being built."""
    changed = dg.AutomationCondition.code_version_changed()
    of_inputs = dg.AutomationCondition.any_deps_match(changed).with_label("the SQL of what it reads changed")
    return _changed() | of_inputs | _never_built()


def _changed() -> dg.AutomationCondition[Any]:
    return dg.AutomationCondition.code_version_changed().with_label("its SQL or its rows changed")


def _never_built() -> dg.AutomationCondition[Any]:
    # missing first: of what is there, nothing further is looked at, and no decision is written down at each tick
    missing = dg.AutomationCondition.missing()
    unbuilt = missing & tick(OFTEN_CRON) & ~dg.AutomationCondition.in_progress()
    return unbuilt.with_label("never built")
