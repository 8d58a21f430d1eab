"""Price: the headline price and the imbalance price, whatever their sign."""

from dashboard import history, text
from dashboard.charts import Look, Series, lines
from dashboard.colours import BEFORE, HEADLINE_PRICE, IMBALANCE_PRICE
from dashboard.drawing import Spec
from dashboard.shown import Shown, against_text, coverage_text, span_text
from dashboard.windows import Slot


def _draw(shown: Shown) -> tuple[Spec, str]:
    headline, imbalance = "market_index_price_gbp_per_mwh", "system_price_gbp_per_mwh"
    if shown.is_daily:
        series = [
            Series(f"mean_{c}", label, colour, band=(f"min_{c}", f"max_{c}"), made_of=f"{c}_periods")
            for c, label, colour in (
                (headline, "Headline price, daily mean", HEADLINE_PRICE),
                (imbalance, "Imbalance price, daily mean", IMBALANCE_PRICE),
            )
        ]
    else:
        series = [
            Series(headline, "Headline price (market index)", HEADLINE_PRICE),
            Series(imbalance, "Imbalance price", IMBALANCE_PRICE),
        ]
    if shown.choice.against:
        series.append(Series(f"before_{shown.compared}", f"Headline price, {shown.choice.against}", BEFORE))
    said = span_text(shown)
    for name, column in (("Headline price", headline), ("Imbalance price", imbalance)):
        said += f" {name}: {coverage_text(shown, column, f'{column}_periods' if shown.is_daily else None)}"
    if shown.is_daily:
        said += " Pale bands run from the day’s lowest to its highest half-hour."
    if any((row[c] or 0) < 0 for row in shown.rows for s in series for c in (s.column, *(s.band or ()))):
        said += " What is below zero is shaded red."
    said += against_text(shown, text.price)
    chart = lines(
        shown.slots,
        shown.span,
        series,
        Look("£ per MWh", zero_line=True, stroke_width=shown.stroke_width),
        text.price,
        f"Electricity price in pounds per megawatt-hour. {said}",
        note=None if shown.is_daily else _note,
    )
    return chart, said


def _note(slot: Slot) -> str:
    headline, imbalance = slot.number("market_index_state"), slot.number("system_price_state")
    run = slot.number("settlement_run")
    return f"headline {text.state(headline)}, imbalance {text.state(imbalance)}" + (f" (run {run})" if run else "")


history.show("Price", "price", _draw, ("Half-hour", "Headline price", "Imbalance price", "Below zero"))
