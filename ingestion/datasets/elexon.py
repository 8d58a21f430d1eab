"""Elexon Insights: generation by fuel, demand, prices and outage messages. No key is needed.

Its answers come in three shapes: an object with `data`, the same with `metadata`, and a bare array. Wrong
parameters are ignored in silence, with a 200 and other data, so each answer is held against its window.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ingestion.dataset import NEXT_DAYS, BodyError, Column, Dataset, Form
from ingestion.settlement import DAY, HALF_HOUR, HOUR

FIVE_MINUTES = timedelta(minutes=5)


def rows(body: Any) -> list[Mapping[str, Any]]:
    """The rows of any of Elexon's three shapes."""
    found = body.get("data") if isinstance(body, dict) else body
    if not isinstance(found, list):
        raise BodyError("expected an object with a list `data`, or a list of rows")
    return found


def _by_day(path: str, largest: timedelta) -> Form:
    return Form(f"{path}?settlementDateFrom={{first}}&settlementDateTo={{last}}", "settlementDate", "day", largest)


def by_publish_time(path: str, largest: timedelta, behind: timedelta, complete: bool = False, more: str = "") -> Form:
    """A window of publish times; `behind` is how long after a row's start it is published, `more` goes to the query."""
    template = f"{path}?publishDateTimeFrom={{first}}&publishDateTimeTo={{last}}{more}"
    return Form(template, "publishTime", "instant", largest, behind=behind, complete=complete)


SETTLEMENT_LABELS = (
    Column("settlementDate", "day", "attribute"),
    Column("settlementPeriod", "integer", "attribute"),
)


def _generation_by_fuel(
    code: str, dataset_id: str, title: str, meaning: str, period: timedelta, lag: timedelta
) -> Dataset:
    """FUELHH and FUELINST differ only in the length of their period."""
    path = f"/datasets/{code}"
    return Dataset(
        id=dataset_id,
        source="elexon",
        title=title,
        meaning=meaning,
        revisions="None seen; FUELINST of a day in 2024 was equal 22 months later.",
        seen="rebuilt",
        kind="measurement",
        requests=f"{path}(?:/stream)?",
        forms=tuple(
            form
            for p in (path, f"{path}/stream")
            for form in (_by_day(p, 7 * DAY), by_publish_time(p, 7 * DAY, behind=period))
        ),
        rows=rows,
        columns=(
            Column("startTime", "instant", "key"),
            Column("fuelType", "text", "key"),
            Column("generation", "number", "value", "MW, mean over the period"),
            Column("dataset", "text", "attribute"),
            Column("publishTime", "instant", "attribute"),
            *SETTLEMENT_LABELS,
        ),
        time_column="startTime",
        period=period,
        cadence=period,
        publication_lag=lag,
        revised_for=2 * DAY,
        again_at=NEXT_DAYS,
        stamp="publishTime",
    )


FUELHH = _generation_by_fuel(
    "FUELHH",
    "fuelhh",
    "Generation by fuel, half-hourly",
    "Mean power of a fuel, or of a cable (above 0: into GB), over a half-hour, as metered on the transmission system.",
    HALF_HOUR,
    timedelta(minutes=15),
)
FUELINST = _generation_by_fuel(
    "FUELINST",
    "fuelinst",
    "Generation by fuel, five-minutely",
    "As fuelhh, over five minutes.",
    FIVE_MINUTES,
    timedelta(minutes=10),
)

DEMAND_OUTTURN = Dataset(
    id="demand_outturn",
    source="elexon",
    title="Demand on the transmission system (INDO and ITSDO)",
    meaning="INDO: mean demand without exports, pumping and station load; ITSDO: with them. What is generated in "
    "local networks lowers both.",
    revisions="None seen; both are called initial, and NESO may correct them in its own files.",
    seen="rebuilt",
    kind="measurement",
    requests="/demand/outturn(?:/stream)?",
    forms=(_by_day("/demand/outturn", 28 * DAY), _by_day("/demand/outturn/stream", 28 * DAY)),
    rows=rows,
    columns=(
        Column("settlementDate", "day", "key"),
        Column("settlementPeriod", "integer", "key"),
        Column("initialDemandOutturn", "number", "value", "MW"),
        Column("initialTransmissionSystemDemandOutturn", "number", "value", "MW"),
        Column("publishTime", "instant", "attribute"),
        Column("startTime", "instant", "attribute"),
    ),
    time_column="settlementDate",
    period=HALF_HOUR,
    cadence=HALF_HOUR,
    publication_lag=timedelta(minutes=15),
    revised_for=2 * DAY,
    again_at=NEXT_DAYS,
    stamp="publishTime",
)

# Hours after the end of a settlement date at which a run has replaced its prices: II, SF, R1, R2, R3, RF, DF.
SETTLEMENT_RUNS = tuple(HOUR * age for age in (168, 576, 1416, 3048, 5592, 10200, 20400))

SYSTEM_PRICES = Dataset(
    id="system_prices",
    source="elexon",
    title="Imbalance (system) prices and net imbalance volume",
    meaning="What those who were out of balance pay or get; above 0 of net imbalance volume, the system was short.",
    revisions="Overwritten in place by each settlement run (II, SF, R1, R2, R3, RF, DF), up to about 28 months later; "
    "the answer does not say which run it is of.",
    seen="recorded",
    kind="measurement",
    requests=r"/balancing/settlement/system-prices/[\d-]+",
    forms=(Form("/balancing/settlement/system-prices/{first}", "settlementDate", "day", DAY),),
    rows=rows,
    columns=(
        Column("settlementDate", "day", "key"),
        Column("settlementPeriod", "integer", "key"),
        Column("systemSellPrice", "number", "value", "GBP/MWh"),
        Column("systemBuyPrice", "number", "value", "GBP/MWh"),
        Column("bsadDefaulted", "boolean", "value"),
        Column("priceDerivationCode", "text", "value"),
        Column("reserveScarcityPrice", "number", "value", "GBP/MWh"),
        Column("netImbalanceVolume", "number", "value", "MWh, above 0 the system was short"),
        Column("sellPriceAdjustment", "number", "value", "GBP/MWh"),
        Column("buyPriceAdjustment", "number", "value", "GBP/MWh"),
        Column("replacementPrice", "number", "value", "GBP/MWh"),
        Column("replacementPriceReferenceVolume", "number", "value", "MWh"),
        Column("totalAcceptedOfferVolume", "number", "value", "MWh"),
        Column("totalAcceptedBidVolume", "number", "value", "MWh"),
        Column("totalAdjustmentSellVolume", "number", "value", "MWh"),
        Column("totalAdjustmentBuyVolume", "number", "value", "MWh"),
        Column("totalSystemTaggedAcceptedOfferVolume", "number", "value", "MWh"),
        Column("totalSystemTaggedAcceptedBidVolume", "number", "value", "MWh"),
        Column("totalSystemTaggedAdjustmentSellVolume", "number", "value", "MWh"),
        Column("totalSystemTaggedAdjustmentBuyVolume", "number", "value", "MWh"),
        Column("createdDateTime", "instant", "attribute"),
        Column("startTime", "instant", "attribute"),
    ),
    time_column="settlementDate",
    period=HALF_HOUR,
    cadence=HALF_HOUR,
    publication_lag=timedelta(minutes=30),
    revised_for=timedelta(days=900),  # the last settlement run, DF, comes about 28 months after the day
    again_at=(*NEXT_DAYS, *(age + 5 * HOUR for age in SETTLEMENT_RUNS)),
    stamp="createdDateTime",
)

MARKET_INDEX = Dataset(
    id="market_index",
    source="elexon",
    title="Market index prices and volumes, by provider",
    meaning="Price and volume of short-term trades; of APXMIDP where its volume is above 0, it is the headline price.",
    revisions="None seen.",
    seen="no",
    kind="measurement",
    requests="/balancing/pricing/market-index|/datasets/MID(?:/stream)?",
    forms=tuple(
        Form(f"{path}?from={{first}}&to={{last}}", "startTime", "instant", 7 * DAY)
        for path in ("/balancing/pricing/market-index", "/datasets/MID", "/datasets/MID/stream")
    ),
    rows=rows,
    columns=(
        Column("startTime", "instant", "key"),
        Column("dataProvider", "text", "key"),
        Column("price", "number", "value", "GBP/MWh"),
        Column("volume", "number", "value", "MWh; a price with volume 0 is no price"),
        Column("dataset", "text", "attribute"),
        *SETTLEMENT_LABELS,
    ),
    time_column="startTime",
    period=HALF_HOUR,
    cadence=HALF_HOUR,
    publication_lag=timedelta(minutes=15),
    revised_for=2 * DAY,
    again_at=NEXT_DAYS,
)

REMIT = Dataset(
    id="remit",
    source="elexon",
    title="REMIT messages on unavailable plant",
    meaning="What a plant's owner says is out of order: how much, from when to when, and why.",
    revisions="New revisions of a message are new rows; one was seen sent again with other content.",
    seen="recorded",
    kind="message",
    requests="/datasets/REMIT(?:/stream)?",
    forms=tuple(
        # A message's publish time is part of its key, so what an answer lacks is known to be absent.
        by_publish_time(path, DAY, behind=timedelta(0), complete=True)
        for path in ("/datasets/REMIT/stream", "/datasets/REMIT")
    ),
    rows=rows,
    columns=(
        Column("mrid", "text", "key"),
        Column("revisionNumber", "integer", "key"),
        Column("publishTime", "instant", "key"),
        Column("createdTime", "instant", "value"),
        Column("messageType", "text", "value"),
        Column("messageHeading", "text", "value"),
        Column("eventType", "text", "value"),
        Column("unavailabilityType", "text", "value"),
        Column("participantId", "text", "value"),
        Column("registrationCode", "text", "value"),
        Column("assetId", "text", "value"),
        Column("assetType", "text", "value"),
        Column("affectedUnit", "text", "value"),
        Column("affectedUnitEIC", "text", "value"),
        Column("affectedArea", "text", "value"),
        Column("biddingZone", "text", "value"),
        Column("fuelType", "text", "value"),
        Column("normalCapacity", "number", "value", "MW"),
        Column("availableCapacity", "number", "value", "MW"),
        Column("unavailableCapacity", "number", "value", "MW"),
        Column("eventStatus", "text", "value"),
        Column("eventStartTime", "instant", "value"),
        Column("eventEndTime", "instant", "value"),
        Column("durationUncertainty", "text", "value"),
        Column("cause", "text", "value"),
        Column("relatedInformation", "text", "value"),
        Column("outageProfile", "json", "value", "startTime, endTime, capacity: the MW that stay available"),
        Column("dataset", "text", "attribute"),
    ),
    time_column="publishTime",
    period=timedelta(0),
    cadence=HALF_HOUR,
    quiet_for=timedelta(hours=12),  # a night without an outage to tell of
    publication_lag=timedelta(minutes=15),
    revised_for=2 * DAY,
    again_at=NEXT_DAYS,
    stamp="publishTime",
)

DATASETS = (FUELHH, FUELINST, DEMAND_OUTTURN, SYSTEM_PRICES, MARKET_INDEX, REMIT)
