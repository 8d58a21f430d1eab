"""Demand: what the transmission system sees, and with what local networks make by themselves."""

from dashboard import history, text
from dashboard.charts import Look, Series, lines
from dashboard.colours import BEFORE, DEMAND_FORECAST, INDO, INDO_AND_EMBEDDED, ITSDO
from dashboard.drawing import Spec
from dashboard.shown import Shown, against_text, window_text
from dashboard.windows import Slot


def _draw(shown: Shown) -> tuple[Spec, str]:
    if shown.is_daily:
        series = [
            Series("indo_mwh", "National demand (INDO)", INDO, made_of="indo_periods"),
            Series("itsdo_mwh", "Transmission system demand (ITSDO)", ITSDO, made_of="itsdo_periods"),
        ]
        said = window_text(shown, "indo_mwh", "indo_periods")
        said += " Energy of each day; a day with fewer half-hours than it has is a part of it, and not scaled up."
    else:
        series = [
            Series("indo_mw", "National demand (INDO)", INDO),
            Series("itsdo_mw", "Transmission system demand (ITSDO)", ITSDO),
            Series("indo_and_embedded_mw", "INDO with embedded wind and solar", INDO_AND_EMBEDDED),
            Series("national_demand_forecast_mw", "INDO as it was forecast", DEMAND_FORECAST, dashed=True),
        ]
        said = window_text(shown, "indo_mw")
        lacking = sum(row["indo_mw"] is not None and row["indo_and_embedded_mw"] is None for row in shown.rows)
        if lacking:
            said += f" Wind and solar in local networks are not known for {lacking:,} of these half-hours."
    if shown.choice.against:
        series.append(Series(f"before_{shown.compared}", f"INDO, {shown.choice.against}", BEFORE))
    said += against_text(shown, text.gigawatt_hours if shown.is_daily else text.gigawatts)
    chart = lines(
        shown.slots,
        shown.span,
        series,
        Look("GWh per day" if shown.is_daily else "GW", divisor=1000, stroke_width=shown.stroke_width),
        text.gigawatt_hours if shown.is_daily else text.megawatts,
        f"Electricity demand. {said}",
        note=None if shown.is_daily else _note,
    )
    return chart, said


def _note(slot: Slot) -> str:
    return f"INDO {text.state(slot.number('indo_state'))}, ITSDO {text.state(slot.number('itsdo_state'))}"


history.show("Demand", "demand", _draw, ("Half-hour", "INDO", "ITSDO", "Embedded"))
