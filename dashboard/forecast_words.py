"""How good a forecast was, in words. Rows are those of marts.forecasts; errors are forecast minus outcome."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from dashboard import text
from dashboard.connection import Row
from dashboard.forecast_series import Forecast, ahead_text, horizon_label

DAYS_NEEDED_BY_HOUR = 7


def needed(forecast: Forecast) -> int:
    """How many scored forecasts an average needs: as many as a day has."""
    return 24 * 60 // forecast.minutes


def has_enough(forecast: Forecast, row: Row | None) -> bool:
    """Whether a row of by_horizon has enough to speak of an average."""
    return row is not None and bool(row["forecasts_scored"] >= needed(forecast))


def needed_by_hour(forecast: Forecast) -> int:
    """How many the average of an hour of the day needs: as many as a week has."""
    return DAYS_NEEDED_BY_HOUR * 60 // forecast.minutes


def name_of(forecast: Forecast, region: str | None) -> str:
    return f"{forecast.name} of {region}" if region else forecast.name


def month_text(month: date) -> str:
    """As Oct 2026."""
    return f"{month:%b %Y}"


def bias_text(forecast: Forecast, bias: text.Number) -> str:
    """As 80 MW too high."""
    words = forecast.error_words
    error = bias or 0
    size = words(-error if error < 0 else error)
    if size == words(0):
        return "neither too high nor too low"
    return f"{size} too {'high' if error > 0 else 'low'}"


def headline(forecast: Forecast, region: str | None, hours: Decimal, row: Row | None) -> str:
    """The one sentence of a series at a horizon. `row`: of by_horizon, None where the horizon has none."""
    if row is None or not has_enough(forecast, row):
        return too_little(forecast, region, hours, row["forecasts_scored"] if row else 0)
    off, high = forecast.error_words(row["mae"]), bias_text(forecast, row["bias"])
    if row["outcome_basis"] == "last_forecast":
        return (
            f"Looked at {ahead_text(hours)} ahead, {name_of(forecast, region)} was still to change by {off} on "
            f"average, and was {high}. No outcome is published for regions: it is held against the last forecast "
            "before the half-hour began, which says how much it still changed, and not how far it was from the truth."
        )
    return f"Looked at {ahead_text(hours)} ahead, {name_of(forecast, region)} was off by {off} on average, and {high}."


def too_little(forecast: Forecast, region: str | None, hours: Decimal, scored: int) -> str:
    """How much there is to score, and how much is needed."""
    if scored:
        count = "1 forecast" if scored == 1 else f"{scored:,} forecasts"
        there = f"only {count} of {ahead_text(hours)} ahead can be held against what came"
    else:
        there = f"no forecast of {ahead_text(hours)} ahead can be held against what came"
    return (
        f"How good {name_of(forecast, region)} was cannot be said yet: {there}, and {needed(forecast)} are needed, "
        "as many as a day has."
    )


def what_to_do(forecast: Forecast) -> str:
    """How there comes to be more to score, as Markdown."""
    if forecast.keeps_issues:
        return (
            f"Its source keeps its issues: `energy-monitor backfill --from YYYY-MM-DD {forecast.dataset}` with "
            "`energy-monitor build` fetches older ones; what came has to be there too."
        )
    how = "Its source keeps no old forecasts: they add up from the day on which this workspace asks each half-hour."
    if forecast.dataset == "neso_embedded_forecast":
        how += " NESO’s estimate of what came follows weeks later."
    return how


def coverage_text(forecast: Forecast, row: Row) -> str:
    """How many forecasts there were, how many were scored, and how many outcomes are settled."""
    expected, held, scored = row["forecasts_expected"], row["forecasts_held"], row["forecasts_scored"]
    settled = row["forecasts_settled"]
    if not expected:
        return "No forecast was to be expected."
    said = f"Forecasts were there for {held:,} of {expected:,} {forecast.periods} ({_share(held, expected)})"
    if scored < held:
        said += f"; {scored:,} of them have an outcome to be held against"
    if not scored:
        return f"{said}."
    if settled == scored:
        return f"{said}. All outcomes are settled."
    return f"{said}. {settled:,} of {scored:,} outcomes are settled ({_share(settled, scored)}); the others may change."


def _share(part: int, whole: int) -> str:
    """In percent, and never rounded to all or nothing."""
    if 0 < part < whole:
        return f"{min(max(round(100 * part / whole), 1), 99)}{text.NBSP}%"
    return text.percent(part / whole)


def baseline_text(forecast: Forecast, row: Row) -> str:
    """What naive forecasts of the same half-hours would have been; nothing where there is none."""
    said = []
    for what, name in (("that nothing changes", "persistence"), ("the same as a week before", "week_before")):
        if not row[f"{name}_compared"]:
            continue
        error, skill = row[f"{name}_mae"], row[f"skill_over_{name}"]
        better = "" if skill is None else f" ({_skill(skill)})"
        some = "" if row[f"{name}_compared"] == row["forecasts_scored"] else f", of {row[f'{name}_compared']:,} of them"
        said.append(f"{what}: off by {forecast.error_words(error)}{better}{some}")
    if not said:
        return "No naive forecast can be set beside it yet."
    return f"Had one simply said {'; or '.join(said)}."


def _skill(skill: Decimal) -> str:
    share = text.percent(abs(skill))
    return f"the forecast is {share} {'less' if skill >= 0 else 'more'} off"


def left_out(forecast: Forecast, rows: Sequence[Row]) -> str:
    """Which horizons have too little to be drawn; nothing where all have enough."""
    short = [
        f"{horizon_label(row['horizon_hours'])} ({row['forecasts_scored']:,})"
        for row in rows
        if not has_enough(forecast, row)
    ]
    return f" Too few to be drawn, as {needed(forecast)} are needed: {', '.join(short)}." if short else ""
