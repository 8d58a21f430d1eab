"""NESO's yearly files of historic demand: a settlement date's records, and how each year writes its dates."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from ingestion.datasets.neso import HISTORIC_DEMAND_FILES
from ingestion.settlement import DAY, local_midnight_utc, settlement_date_of
from simulator import trends
from simulator.grid import state
from simulator.half_hours import indices_of_days, label_of, year_of
from simulator.interconnectors import CABLES
from simulator.noise import key, normal

LAG = timedelta(days=21)  # after the end of the settlement date
RESOURCES = {resource: year for year, resource in HISTORIC_DEMAND_FILES.items()}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COLUMNS = (
    "SETTLEMENT_DATE", "SETTLEMENT_PERIOD", "ND", "TSD", "ENGLAND_WALES_DEMAND", "EMBEDDED_WIND_GENERATION",
    "EMBEDDED_WIND_CAPACITY", "EMBEDDED_SOLAR_GENERATION", "EMBEDDED_SOLAR_CAPACITY", "NON_BM_STOR",
    "PUMP_STORAGE_PUMPING", "SCOTTISH_TRANSFER", "IFA_FLOW", "IFA2_FLOW", "BRITNED_FLOW", "MOYLE_FLOW",
    "EAST_WEST_FLOW", "NEMO_FLOW", "NSL_FLOW", "ELECLINK_FLOW", "VIKING_FLOW", "GREENLINK_FLOW",
)  # fmt: skip
ADDED_IN_2023 = frozenset(("SCOTTISH_TRANSFER", "VIKING_FLOW", "GREENLINK_FLOW"))


def columns_of(year: int) -> tuple[str, ...]:
    """The columns of a year's file, without `_id`."""
    return COLUMNS if year >= 2023 else tuple(c for c in COLUMNS if c not in ADDED_IN_2023)


def date_text(day: date) -> str:
    """A settlement date as its year's file writes it: 01-JAN-2022, 01-Jan-23, 2024-01-01."""
    month = MONTHS[day.month - 1]  # not strftime, which follows the machine's language
    if day.year <= 2022:
        return f"{day.day:02}-{month.upper()}-{day.year}"
    return f"{day.day:02}-{month}-{day.year % 100:02}" if day.year == 2023 else day.isoformat()


def published_days(year: int, now_utc: datetime) -> Sequence[date]:
    """The settlement dates that a year's file holds by now, from 1 January on."""
    first, last = date(year, 1, 1), min(date(year, 12, 31), settlement_date_of(now_utc - LAG))
    days = [first + n * DAY for n in range((last - first).days + 1)]
    while days and local_midnight_utc(days[-1] + DAY) + LAG > now_utc:
        days.pop()
    return days


@lru_cache(maxsize=2048)
def records_of(seed: int, day: date) -> tuple[dict[str, Any], ...]:
    """The records of a settlement date, with `_id` counted from the file's start."""
    indices = indices_of_days(day, day)
    first_id = 1 + indices.start - indices_of_days(date(day.year, 1, 1), date(day.year, 1, 1)).start
    return tuple(_record(seed, index, day, first_id + place) for place, index in enumerate(indices))


def _record(seed: int, index: int, day: date, record_id: int) -> dict[str, Any]:
    now, year = state(seed, index), year_of(index)
    stor = normal(key(seed, "reserve"), index)
    scotland = 0.088 + 0.012 * normal(key(seed, "scotland"), index // 48)
    wind_north = now.generation_mw["WIND"] * 0.55
    values: dict[str, Any] = {
        "SETTLEMENT_DATE": date_text(day),
        "SETTLEMENT_PERIOD": label_of(index)[1],
        "ND": round(now.indo_mw),
        "TSD": round(now.itsdo_mw),
        "ENGLAND_WALES_DEMAND": round(now.indo_mw * (1 - scotland)),
        "EMBEDDED_WIND_GENERATION": round(now.embedded_wind_mw),
        "EMBEDDED_WIND_CAPACITY": round(trends.at(trends.EMBEDDED_WIND_CAPACITY_MW, year)),
        "EMBEDDED_SOLAR_GENERATION": round(now.embedded_solar_mw),
        "EMBEDDED_SOLAR_CAPACITY": round(trends.at(trends.EMBEDDED_SOLAR_CAPACITY_MW, year)),
        "NON_BM_STOR": round(40 * (stor - 2.2)) if stor > 2.2 else 0,
        "PUMP_STORAGE_PUMPING": round(now.pumping_mw),
        "SCOTTISH_TRANSFER": round(wind_north + 1100 - now.indo_mw * scotland),
    }
    values |= {cable.neso_column: round(now.generation_mw[cable.code]) for cable in CABLES}
    return {"_id": record_id} | {column: values[column] for column in columns_of(day.year)}
