"""Elexon Insights: forecasts of demand and of wind. Their source keeps each issue, under the time of its publishing.

An issue's time is part of a row's key, so what an answer lacks of its window is known to be absent.
"""

from datetime import timedelta

from ingestion.dataset import NEXT_DAYS, Column, Dataset
from ingestion.datasets.elexon import SETTLEMENT_LABELS, by_publish_time, rows
from ingestion.settlement import DAY, HALF_HOUR, HOUR

NOTHING = timedelta(0)


def _demand_forecast(code: str, dataset_id: str, title: str, meaning: str, query: str = "") -> Dataset:
    """NDF and TSDF differ in what they forecast, and in that TSDF can be asked for by zone."""
    path = f"/datasets/{code}"
    paths = path, f"{path}/stream"
    by_zone = rf"{path}(?:/stream)?\?(?:.*&)?boundary=(?P<boundary>[^&]+)|"
    return Dataset(
        id=dataset_id,
        source="elexon",
        title=title,
        meaning=meaning,
        revisions="About two issues an hour; each is kept by its source.",
        seen="no",
        kind="forecast",
        requests=by_zone + f"{path}(?:/stream)?",
        forms=tuple(
            by_publish_time(p, DAY, behind=NOTHING, complete=True, more=more)
            for more in dict.fromkeys((query, ""))
            for p in paths
        ),
        rows=rows,
        columns=(
            Column("publishTime", "instant", "key"),
            Column("startTime", "instant", "key"),
            Column("boundary", "text", "key"),
            Column("demand", "number", "value", "MW, mean over the half-hour"),
            Column("dataset", "text", "attribute"),
            *SETTLEMENT_LABELS,
        ),
        time_column="publishTime",
        period=NOTHING,
        cadence=HALF_HOUR,
        publication_lag=timedelta(minutes=20),
        revised_for=DAY,
        again_at=NEXT_DAYS,
        stamp="publishTime",
    )


NDF = _demand_forecast(
    "NDF",
    "ndf",
    "National demand, forecast for today and tomorrow",
    "What INDO is expected to be.",
)
TSDF = _demand_forecast(
    "TSDF",
    "tsdf",
    "Transmission system demand, forecast for today and tomorrow",
    "What ITSDO is expected to be. Published by zone too; the national one (boundary N) is asked for.",
    query="&boundary=N",
)

WINDFOR = Dataset(
    id="windfor",
    source="elexon",
    title="Wind on the transmission system, forecast up to about 45 hours ahead",
    meaning="What WIND of fuelhh is expected to be, by the hour, for wind farms whose meters NESO sees.",
    revisions="Eight issues a day; each is kept by its source.",
    seen="rebuilt",
    kind="forecast",
    requests="/datasets/WINDFOR(?:/stream)?",
    forms=tuple(
        by_publish_time(path, DAY, behind=NOTHING, complete=True)
        for path in ("/datasets/WINDFOR", "/datasets/WINDFOR/stream")
    ),
    rows=rows,
    columns=(
        Column("publishTime", "instant", "key"),
        Column("startTime", "instant", "key"),
        Column("generation", "number", "value", "MW, mean over the hour"),
        Column("dataset", "text", "attribute"),
    ),
    time_column="publishTime",
    period=NOTHING,
    cadence=4 * HOUR,  # the longest time between two issues
    publication_lag=timedelta(minutes=10),
    ask_at="40 * * * *",
    revised_for=DAY,
    again_at=NEXT_DAYS,
    stamp="publishTime",
)

DATASETS = (NDF, TSDF, WINDFOR)
