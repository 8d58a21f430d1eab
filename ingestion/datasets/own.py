"""What this project says itself, kept like any answer: landed in the lake, loaded into a versioned table.

Nobody is asked for it. `energy-monitor advise` writes each evening's advice, `{"data": […]}`, one body an evening.
"""

from ingestion.dataset import NOTHING, Column, Dataset, Form
from ingestion.datasets.history import rows
from ingestion.settlement import DAY

ADVICE = Dataset(
    id="advice",
    source="own",
    title="Our own advice when to charge, as it was given",
    meaning="For an evening, a standard load and an objective: when to charge, from what was known at that moment.",
    revisions="None: of an evening's advice the first that was given holds, whatever is given later.",
    seen="recorded",
    kind="message",
    requests="/advice",
    forms=(Form("/advice?from={first}&to={last}", "evening", "day", largest=DAY, complete=False),),
    rows=rows,
    columns=(
        Column("evening", "day", "key", "UK-local"),
        Column("load", "text", "key"),
        Column("objective", "text", "key", "cheapest or greenest"),
        Column("region_code", "text", "key", "letter of the grid supply point group; empty where there is none"),
        Column("asked_at_utc", "instant", "value", "the moment whose knowledge it is made from"),
        Column("tariff_code", "text", "value"),
        Column("price_basis", "text", "value"),
        Column("carbon_basis", "text", "value"),
        Column("prices_known_until_utc", "instant", "value"),
        Column("carbon_known_until_utc", "instant", "value"),
        Column("earliest_utc", "instant", "value"),
        Column("deadline_utc", "instant", "value"),
        Column("in_one_go", "boolean", "value"),
        Column("energy_kwh", "number", "value", "kWh, at the battery"),
        Column("efficiency", "number", "value", "0 to 1"),
        Column("power_kw", "number", "value", "kW, at the meter"),
        Column("profile", "json", "value", "steps of hours and kW"),
        Column("pieces", "json", "value", "start_utc, end_utc, kW"),
        Column("shortfall_kwh", "number", "value", "kWh, at the battery"),
        Column("expected_cost_p", "number", "value", "p"),
        Column("expected_carbon_g", "number", "value", "gCO2"),
        # not compared: what is given again later says nothing new by that alone
        Column("given", "text", "attribute", "live, reconstructed or assumed"),
        Column("given_at_utc", "instant", "attribute"),
    ),
    time_column="evening",
    period=DAY,
    cadence=DAY,
    publication_lag=NOTHING,
    revised_for=NOTHING,
)
DATASETS = (ADVICE,)
