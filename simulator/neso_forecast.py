"""NESO's file of the national demand forecast of the morning before, beside what came: whole days, once they are over.

Times in it are UK clock times, without an offset, of the half-hours' ends: an October day has two pairs of twins.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from ingestion.settlement import DAY, HALF_HOUR, LONDON, local_midnight_utc
from simulator.forecasts import demand_mw
from simulator.grid import state
from simulator.half_hours import clock_of, index_of, indices_of_days, label_of, start_of
from simulator.neso_history import MONTHS
from simulator.noise import key, uniform

RESOURCE = "08e41551-80f8-4e28-a416-ea473a695db9"
FIRST_DATE = date(2021, 4, 1)
ISSUED = timedelta(hours=8, minutes=45)  # by the clock of the day before
LAG = timedelta(hours=10)  # after the day's end
TYPES = {
    "Month": "text", "Date": "date", "Datetime": "timestamp", "Settlement_Period": "int4", "Demand_Forecast": "int4",
    "Demand_Outturn": "int4", "TRIAD_Avoidance_Estimate": "int4", "TRIAD_Avoidance_Corrected_Demand_Outturn": "int4",
    "APE": "numeric", "Absolute_Error": "int4", "Publish_Datetime": "timestamp",
}  # fmt: skip
TRIAD_MONTHS = (11, 12, 1, 2)


def published_days(now_utc: datetime) -> Sequence[date]:
    """The settlement dates that the file holds by now."""
    days = [FIRST_DATE + n * DAY for n in range((now_utc.date() - FIRST_DATE).days)]
    while days and local_midnight_utc(days[-1] + DAY) + LAG > now_utc:
        days.pop()
    return days


@lru_cache(maxsize=2048)
def records_of(seed: int, day: date) -> tuple[dict[str, Any], ...]:
    """The records of a settlement date by their clock times, with `_id` counted from the file's start."""
    indices = indices_of_days(day, day)
    first_id = 1 + indices.start - indices_of_days(FIRST_DATE, FIRST_DATE).start
    records = sorted((_record(seed, index, day) for index in indices), key=lambda r: r["Datetime"])
    return tuple({"_id": first_id + place, **record} for place, record in enumerate(records))


def _record(seed: int, index: int, day: date) -> dict[str, Any]:
    issued = datetime.combine(day - DAY, datetime.min.time()) + ISSUED
    issue = index_of(issued.replace(tzinfo=LONDON))
    forecast, outturn = demand_mw(seed, index, issue).national_mw, round(state(seed, index).indo_mw)
    avoided = _triad_avoidance_mw(seed, index, day)
    corrected = outturn + avoided
    return {
        "Month": MONTHS[day.month - 1],
        "Date": day.isoformat(),
        "Datetime": f"{(start_of(index) + HALF_HOUR).astimezone(LONDON):%Y-%m-%dT%H:%M:%S}",
        "Settlement_Period": label_of(index)[1],
        "Demand_Forecast": forecast,
        "Demand_Outturn": outturn,
        "TRIAD_Avoidance_Estimate": avoided,
        "TRIAD_Avoidance_Corrected_Demand_Outturn": corrected,
        "APE": round(100 * abs(forecast - corrected) / corrected, 1),
        "Absolute_Error": abs(forecast - corrected),
        "Publish_Datetime": f"{issued:%Y-%m-%dT%H:%M:%S}",
    }


def _triad_avoidance_mw(seed: int, index: int, day: date) -> int:
    """What large users save in the evening peak of some winter workdays, when peaks set their charges."""
    chance, hour = key(seed, "triad"), clock_of(index)[1]
    if day.month not in TRIAD_MONTHS or day.weekday() > 4 or not 16.5 < hour < 19:
        return 0
    return max(0, round(100 * (9 * uniform(chance, day.toordinal()) - 5)))
