"""What every page has to say, on the dashboard and on the page for everyone."""

from ingestion.sources import SOURCES

MADE_UP = "Simulated grid: these numbers are made up."
SAY_NOTHING = "They say nothing about the real one."
LOCAL_TIME = "All times are UK local time, with the zone written beside them."


def attributions() -> str:
    """What the sources' licences ask for, as plain text."""
    return f"{'. '.join(source.attribution for source in SOURCES.values())}."
