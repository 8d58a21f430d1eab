"""What the page Forecasts shows of its choice: accuracy in steps, and a forecast against what came over some days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from dashboard import forecast_charts, text
from dashboard.charts import Look, Series, lines
from dashboard.colours import CARBON_ACTUAL, DEMAND_FORECAST
from dashboard.connection import Row
from dashboard.drawing import Spec
from dashboard.forecast_charts import Step
from dashboard.forecast_series import FORECASTS, Forecast, ahead_text, horizon_label
from dashboard.forecast_words import bias_text, has_enough, left_out, name_of, needed_by_hour
from dashboard.kept import kept
from dashboard.local_time import moment_text
from dashboard.marts import forecasts as marts
from dashboard.windows import Slot, Span
from ingestion.settlement import DAY, HALF_HOUR, half_hour_start, local_midnight_utc

MOST_DAYS = 14
NOT_ENOUGH: dict[str, None] = dict.fromkeys(("mae", "bias", "persistence_mae", "week_before_mae"))


@dataclass(frozen=True)
class Chosen:
    """What a reader asks for. `months`: their first days. `region`: its name where the series is of regions."""

    series: str
    region_id: int
    region: str | None
    hours: Decimal
    months: tuple[date, ...]

    @property
    def forecast(self) -> Forecast:
        return FORECASTS[self.series]

    @property
    def stem(self) -> str:
        of = f"_{self.region_id}" if self.region else ""
        return f"energy-monitor_forecast_{self.series.replace('_', '-')}{of}"


@dataclass(frozen=True)
class Drawn:
    """A chart, the rows that it is drawn from, and the caption over it."""

    spec: Spec
    rows: Sequence[Row]
    said: str


def _told(forecast: Forecast, row: Row) -> tuple[tuple[str, str], ...]:
    words = forecast.error_words
    return (
        ("Off by", words(row["mae"])),
        ("Bias", bias_text(forecast, row["bias"]) if row["bias"] is not None else text.NONE),
        ("No change, off by", words(row["persistence_mae"])),
        ("Week before, off by", words(row["week_before_mae"])),
        ("Scored", f"{row['forecasts_scored']:,} of {row['forecasts_expected']:,} expected"),
        ("Settled", f"{row['forecasts_settled']:,}"),
    )


def _unit(forecast: Forecast) -> str:
    return "gCO₂ per kWh" if forecast.is_carbon else "MW"


@kept
def by_horizon(chosen: Chosen) -> Drawn:
    """Errors by how far ahead; what is of too few forecasts is in the rows and not drawn."""
    forecast = chosen.forecast
    rows = marts.by_horizon(chosen.series, chosen.region_id, chosen.months)
    steps = [
        Step(
            f"{row['horizon_hours'].normalize():f}",
            row if has_enough(forecast, row) else NOT_ENOUGH,
            (("Ahead", horizon_label(row["horizon_hours"])), *_told(forecast, row)),
        )
        for row in rows
    ]
    said = "The more hours ahead, the larger the error as a rule." + left_out(forecast, rows)
    numbers = "; ".join(
        f"{horizon_label(row['horizon_hours'])} ahead off by {forecast.error_words(row['mae'])}"
        for row in rows
        if has_enough(forecast, row)
    )
    spec = forecast_charts.errors(
        steps,
        ("mae", "persistence_mae", "week_before_mae"),
        _unit(forecast),
        "Hours ahead",
        f"Error of {name_of(forecast, chosen.region)} by hours ahead: {numbers or 'too little to score'}.",
        f"{chosen.hours.normalize():f}" if any(row["horizon_hours"] == chosen.hours for row in rows) else None,
    )
    return Drawn(spec, rows, said)


@kept
def by_hour(chosen: Chosen) -> Drawn:
    """Errors by hour of the UK's clock, at one horizon."""
    forecast = chosen.forecast
    rows = marts.by_hour(chosen.series, chosen.region_id, chosen.hours, chosen.months)
    least = needed_by_hour(forecast)
    enough = [row for row in rows if row["forecasts_scored"] >= least]
    steps = [
        Step(
            f"{row['hour_of_day']:02d}",
            row if row["forecasts_scored"] >= least else NOT_ENOUGH,
            (("UK local time", f"{row['hour_of_day']:02d}:00 to {row['hour_of_day']:02d}:59"), *_told(forecast, row)),
        )
        for row in rows
    ]
    said = f"Looked at {ahead_text(chosen.hours)} ahead."
    if enough:
        worst = max(enough, key=lambda row: row["mae"])
        said += (
            f" Worst from {worst['hour_of_day']:02d}:00: off by {forecast.error_words(worst['mae'])}, "
            f"{bias_text(forecast, worst['bias'])}."
        )
    if len(enough) < len(rows):
        said += f" {len(rows) - len(enough)} hours have fewer than the {least} forecasts that are needed."
    spec = forecast_charts.errors(
        steps,
        ("mae",),
        _unit(forecast),
        "Hour of the day, UK local time",
        f"Error of {name_of(forecast, chosen.region)} by hour of the day. {said}",
        None,
    )
    return Drawn(spec, rows, said)


def span_of(window: str, dates: tuple[date, date] | None, end_utc: datetime) -> Span:
    """A day or a week that ends at an instant, or whole local days, at most fourteen."""
    if dates:
        first, last = max(dates[0], dates[1] - (MOST_DAYS - 1) * DAY), dates[1]
        return Span(local_midnight_utc(first), local_midnight_utc(last + DAY))
    return Span(end_utc - (7 if window == "week" else 1) * DAY, end_utc)


@kept
def against_outcome(
    chosen: Chosen,
    window: str,
    dates: tuple[date, date] | None,
    now_half_hour_utc: datetime,
    known_utc: datetime | None = None,
) -> Drawn:
    """The forecast as it stood so long before, and what came; the window ends with the newest outcome."""
    forecast = chosen.forecast
    at_utc = half_hour_start(known_utc) if known_utc else now_half_hour_utc
    newest = marts.newest_outcome(chosen.series, chosen.region_id, at_utc, known_utc)
    span = span_of(window, dates, _whole(forecast, newest["end_utc"] if newest else at_utc))
    key = (chosen.series, chosen.region_id)
    forecasts = {
        row["period_start_utc"]: row
        for row in marts.looked_at_ahead(*key, chosen.hours, span.start_utc, span.end_utc, at_utc)
    }
    outcomes = {row["period_start_utc"]: row for row in marts.outcomes(*key, span.start_utc, span.end_utc, known_utc)}
    step = timedelta(minutes=forecast.minutes)
    starts = [span.start_utc + n * step for n in range((span.end_utc - span.start_utc) // step)]
    slots = [Slot(start, start + step, _row(start, forecasts, outcomes, at_utc)) for start in starts]
    rows = [slot.row for slot in slots if slot.row]
    held, came = (sum(row[name] is not None for row in rows) for name in ("forecast", "outcome"))
    said = (
        f"{moment_text(span.start_utc)} to {moment_text(span.end_utc)}. A forecast was there "
        f"{ahead_text(chosen.hours)} ahead for {held:,} of {len(slots):,} {forecast.periods}, and what came for "
        f"{came:,}."
    )
    spec = lines(
        slots,
        span,
        [
            Series("outcome", f"What came: {forecast.outcome_name}", CARBON_ACTUAL),
            Series("forecast", f"Forecast, {horizon_label(chosen.hours)} ahead", DEMAND_FORECAST, dashed=True),
        ],
        Look("gCO₂ per kWh" if forecast.is_carbon else "GW", 1 if forecast.is_carbon else 1000, height=340),
        forecast.words,
        f"{text.sentence(name_of(forecast, chosen.region))} as it stood {ahead_text(chosen.hours)} before, and "
        f"what came. {said}",
        note=lambda slot: _note(forecast, slot),
    )
    return Drawn(spec, rows, said)


def _whole(forecast: Forecast, instant: datetime) -> datetime:
    """The end of the hour in which an instant lies, where the series is hourly."""
    return instant + HALF_HOUR if forecast.is_hourly and instant.minute else instant


def _row(start: datetime, forecasts: dict[datetime, Row], outcomes: dict[datetime, Row], at_utc: datetime) -> Row:
    then, came = forecasts.get(start, {}), outcomes.get(start, {})
    before = start >= at_utc  # what has not begun has not come, whatever the mart holds for it
    outcome = None if before else came.get("outcome")
    value = then.get("forecast")
    return {
        "period_start_utc": start,
        "forecast": value,
        "outcome": outcome,
        "error": None if value is None or outcome is None else value - outcome,
        "outcome_state": None if before else came.get("outcome_state"),
        "looked_at_utc": then.get("looked_at_utc"),
        "forecast_known_from_utc": then.get("forecast_known_from_utc"),
        "lake_key": then.get("lake_key"),
    }


def _note(forecast: Forecast, slot: Slot) -> str:
    error, state = slot.number("error"), slot.number("outcome_state")
    said = [] if error is None else [f"forecast {bias_text(forecast, error)}"]
    return ", ".join([*said, *([f"outcome {text.state(state)}"] if state else [])]) or text.NONE
