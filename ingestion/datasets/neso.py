"""NESO's data portal (CKAN): yearly files of demand with embedded wind and solar. NESO Open Data Licence."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ingestion.dataset import BodyError, Column, Dataset, Form
from ingestion.settlement import DAY, HALF_HOUR


def records(body: Any) -> list[Mapping[str, Any]]:
    """CKAN's `{"success": true, "result": {"records": […]}}`."""
    result = body.get("result") if isinstance(body, dict) and body.get("success") is True else None
    found = result.get("records") if isinstance(result, dict) else None
    if not isinstance(found, list):
        raise BodyError("expected `success` true and a list `result.records`")
    return found


HISTORIC_DEMAND = Dataset(
    id="neso_historic_demand",
    source="neso",
    title="Demand outturn with embedded wind and solar and the flows of interconnectors",
    kind="measurement",
    paths=r"datastore_search \(historic demand data \d{4}\).*",
    forms=(
        Form(
            "datastore_search (historic demand data {year}), filters SETTLEMENT_DATE={first}",
            "SETTLEMENT_DATE",
            "day",
            DAY,
        ),
    ),
    rows=records,
    columns=(
        Column("SETTLEMENT_DATE", "day", "key"),
        Column("SETTLEMENT_PERIOD", "integer", "key"),
        Column("ND", "number", "value", "MW"),
        Column("TSD", "number", "value", "MW"),
        Column("ENGLAND_WALES_DEMAND", "number", "value", "MW"),
        Column("EMBEDDED_WIND_GENERATION", "number", "value", "MW"),
        Column("EMBEDDED_WIND_CAPACITY", "number", "value", "MW"),
        Column("EMBEDDED_SOLAR_GENERATION", "number", "value", "MW"),
        Column("EMBEDDED_SOLAR_CAPACITY", "number", "value", "MW"),
        Column("NON_BM_STOR", "number", "value", "MW"),
        Column("PUMP_STORAGE_PUMPING", "number", "value", "MW"),
        Column("SCOTTISH_TRANSFER", "number", "value", "MW"),
        Column("IFA_FLOW", "number", "value", "MW"),
        Column("IFA2_FLOW", "number", "value", "MW"),
        Column("BRITNED_FLOW", "number", "value", "MW"),
        Column("MOYLE_FLOW", "number", "value", "MW"),
        Column("EAST_WEST_FLOW", "number", "value", "MW"),
        Column("NEMO_FLOW", "number", "value", "MW"),
        Column("NSL_FLOW", "number", "value", "MW"),
        Column("ELECLINK_FLOW", "number", "value", "MW"),
        Column("VIKING_FLOW", "number", "value", "MW"),
        Column("GREENLINK_FLOW", "number", "value", "MW"),
        Column("_id", "integer", "attribute"),
    ),
    time_column="SETTLEMENT_DATE",
    period=HALF_HOUR,
    cadence=DAY,
    publication_lag=2 * DAY,
    revised_for=timedelta(days=60),
)

DATASETS = (HISTORIC_DEMAND,)
