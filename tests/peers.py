"""How others choose the time of a load that runs in one go: their rules in our words, to compare with.

Each takes slots without gaps, now, a deadline and how long the load takes, and gives the start that its rule chooses,
or None where it finds none. None of their code is here. All but the last price a window exactly; the last estimates it.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from planner.model import Slot

HALF_HOUR = timedelta(minutes=30)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
# A slot under way is left out unless so much of it is left.
LEFT_OF_SLOT = timedelta(minutes=29)

Rule = Callable[[Sequence[Slot], datetime, datetime, timedelta], datetime | None]


def price_of(slots: Sequence[Slot], start: datetime, length: timedelta) -> float:
    """What 1 kW from start on costs in pence."""
    end = start + length
    return sum(
        slot.price_p_per_kwh * ((min(slot.end_utc, end) - max(slot.start_utc, start)) / HOUR)
        for slot in slots
        if slot.start_utc < end and slot.end_utc > start
    )


def _cheapest(slots: Sequence[Slot], starts: Iterable[datetime], length: timedelta, *, last: bool) -> datetime | None:
    best: tuple[float, datetime] | None = None
    for start in starts:
        price = price_of(slots, start, length)
        if best is None or (price <= best[0] + 1e-12 if last else price < best[0] - 1e-12):
            best = price, start
    return best[1] if best else None


def evcc_continuous(slots: Sequence[Slot], now: datetime, deadline: datetime, length: timedelta) -> datetime | None:
    """Windows that begin now or on a quarter of an hour, as tariffs are cut to quarters; of equal ones the last."""
    starts, at = [now], now
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + ((now - midnight) // QUARTER + 1) * QUARTER
    while at + length <= deadline:
        starts.append(at)
        at += QUARTER
    return _cheapest(slots, [start for start in starts if start + length <= deadline], length, last=True)


def carbon_aware_sdk(slots: Sequence[Slot], now: datetime, deadline: datetime, length: timedelta) -> datetime | None:
    """Windows that begin now or where a point of the data does."""
    starts = sorted({now, *(slot.start_utc for slot in slots if slot.start_utc > now)})
    return _cheapest(slots, [start for start in starts if start + length <= deadline], length, last=False)


def target_timeframes(slots: Sequence[Slot], now: datetime, deadline: datetime, length: timedelta) -> datetime | None:
    """Whole slots in a row, as many as the length rounded up; the one under way only if all but a minute is left."""
    number = math.ceil(length / HALF_HOUR)
    usable = [slot for slot in slots if slot.end_utc - now >= LEFT_OF_SLOT and slot.end_utc <= deadline]
    best: tuple[float, datetime] | None = None
    for first in range(len(usable) - number + 1):
        chosen = usable[first : first + number]
        price = sum(slot.price_p_per_kwh for slot in chosen)
        start = max(chosen[0].start_utc, now)
        if (best is None or price < best[0] - 1e-12) and start + length <= deadline:
            best = price, start
    return best[1] if best else None


def cats(slots: Sequence[Slot], now: datetime, deadline: datetime, length: timedelta) -> datetime | None:
    """Windows that begin every half-hour from now, priced along straight lines between the points of the data."""
    best: tuple[float, datetime] | None = None
    start = now
    while start + length <= deadline:
        price = _along_lines(slots, start, start + length)
        if best is None or price < best[0] - 1e-12:
            best = price, start
        start += HALF_HOUR
    return best[1] if best else None


def _along_lines(slots: Sequence[Slot], start: datetime, end: datetime) -> float:
    """The area below the line through each slot's price at its begin; level after the last."""

    def at(time: datetime) -> float:
        before = [slot for slot in slots if slot.start_utc <= time]
        after = [slot for slot in slots if slot.start_utc > time]
        if not before or not after:
            return (before[-1] if before else after[0]).price_p_per_kwh
        one, other = before[-1], after[0]
        part = (time - one.start_utc) / (other.start_utc - one.start_utc)
        return one.price_p_per_kwh + part * (other.price_p_per_kwh - one.price_p_per_kwh)

    times = [start, *(slot.start_utc for slot in slots if start < slot.start_utc < end), end]
    return sum((at(a) + at(b)) / 2 * ((b - a) / HOUR) for a, b in itertools.pairwise(times))


RULES: dict[str, Rule] = {
    "evcc, continuous": evcc_continuous,
    "carbon-aware-sdk": carbon_aware_sdk,
    "HA TargetTimeframes": target_timeframes,
    "CATS": cats,
}
