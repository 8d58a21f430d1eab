"""The colours of lines, the same on every page. Those of fuels are in dim_fuels."""

DEMAND_FORECAST = "#8a7fb5"
INDO, ITSDO, INDO_AND_EMBEDDED = "#3f6fd1", "#7f8fa6", "#d9822b"
HEADLINE_PRICE, IMBALANCE_PRICE = "#3f6fd1", "#d9822b"
BEFORE = "#8b939c"  # an earlier week or year
CARBON_ACTUAL, CARBON_FORECAST = "#2f8f7f", "#8a7fb5"
