"""What changes over the years: capacities, levels of demand and price. Figures are rounded facts, or guesses ahead.

Sources: yearly means and maxima of the recorded histories (2016-2024); before and after them, round numbers that
keep the direction of travel. A value between two anchors is on the straight line between them.
"""

from bisect import bisect_right
from datetime import UTC, datetime

from simulator.half_hours import index_of

Anchors = tuple[tuple[float, float], ...]  # (year with fraction, value)

LAST_COAL = index_of(datetime(2024, 9, 30, 23, tzinfo=UTC))  # midnight, UK time, on 1 October 2024

DEMAND_FACTOR: Anchors = (
    (2009, 1.15), (2011, 1.13), (2014, 1.07), (2017, 1.04), (2019.0, 1.025), (2020.2, 1.005), (2020.3, 0.89),
    (2020.5, 0.92), (2020.8, 0.98), (2021.5, 0.985), (2022.5, 0.965), (2023.5, 0.945), (2024.5, 0.955), (2027, 0.97),
    (2037, 1.25),
)  # fmt: skip
WIND_CAPACITY_MW: Anchors = (
    (2009, 1700), (2012, 5000), (2016, 8500), (2018, 11000), (2020, 13300), (2021.5, 14600), (2022.5, 16900),
    (2024, 17700), (2026, 20000), (2030, 30000), (2037, 45000),
)  # fmt: skip
EMBEDDED_WIND_CAPACITY_MW: Anchors = (
    (2009, 1600), (2014, 3500), (2017, 5400), (2019.0, 5918), (2020.0, 6465), (2021.0, 6527), (2022.6, 6545),
    (2026, 6622), (2037, 8500),
)  # fmt: skip
EMBEDDED_SOLAR_CAPACITY_MW: Anchors = (
    (2009, 20), (2011, 300), (2013, 2200), (2015, 7000), (2016.3, 11000), (2018, 12900), (2019.3, 13080),
    (2022.6, 13080), (2023, 14000), (2025, 18500), (2027, 22500), (2037, 40000),
)  # fmt: skip
COAL_CAPACITY_MW: Anchors = (
    (2009, 22000), (2013, 19500), (2015, 15500), (2016.2, 8500), (2018, 7500), (2020, 4200), (2021, 4000),
    (2022.8, 3400), (2023.3, 2200), (2024.8, 1700),
)  # fmt: skip
COAL_STARTS_AT_MW: Anchors = (
    (2009, 14500),
    (2015, 15000),
    (2017, 17500),
    (2020, 20500),
    (2021, 19300),
    (2022, 18700),
    (2023, 16900),
    (2025, 15800),
)
BIOMASS_CAPACITY_MW: Anchors = (
    (2009, 250), (2013, 900), (2016, 2400), (2018, 2900), (2021, 3300), (2030, 3300), (2037, 2400),
)  # fmt: skip
OTHER_CAPACITY_MW: Anchors = ((2009, 60), (2019, 320), (2022, 560), (2024, 760), (2027, 2200), (2037, 6000))
GAS_PRICE_GBP_PER_MWH: Anchors = (
    # the cost of electricity from gas, emissions included
    (2009, 36), (2011, 47), (2014, 44), (2015.9, 38), (2016.4, 34), (2016.9, 52), (2017.5, 42), (2018.2, 55),
    (2018.8, 67), (2019.3, 45), (2019.8, 38), (2020.4, 27), (2020.9, 47), (2021.3, 68), (2021.6, 105), (2021.8, 200),
    (2022.0, 210), (2022.2, 240), (2022.45, 195), (2022.65, 360), (2022.8, 205), (2023.0, 150), (2023.25, 118),
    (2023.5, 90), (2024.15, 70), (2024.6, 80), (2024.9, 100), (2025.1, 105), (2025.5, 85), (2027, 80), (2037, 85),
)  # fmt: skip
# How far gas moves in weeks and months around those anchors.
GAS_VOLATILITY: Anchors = ((2009, 0.07), (2021.4, 0.08), (2021.8, 0.24), (2022.9, 0.26), (2023.3, 0.1), (2037, 0.1))
# How often what must be turned down wants to be paid for it.
NEGATIVE_BIDS: Anchors = (
    (2009, 0.1),
    (2019, 0.13),
    (2020.4, 0.42),
    (2021, 0.14),
    (2022, 0.28),
    (2023, 0.85),
    (2024, 1.05),
)


def at(anchors: Anchors, year: float) -> float:
    """The value of a trend in a year, held level before its first anchor and after its last."""
    place = bisect_right(anchors, (year, float("inf")))
    if place == 0:
        return anchors[0][1]
    if place == len(anchors):
        return anchors[-1][1]
    (y0, v0), (y1, v1) = anchors[place - 1], anchors[place]
    return v0 + (v1 - v0) * (year - y0) / (y1 - y0)
