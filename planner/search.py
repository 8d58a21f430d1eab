"""What the two searches have in common."""

# A shortfall of a kWh counts for so many times as much as the dearest kWh.
DEAR = 1e6
# Bounds that differ by less than this part are alike: what is further on is looked at first.
ALIKE = 1e-9
