"""When three hours on end have the least carbon: as long as a dishwasher runs, or a good part of a charge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestion.settlement import HALF_HOUR
from planner.choose import at_once, plan
from planner.model import Load, Plan, Slot, Step, Wishes

LENGTH = timedelta(hours=3)
_LOAD = Load(profile=(Step(LENGTH, 1.0),))
_HOURS = LENGTH / timedelta(hours=1)


@dataclass(frozen=True)
class Best:
    """From when to when it goes best, and with which mean; soonest: the first three hours there are, to compare."""

    start_utc: datetime
    end_utc: datetime
    mean: float
    soonest_utc: datetime
    soonest_mean: float

    @property
    def saved(self) -> float:
        """The part by which the best is lower than the soonest, 0 where that is not above zero."""
        return (self.soonest_mean - self.mean) / self.soonest_mean if self.soonest_mean > 0 else 0.0


def best(by_start: Mapping[datetime, float]) -> Best | None:
    """The three hours with the least of what half-hours have, such as carbon or price; of equal ones the soonest.

    by_start: each half-hour's number. None where no three hours on end have one each.
    """
    if not by_start:
        return None
    slots = tuple(Slot(start, start + HALF_HOUR, number) for start, number in sorted(by_start.items()))
    wishes = Wishes(slots[0].start_utc, slots[-1].end_utc)
    if slots[-1].end_utc - slots[0].start_utc < LENGTH:
        return None
    found, soonest = plan(_LOAD, wishes, slots), at_once(_LOAD, wishes, slots)
    if not found.is_whole or found.start_utc is None or found.end_utc is None or soonest.start_utc is None:
        return None
    return Best(found.start_utc, found.end_utc, _mean(found), soonest.start_utc, _mean(soonest))


def _mean(of: Plan) -> float:
    return of.cost_p / _HOURS
