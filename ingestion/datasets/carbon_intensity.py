"""The Carbon Intensity API of NESO: what the grid emits per kWh, as it was and as it is expected. CC BY 4.0.

A window `/intensity/{from}/{to}` is answered with the half-hours that *end* in it, so the half-hour before `from`
comes along; the forms below say so, and nothing else has to know.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ingestion.dataset import BodyError, Column, Dataset, Form
from ingestion.settlement import DAY, HALF_HOUR


def intensity_rows(body: Any) -> list[Mapping[str, Any]]:
    """`{"data": [{"from", "to", "intensity": {…}}]}` to rows with the fields of `intensity` beside `from` and `to`."""
    found = body.get("data") if isinstance(body, dict) else None
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        raise BodyError("expected an object with a list `data`")
    rows: list[Mapping[str, Any]] = []
    for number, row in enumerate(found, start=1):
        intensity = row.get("intensity") if isinstance(row, dict) else None
        if not isinstance(intensity, dict):
            raise BodyError(f"row {number} has no object `intensity`")
        rows.append({k: v for k, v in row.items() if k != "intensity"} | intensity)
    return rows


def _intensity(dataset_id: str, title: str, **rest: Any) -> Dataset:
    return Dataset(
        id=dataset_id,
        source="carbon_intensity",
        title=title,
        rows=intensity_rows,
        columns=(
            Column("from", "instant", "key"),
            Column("to", "instant", "attribute"),
            Column("forecast", "number", "value", "gCO2/kWh"),
            Column("actual", "number", "value", "gCO2/kWh"),
            Column("index", "text", "value"),
        ),
        time_column="from",
        period=HALF_HOUR,
        cadence=HALF_HOUR,
        **rest,
    )


NATIONAL_ACTUAL = _intensity(
    "carbon_national_actual",
    "National carbon intensity, actual, with the forecast as the source last had it",
    kind="measurement",
    requests=r"/intensity/date/[\d-]+|/intensity/\d[^/]*/\d[^/]*",
    forms=(
        Form("/intensity/{first}/{last}", "to", "instant", 14 * DAY, behind=HALF_HOUR),
        Form("/intensity/date/{first}", "from", "day", DAY),
    ),
    publication_lag=timedelta(minutes=60),
    revised_for=2 * DAY,
)

NATIONAL_FORECAST = _intensity(
    "carbon_national_forecast",
    "National carbon intensity, forecast up to 48 hours ahead",
    kind="forecast",
    newest="/intensity/{now}/fw48h",
    requests="/intensity/[^/]+/fw(24|48)h",
    forms=(
        Form("/intensity/{first}/fw48h", "to", "instant", 2 * DAY, span=2 * DAY, behind=HALF_HOUR),
        Form("/intensity/{first}/fw24h", "to", "instant", DAY, span=DAY, behind=HALF_HOUR),
    ),
    publication_lag=timedelta(0),
    revised_for=timedelta(0),
)

DATASETS = (NATIONAL_ACTUAL, NATIONAL_FORECAST)
