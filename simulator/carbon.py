"""Carbon intensity of the simulated grid: what it was, how it was forecast, and the mix behind it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from ingestion.settlement import HALF_HOUR
from simulator.grid import state
from simulator.half_hours import start_of
from simulator.noise import key, normal, smooth_2d, uniform

# gCO2/kWh, as the API publishes them.
PUBLISHED_FACTORS = {
    "Biomass": 120, "Coal": 937, "Dutch Imports": 474, "French Imports": 53, "Gas (Combined Cycle)": 394,
    "Gas (Open Cycle)": 651, "Hydro": 0, "Irish Imports": 458, "Nuclear": 0, "Oil": 935, "Other": 300,
    "Pumped Storage": 0, "Solar": 0, "Wind": 0,
}  # fmt: skip
FACTORS = {
    "BIOMASS": 120, "COAL": 937, "CCGT": 394, "OCGT": 651, "OIL": 935, "OTHER": 300, "INTNED": 474, "INTFR": 53,
    "INTIFA2": 53, "INTELEC": 53, "INTIRL": 458, "INTEW": 458, "INTGRNL": 458,
    # not published; assumptions, as in the project's seed
    "INTNEM": 200, "INTVKL": 200, "INTNSL": 0,
}  # fmt: skip
MIX = ("biomass", "coal", "imports", "gas", "nuclear", "other", "hydro", "solar", "wind")
_MIX_OF = {"BIOMASS": "biomass", "COAL": "coal", "CCGT": "gas", "OCGT": "gas", "NUCLEAR": "nuclear", "OTHER": "other",
           "OIL": "other", "NPSHYD": "hydro", "PS": "hydro", "WIND": "wind"}  # fmt: skip
# Upper ends of very low, low and moderate; from which on it is very high. NESO lowers them each year.
BANDS = {
    2017: (99, 199, 299, 400), 2018: (79, 179, 279, 380), 2019: (59, 159, 259, 360), 2020: (54, 149, 229, 350),
    2021: (49, 139, 219, 330), 2022: (44, 129, 209, 310), 2023: (39, 119, 199, 290), 2024: (34, 109, 189, 270),
    2025: (29, 99, 179, 250), 2026: (24, 89, 169, 230), 2027: (19, 79, 159, 210), 2028: (14, 69, 149, 190),
    2029: (9, 59, 139, 170), 2030: (4, 49, 129, 150),
}  # fmt: skip
REWRITTEN_FOR = timedelta(hours=24)  # how long after a half-hour both its forecast and its actual may still change
LOSSES = 1.02  # what is made is not what arrives


@lru_cache(maxsize=1 << 15)
def intensity_g_per_kwh(seed: int, index: int) -> float:
    """Carbon intensity of what is used in Britain: each kind of supply by its factor, embedded wind and sun too."""
    now = state(seed, index)
    supply = {fuel: mw for fuel, mw in now.generation_mw.items() if mw > 0}
    total = sum(supply.values()) + now.embedded_wind_mw + now.embedded_solar_mw
    return LOSSES * sum(mw * FACTORS.get(fuel, 0) for fuel, mw in supply.items()) / total


def index_name(g_per_kwh: int, year: int) -> str:
    """The name of an intensity, by the bands of its year."""
    very_low, low, moderate, very_high = BANDS[min(2030, max(2017, year))]
    if g_per_kwh >= very_high:
        return "very high"
    if g_per_kwh > moderate:
        return "high"
    if g_per_kwh > low:
        return "moderate"
    return "low" if g_per_kwh > very_low else "very low"


def forecast_error(seed: int, name: str, index: int, issue_index: float, floor: float, growth: float) -> float:
    """Standard normal times a spread that grows with the horizon, floor at 0 h to floor + growth at 48 h and beyond.

    What an issue gets wrong, the next one mostly gets wrong too: the error is smooth along target and issue time.
    """
    horizon_h = max(0.0, (index - issue_index) / 2)
    spread = floor + growth * min(1.0, horizon_h / 48) ** 0.6
    slow = smooth_2d(key(seed, f"{name} slow"), index / 16, issue_index / 36)
    quick = smooth_2d(key(seed, f"{name} quick"), index / 4, issue_index / 6)
    own = normal(key(seed, f"{name} issue"), 977 * index + round(issue_index))
    error: float = spread * (0.78 * slow + 0.6 * quick) + 0.12 * floor * own
    return error


def issue_of(index: int, now_utc: datetime) -> int:
    """The issue of a half-hour's forecast that holds now: one each half-hour, until a day after its end."""
    return (min(now_utc, start_of(index) + HALF_HOUR + REWRITTEN_FOR) - start_of(0)) // HALF_HOUR


def relative_error(seed: int, index: int, issue: int) -> float:
    """How far an issue of the national forecast is off, as a share of the truth."""
    return forecast_error(seed, "carbon forecast", index, issue, 0.055, 0.085)


def forecast_g_per_kwh(seed: int, index: int, now_utc: datetime) -> int:
    """The forecast of a half-hour as served now: reissued each half-hour, rewritten until a day after its end."""
    truth = intensity_g_per_kwh(seed, index)
    relative = relative_error(seed, index, issue_of(index, now_utc))
    return max(0, round(truth * (1 + relative) + 3 * relative / 0.055))


def actual_known_utc(seed: int, index: int) -> datetime:
    """When the actual intensity of a half-hour is first given: 30 to 60 minutes after its end."""
    return start_of(index) + HALF_HOUR + timedelta(minutes=30 + int(31 * uniform(key(seed, "actual known"), index)))


def actual_g_per_kwh(seed: int, index: int, now_utc: datetime) -> int | None:
    """The actual intensity of a half-hour, None until it is known; one in five still moves in the first day."""
    known = actual_known_utc(seed, index)
    if now_utc < known:
        return None
    final = round(intensity_g_per_kwh(seed, index))
    chance = key(seed, "actual estimate")
    settles = known + timedelta(hours=23 * uniform(chance, 2 * index))
    if now_utc >= settles or uniform(chance, 2 * index + 1) > 0.2:
        return final
    return max(1, final + (1 if normal(chance, index) > 0 else -1) * (1 + int(3 * uniform(chance, -index))))


def supply_mw(seed: int, index: int) -> dict[str, float]:
    """What is used in Britain in MW by nine kinds, in the order of MIX; embedded wind and sun are in it."""
    now = state(seed, index)
    parts = dict.fromkeys(MIX, 0.0)
    for fuel, mw in now.generation_mw.items():
        parts[_MIX_OF.get(fuel, "imports")] += max(0.0, mw)
    parts["solar"] += now.embedded_solar_mw
    parts["wind"] += now.embedded_wind_mw
    return parts


def mix_percent(seed: int, index: int) -> dict[str, float]:
    """The share of each of nine kinds in what is used, in percent with one decimal."""
    parts = supply_mw(seed, index)
    return dict(zip(parts, percent(tuple(parts.values())), strict=True))


def percent(parts: Sequence[float]) -> tuple[float, ...]:
    """Parts as percentages with one decimal, whole ones without; together 99.8 to 100.1, as rounding leaves them."""
    total = sum(parts)
    tenths = [round(1000 * part / total) for part in parts]
    if not 998 <= (found := sum(tenths)) <= 1001:
        tenths[tenths.index(max(tenths))] += 1000 - found
    return tuple(n / 10 if n % 10 else n // 10 for n in tenths)
