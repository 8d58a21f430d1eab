"""Carbon intensity: actual and forecast."""

from dashboard import history, text
from dashboard.charts import Look, Series, lines
from dashboard.colours import BEFORE, CARBON_ACTUAL, CARBON_FORECAST
from dashboard.drawing import Spec
from dashboard.shown import Shown, against_text, window_text
from dashboard.windows import Slot


def _draw(shown: Shown) -> tuple[Spec, str]:
    actual, forecast = "carbon_actual_gco2_per_kwh", "carbon_forecast_gco2_per_kwh"
    if shown.is_daily:
        series = [
            Series(
                f"mean_{actual}",
                "Actual, daily mean",
                CARBON_ACTUAL,
                band=(f"min_{actual}", f"max_{actual}"),
                made_of=f"{actual}_periods",
            ),
            Series(
                f"mean_{forecast}", "Forecast, daily mean", CARBON_FORECAST, dashed=True, made_of=f"{forecast}_periods"
            ),
        ]
        said = window_text(shown, actual, f"{actual}_periods")
        said += " The pale band runs from the day’s lowest to its highest half-hour."
    else:
        series = [
            Series(actual, "Actual", CARBON_ACTUAL),
            Series(forecast, "Forecast, as it last stood", CARBON_FORECAST, dashed=True),
        ]
        said = window_text(shown, actual)
    if shown.choice.against:
        series.append(Series(f"before_{shown.compared}", f"Actual, {shown.choice.against}", BEFORE))
    said += against_text(shown, text.carbon)
    chart = lines(
        shown.slots,
        shown.span,
        series,
        Look("gCO₂ per kWh", stroke_width=shown.stroke_width),
        text.carbon,
        f"Carbon intensity of electricity in grams of CO₂ per kilowatt-hour. {said}",
        note=None if shown.is_daily else _note,
    )
    return chart, said


def _note(slot: Slot) -> str:
    return text.state(slot.number("state"))


history.show("Carbon intensity", "carbon", _draw, ("Half-hour", "Carbon intensity", "Provisional", "Suspect"))
