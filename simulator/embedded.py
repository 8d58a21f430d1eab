"""NESO's forecast of embedded wind and sun: the current issue, reissued each hour, 14 days ahead."""

from datetime import datetime
from math import exp
from typing import Any

from simulator import trends
from simulator.carbon import forecast_error
from simulator.grid import need
from simulator.half_hours import PER_DAY, index_of, label_of, start_of, year_of
from simulator.weather import sun_height

AHEAD = 14 * PER_DAY


def forecast_mw(seed: int, index: int, issue_index: int) -> tuple[int, int]:
    """Embedded wind and embedded solar of a half-hour in MW, as an issue expects them."""
    truth = need(seed, index)
    year = year_of(index)
    wind_error = forecast_error(seed, "embedded wind forecast", index, issue_index, 0.06, 0.3)
    wind = truth.embedded_wind_mw * exp(wind_error - 0.03)
    wind = min(wind, 0.97 * trends.at(trends.EMBEDDED_WIND_CAPACITY_MW, year))
    if sun_height(index) <= 0:
        return round(wind), 0
    solar_error = forecast_error(seed, "embedded solar forecast", index, issue_index, 0.07, 0.3)
    solar = truth.embedded_solar_mw * exp(solar_error - 0.03)
    return round(wind), round(min(solar, 0.8 * trends.at(trends.EMBEDDED_SOLAR_CAPACITY_MW, year)))


def issue_at(now_utc: datetime) -> int:
    """The half-hour at whose start the current issue came out: the full hour."""
    return index_of(now_utc) // 2 * 2


def rows(seed: int, now_utc: datetime) -> list[dict[str, Any]]:
    """The current issue's records, from the half-hour of its issue on, with `_id` from 1.

    `TIME_GMT` is the start of the half-hour here; the source does not say whether it is the start or the end.
    """
    issue = issue_at(now_utc)
    found = []
    for place, index in enumerate(range(issue, issue + AHEAD), start=1):
        start, (settlement_date, settlement_period) = start_of(index), label_of(index)
        wind_mw, solar_mw = forecast_mw(seed, index, issue)
        found.append(
            {
                "_id": place,
                "DATE_GMT": f"{start:%Y-%m-%d}T00:00:00",
                "TIME_GMT": f"{start:%H:%M}",
                "SETTLEMENT_DATE": f"{settlement_date}T00:00:00",
                "SETTLEMENT_PERIOD": settlement_period,
                "EMBEDDED_WIND_FORECAST": wind_mw,
                "EMBEDDED_WIND_CAPACITY": round(trends.at(trends.EMBEDDED_WIND_CAPACITY_MW, year_of(index))),
                "EMBEDDED_SOLAR_FORECAST": solar_mw,
                "EMBEDDED_SOLAR_CAPACITY": round(trends.at(trends.EMBEDDED_SOLAR_CAPACITY_MW, year_of(index))),
            }
        )
    return found
