"""What a benchmark says of a budget of DESIGN.md: our figure, what it is held against, and whether it is met. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    budget: its name. what: what was measured. ours, other: figures in `unit`; no `other` where ours stands alone.
    ratio: what is held against a limit that is a ratio. limit: in words; empty where the line has none, as it stands
    beside a budget or is of another size than the budget's, and met is None then.
    """

    budget: str
    what: str
    ours: float
    unit: str
    other: float | None = None
    other_name: str = ""
    ratio: float | None = None
    limit: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "short", None: ""}[self.met]


def at_most(
    budget: str, what: str, ours: float, unit: str, limit: float, *, other: float | None = None, other_name: str = ""
) -> Figure:
    """A figure that may not be above a limit; a peer's may stand beside it."""
    ratio = ours / other if other else None
    return Figure(budget, what, ours, unit, other, other_name, ratio, f"≤ {limit:g} {unit}", ours <= limit)


def times_at_most(
    budget: str, what: str, ours: float, unit: str, other: float, other_name: str, limit: float
) -> Figure:
    """A figure that may not be above so many times another."""
    return Figure(budget, what, ours, unit, other, other_name, ours / other, f"≤ {limit:g} ×", ours / other <= limit)


def speed_at_least(
    budget: str, what: str, ours: float, unit: str, other: float, other_name: str, limit: float
) -> Figure:
    """Times, of which ours may not be so long that our speed is below so many times the other's."""
    return Figure(budget, what, ours, unit, other, other_name, other / ours, f"≥ {limit:g} ×", other / ours >= limit)


def beside(budget: str, what: str, ours: float, unit: str, other: float | None = None, other_name: str = "") -> Figure:
    """A figure without a limit. Where there is another one, the ratio is ours by it."""
    return Figure(budget, what, ours, unit, other, other_name, ours / other if other else None)


def table(figures: Sequence[Figure]) -> Iterable[str]:
    """The figures as lines of Markdown, a budget's together."""
    yield "| budget | measured | ours | beside it | ratio | limit | |"
    yield "|---|---|---|---|---|---|---|"
    before = ""
    for figure in figures:
        beside_it = "" if figure.other is None else f"{figure.other_name}: {number(figure.other)} {figure.unit}"
        cells = (
            "" if figure.budget == before else figure.budget,
            figure.what,
            f"{number(figure.ours)} {figure.unit}",
            beside_it,
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.limit,
            figure.verdict,
        )
        yield f"| {' | '.join(cells)} |"
        before = figure.budget


def number(value: float) -> str:
    """Three digits that say something, and no fewer of a whole number."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
