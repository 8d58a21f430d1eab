"""The colours of lines, the same on every page. Those of fuels are in dim_fuels."""

DEMAND_FORECAST = "#8a7fb5"
INDO, ITSDO, INDO_AND_EMBEDDED = "#3f6fd1", "#7f8fa6", "#d9822b"
HEADLINE_PRICE, IMBALANCE_PRICE = "#3f6fd1", "#d9822b"
BEFORE = "#8b939c"  # an earlier week or year
CARBON_ACTUAL, CARBON_FORECAST = "#2f8f7f", "#8a7fb5"
# Seven classes each, from little to much, after ColorBrewer's YlOrBr and YlGnBu, which the colour-blind can order.
CARBON_CLASSES = ("#ffffd4", "#fee9a6", "#fec44f", "#fb9a29", "#d9660f", "#a84206", "#662506")
SHARE_CLASSES = ("#f7fcd9", "#d5eeb3", "#93d3b8", "#49b5c3", "#2487b8", "#24539f", "#0d2366")
NO_DATA = "#69727c"
