"""Great Britain's network regions as a map of equal tiles, each about where its region is: no outside map is needed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import altair as alt

from dashboard.colours import CARBON_CLASSES, NO_DATA, SHARE_CLASSES
from dashboard.connection import Row
from dashboard.drawing import Spec, filled, frame, layered
from dashboard.text import percent, rounded

# region_id: the column from the west, the row from the north, and the name in lines short enough for a tile
PLACES = {
    1: (1, 0, ("North", "Scotland")),
    2: (1, 1, ("South", "Scotland")),
    3: (1, 2, ("North West", "England")),
    4: (2, 2, ("North East", "England")),
    6: (1, 3, ("N Wales &", "Merseyside")),
    5: (2, 3, ("Yorkshire",)),
    7: (0, 4, ("South", "Wales")),
    8: (1, 4, ("West", "Midlands")),
    9: (2, 4, ("East", "Midlands")),
    10: (3, 4, ("East", "England")),
    11: (0, 5, ("South West", "England")),
    12: (1, 5, ("South", "England")),
    13: (2, 5, ("London",)),
    14: (3, 5, ("South East", "England")),
}
TILE, LEGEND = 94, 84  # px high
BLANK = "no data"


@dataclass(frozen=True)
class Scale:
    """Classes by their least number, from 0 on; `words` writes a number on a tile, `unit` follows it elsewhere."""

    column: str
    title: str
    least: tuple[float, ...]
    colours: tuple[str, ...]
    words: Callable[[float], str]
    step: Callable[[float], str]
    unit: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """What the legend calls the classes: by their bounds, the last one open."""
        bounds = [self.step(number) for number in self.least]
        pairs = pairwise(bounds)
        return (*(f"{low} to {high}" for low, high in pairs), f"{bounds[-1]} and more")

    def class_of(self, number: float) -> int:
        """Which class a number is in; a bound is in the class that it begins."""
        return max(sum(number >= least for least in self.least) - 1, 0)


CARBON_SCALE = Scale(
    "carbon_forecast_gco2_per_kwh",
    "gCO₂ per kWh",
    (0, 50, 100, 150, 200, 250, 300),
    CARBON_CLASSES,
    lambda number: rounded(number, 0),
    lambda number: f"{number:.0f}",
    " gCO₂/kWh",
)


def share_scale(fuel: str) -> Scale:
    """The part that a fuel has in what is used."""
    return Scale(
        f"{fuel}_share",
        f"Share of {fuel}",
        (0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6),
        SHARE_CLASSES,
        percent,
        lambda number: f"{number:.0%}",
    )


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, as WCAG 2 has it: 0 is black, 1 is white."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ink(colour: str) -> str:
    """Black or white, whichever reads better on a colour: of the two one always has a contrast above 4.5."""
    return "#000000" if luminance(colour) > 0.179 else "#ffffff"


def tile_map(rows: Sequence[Row], scale: Scale, chosen: int, names: Mapping[int, str], said: str) -> Spec:
    """The map. `said`: what it shows, for a screen reader, which is told every number after it."""
    by_region = {row["region_id"]: row for row in rows}
    tiles, told = [], []
    for region, (column, line, short) in PLACES.items():
        row = by_region.get(region)
        number = None if row is None or row[scale.column] is None else float(row[scale.column])
        group = BLANK if number is None else scale.labels[scale.class_of(number)]
        fill = NO_DATA if number is None else scale.colours[scale.class_of(number)]
        words = BLANK if number is None else scale.words(number)
        index = str((row or {}).get("carbon_index") or "") if number is not None and scale is CARBON_SCALE else ""
        tiles.append(
            {
                "column": column,
                "line": line,
                "name": short[0],
                "more": short[-1] if short[1:] else "",
                "number": words,
                "index": index[:12],
                "class": group,
            }
            | {"ink": ink(fill), "start": region, "chosen": region == chosen, "region": names.get(region, "")}
            | {"said": f"{words}{scale.unit if number is not None else ''}{f', {index}' if index else ''}"}
        )
        told.append(f"{names.get(region, ' '.join(short))} {tiles[-1]['said']}")
    has_blank = any(tile["class"] == BLANK for tile in tiles)
    form = _form(scale.labels, scale.colours, scale.title, has_blank, scale is CARBON_SCALE)
    return filled(form, f"{said} {'; '.join(told)}.", {"tiles": tiles})


@lru_cache(maxsize=32)
def _form(labels: tuple[str, ...], colours: tuple[str, ...], title: str, has_blank: bool, has_index: bool) -> Spec:
    domain, fills = [*labels], [*colours]
    if has_blank:
        domain.append(BLANK)
        fills.append(NO_DATA)
    legend = alt.Legend(
        title=title,
        orient="bottom",
        direction="horizontal",
        symbolType="square",
        symbolSize=150,
        symbolStrokeColor=NO_DATA,
        symbolStrokeWidth=0.5,
        columns=alt.ExprRef(expr="width < 380 ? 3 : 4"),
        labelLimit=140,
        titleFontWeight="normal",
    )
    picked = alt.selection_point(on="click", fields=["start"], empty=False, name="picked")
    base = frame("tiles").encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(domain=[0, 1, 2, 3], paddingInner=0.05, paddingOuter=0.02)),
        y=alt.Y("line:O", axis=None, scale=alt.Scale(domain=[*range(6)], paddingInner=0.05, paddingOuter=0.02)),
        tooltip=[alt.Tooltip("region:N", title="Region"), alt.Tooltip("said:N", title=title)],
    )
    tile = (
        base.mark_rect(cornerRadius=6, cursor="pointer")
        .encode(
            color=alt.Color("class:N", scale=alt.Scale(domain=domain, range=fills), sort=domain, legend=legend),
            stroke=alt.when("datum.chosen").then(alt.value("#1f8fb3")).otherwise(alt.value(NO_DATA)),
            strokeWidth=alt.when("datum.chosen").then(alt.value(4)).otherwise(alt.value(0.5)),
        )
        .add_params(picked)
    )
    inked = base.encode(color=alt.Color("ink:N", scale=None))

    def written(field: str, dy: int, size: int, weight: Literal["normal", "bold"] = "normal") -> alt.Chart:
        text: alt.Chart = inked.mark_text(
            fontSize=size, fontWeight=weight, dy=dy, baseline="top", align="center", cursor="pointer"
        ).encode(text=f"{field}:N")
        return text

    low = 0 if has_index else 9
    names = [written("name", low - 40, 11), written("more", low - 27, 11)]
    index = [written("index", 19, 11)] if has_index else []
    return layered([tile, *names, written("number", low - 8, 20, "bold"), *index], TILE * 6 + LEGEND)
