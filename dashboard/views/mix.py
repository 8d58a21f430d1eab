"""The mix: what electricity is made from, and above all what is not known of it."""

from dashboard import history, mix_charts, subjects
from dashboard.drawing import Spec
from dashboard.marts import common
from dashboard.parts import parts as parts_of
from dashboard.shown import Shown, against_text, window_text
from dashboard.text import gigawatt_hours, gigawatts


def _draw(shown: Shown) -> tuple[Spec, str]:
    suffix = "mwh" if shown.is_daily else "mw"
    column = f"transmission_supply_{suffix}"
    said = window_text(shown, column, "transmission_supply_periods" if shown.is_daily else None)
    lacking = sum(row[column] is not None and row[f"supply_{suffix}"] is None for row in shown.rows)
    if lacking:
        said += (
            f" Wind and solar in local networks are not known for {lacking:,} of these "
            f"{'days' if shown.is_daily else 'half-hours'}, which show the transmission system alone."
        )
    parts = parts_of(common.fuels(), subjects.MIX)
    mix = [part for part in parts if any(row[f"{part.name}_{suffix}"] for row in shown.rows)]
    said += " Exports and pumping are uses, below the axis."
    said += against_text(shown, gigawatt_hours if shown.is_daily else gigawatts)
    chart = mix_charts.stacked(
        shown.slots,
        shown.span,
        mix,
        suffix,
        "GWh per day" if shown.is_daily else "GW",
        f"Electricity supply by fuel, stacked. {said}",
        f"transmission system’s supply, {shown.choice.against}" if shown.choice.against else None,
    )
    return chart, said


history.show("Fuel mix", "mix", _draw, ("Half-hour", "Supply", "Transmission system", "Embedded", "Pumped storage"))
