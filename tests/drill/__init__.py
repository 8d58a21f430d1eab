"""The fault drill: days of simulated time through the real ingestion and dbt, with every fault that we could think of.

Beside the side that meets faults runs a side that meets none, at the same ticks. Afterwards nothing may be lost,
nothing invented, and the marts of both are equal. See docs/drill.md; `make drill` runs the full size.
"""
