"""What can be compared: each measure with its columns by half-hour, day and month, and how a span of it is summed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dashboard import text
from dashboard.connection import Row

Words = Callable[[Any], str]
WEIGHT = "supply_mwh"


@dataclass(frozen=True)
class Comparable:
    """A measure. `kind`: an energy that is summed, a mean, or a share of supply.

    daily: its column of fct_grid_daily and fct_grid_monthly. periods: of how many half-hours that is made.
    half_hourly: its column of fct_grid_half_hourly.
    """

    label: str
    kind: str
    daily: str
    periods: str
    half_hourly: str
    mean_words: Words

    @property
    def columns(self) -> tuple[str, ...]:
        """What is read of a day or a month."""
        return tuple(dict.fromkeys((self.daily, self.periods, *((WEIGHT,) if self.kind == "share" else ()))))

    @property
    def unit(self) -> str:
        """Of the axis by day."""
        return "GWh per day" if self.kind == "energy" else self.fine_unit

    @property
    def fine_unit(self) -> str:
        """Of the axis by half-hour, and of months."""
        if self.kind == "share":
            return "% of supply"
        if self.kind == "energy":
            return "GW"
        return "£ per MWh" if "price" in self.daily else "gCO₂ per kWh"

    @property
    def divisor(self) -> float:
        return {"energy": 1000, "share": 0.01}.get(self.kind, 1)

    @property
    def daily_words(self) -> Words:
        return text.gigawatt_hours if self.kind == "energy" else self.mean_words

    @property
    def fine_words(self) -> Words:
        return text.megawatts if self.kind == "energy" else self.mean_words

    def is_complete(self, day: Row | None) -> bool:
        """Whether a day or a month has all its half-hours of the measure."""
        return day is not None and day[self.daily] is not None and (day[self.periods] or 0) >= _half_hours_of(day)

    def over(self, days: Iterable[Row]) -> float | None:
        """Complete days together: the sum of energies in MWh, the mean of their half-hours, the share of supply."""
        known = list(days)
        if not known:
            return None
        if self.kind == "energy":
            return sum(float(day[self.daily]) for day in known)
        weight = WEIGHT if self.kind == "share" else self.periods
        whole = sum(float(day[weight]) for day in known)
        return sum(float(day[self.daily]) * float(day[weight]) for day in known) / whole if whole else None

    def per_day(self, days: Iterable[Row]) -> float | None:
        """The same, of energies as the mean day."""
        known = list(days)
        total = self.over(known)
        return total / len(known) if total is not None and self.kind == "energy" else total

    def mean_power(self, month: Row) -> float | None:
        """Of a month: an energy as the mean power in MW over the half-hours that are known, else the number itself."""
        value, periods = month[self.daily], month[self.periods]
        if value is None or not periods:
            return None
        return float(value) / (periods / 2) if self.kind == "energy" else float(value)


def _half_hours_of(row: Row) -> int:
    found: int = row["periods_in_day"] if "periods_in_day" in row else row["periods_in_month"]
    return found


def _energy(label: str, name: str) -> Comparable:
    return Comparable(label, "energy", f"{name}_mwh", f"{name}_periods", f"{name}_mw", text.gigawatts)


def _mean(label: str, name: str, words: Words) -> Comparable:
    return Comparable(label, "mean", f"mean_{name}", f"{name}_periods", name, words)


def _share(label: str, name: str) -> Comparable:
    return Comparable(label, "share", f"{name}_share", "supply_periods", f"{name}_share", _percent)


def _percent(share: Any) -> str:
    """With one digit, as shares of two months differ by little."""
    return text.percent(share, 1)


MEASURES = {
    measure.label: measure
    for measure in (
        _energy("Demand", "indo"),
        _energy("Transmission demand", "itsdo"),
        _energy("Supply", "supply"),
        _mean("Headline price", "market_index_price_gbp_per_mwh", text.price),
        _mean("Imbalance price", "system_price_gbp_per_mwh", text.price),
        _mean("Carbon intensity", "carbon_actual_gco2_per_kwh", text.carbon),
        _share("Zero-carbon share", "zero_carbon"),
        _share("Renewable share", "renewable"),
        _share("Nuclear share", "nuclear"),
        _energy("Wind", "wind"),
        _energy("Embedded wind", "embedded_wind"),
        _energy("Embedded solar", "embedded_solar"),
        _energy("Nuclear", "nuclear"),
        _energy("Gas", "gas"),
        _energy("Biomass", "biomass"),
        _energy("Hydro", "hydro"),
        _energy("Coal", "coal"),
        _energy("Imports", "imports"),
        _energy("Exports", "exports"),
    )
}
