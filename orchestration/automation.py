"""When what dbt makes is built: each condition once, with a name that the UI shows.

`AutomationCondition.eager()` is not used: it forgets an update that comes while its own run is under way, and it
waits for every partition ever of what it depends on, also for a day that will never come.
"""

from collections.abc import Collection
from typing import Any

import dagster as dg

OFTEN_CRON = "*/5 * * * *"
AGAIN_CRON = "3,13,23,33,43,53 * * * *"


def tick(cron: str) -> dg.AutomationCondition[Any]:
    """A tick of a cron schedule, in UTC."""
    return dg.AutomationCondition.cron_tick_passed(cron)


def when_inputs_land(not_counting: Collection[dg.AssetKey]) -> dg.AutomationCondition[Any]:
    """Whenever anything that it reads was updated, and when its own SQL, or its seed's rows, changed.

    Updates that come while its run is under way are kept in mind, and ask for one more run when that has ended. What
    was never built waits for a build of all that is missing, as what it reads would be missing too.
    """
    updated = dg.AutomationCondition.any_deps_updated()
    if not_counting:
        updated = updated.ignore(dg.AssetSelection.assets(*not_counting))
    # an update in the same moment as the request before it counts: that request's run may have read already
    handled = dg.AutomationCondition.newly_requested() & ~updated
    landed = updated.since(handled).with_label("what it reads was updated")
    asked = landed & ~dg.AutomationCondition.in_progress() & ~dg.AutomationCondition.missing()
    return asked | _changed() | _never_built() | _failed()


def when_it_changes() -> dg.AutomationCondition[Any]:
    """When its own SQL changed, or that of what it reads: for a view, which shows what landed without being built."""
    changed = dg.AutomationCondition.code_version_changed()
    of_inputs = dg.AutomationCondition.any_deps_match(changed).with_label("the SQL of what it reads changed")
    return _changed() | of_inputs | _never_built() | _failed()


def _changed() -> dg.AutomationCondition[Any]:
    return dg.AutomationCondition.code_version_changed().with_label("its SQL or its rows changed")


def _never_built() -> dg.AutomationCondition[Any]:
    # missing first: of what is there, nothing further is looked at, and no decision is written down at each tick
    missing = dg.AutomationCondition.missing()
    unbuilt = missing & tick(OFTEN_CRON) & ~dg.AutomationCondition.in_progress()
    return unbuilt.with_label("never built")


def _failed() -> dg.AutomationCondition[Any]:
    """Its last run failed, be it in something above it: what it read has landed, and nothing else would ask again."""
    failed = tick(AGAIN_CRON) & dg.AutomationCondition.execution_failed() & ~dg.AutomationCondition.in_progress()
    return failed.with_label("its last run failed")
