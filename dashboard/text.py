"""Numbers, ages and states in words, and source text that stays text."""

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

NBSP = "\N{NO-BREAK SPACE}"
JOINER = "\N{WORD JOINER}"
MINUS = "\N{MINUS SIGN}"
NONE = "–"  # what stands where there is no number

STATES = {
    "forecast": "forecast",
    "provisional": "provisional",
    "settled": "settled",
    "suspect": "suspect: the source sent it, and it cannot be right",
    "withdrawn": "withdrawn by the source",
    "missing": "missing at the source",
    "known": "as known then",
    None: "not asked for",
}

Number = Decimal | float | int | None


@lru_cache(maxsize=50_000)
def rounded(value: Decimal | float | int, digits: int) -> str:
    """With thousands separators and a real minus; halves away from zero, as at school."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    near = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{near:,f}".replace("-", MINUS) if near else f"{abs(near):,f}"


def percent(share: Number, digits: int = 0) -> str:
    """A share of 0 to 1, as 38 %."""
    return NONE if share is None else f"{rounded(_exact(share) * 100, digits)}{NBSP}%"


def signed_percent(change: Number) -> str:
    """A change, as +8 % or −8 %."""
    if change is None:
        return NONE
    shown = percent(change)
    return shown if shown.startswith((MINUS, "0")) else f"+{shown}"


def megawatts(power_mw: Number) -> str:
    return NONE if power_mw is None else f"{rounded(power_mw, 0)}{NBSP}MW"


def gigawatts(power_mw: Number) -> str:
    """Megawatts, shown in gigawatts with one digit."""
    return NONE if power_mw is None else f"{rounded(_exact(power_mw) / 1000, 1)}{NBSP}GW"


def gigawatt_hours(energy_mwh: Number) -> str:
    return NONE if energy_mwh is None else f"{rounded(_exact(energy_mwh) / 1000, 1)}{NBSP}GWh"


def price(price_gbp_per_mwh: Number) -> str:
    """As £54.20/MWh, or −£3.00/MWh."""
    if price_gbp_per_mwh is None:
        return NONE
    number = rounded(price_gbp_per_mwh, 2)
    return (f"{MINUS}£{number[1:]}" if number.startswith(MINUS) else f"£{number}") + "/MWh"


def pence(price_p_per_kwh: Number) -> str:
    return NONE if price_p_per_kwh is None else f"{rounded(price_p_per_kwh, 2)}{NBSP}p/kWh"


def carbon(carbon_gco2_per_kwh: Number) -> str:
    return NONE if carbon_gco2_per_kwh is None else f"{rounded(carbon_gco2_per_kwh, 0)}{NBSP}gCO₂/kWh"


def sentence(words: str) -> str:
    """With a capital letter in front, and the rest as it is."""
    return words[:1].upper() + words[1:]


def age(of: timedelta) -> str:
    """How long ago, in the largest unit that fits: just now, 12 min ago, 3 h ago, 2 days ago."""
    minutes = int(of.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes}{NBSP}min{NBSP}ago"
    if minutes < 48 * 60:
        return f"{minutes // 60}{NBSP}h{NBSP}ago"
    return f"{minutes // (24 * 60):,}{NBSP}days{NBSP}ago"


def fetched(at_utc: datetime | None, now_utc: datetime) -> str:
    return "never fetched" if at_utc is None else f"fetched{NBSP}{age(now_utc - at_utc)}"


def state(name: str | None) -> str:
    """A state of the marts in words; one that is not known yet is shown as it is."""
    return STATES.get(name, plain(str(name)))


def coverage(made_of: int, of: int, unit: str = "half-hours") -> str:
    """As made of 46 of 48 half-hours."""
    return f"made of {made_of:,} of {of:,} {unit}"


def plain(source_text: str) -> str:
    """Text from a source for a place that reads Markdown: nothing in it becomes a link, HTML, an emoji or a format."""
    one_line = " ".join(source_text.split())
    # Addresses and emoji names are found after escapes are read: an unseen joiner breaks them.
    broken = re.sub(r"(:(?=//|[\w+-]+:)|www(?=\.)|@)", rf"\1{JOINER}", one_line, flags=re.IGNORECASE)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=\"'/])", r"\\\1", broken)


def unescaped(shown: str) -> str:
    """What `plain` made fit for Markdown, as the source wrote it, in one line; words of our own are as they were."""
    return re.sub(r"\\(.)", r"\1", shown.replace(JOINER, ""))


def _exact(value: Decimal | float | int) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value))
