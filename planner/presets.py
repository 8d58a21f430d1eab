"""Loads that many people have, with typical figures: of no maker, to be replaced by one's own where those are known.

Energy is at the battery, what is lost on the way to it is in the efficiency.
"""

from dataclasses import dataclass
from datetime import timedelta

from planner.model import NO_TIME, Load, Step

_QUARTER = timedelta(minutes=15)
_CAR_EFFICIENCY = 0.9  # what an on-board charger and the battery lose between the meter and the cells
_LEISURE_EFFICIENCY = 0.85  # of a mains charger for a leisure battery


@dataclass(frozen=True)
class Preset:
    """A load by name. figures: what it is made of, in words; origin: where the figures come from, in words.

    min_run: what is worth a start, so that a battery is not charged for seconds.
    """

    id: str
    name: str
    load: Load
    figures: str
    origin: str
    min_run: timedelta = NO_TIME

    @property
    def is_appliance(self) -> bool:
        """Whether it runs in one go as it is, and has no battery."""
        return bool(self.load.profile)


def _steps(*steps: tuple[int, float]) -> tuple[Step, ...]:
    """Steps of so many minutes at so many kW."""
    return tuple(Step(timedelta(minutes=minutes), power_kw) for minutes, power_kw in steps)


PRESETS = {
    preset.id: preset
    for preset in (
        Preset(
            "van",
            "Electric campervan",
            Load(energy_kwh=40, power_kw=7.4, efficiency=_CAR_EFFICIENCY),
            "40 kWh into a battery of 64 kWh, at 7.4 kW with a tenth lost",
            "Typical: a mid-sized van's battery, from a fifth to about four fifths full, on a home wall box of 32 A.",
            min_run=_QUARTER,
        ),
        Preset(
            "leisure",
            "Leisure battery",
            Load(energy_kwh=2.4, power_kw=0.35, efficiency=_LEISURE_EFFICIENCY),
            "2.4 kWh into a campervan's second battery, at 0.35 kW with about a seventh lost",
            "Typical: 200 Ah at 12 V, empty to full, on a mains charger of 25 A.",
            min_run=_QUARTER,
        ),
        Preset(
            "car",
            "Electric car",
            Load(energy_kwh=30, power_kw=7.4, efficiency=_CAR_EFFICIENCY),
            "30 kWh into a battery of 60 kWh, at 7.4 kW with a tenth lost",
            "Typical: half of a mid-sized car's battery, on a home wall box of 32 A.",
            min_run=_QUARTER,
        ),
        Preset(
            "dishwasher",
            "Dishwasher",
            Load(profile=_steps((15, 1.8), (100, 0.08), (10, 1.8), (55, 0.02))),
            "0.9 kWh in three hours, most of it while the water is heated, twice",
            "Typical: a full-sized machine's economy programme.",
        ),
        Preset(
            "washing",
            "Washing machine",
            Load(profile=_steps((5, 0.1), (20, 2.0), (65, 0.12), (15, 0.35))),
            "0.9 kWh in an hour and three quarters, most of it while the water is heated, early",
            "Typical: cotton at 40 °C, a full drum.",
        ),
    )
}
