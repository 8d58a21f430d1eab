"""The colours of lines, the same on every page. Those of fuels are in dim_fuels."""

DEMAND_FORECAST = "#804aa5"
INDO, ITSDO, INDO_AND_EMBEDDED = "#3f6fd1", "#9aa7b8", "#d9822b"
HEADLINE_PRICE, IMBALANCE_PRICE = "#3f6fd1", "#d9822b"
BEFORE = "#9aa3ad"  # an earlier week or year
CARBON_ACTUAL, CARBON_FORECAST = "#16806f", "#804aa5"
UNKNOWN = "#c8c7f1"  # a fuel that the seed does not know yet
NEUTRAL = "#8b939c"  # axes, and what has no colour of its own
# Seven classes each, from little to much, after ColorBrewer's YlOrBr and YlGnBu, which the colour-blind can order.
CARBON_CLASSES = ("#ffffd4", "#fee9a6", "#fec44f", "#fb9a29", "#d9660f", "#a84206", "#662506")
SHARE_CLASSES = ("#f7fcd9", "#d5eeb3", "#93d3b8", "#49b5c3", "#2487b8", "#24539f", "#0d2366")
NO_DATA = "#69727c"
