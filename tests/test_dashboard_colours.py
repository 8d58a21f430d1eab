"""The mix can be read by people who see fewer colours: what may lie side by side is told apart, and the rest mostly."""

from itertools import combinations

import pytest

from dashboard import colours, parts, subjects
from tests.conftest import REPOSITORY

# How colours are seen without one kind of cone, in linear RGB: Machado, Oliveira and Fernandes 2009, severity 1.
EYES = {
    "all three cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
# From linear RGB to the cones' answers, and from their cube roots to lightness and two hues: Ottosson's Oklab, 2020.
CONES = ((0.41222, 0.53633, 0.05145), (0.21190, 0.68070, 0.10740), (0.08830, 0.28172, 0.62998))
OKLAB = ((0.21045, 0.79362, -0.00407), (1.97800, -2.42859, 0.45059), (0.02590, 0.78277, -0.80868))
Vector = tuple[float, ...]


def times(matrix: tuple[Vector, ...], vector: Vector) -> Vector:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def seen(colour: str, eyes: str) -> Vector:
    """A colour as those eyes see it, in Oklab."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    left = tuple(min(1.0, max(0.0, c)) for c in times(EYES[eyes], linear))
    return times(OKLAB, tuple(c ** (1 / 3) for c in times(CONES, left)))


def apart(one: str, other: str, eyes: str) -> float:
    pairs = zip(seen(one, eyes), seen(other, eyes), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


def palette() -> list[tuple[str, str]]:
    """The parts of the mix in their order, with the colours that the seed gives them."""
    header, *lines = (REPOSITORY / "dbt_project" / "seeds" / "fuels.csv").read_text().replace('"', "").splitlines()
    fuels = []
    for line in lines:
        start, _, rest = line.partition(",")
        colour = next(cell for cell in rest.split(",") if cell.startswith("#"))
        category = next(c for c in rest.split(",") if c in CATEGORIES)
        fuels.append({"fuel_code": start, "category": category, "colour": colour})
    assert header.startswith("fuel_code,")
    return [(part.name, part.colour) for part in parts.parts(fuels, subjects.MIX)]


CATEGORIES = (*subjects.SUPPLIES, "solar", "storage", "interconnector")


@pytest.mark.parametrize("eyes", EYES)
def test_parts_of_the_mix_are_told_apart(eyes: str) -> None:
    """Up to three places apart may touch, as coal, oil and others are often nothing."""
    for (m, (one, a)), (n, (other, b)) in combinations(enumerate(palette()), 2):
        least = 0.1 if n - m <= 3 else 0.06
        assert apart(a, b, eyes) > least, (one, other)


@pytest.mark.parametrize("eyes", EYES)
def test_lines_of_one_chart_are_told_apart(eyes: str) -> None:
    together = (
        (colours.INDO, colours.ITSDO, colours.INDO_AND_EMBEDDED, colours.DEMAND_FORECAST),
        (colours.HEADLINE_PRICE, colours.IMBALANCE_PRICE, colours.BEFORE),
        (colours.CARBON_ACTUAL, colours.CARBON_FORECAST, colours.BEFORE),
    )
    for lines in together:
        for a, b in combinations(lines, 2):
            assert apart(a, b, eyes) > 0.07, (a, b)  # forecasts are dashed, too
