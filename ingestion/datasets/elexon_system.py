"""Elexon Insights: generation by type, the system's frequency, and its lists of fuels and cables."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ingestion.dataset import NEXT_DAYS, BodyError, Column, Dataset, Form
from ingestion.datasets.elexon import SETTLEMENT_LABELS, by_publish_time, rows
from ingestion.settlement import DAY, HALF_HOUR

AGPT = Dataset(
    id="agpt",
    source="elexon",
    title="Generation by type (B1620), half-hourly, with solar and with wind on land and at sea",
    meaning="Mean power by the types of EU regulation 543/2013. Never added to fuelhh: both count the same plant.",
    revisions="A period is published again, with a higher document revision, under a new publish time.",
    seen="no",
    kind="measurement",
    requests="/datasets/AGPT(?:/stream)?",
    # published about 149 minutes after a period's start, and again later: what an answer lacks is not known absent
    forms=tuple(
        by_publish_time(path, 4 * DAY, behind=timedelta(minutes=149))
        for path in ("/datasets/AGPT", "/datasets/AGPT/stream")
    ),
    rows=rows,
    columns=(
        Column("startTime", "instant", "key"),
        Column("psrType", "text", "key"),
        Column("businessType", "text", "key"),
        Column("quantity", "number", "value", "MW"),
        Column("dataset", "text", "attribute"),
        Column("documentId", "text", "attribute"),
        Column("documentRevisionNumber", "integer", "attribute"),
        Column("publishTime", "instant", "attribute"),
        *SETTLEMENT_LABELS,
    ),
    time_column="startTime",
    period=HALF_HOUR,
    cadence=HALF_HOUR,
    publication_lag=timedelta(minutes=140),
    revised_for=DAY,
    again_at=NEXT_DAYS,
    stamp="publishTime",
)

FREQUENCY = Dataset(
    id="frequency",
    source="elexon",
    title="Frequency of the system, every 15 seconds",
    meaning="Below 50 Hz more is used than fed in, above it less.",
    revisions="None seen.",
    seen="no",
    kind="measurement",
    requests="/system/frequency(?:/stream)?|/datasets/FREQ(?:/stream)?",
    forms=(
        Form("/system/frequency?from={first}&to={last}", "measurementTime", "instant", DAY),
        Form("/system/frequency/stream?from={first}&to={last}", "measurementTime", "instant", DAY),
        *(
            Form(
                f"{path}?measurementDateTimeFrom={{first}}&measurementDateTimeTo={{last}}",
                "measurementTime",
                "instant",
                DAY,
            )
            for path in ("/datasets/FREQ", "/datasets/FREQ/stream")
        ),
    ),
    rows=rows,
    columns=(
        Column("measurementTime", "instant", "key"),
        Column("frequency", "number", "value", "Hz"),
        Column("dataset", "text", "attribute"),
    ),
    time_column="measurementTime",
    period=timedelta(seconds=15),
    cadence=timedelta(minutes=2),
    ask_at="9,39 * * * *",  # nothing reads it more often
    publication_lag=timedelta(minutes=4),
    revised_for=DAY,
    again_at=NEXT_DAYS,
)


def fuel_type_rows(body: Any) -> list[Mapping[str, Any]]:
    """A list of codes to rows with the field `fuelType`, as the code is called elsewhere."""
    if not isinstance(body, list):
        raise BodyError("expected a list of codes")
    return [{"fuelType": code} for code in body]


def _reference(path: str, dataset_id: str, title: str, meaning: str, **rest: Any) -> Dataset:
    """A list that each answer holds whole."""
    return Dataset(
        id=dataset_id,
        source="elexon",
        title=title,
        meaning=meaning,
        revisions="New ones appear without notice.",
        seen="no",
        kind="reference",
        requests=path,
        newest=path,
        forms=(),
        time_column=None,
        period=timedelta(0),
        cadence=DAY,
        publication_lag=timedelta(0),
        revised_for=timedelta(0),
        **rest,
    )


FUEL_TYPES = _reference(
    "/reference/fueltypes/all",
    "fuel_types",
    "Codes of fuels and cables",
    "The codes of fuelhh and fuelinst.",
    rows=fuel_type_rows,
    columns=(Column("fuelType", "text", "key"),),
)
INTERCONNECTORS = _reference(
    "/reference/interconnectors/all",
    "interconnectors",
    "Cables to other countries",
    "The name of each cable, and the market at its other end.",
    rows=rows,
    columns=(
        Column("interconnectorId", "text", "key"),
        Column("interconnectorName", "text", "value"),
        Column("interconnectorBiddingZone", "text", "value"),
    ),
)

DATASETS = (AGPT, FREQUENCY, INTERCONNECTORS, FUEL_TYPES)
