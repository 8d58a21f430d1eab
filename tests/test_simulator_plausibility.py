"""The simulated grid beside the real one: means, spreads, shapes and relations inside a stated band.

REAL holds statistics that we computed from the recorded histories (Elexon's FUELINST means and settlement prices of
2023 and 2024, NESO's demand of 2019 and 2021, the carbon intensity of January to June 2023; see `docs/simulator.md`).
Each is worked out here again for a sample of the simulated half-hours, by the same functions.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from statistics import correlation, fmean, pstdev
from typing import NamedTuple

import pytest

from simulator.carbon import forecast_g_per_kwh, intensity_g_per_kwh
from simulator.five_minutes import five_minute_mw
from simulator.grid import FUELS, State, state
from simulator.half_hours import clock_of, index_of, start_of, year_of
from simulator.interconnectors import CABLES
from simulator.prices import first_volume_mwh, market_index, price_for

SEED = 1
STEP = 7  # one half-hour in seven: prime to 48, so that each time of day comes
IMPORTS = tuple(cable.code for cable in CABLES)


class Row(NamedTuple):
    """A half-hour: its label, and values by name."""

    month: int
    hour: int
    is_weekend: bool
    year: int
    values: dict[str, float]


Rows = list[Row]
Statistic = Callable[[Rows], float]


def column(rows: Iterable[Row], name: str) -> list[float]:
    return [row.values[name] for row in rows if name in row.values]


def average(name: str) -> Statistic:
    return lambda rows: fmean(column(rows, name))


def spread(name: str) -> Statistic:
    return lambda rows: pstdev(column(rows, name))


def quantile(name: str, share: float) -> Statistic:
    def found(rows: Rows) -> float:
        values = sorted(column(rows, name))
        return values[min(len(values) - 1, int(share * len(values)))]

    return found


def share_of(name: str, holds: Callable[[float], bool]) -> Statistic:
    return lambda rows: fmean(holds(value) for value in column(rows, name))


def ratio(name: str, above: Callable[[Row], bool], below: Callable[[Row], bool]) -> Statistic:
    """The mean over some half-hours as a share of the mean over others."""
    return lambda rows: fmean(column(filter(above, rows), name)) / fmean(column(filter(below, rows), name))


def yearly_correlation(one: str, other: str) -> Statistic:
    """Mean of the years' correlations, so that levels which move between years do not count."""

    def found(rows: Rows) -> float:
        years = {row.year for row in rows}
        pairs = ([r.values for r in rows if r.year == y and one in r.values and other in r.values] for y in years)
        return fmean(correlation([p[one] for p in pair], [p[other] for p in pair]) for pair in pairs)

    return found


def where(name: str, holds: Callable[[dict[str, float]], bool]) -> Statistic:
    return lambda rows: fmean(r.values[name] for r in rows if name in r.values and holds(r.values))


def at(*hours: int) -> Callable[[Row], bool]:
    return lambda row: row.hour in hours


def month(*months: int) -> Callable[[Row], bool]:
    return lambda row: row.month in months


def weekend(row: Row) -> bool:
    return row.is_weekend


def workday(row: Row) -> bool:
    return not row.is_weekend


MIX: dict[str, Statistic] = {
    "WIND mean, MW": average("WIND"),
    "WIND spread, MW": spread("WIND"),
    "WIND 1st percentile, MW": quantile("WIND", 0.01),
    "WIND 99th percentile, MW": quantile("WIND", 0.99),
    "WIND December to February / June to August": ratio("WIND", month(12, 1, 2), month(6, 7, 8)),
    "WIND correlation with itself a day before": yearly_correlation("WIND", "WIND a day before"),
    "CCGT mean, MW": average("CCGT"),
    "CCGT spread, MW": spread("CCGT"),
    "CCGT 99th percentile, MW": quantile("CCGT", 0.99),
    "CCGT 18 h / 3 h": ratio("CCGT", at(18), at(3)),
    "NUCLEAR mean, MW": average("NUCLEAR"),
    "NUCLEAR spread, MW": spread("NUCLEAR"),
    "NUCLEAR 18 h / 3 h": ratio("NUCLEAR", at(18), at(3)),
    "BIOMASS mean, MW": average("BIOMASS"),
    "COAL mean, MW": average("COAL"),
    "NPSHYD mean, MW": average("NPSHYD"),
    "OTHER mean, MW": average("OTHER"),
    "OCGT mean, MW": average("OCGT"),
    "PS mean, MW": average("PS"),
    "PS spread, MW": spread("PS"),
    "PS share below 0": share_of("PS", lambda mw: mw < 0),
    "PS at 3 h, MW": lambda rows: fmean(column(filter(at(3), rows), "PS")),
    "PS at 18 h, MW": lambda rows: fmean(column(filter(at(18), rows), "PS")),
    "net imports mean, MW": average("IMPORTS"),
    "net imports spread, MW": spread("IMPORTS"),
    "net imports 12 h / 5 h": ratio("IMPORTS", at(12), at(5)),
    "WIND correlation with net imports": yearly_correlation("WIND", "IMPORTS"),
}
PRICES: dict[str, Statistic] = {
    "system price mean, GBP/MWh": average("price"),
    "system price spread": spread("price"),
    "system price 1st percentile": quantile("price", 0.01),
    "system price median": quantile("price", 0.5),
    "system price 99th percentile": quantile("price", 0.99),
    "system price lowest": quantile("price", 0),
    "system price highest": quantile("price", 1),
    "share of negative prices": share_of("price", lambda price: price < 0),
    "share of negative prices, 2 h to 5 h": lambda rows: share_of("price", lambda p: p < 0)(
        list(filter(at(2, 3, 4, 5), rows))
    ),
    "share of prices of exactly 0": share_of("price", lambda price: price == 0),
    "price 18 h / 4 h": ratio("price", at(18), at(4)),
    "price weekend / workday": ratio("price", weekend, workday),
    "correlation of WIND and price": yearly_correlation("WIND", "price"),
    "correlation of CCGT and price": yearly_correlation("CCGT", "price"),
    "correlation of price with itself half an hour before": yearly_correlation("price", "price before"),
    "net imbalance mean, MWh": average("niv"),
    "net imbalance spread, MWh": spread("niv"),
    "net imbalance, share short": share_of("niv", lambda mwh: mwh > 0),
    "correlation of net imbalance with itself half an hour before": yearly_correlation("niv", "niv before"),
    "correlation of net imbalance and price": yearly_correlation("niv", "price"),
    "price while short, mean": where("price", lambda v: v["niv"] > 0),
    "price while long, mean": where("price", lambda v: v["niv"] <= 0),
}
DEMAND: dict[str, Statistic] = {
    "ND mean, MW": average("ND"),
    "ND spread, MW": spread("ND"),
    "ND 1st percentile, MW": quantile("ND", 0.01),
    "ND 99th percentile, MW": quantile("ND", 0.99),
    "ND 18 h / 4 h": ratio("ND", at(18), at(4)),
    "ND weekend / workday": ratio("ND", weekend, workday),
    "ND December to February / June to August": ratio("ND", month(12, 1, 2), month(6, 7, 8)),
    "TSD mean, MW": average("TSD"),
    "embedded wind mean, MW": average("EW"),
    "embedded wind spread, MW": spread("EW"),
    "embedded solar mean, MW": average("ES"),
    "embedded solar 99th percentile, MW": quantile("ES", 0.99),
    "embedded solar at 12 h, MW": lambda rows: fmean(column(filter(at(12), rows), "ES")),
    "embedded solar December / June": ratio("ES", month(12), month(6)),
}
CARBON: dict[str, Statistic] = {
    "carbon mean, g/kWh": average("carbon"),
    "carbon spread": spread("carbon"),
    "carbon 1st percentile": quantile("carbon", 0.01),
    "carbon 99th percentile": quantile("carbon", 0.99),
    "carbon 20 h / 13 h": ratio("carbon", at(20), at(13)),
    "correlation of carbon and WIND": yearly_correlation("carbon", "WIND"),
    "carbon forecast as rewritten, mean absolute error": average("carbon error"),
}
GROUPS = {"mix": MIX, "prices": PRICES, "demand": DEMAND, "carbon": CARBON}

REAL: dict[str, tuple[float, float, float]] = {
    # name: (real, least allowed, most allowed)
    # mix
    "WIND mean, MW": (7355, 6620, 8090),
    "WIND spread, MW": (4245, 3820, 4670),
    "WIND 1st percentile, MW": (638.8, 575, 703),
    "WIND 99th percentile, MW": (16180, 14600, 17800),
    "WIND December to February / June to August": (1.837, 1.59, 2.08),
    "WIND correlation with itself a day before": (0.5112, 0.391, 0.632),
    "CCGT mean, MW": (9079, 8170, 9990),
    "CCGT spread, MW": (5509, 4960, 6060),
    "CCGT 99th percentile, MW": (23620, 19000, 28300),
    "CCGT 18 h / 3 h": (2.059, 1.63, 2.49),
    "NUCLEAR mean, MW": (4365, 3930, 4800),
    "NUCLEAR spread, MW": (734.2, 650, 818),
    "NUCLEAR 18 h / 3 h": (1.001, 0.9, 1.1),
    "BIOMASS mean, MW": (1833, 1300, 2370),
    "COAL mean, MW": (246.8, 222, 271),
    "NPSHYD mean, MW": (389.4, 350, 428),
    "OTHER mean, MW": (337.1, 272, 402),
    "OCGT mean, MW": (16.85, 9.6, 24.1),
    "PS mean, MW": (-63.71, -99.8, -27.6),
    "PS spread, MW": (677, 591, 763),
    "PS share below 0": (0.5304, 0.477, 0.583),
    "PS at 3 h, MW": (-929.8, -1090, -774),
    "PS at 18 h, MW": (829.9, 747, 913),
    "net imports mean, MW": (3230, 2910, 3550),
    "net imports spread, MW": (2707, 2240, 3170),
    "net imports 12 h / 5 h": (5.011, 3.8, 6.23),
    "WIND correlation with net imports": (-0.2704, -0.35, -0.19),
    # prices
    "system price mean, GBP/MWh": (82.85, 74.6, 91.1),
    "system price spread": (54.71, 46.8, 62.7),
    "system price 1st percentile": (-38.62, -47.3, -30),
    "system price median": (81, 72.9, 89.1),
    "system price 99th percentile": (220.4, 179, 262),
    "system price lowest": (-185.3, -200, -70),
    "system price highest": (1950, 300, 4500),
    "share of negative prices": (0.05474, 0.0456, 0.0639),
    "share of negative prices, 2 h to 5 h": (0.1008, 0.0632, 0.139),
    "share of prices of exactly 0": (0.01115, 0.00625, 0.016),
    "price 18 h / 4 h": (1.779, 1.6, 1.96),
    "price weekend / workday": (0.896, 0.806, 0.986),
    "correlation of WIND and price": (-0.2031, -0.296, -0.11),
    "correlation of CCGT and price": (0.4205, 0.313, 0.528),
    "correlation of price with itself half an hour before": (0.7325, 0.653, 0.813),
    "net imbalance mean, MWh": (-22.45, -31.8, -13.1),
    "net imbalance spread, MWh": (304.6, 274, 335),
    "net imbalance, share short": (0.4785, 0.431, 0.526),
    "correlation of net imbalance with itself half an hour before": (0.7806, 0.701, 0.861),
    "correlation of net imbalance and price": (0.657, 0.577, 0.737),
    "price while short, mean": (121.9, 104, 139),
    "price while long, mean": (47.01, 39, 55),
    # demand
    "ND mean, MW": (28850, 26000, 31700),
    "ND spread, MW": (6354, 5720, 6990),
    "ND 1st percentile, MW": (18060, 16300, 19900),
    "ND 99th percentile, MW": (44130, 39700, 48500),
    "ND 18 h / 4 h": (1.645, 1.48, 1.81),
    "ND weekend / workday": (0.8859, 0.797, 0.975),
    "ND December to February / June to August": (1.318, 1.19, 1.45),
    "TSD mean, MW": (30080, 27100, 33100),
    "embedded wind mean, MW": (1630, 1470, 1790),
    "embedded wind spread, MW": (980.4, 882, 1080),
    "embedded solar mean, MW": (1306, 1180, 1440),
    "embedded solar 99th percentile, MW": (7820, 7040, 8600),
    "embedded solar at 12 h, MW": (4231, 3810, 4650),
    "embedded solar December / June": (0.1547, 0.127, 0.183),
    # carbon
    "carbon mean, g/kWh": (156.9, 141, 173),
    "carbon spread": (58.88, 53, 64.8),
    "carbon 1st percentile": (53, 41.3, 64.7),
    "carbon 99th percentile": (267, 240, 294),
    "carbon 20 h / 13 h": (1.312, 1.18, 1.44),
    "correlation of carbon and WIND": (-0.6563, -0.799, -0.514),
    "carbon forecast as rewritten, mean absolute error": (10.37, 9.33, 11.4),
}


def simulated_rows(seed: int, first: datetime, last: datetime, step: int, group: str) -> Iterator[Row]:
    for index in range(index_of(first), index_of(last), step):
        day, hour, _ = clock_of(index)
        values = {"mix": _mix, "prices": _prices, "demand": _demand, "carbon": _carbon}[group](seed, index)
        yield Row(day.month, int(hour), day.weekday() >= 5, start_of(index).year, values)


def _mix(seed: int, index: int) -> dict[str, float]:
    now, before = state(seed, index).generation_mw, state(seed, index - 48).generation_mw
    return now | {"WIND a day before": before["WIND"], "IMPORTS": sum(now[code] for code in IMPORTS)}


def _prices(seed: int, index: int) -> dict[str, float]:
    now = state(seed, index).generation_mw
    niv, before = (first_volume_mwh(seed, place) for place in (index, index - 1))
    return {
        "WIND": now["WIND"], "CCGT": now["CCGT"], "niv": niv, "niv before": before,
        "price": price_for(seed, index, niv), "price before": price_for(seed, index - 1, before),
    }  # fmt: skip


def _demand(seed: int, index: int) -> dict[str, float]:
    now = state(seed, index)
    return {"ND": now.indo_mw, "TSD": now.itsdo_mw, "EW": now.embedded_wind_mw, "ES": now.embedded_solar_mw}


def _carbon(seed: int, index: int) -> dict[str, float]:
    actual = round(intensity_g_per_kwh(seed, index))
    error = abs(forecast_g_per_kwh(seed, index, datetime(2030, 1, 1, tzinfo=UTC)) - actual)
    wind = state(seed, index).generation_mw["WIND"]
    return {"carbon": actual, "carbon error": error, "WIND": wind}


def _utc(year: int, month_number: int = 1) -> datetime:
    return datetime(year, month_number, 1, tzinfo=UTC)


SPANS = {
    "mix": ((_utc(2023), _utc(2025)),),
    "prices": ((_utc(2023), _utc(2025)),),
    "demand": ((_utc(2019), _utc(2020)), (_utc(2021), _utc(2022))),
    "carbon": ((_utc(2023), _utc(2023, 7)),),
}


def simulated(seed: int, group: str, step: int) -> Rows:
    return [row for first, last in SPANS[group] for row in simulated_rows(seed, first, last, step, group)]


@pytest.fixture(scope="module")
def sample() -> dict[str, Rows]:
    return {group: simulated(SEED, group, STEP) for group in GROUPS}


@pytest.mark.parametrize(
    ("group", "name"), [pytest.param(group, name, id=name) for group in GROUPS for name in GROUPS[group]]
)
def test_a_statistic_of_the_simulated_grid_is_near_the_real_one(sample: dict[str, Rows], group: str, name: str) -> None:
    real, least, most = REAL[name]
    found = GROUPS[group][name](sample[group])
    assert least <= found <= most, f"{name}: simulated {found:.4g}, real {real:.4g}, allowed {least:.4g} to {most:.4g}"
    assert least <= real <= most


# ---------------------------------------------------------------- relations, as recorded/INDEX.md gives them

RELATED = range(index_of(_utc(2021)), index_of(_utc(2023)), 11)


def test_signed_generation_less_indo_is_about_560_mw() -> None:
    gaps = sorted(sum(state(SEED, i).generation_mw.values()) - state(SEED, i).indo_mw for i in RELATED)
    assert fmean(gaps) == pytest.approx(560, abs=15)
    assert gaps[len(gaps) // 20] == pytest.approx(466, abs=25)
    assert gaps[-len(gaps) // 20] == pytest.approx(678, abs=40)


def test_positive_generation_less_itsdo_is_about_50_mw() -> None:
    gaps = sorted(
        sum(mw for mw in state(SEED, i).generation_mw.values() if mw > 0) - state(SEED, i).itsdo_mw for i in RELATED
    )
    assert fmean(gaps) == pytest.approx(50, abs=25)


def test_itsdo_less_indo_exports_and_pumping_is_500_in_summer_time_and_600_in_winter() -> None:
    def exports(now: State) -> float:
        return -sum(min(0.0, now.generation_mw[code]) for code in IMPORTS)

    for index in RELATED:
        now = state(SEED, index)
        station = now.itsdo_mw - now.indo_mw - exports(now) - now.pumping_mw
        assert station == pytest.approx(500 if clock_of(index)[2] else 600)


def test_six_five_minute_values_mean_the_half_hour() -> None:
    for index in RELATED[::20]:
        for code, six in zip(FUELS, five_minute_mw(SEED, index), strict=True):
            assert fmean(six) == pytest.approx(state(SEED, index).generation_mw[code], abs=0.51)


def test_prices_are_the_dearer_the_shorter_the_system_is() -> None:
    for index in RELATED[::5]:
        price, _ = market_index(SEED, index)
        assert price_for(SEED, index, 400.0) > price > price_for(SEED, index, -400.0)


def test_coal_ends_with_september_2024() -> None:
    last = index_of(datetime(2024, 9, 30, 22, 30, tzinfo=UTC))
    assert any(state(SEED, i).generation_mw["COAL"] > 0 for i in range(last - 48 * 60, last))
    assert all(state(SEED, i).generation_mw["COAL"] == 0 for i in range(last + 1, last + 48 * 120, 5))


def test_wind_and_embedded_capacities_grow() -> None:
    means = [
        fmean(state(SEED, i).generation_mw["WIND"] for i in range(index_of(_utc(y)), index_of(_utc(y + 1)), 211))
        for y in (2010, 2016, 2022, 2030)
    ]
    assert means == sorted(means)
    assert year_of(index_of(_utc(2030))) == pytest.approx(2030, abs=0.003)
