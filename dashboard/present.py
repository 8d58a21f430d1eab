"""What the grid does now, as tiles and sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dashboard import cleanest, text
from dashboard.colours import CARBON_ACTUAL, HEADLINE_PRICE, IMBALANCE_PRICE, INDO
from dashboard.connection import Row
from dashboard.local_time import clock_text, is_in_one_day, moment_text
from dashboard.marts import now as marts
from dashboard.tile import Tile, is_late, when
from ingestion.settlement import HALF_HOUR, half_hour_start

# Shares of all supply are shown while they are at most so much older than what the transmission system carries.
SHARES_LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Shares:
    """Shares of supply in one half-hour. Of all of it where that is known lately, else of the transmission system's."""

    row: Row
    is_whole: bool

    @classmethod
    def newest(cls, known_utc: datetime | None = None) -> "Shares | None":
        """The newest shares; those of the transmission system where all of supply was known much longer ago."""
        whole, transmission = marts.newest_shares(known_utc), marts.newest_mix(known_utc)
        if whole and transmission and transmission["period_start_utc"] - whole["period_start_utc"] <= SHARES_LATELY:
            return cls(whole, is_whole=True)
        return cls(transmission, is_whole=False) if transmission else None

    def __getitem__(self, part: str) -> Any:
        """The share of a part: nuclear, renewable or zero_carbon."""
        return self.row[f"{part}_share" if self.is_whole else f"{part}_transmission_share"]

    @property
    def start_utc(self) -> datetime:
        start: datetime = self.row["period_start_utc"]
        return start

    def is_late(self, now_utc: datetime) -> bool:
        return is_late("fuelhh", self.start_utc, now_utc)

    @property
    def of(self) -> str:
        return "all supply" if self.is_whole else "what the transmission system carries"


def headline(shares: Shares | None, now_utc: datetime) -> str:
    """The one sentence, as Markdown."""
    if shares is None:
        return "How clean Great Britain’s electricity is cannot be said yet"
    of = "electricity" if shares.is_whole else "transmission system"
    share = f"{text.percent(shares['zero_carbon'])} of Great Britain’s {of}"
    if shares.is_late(now_utc):
        return f"{share} was zero-carbon on {moment_text(shares.start_utc)}"
    return f"{share} is zero-carbon: nuclear, wind, solar or hydro"


def explanation(shares: Shares | None, now_utc: datetime) -> str:
    """The line under the headline: what the shares are of, and what is not certain about them."""
    if shares is None:
        return "Shares need a half-hour with all generation of the transmission system known. None is yet."
    of = f"Shares are of {shares.of}, imports among it"
    parts = [f"{of}, in the half-hour from {when(shares.start_utc, now_utc)}."]
    if shares.is_late(now_utc):
        parts = [f"The newest half-hour is from {moment_text(shares.start_utc)}: it is stale. {of}."]
    if not shares.is_whole:
        parts.append("Wind and solar in local networks are not known for it.")
    elif shares.row["is_embedded_forecast"]:
        parts.append("Wind and solar in local networks are NESO’s forecast.")
    return " ".join(parts)


def share_tiles(shares: Shares | None) -> list[Tile]:
    """Zero-carbon, renewable and nuclear shares of supply."""
    of = shares.of if shares else "all supply"
    wanted = (
        ("zero-carbon", "Zero-carbon", "zero_carbon", f"Nuclear, wind, solar and hydro, as a share of {of}"),
        ("renewable", "Renewable", "renewable", f"Wind, solar, hydro and biomass, as a share of {of}"),
        ("nuclear", "Nuclear", "nuclear", f"Nuclear power stations, as a share of {of}"),
    )
    if shares is None:
        return [Tile(key, label, text.NONE, "fuelhh", help=meaning) for key, label, _, meaning in wanted]
    state = text.state(shares.row["generation_state"])
    detail = "" if shares.is_whole else "transmission only"
    return [
        Tile(
            key,
            label,
            text.percent(shares[part]),
            "fuelhh",
            shares.start_utc,
            shares.row["fetched_at_utc"],
            state,
            detail,
            help=meaning,
            measure=f"{key}-share",
        )
        for key, label, part, meaning in wanted
    ]


def demand_tile(row: Row | None) -> Tile:
    meaning = "INDO: what the transmission system delivers, lowered by wind and solar in local networks"
    tile = Tile("demand", "Demand", text.NONE, "demand_outturn", help=meaning, measure="demand")
    if row is None:
        return tile
    total = row["indo_and_embedded_mw"]
    detail = "embedded wind and solar not known" if total is None else f"{text.gigawatts(total)} with embedded"
    return replace(
        tile,
        value=text.gigawatts(row["indo_mw"]),
        start_utc=row["period_start_utc"],
        fetched_at_utc=row["fetched_at_utc"],
        state=text.state(row["indo_state"]),
        detail=detail,
    )


def price_tile(row: Row | None) -> Tile:
    meaning = "Market index: what electricity for this half-hour cost on the exchange"
    tile = Tile("price", "Headline price", text.NONE, "market_index", help=meaning, measure="price")
    if row is None:
        return tile
    return replace(
        tile,
        value=text.price(row["market_index_price_gbp_per_mwh"]),
        start_utc=row["period_start_utc"],
        fetched_at_utc=row["fetched_at_utc"],
        state=text.state(row["market_index_state"]),
    )


def imbalance_tile(row: Row | None) -> Tile:
    meaning = "System price: what energy short or long costs; settlement runs revise it for 28 months"
    tile = Tile(
        "imbalance-price", "Imbalance price", text.NONE, "system_prices", help=meaning, measure="imbalance-price"
    )
    if row is None:
        return tile
    run = f", run {row['settlement_run']}" if row["settlement_run"] else ""
    return replace(
        tile,
        value=text.price(row["system_price_gbp_per_mwh"]),
        start_utc=row["period_start_utc"],
        fetched_at_utc=row["system_price_fetched_at_utc"],
        state=text.state(row["system_price_state"]) + run,
    )


def carbon_tile(row: Row | None) -> Tile:
    meaning = "Grams of CO₂ for each kilowatt-hour used, from the Carbon Intensity API"
    tile = Tile("carbon", "Carbon", text.NONE, "carbon_national_actual", help=meaning, measure="carbon")
    if row is None:
        return tile
    actual = row["carbon_actual_gco2_per_kwh"]
    is_actual = actual is not None  # else a forecast, whose newest issue may have left this number as it was
    index = text.plain(row["carbon_index"]) if row["carbon_index"] else ""
    return replace(
        tile,
        value=text.carbon(actual if is_actual else row["carbon_forecast_gco2_per_kwh"]),
        dataset=tile.dataset if is_actual else "carbon_national_forecast",
        measure="carbon" if is_actual else "carbon-forecast",
        start_utc=row["period_start_utc"],
        fetched_at_utc=row["fetched_at_utc" if is_actual else "newest_fetched_at_utc"],
        state=f"actual, {text.state(row['state'])}" if is_actual else "forecast",
        detail=index,
    )


def imports_tile(mix: Row | None) -> Tile:
    meaning = "Power that comes in over the cables that import; what others export at the same time is a use"
    tile = Tile("imports", "Imports", text.NONE, "fuelhh", help=meaning, measure="imports")
    if mix is None:
        return tile
    return replace(
        tile,
        value=text.gigawatts(mix["imports_mw"]),
        start_utc=mix["period_start_utc"],
        fetched_at_utc=mix["fetched_at_utc"],
        state=text.state(mix["interconnectors_state"]),
        detail=f"{text.gigawatts(mix['exports_mw'])} exports",
    )


def all_tiles(now_utc: datetime, known_utc: datetime | None = None) -> list[Tile]:
    """Every tile, in the order of the page, with the last day of each in small."""
    shares = Shares.newest(known_utc)
    found = [
        *share_tiles(shares),
        carbon_tile(marts.carbon_at(half_hour_start(now_utc), known_utc)),
        price_tile(marts.newest_price(known_utc)),
        imbalance_tile(marts.newest_imbalance_price(known_utc)),
        demand_tile(marts.newest_demand(known_utc)),
        imports_tile(marts.newest_mix(known_utc)),
    ]
    if known_utc:
        return found  # the small lines are of what is known now
    trends = marts.trends(half_hour_start(now_utc) + HALF_HOUR)
    is_whole = shares is None or shares.is_whole
    return [replace(tile, trend=trends[_trend_column(tile.key, is_whole)], colour=COLOURS[tile.key]) for tile in found]


COLOURS = {
    **dict.fromkeys(("zero-carbon", "renewable", "nuclear"), "#37ad51"),
    "carbon": CARBON_ACTUAL,
    "price": HEADLINE_PRICE,
    "imbalance-price": IMBALANCE_PRICE,
    "demand": INDO,
    "imports": "#b1519e",
}


def _trend_column(key: str, is_whole: bool) -> str:
    if key in ("zero-carbon", "renewable", "nuclear"):
        return f"{key.replace('-', '_')}{'' if is_whole else '_transmission'}_share"
    return {
        "carbon": "carbon_actual_gco2_per_kwh",
        "price": "market_index_price_gbp_per_mwh",
        "imbalance-price": "system_price_gbp_per_mwh",
        "demand": "indo_mw",
        "imports": "imports_mw",
    }[key]


MARKED = 0.1  # a difference of a tenth is worth a word
NEARLY_A_DAY = 41  # half-hours


def advice(ahead: Sequence[Row], now_utc: datetime) -> str:
    """Whether now is a good time to use power: against the best three hours that begin within a day, by their carbon.

    ahead: `period_start_utc` and `carbon` of half-hours, in order. Without nearly a day of them nothing is said.
    """
    found = cleanest.best({row["period_start_utc"]: float(row["carbon"]) for row in ahead})
    if found is None or found.soonest_utc != half_hour_start(now_utc) or len(ahead) < NEARLY_A_DAY:
        return "Whether now is a good time to use power cannot be said: it needs a day of carbon forecast."
    if found.saved < MARKED:
        return (
            f"Now is a good time to use power: the next three hours are forecast at {text.carbon(found.soonest_mean)}, "
            "about as clean as it gets within a day."
        )
    is_short = is_in_one_day(found.start_utc, found.end_utc)
    end = clock_text(found.end_utc) if is_short else when(found.end_utc, now_utc)
    return (
        f"If it can wait, use power from {when(found.start_utc, now_utc)} to {end}: forecast at "
        f"{text.carbon(found.mean)}, {text.percent(found.saved)} less than in the three hours from now."
    )


def nothing_out(newest_message_utc: datetime | None) -> str:
    """What is said where no outage is under way."""
    told = "no message on an outage was fetched"
    if newest_message_utc is not None:
        told = f"the newest is of {moment_text(newest_message_utc)}"
    return f"No message speaks of an outage under way now; {told}."
