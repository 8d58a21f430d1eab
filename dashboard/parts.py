"""The parts of the mix with their names and colours, which are those of dim_fuels, and what each bar stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.colours import UNKNOWN
from dashboard.connection import Row
from dashboard.measures import part_label
from dashboard.text import megawatts

CATEGORIES = {"pumped_storage": "storage", "imports": "interconnector", "exports": "interconnector"}


@dataclass(frozen=True)
class Part:
    """One part of the mix: as columns begin, as people say, and its colour."""

    name: str
    label: str
    colour: str


def parts(fuels: Sequence[Row], names: Sequence[str]) -> list[Part]:
    """The parts with the colour of their category's first fuel; embedded ones have a fuel of their own."""
    by_code: Mapping[str, Row] = {fuel["fuel_code"]: fuel for fuel in fuels}
    by_category: dict[str, list[Row]] = {}
    for fuel in fuels:
        by_category.setdefault(fuel["category"], []).append(fuel)
    found = []
    for name in names:
        of_category = by_category.get(CATEGORIES.get(name, name)) or [{}]
        nth = 1 if name == "exports" and len(of_category) > 1 else 0  # to be told apart from imports
        fuel = by_code.get(name.upper()) or of_category[nth]
        found.append(Part(name, part_label(name), fuel.get("colour") or UNKNOWN))
    return found


Bar = dict[str, Any]  # label, mw as a float for drawing, text, colour, also: what more is said of it


def mix_bars(half_hour: Row, mix: Sequence[Part]) -> list[Bar]:
    """Where power comes from in one half-hour, largest first; uses are below zero. What lacks or is zero has none."""
    bars = []
    for part in mix:
        power_mw = half_hour[f"{part.name}_mw"]
        if not power_mw:
            continue
        is_forecast = half_hour["is_embedded_forecast"] and part.name.startswith("embedded_")
        signed = -power_mw if part.name == "exports" else power_mw
        label = f"{part.label}*" if is_forecast else part.label
        bars.append({"label": label, "mw": float(signed), "text": megawatts(signed), "colour": part.colour, "also": ""})
    return _largest_first(bars)


def flow_bars(flows: Sequence[Row], colour: str) -> list[Bar]:
    """Net flow by country: import is above zero. One that lacks has a word in its place."""
    return _largest_first(
        [
            {
                "label": flow["country"],
                "mw": float(flow["net_mw"] or 0),
                "text": "no data" if flow["net_mw"] is None else megawatts(flow["net_mw"]),
                "colour": colour,
                "also": flow["cables"],
            }
            for flow in flows
        ]
    )


def _largest_first(bars: list[Bar]) -> list[Bar]:
    return sorted(bars, key=lambda bar: -float(bar["mw"]))
