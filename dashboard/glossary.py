"""The words of the field, each in a sentence or two, for the place where it is met."""

from dashboard import text

# The words of Now, there and on the page for everyone
OF_NOW = ("Zero-carbon", "Renewable", "Supply", "Embedded", "Headline price", "Imbalance price", "INDO", "REMIT")

TERMS = {
    "Half-hour": "The market's unit of time, also called settlement period: 48 a day from local midnight, 46 or 50 "
    "where the clocks change.",
    "Transmission system": "The high-voltage grid of Great Britain. What local networks make and use themselves is "
    "not seen on it.",
    "Embedded": "Wind and solar in local networks. They are not metered by the grid's operator: NESO estimates them.",
    "INDO": "Initial national demand outturn: what the transmission system delivers within Great Britain, in MW. Wind "
    "and solar in local networks lower it.",
    "ITSDO": "Initial transmission system demand outturn: INDO with exports, pumping and the stations' own use.",
    "Headline price": "The market index: what power for a half-hour cost on the exchange (APXMIDP), in £ per MWh.",
    "Imbalance price": "The system price: what a MWh costs who was short of what they sold, or brings who was long. "
    "Settlement runs revise it for 28 months.",
    "Below zero": "Where more is made than can be used, a price is negative: who takes power is paid for it.",
    "Agile": "A tariff of Octopus Energy whose price changes each half-hour, by region, after what power costs on the "
    "exchange. The prices of a day are published the afternoon before.",
    "Efficiency": "How much of the energy that the meter counts arrives in the battery. The rest becomes heat.",
    "Carbon intensity": "Grams of CO₂ for each kWh used in Great Britain, imports included, from the Carbon Intensity "
    "API. The actual is itself an estimate, from the mix.",
    "Zero-carbon": "Nuclear, wind, solar and hydro. Biomass is counted as renewable, and not as zero-carbon.",
    "Renewable": "Wind, solar, hydro and biomass.",
    "Supply": "All that feeds the grid: generation, embedded wind and solar, storage that gives back, and imports.",
    "Pumped storage": "Water that is pumped up with power and gives it back later. It makes none.",
    "Provisional": "A number that its source may still revise. Settled: past the time within which it does.",
    "Suspect": "The source sent it, and it cannot be right, as a carbon intensity of 0. It is shown, and left out of "
    "means and sums.",
    "REMIT": "The rule by which market participants must publish outages of their plant, in their own words.",
    "Horizon": "How long before the half-hour a forecast was there.",
    "MAE": "Mean absolute error: by how much a forecast is off on average, up or down.",
    "Bias": "Mean error: above zero where the forecast is too high on average.",
    "No change": "The naive forecast, also called persistence, that all stays as it was in the newest number that was "
    "published when the forecast is looked at.",
    "Week before": "The naive forecast that a half-hour is like the same one a week before.",
    "Skill": "By how much less a forecast is off than a naive one: 100 % is perfect, 0 % no better, below it worse.",
    "Record": "The highest or lowest of what is known here, from numbers whose every part was there and measured.",
    "Tie": "A later number that equals a record: the earlier one keeps it.",
    "Captured price": "What a MWh of a fuel was worth at the times when that fuel was generated.",
    "Baseload price": "The mean price of all half-hours, whether a fuel ran in them or not.",
    "Duration curve": "All half-hours in the order of their price: how often the price was at most so much.",
    "Reconciliation": "Two sources that should say the same, set against each other.",
    "Residual": "What is left of one side less the other, where two sources are set against each other.",
    "Lag": "From the end of a row’s period, or from its publishing, to our fetch of it. The median is the middle one "
    "of a day, and p95 the lag that 95 in 100 rows did not exceed.",
    "Revision": "A value that its source changed, withdrew or brought back after it had come.",
    "Gap": "A half-hour that was asked for and due, and of which a number lacks.",
    "Complete day": "A day that has all of its half-hours: 48, or 46 and 50 where the clocks change.",
    "Withdrawn": "A number that two later complete answers of its source lack.",
}


def show(*terms: str) -> None:
    """The words of a page, folded."""
    import streamlit as st  # the page that is published has the words too, and no Streamlit

    if terms:
        with st.expander("Words on this page", icon=":material/menu_book:", key="glossary"):
            st.markdown("\n".join(f"- **{text.plain(term)}**: {text.plain(TERMS[term])}" for term in terms))
