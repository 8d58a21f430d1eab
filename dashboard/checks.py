"""Reconciliation: what is set against what, the residual of each day with its bounds, and the days outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboard import text
from dashboard.charts import Look, Series, lines
from dashboard.colours import BEFORE, INDO
from dashboard.connection import Row
from dashboard.drawing import Spec
from dashboard.local_time import day_text
from dashboard.windows import Slot, day_slots, span_of_dates

MOST_NAMED = 6


@dataclass(frozen=True)
class Check:
    """Two numbers that should be nearly one. `why`: what the difference is made of, or means."""

    title: str
    left: str
    right: str
    why: str


# The checks of the seed reconciliation_bounds, as people say them; a test holds the two together.
CHECKS = {
    "fuelinst_fuelhh": Check(
        "Five minutes against half-hours",
        "the mean of six five-minute values of generation (FUELINST), summed over fuels",
        "generation by half-hour (FUELHH), summed over fuels",
        "Both are of the same meters, so nearly nothing should be left.",
    ),
    "mix_indo": Check(
        "Mix against national demand",
        "generation of the transmission system by fuel, exports and pumping counted below zero",
        "national demand (INDO, else NESO’s)",
        "What is left is what power stations use themselves.",
    ),
    "supply_itsdo": Check(
        "Supply against transmission demand",
        "all that feeds the transmission system, imports too",
        "transmission system demand (ITSDO, else NESO’s)",
        "Both count exports, pumping and the stations’ own use, so little should be left.",
    ),
    "itsdo_indo": Check(
        "Transmission demand against national demand",
        "transmission system demand",
        "national demand, exports and pumping",
        "What is left is NESO’s allowance for what power stations use themselves.",
    ),
    "carbon_estimated_actual": Check(
        "Our carbon estimate against the actual",
        "carbon intensity worked out here from the mix and the published factors",
        "the actual intensity of the Carbon Intensity API",
        "What is left is losses, and how imports are counted.",
    ),
}


def check_of(name: str) -> Check:
    """A check in words; one that is not known yet goes by its name."""
    return CHECKS.get(name) or Check(name, "one side", "the other", "")


def amount(value: float | None, unit: str) -> str:
    """A residual with its sign and unit, as +12 MW."""
    if value is None:
        return text.NONE
    number = text.rounded(value, 1 if unit != "MW" else 0)
    signed = f"+{number}" if number.strip("0.") and not number.startswith(text.MINUS) else number
    return f"{signed}{text.NBSP}{'gCO₂/kWh' if unit == 'gCO2/kWh' else unit}"


def in_words(days: Sequence[Row]) -> str:
    """What the days of one check say, in plain text: the newest, how many lie outside, which."""
    if not days:
        return "Nothing was compared."
    unit = days[0]["unit"]
    compared = [day for day in days if day["residual"] is not None]
    if not compared:
        return "Both sides were asked for, and no half-hour has both."
    judged = [day for day in compared if day["is_within_bounds"] is not None]
    outside = [day for day in judged if not day["is_within_bounds"]]
    newest, bounds = compared[-1], (days[-1]["residual_minimum"], days[-1]["residual_maximum"])
    said = [
        f"On {day_text(newest['settlement_date'])} the difference was {amount(newest['residual'], unit)}, over "
        f"{newest['periods_compared']:,} of {newest['periods_in_day']:,} half-hours. It should lie from "
        f"{amount(float(bounds[0]), unit)} to {amount(float(bounds[1]), unit)}."
    ]
    if outside:
        named = [
            f"{day_text(day['settlement_date'])} ({amount(day['residual'], unit)})"
            for day in reversed(outside[-MOST_NAMED:])
        ]
        more = len(outside) - len(named)
        said.append(
            f"{len(outside):,} of {len(judged):,} days {'lies' if len(outside) == 1 else 'lie'} outside: "
            f"{', '.join(named)}{f' and {more:,} earlier' if more else ''}."
        )
    elif judged:
        said.append(
            "The one day that is judged lies inside."
            if len(judged) == 1
            else f"All {len(judged):,} days that are judged lie inside."
        )
    if short := len(compared) - len(judged):
        said.append(
            f"{short:,} {'day has' if short == 1 else 'days have'} both sides for less than half of the day, and "
            f"{'is' if short == 1 else 'are'} not judged."
        )
    return " ".join(said)


def table(by_check: dict[str, list[Row]]) -> list[dict[str, str]]:
    """One row per check: its newest difference, its bounds, and how many days lie outside."""
    rows = []
    for name, days in by_check.items():
        unit = days[0]["unit"]
        newest = next((day for day in reversed(days) if day["residual"] is not None), None)
        judged = [day for day in days if day["is_within_bounds"] is not None]
        rows.append(
            {
                "Check": check_of(name).title,
                "Outside": f"{sum(not day['is_within_bounds'] for day in judged):,} of {len(judged):,} days",
                "Newest difference": amount(newest["residual"], unit) if newest else text.NONE,
                "Of": day_text(newest["settlement_date"]) if newest else text.NONE,
                "From": amount(float(days[-1]["residual_minimum"]), unit),
                "To": amount(float(days[-1]["residual_maximum"]), unit),
            }
        )
    return rows


def in_order(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Days by check, in the order of CHECKS; those that are not known yet come last."""
    by_check: dict[str, list[Row]] = {name: [] for name in CHECKS}
    for row in rows:
        by_check.setdefault(row["check_name"], []).append(row)
    return {name: days for name, days in by_check.items() if days}


def residuals(name: str, days: Sequence[Row], first: date, last: date) -> Spec:
    """The daily residual of one check with its half-hours' spread and its bounds."""
    span, unit = span_of_dates(first, last), days[0]["unit"]
    series = [
        Series("residual", "Daily mean, p05 to p95", INDO, band=("residual_p05", "residual_p95")),
        Series("residual_minimum", "Lower bound", BEFORE, dashed=True),
        Series("residual_maximum", "Upper bound", BEFORE, dashed=True),
    ]
    look = Look("MW" if unit == "MW" else "gCO₂ per kWh", height=300, stroke_width=1.8 if len(days) < 200 else 1.1)
    words = f"{check_of(name).title}: difference by day. {in_words(days)}"
    drawn = [day for day in days if day["residual"] is not None]  # bounds alone are nothing that is known
    return lines(
        day_slots(span, drawn), span, series, look, lambda number: amount(float(number), unit), words, note=_note
    )


def _note(slot: Slot) -> str:
    if slot.row is None or slot.row["residual"] is None:
        return "not compared"
    within = slot.row["is_within_bounds"]
    made_of = f"{slot.row['periods_compared']} of {slot.row['periods_in_day']} half-hours"
    if within is None:
        return f"not judged: {made_of}"
    return f"{'inside' if within else 'outside'}, {made_of}"
