"""The cables to the neighbours: each flows towards the dearer side, within its limits, once it exists."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import tanh

from simulator import trends
from simulator.half_hours import PER_DAY, index_of, year_of
from simulator.noise import key, layered, uniform
from simulator.weather import season, sun_height, wind_strength


@dataclass(frozen=True)
class Cable:
    """One interconnector. Limits in MW; the code appears in the data at `listed_index`, power flows from `first_index`.

    margin: the price difference, as a share of the price level, at which it flows at three quarters.
    sun and wind: how far the neighbour's price falls with sun, and with Britain's wind (its weather is alike).
    """

    code: str
    neso_column: str
    limit_mw: float
    listed_index: int
    first_index: int
    premium: trends.Anchors
    margin: float
    sun: float
    wind: float


def _at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return index_of(datetime(year, month, day, hour, minute, tzinfo=UTC))


# Prices against Britain's, in shares of the level, by year: below 0 it exports to Britain.
# In 2022 half of the French reactors stood still.
IRELAND: trends.Anchors = ((2009, 0.0), (2018, 0.04), (2021, 0.06), (2022.3, -0.03), (2023, 0.13), (2024, 0.18))
NETHERLANDS: trends.Anchors = ((2009, -0.12), (2021.5, -0.13), (2022.5, -0.04), (2023, -0.08), (2024, -0.05))
BELGIUM: trends.Anchors = ((2009, -0.2), (2021.5, -0.27), (2022.3, -0.03), (2023, -0.08), (2024, -0.12))
FRANCE: trends.Anchors = (
    (2009, -0.18), (2021.5, -0.16), (2021.85, -0.08), (2022.1, 0.06), (2022.8, 0.1), (2023.1, -0.07), (2024, -0.17),
    (2037, -0.17),
)  # fmt: skip
NORWAY: trends.Anchors = ((2009, -0.25), (2022.3, -0.1), (2022.8, -0.05), (2023.2, -0.27), (2037, -0.29))
DENMARK: trends.Anchors = ((2009, -0.07),)
ALWAYS = _at(1990, 1, 1)
# The codes' dates are those of the fuel seed. A code without one is listed always, with 0 before its cable exists.
CABLES = (
    Cable("INTELEC", "ELECLINK_FLOW", 1000, _at(2021, 9, 14, 9), _at(2022, 5, 25), FRANCE, 0.2, 0.12, 0.02),
    Cable("INTEW", "EAST_WEST_FLOW", 500, ALWAYS, _at(2012, 9, 21), IRELAND, 0.2, 0.0, 0.03),
    Cable("INTFR", "IFA_FLOW", 2000, ALWAYS, ALWAYS, FRANCE, 0.23, 0.12, 0.02),
    Cable("INTGRNL", "GREENLINK_FLOW", 500, _at(2024, 8, 6, 9), _at(2025, 1, 29), IRELAND, 0.2, 0.0, 0.03),
    Cable("INTIFA2", "IFA2_FLOW", 1000, ALWAYS, _at(2021, 1, 22), FRANCE, 0.21, 0.12, 0.02),
    Cable("INTIRL", "MOYLE_FLOW", 450, ALWAYS, ALWAYS, IRELAND, 0.2, 0.0, 0.03),
    Cable("INTNED", "BRITNED_FLOW", 1000, ALWAYS, _at(2011, 4, 1), NETHERLANDS, 0.19, 0.2, 0.03),
    Cable("INTNEM", "NEMO_FLOW", 1000, ALWAYS, _at(2019, 1, 31), BELGIUM, 0.19, 0.2, 0.03),
    Cable("INTNSL", "NSL_FLOW", 1400, _at(2021, 1, 27, 9, 30), _at(2021, 6, 15), NORWAY, 0.2, 0.0, 0.0),
    Cable("INTVKL", "VIKING_FLOW", 1400, _at(2023, 11, 22, 11, 30), _at(2023, 12, 29), DENMARK, 0.2, 0.22, 0.04),
)  # fmt: skip
COUNTRY_LAYERS = ((6, 0.25), (40, 0.55), (200, 0.6), (1500, 0.5))
OUTAGE_BLOCK = 45 * PER_DAY
COUPLING = 0.13  # how much of a move of Britain's price the neighbour, whose weather and days are alike, lacks
USUAL_PRICE = 0.92  # Britain's, as a share of the price level


@lru_cache(maxsize=1 << 14)
def limit_mw(seed: int, cable: Cable, block: int) -> tuple[int, int, float]:
    """The cable's outage in a block of time: its half-hours (first included, last not) and what is left, in MW."""
    chance = key(seed, f"cable outage {cable.code}")
    if uniform(chance, 4 * block) > 0.3:
        return 0, 0, cable.limit_mw
    length = int(PER_DAY * (0.3 + 14 * uniform(chance, 4 * block + 1) ** 3))
    first = block * OUTAGE_BLOCK + int(uniform(chance, 4 * block + 2) * (OUTAGE_BLOCK - length))
    return first, first + length, cable.limit_mw * (0.5 if uniform(chance, 4 * block + 3) < 0.35 else 0.0)


def neighbour_price(seed: int, cable: Cable, index: int) -> float:
    """The neighbour's price, as a share of Britain's price level (about 1)."""
    # cables to one country share its price; a little of the noise is the cable's own auction
    country = layered(key(seed, f"price {market_of(cable)}"), index, ((6, 0.25), (40, 0.55), (200, 0.6), (1500, 0.5)))
    own = layered(key(seed, f"auction {cable.code}"), index, ((4, 0.6), (48, 0.8)))
    return (
        USUAL_PRICE
        + trends.at(cable.premium, year_of(index))
        + 0.165 * country
        + 0.035 * own
        + 0.03 * season(index)
        - cable.sun * sun_height(index)
        - cable.wind * wind_strength(seed, index)
    )


def market_of(cable: Cable) -> str:
    """The name of the neighbour's market: one for France, one for Ireland, one for each other country."""
    if cable.premium is FRANCE:
        return "France"
    return "Ireland" if cable.premium is IRELAND else cable.code


def flow_mw(seed: int, cable: Cable, index: int, gb_price: float, urge: float) -> float:
    """What a cable carries in a half-hour, in MW, above 0 into Britain.

    gb_price: Britain's price, as a share of the price level. urge: what Britain would pay more for imports when it is
    short, or forgo to be rid of a surplus (below 0), as such a share.
    """
    if index < cable.first_index:
        return 0.0
    british = USUAL_PRICE + COUPLING * (gb_price - USUAL_PRICE) + urge
    difference = british - neighbour_price(seed, cable, index)
    first, last, left_mw = limit_mw(seed, cable, index // OUTAGE_BLOCK)
    limit = left_mw if first <= index < last else cable.limit_mw
    return limit * tanh(difference / cable.margin)
