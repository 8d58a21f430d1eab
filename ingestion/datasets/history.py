"""Long series that someone kept in files: brought in by `energy-monitor history`, and never asked for.

A file is recognised by its columns. It is landed in bodies of a calendar month, `{"data": […]}`, under the file's own
column names and with its own numbers. Datasets of their own, so that nothing in them poses as what a source answered.
What a file lacks is not known to be absent: another file, or the source, may have it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from ingestion.dataset import NOTHING, BodyError, Column, Dataset, Form
from ingestion.datasets.neso import HISTORIC_DEMAND
from ingestion.settlement import DAY, HALF_HOUR

SOURCE = "history"
PVLIVE = "SOLAR"  # a code that Elexon does not have
CARBON_FUELS = ("biomass", "coal", "gas", "hydro", "imports", "nuclear", "other", "solar", "wind")


@dataclass(frozen=True)
class Part:
    """The rows of a file that are of one dataset: all, or those whose `column` holds `value`, or does not."""

    dataset: Dataset
    column: str = ""
    value: str = ""
    is_value: bool = True


@dataclass(frozen=True)
class FileKind:
    """A kind of file: a file with all of these columns is one. Others flow through, as fields that nobody knows.

    time: the column that says when a row is. day_of: its text to a settlement date, where it is neither an instant nor
    such a date; raises ValueError. wide: columns that the dataset has under other names.
    """

    columns: tuple[str, ...]
    time: str
    parts: tuple[Part, ...]
    day_of: Callable[[str], date] | None = None
    wide: tuple[Column, ...] = ()

    @property
    def id(self) -> str:
        return self.parts[0].dataset.id

    def column(self, part: Part, name: str) -> Column | None:
        """What a column of a file holds; None for one that flows through."""
        return part.dataset.by_name.get(name) or next((c for c in self.wide if c.name == name), None)


def rows(body: Any) -> list[Mapping[str, Any]]:
    """The rows of a body that was cut out of a file."""
    found = body.get("data") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise BodyError("expected an object with a list `data`")
    return found


def mix_rows(body: Any) -> list[Mapping[str, Any]]:
    """One row a half-hour with a column for each fuel, to one row a half-hour and fuel."""
    wide = [row if isinstance(row, dict) else {} for row in rows(body)]
    return [
        {name: value for name, value in row.items() if name not in CARBON_FUELS} | {"fuel": fuel, "perc": row.get(fuel)}
        for row in wide
        for fuel in CARBON_FUELS
    ]


def agile_rows(body: Any) -> list[Mapping[str, Any]]:
    """Rows with the UK-local date that their naive local time names, and which of two with the same text each is.

    In October an hour of the clock comes twice; the texts do not say which is which.
    """
    seen: Counter[object] = Counter()
    found: list[Mapping[str, Any]] = []
    for number, row in enumerate(rows(body), start=1):
        text = row.get("Period from") if isinstance(row, dict) else None
        try:
            day = agile_day(str(text))
        except ValueError as error:
            raise BodyError(f"row {number}, Period from: {error}") from None
        seen[text] += 1
        found.append(dict(row) | {"local_date": day.isoformat(), "occurrence": str(seen[text])})
    return found


def agile_day(text: str) -> date:
    """The date of 31/10/2022 01:30. Raises ValueError for another form of time."""
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M").date()  # noqa: DTZ007 a date and no instant
    except ValueError:
        raise ValueError(f"{text!r} is no local time as 31/10/2022 01:30") from None


def _history(
    name: str,
    title: str,
    meaning: str,
    columns: tuple[Column, ...],
    time_column: str,
    period: timedelta = HALF_HOUR,
    rows: Callable[[Any], list[Mapping[str, Any]]] = rows,
) -> Dataset:
    path = f"/{name}"
    type_: Literal["day", "instant"] = "day" if columns[0].type == "day" else "instant"
    form = Form(
        f"{path}?sha256={{sha256}}&from={{first}}&to={{last}}",
        time_column,
        type_,
        largest=32 * DAY,
        complete=False,
        half_open=type_ == "instant",
    )
    return Dataset(
        id=name,
        source=SOURCE,
        title=title,
        meaning=meaning,
        revisions="None, but by another file: of two, the one that was brought in later holds.",
        seen="recorded",
        kind="measurement",
        requests=path,
        forms=(form,),
        rows=rows,
        columns=columns,
        time_column=time_column,
        period=period,
        cadence=DAY,
        publication_lag=NOTHING,
        revised_for=NOTHING,
    )


SETTLEMENT_LABELS = (
    Column("settlementDate", "day", "attribute"),
    Column("settlementPeriod", "integer", "attribute"),
)
FUEL_MIX = _history(
    "history_fuel_mix",
    "From files: generation by fuel, half-hourly means of published five-minute values",
    "As fuelhh, and not Elexon's: a mean over the five-minute values that somebody kept. nSamples says of how many.",
    (
        Column("startTime", "instant", "key"),
        Column("fuelType", "text", "key"),
        Column("meanMW", "number", "value", "MW, mean of nSamples five-minute values"),
        Column("nSamples", "integer", "value", "of 6"),
        *SETTLEMENT_LABELS,
    ),
    "startTime",
)


def _five_minutely(name: str, title: str, meaning: str, period: timedelta) -> Dataset:
    return _history(
        name,
        title,
        meaning,
        (
            Column("startTime", "instant", "key"),
            Column("fuelType", "text", "key"),
            Column("generationMW", "number", "value", "MW, mean over the period"),
            Column("publishTime", "instant", "attribute"),
        ),
        "startTime",
        period,
    )


FUELINST = _five_minutely(
    "history_fuelinst",
    "From files: generation by fuel, five-minutely",
    "As fuelinst.",
    timedelta(minutes=5),
)
SOLAR_PVLIVE = _five_minutely(
    "history_solar_pvlive",
    "From files: solar generation, estimated by Sheffield Solar PVLive",
    "What the rows SOLAR among kept five-minute values are: half-hourly estimates of all solar, none of Elexon's.",
    HALF_HOUR,
)
SYSTEM_PRICES = _history(
    "history_system_prices",
    "From files: imbalance (system) prices and net imbalance volume",
    "As system_prices; fetchedAtUTC tells when whoever kept them asked, and so which settlement run they are of.",
    (
        Column("startTime", "instant", "key"),
        Column("systemSellPrice", "number", "value", "GBP/MWh"),
        Column("systemBuyPrice", "number", "value", "GBP/MWh"),
        Column("netImbalanceVolume", "number", "value", "MWh, above 0 the system was short"),
        Column("fetchedAtUTC", "instant", "attribute"),
        *SETTLEMENT_LABELS,
    ),
    "startTime",
)
DEMAND = _history(
    "history_demand",
    "From files: NESO's historic demand with embedded wind and solar and the flows of interconnectors",
    "As neso_historic_demand, from the yearly files themselves.",
    tuple(column for column in HISTORIC_DEMAND.columns if column.name != "_id"),
    "SETTLEMENT_DATE",
)
CARBON_NATIONAL = _history(
    "history_carbon_national",
    "From files: national carbon intensity, actual and forecast",
    "As carbon_national_actual.",
    (
        Column("from", "instant", "key"),
        Column("to", "instant", "attribute"),
        Column("forecast", "number", "value", "gCO2/kWh"),
        Column("actual", "number", "value", "gCO2/kWh"),
        Column("index", "text", "value"),
    ),
    "from",
)
CARBON_GENERATION_MIX = _history(
    "history_carbon_generation_mix",
    "From files: generation mix as the Carbon Intensity API sees it, in percent",
    "As carbon_generation_mix.",
    (
        Column("from", "instant", "key"),
        Column("fuel", "text", "key"),
        Column("to", "instant", "attribute"),
        Column("perc", "number", "value", "% of supply"),
    ),
    "from",
    rows=mix_rows,
)
AGILE = _history(
    "history_agile",
    "From files: half-hourly prices of Agile import and export, of a region that is not told",
    "What a kWh cost, or brought, a household on Agile. Times are naive UK-local texts.",
    (
        Column("local_date", "day", "key", "UK-local, from Period from"),
        Column("Period from", "text", "key", "naive UK-local time"),
        Column("occurrence", "text", "key", "1; 2 where the text came before"),
        Column("Period to", "text", "value", "naive UK-local time"),
        Column("Agile Import price (p/kWh)", "number", "value", "p/kWh"),
        Column("Agile Export price (p/kWh)", "number", "value", "p/kWh"),
    ),
    "local_date",
    rows=agile_rows,
)

KINDS = (
    FileKind(("startTime", "fuelType", "meanMW", "nSamples"), "startTime", (Part(FUEL_MIX),)),
    FileKind(
        ("startTime", "fuelType", "generationMW"),
        "startTime",
        (Part(FUELINST, "fuelType", PVLIVE, is_value=False), Part(SOLAR_PVLIVE, "fuelType", PVLIVE)),
    ),
    FileKind(("startTime", "systemSellPrice", "netImbalanceVolume"), "startTime", (Part(SYSTEM_PRICES),)),
    FileKind(("SETTLEMENT_DATE", "SETTLEMENT_PERIOD", "ND", "TSD"), "SETTLEMENT_DATE", (Part(DEMAND),)),
    FileKind(("from", "forecast", "actual"), "from", (Part(CARBON_NATIONAL),)),
    FileKind(
        ("from", *CARBON_FUELS),
        "from",
        (Part(CARBON_GENERATION_MIX),),
        wide=tuple(Column(fuel, "number", "value", "% of supply") for fuel in CARBON_FUELS),
    ),
    FileKind(
        ("Period from", "Period to", "Agile Import price (p/kWh)", "Agile Export price (p/kWh)"),
        "Period from",
        (Part(AGILE),),
        agile_day,
    ),
)
DATASETS = tuple(part.dataset for kind in KINDS for part in kind.parts)
