"""NESO's data portal (CKAN): demand and embedded wind and solar, as they were and as they are expected.

NESO Open Data Licence.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from ingestion.dataset import BodyError, Column, Dataset, Form, Window
from ingestion.settlement import DAY, HALF_HOUR, HOUR

SEARCH = "/datastore_search"
# The yearly files of "Historic demand data".
HISTORIC_DEMAND_FILES = {
    2009: "ed8a37cb-65ac-4581-8dbc-a3130780da3a",
    2010: "b3eae4a5-8c3c-4df1-b9de-7db243ac3a09",
    2011: "01522076-2691-4140-bfb8-c62284752efd",
    2012: "4bf713a2-ea0c-44d3-a09a-63fc6a634b00",
    2013: "2ff7aaff-8b42-4c1b-b234-9446573a1e27",
    2014: "b9005225-49d3-40d1-921c-03ee2d83a2ff",
    2015: "cc505e45-65ae-4819-9b90-1fbb06880293",
    2016: "3bb75a28-ab44-4a0b-9b1c-9be9715d3c44",
    2017: "2f0f75b8-39c5-46ff-a914-ae38088ed022",
    2018: "fcb12133-0db0-4f27-a4a5-1669fd9f6d33",
    2019: "dd9de980-d724-415a-b344-d8ae11321432",
    2020: "33ba6857-2a55-479f-9308-e5c4c53d4381",
    2021: "18c69c42-f20d-46f0-84e9-e279045befc6",
    2022: "bb44a1b5-75b1-4db2-8491-257f23385006",
    2023: "bf5ab335-9b40-4ea4-b93a-ab4af7bce003",
    2024: "f6d02c0f-957b-48cb-82ee-09003f2ba759",
    2025: "b2bde559-3455-4021-b179-dfe60c0337b0",
    2026: "8a4a771c-3929-4e56-93ad-cdf13219dea5",
}
EMBEDDED_FORECAST_FILE = "db6c038f-98af-4570-ab60-24d71ebd0ae5"
DEMAND_FORECAST_FILE = "08e41551-80f8-4e28-a416-ea473a695db9"
MOST_ROWS = 32000  # the largest `limit` that CKAN takes
# how old recordings say what was asked
RECORDED_REQUEST = r"datastore_search \(historic demand data \d{4}\).*"
RECORDED_FORECAST_REQUEST = r"datastore_search \(1-day-ahead demand forecast and outturn\)"


@dataclass(frozen=True)
class FilterForm(Form):
    """Days of a file, each named in a filter."""

    def write(self, first: date | datetime, last: date | datetime, **scope: str) -> str:
        """The request for days. Raises ValueError for what is no window of days."""
        request = _search(self.template, self.column, [day.isoformat() for day in _days(first, last)])
        if self.read(request) != Window(self, first, last):
            raise ValueError(f"{self.template} cannot ask for {first} to {last}")
        return request

    def read(self, request: str) -> Window | None:
        """The window of a request, from its filter."""
        return self._window_of_days(request, spellings=1)

    def _window_of_days(self, request: str, spellings: int) -> Window | None:
        query = parse_qs(urlsplit(request).query)
        try:
            days = json.loads(query["filters"][0])[self.column][::spellings]
            return Window(self, date.fromisoformat(days[0]), date.fromisoformat(days[-1]))
        except (KeyError, IndexError, ValueError, TypeError):
            return None


@dataclass(frozen=True)
class YearlyFileForm(FilterForm):
    """Days of the yearly files. Years write their dates in different ways, so each day is asked for in all of them."""

    def write(self, first: date | datetime, last: date | datetime, **scope: str) -> str:
        """The request for days of one year. Raises ValueError where no file that is known holds them."""
        file = HISTORIC_DEMAND_FILES.get(first.year)
        if file is None:
            raise ValueError(f"NESO's file of historic demand for {first.year} is not known")
        request = _search(file, self.column, [text for day in _days(first, last) for text in _spellings(day)])
        if first.year != last.year or self.read(request) != Window(self, first, last):
            raise ValueError(f"no yearly file of historic demand holds {first} to {last}")
        return request

    def windows(self, first_day: date, last_day: date, period: timedelta, **scope: str) -> Iterator[str]:
        """As for every form; years whose file is not known are left out. Raises ValueError where that leaves none."""
        years = range(first_day.year, last_day.year + 1)
        for year in [year for year in years if year in HISTORIC_DEMAND_FILES] or years:
            first, last = max(first_day, date(year, 1, 1)), min(last_day, date(year, 12, 31))
            yield from super().windows(first, last, period)

    def read(self, request: str) -> Window | None:
        """The window of a request, from its filter."""
        return self._window_of_days(request, spellings=3)


def _search(file: str, column: str, days: list[str]) -> str:
    filters = quote(json.dumps({column: days}, separators=(",", ":")))
    return f"{SEARCH}?resource_id={file}&filters={filters}&limit={MOST_ROWS}"


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _spellings(day: date) -> tuple[str, str, str]:
    short = f"{day:%d-%b-}"
    return day.isoformat(), f"{short.upper()}{day:%Y}", f"{short}{day:%y}"


def records(body: Any) -> list[Mapping[str, Any]]:
    """CKAN's `{"success": true, "result": {"records": […]}}`."""
    result = body.get("result") if isinstance(body, dict) and body.get("success") is True else None
    found = result.get("records") if isinstance(result, dict) else None
    if not isinstance(found, list):
        raise BodyError("expected `success` true and a list `result.records`")
    return found


def cut_short(body: Any) -> str | None:
    """Why an answer does not hold all that was asked for."""
    result = body["result"]
    total, came = result.get("total"), len(result["records"])
    if not isinstance(total, str) or not total.isdigit() or int(total) <= came:  # a number comes as its own text
        return None
    return f"the answer holds {came} of {total} rows, and would be taken for all there are"


HISTORIC_DEMAND = Dataset(
    id="neso_historic_demand",
    source="neso",
    title="Demand outturn with embedded wind and solar and the flows of interconnectors",
    meaning="NESO's yearly files: national and transmission demand, estimates of what local networks generate, flows.",
    revisions="The file grows days later, and is corrected within weeks.",
    seen="recorded",
    kind="measurement",
    requests="|".join([rf"{SEARCH}\?resource_id=({'|'.join(HISTORIC_DEMAND_FILES.values())})", RECORDED_REQUEST]),
    forms=(
        YearlyFileForm(SEARCH, "SETTLEMENT_DATE", "day", largest=62 * DAY),
        Form(
            "datastore_search (historic demand data {year}), filters SETTLEMENT_DATE={first}",
            "SETTLEMENT_DATE",
            "day",
            DAY,
        ),
    ),
    rows=records,
    cut_short=cut_short,
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
    publication_lag=25 * DAY,  # the file is said to run 21 days behind
    revised_for=timedelta(days=61),
    again_at=tuple(DAY * days + 5 * HOUR for days in (26, 33, 47, 61)),
)

EMBEDDED_FORECAST = Dataset(
    id="neso_embedded_forecast",
    source="neso",
    title="Embedded wind and solar, forecast up to 14 days ahead",
    meaning="What wind and sun are expected to generate in local networks, half-hour by half-hour.",
    revisions="Changes with each issue, about hourly; its source keeps the newest issue alone.",
    seen="no",
    kind="forecast",
    requests=rf"{SEARCH}\?resource_id={EMBEDDED_FORECAST_FILE}",
    forms=(),  # the file holds the newest issue, whatever is asked for
    newest=f"{SEARCH}?resource_id={EMBEDDED_FORECAST_FILE}&limit={MOST_ROWS}",
    rows=records,
    columns=(
        Column("SETTLEMENT_DATE", "day", "key"),
        Column("SETTLEMENT_PERIOD", "integer", "key"),
        Column("EMBEDDED_WIND_FORECAST", "number", "value", "MW"),
        Column("EMBEDDED_WIND_CAPACITY", "number", "value", "MW"),
        Column("EMBEDDED_SOLAR_FORECAST", "number", "value", "MW"),
        Column("EMBEDDED_SOLAR_CAPACITY", "number", "value", "MW"),
        Column("DATE_GMT", "day", "attribute"),
        Column("TIME_GMT", "text", "attribute"),
        Column("_id", "integer", "attribute"),
    ),
    time_column="SETTLEMENT_DATE",
    period=HALF_HOUR,
    cadence=timedelta(hours=1),
    publication_lag=timedelta(0),
    revised_for=timedelta(0),
)

DEMAND_FORECAST = Dataset(
    id="neso_demand_forecast",
    source="neso",
    title="Demand, forecast a day ahead, with what it came to",
    meaning="National demand as expected the morning before, and its outturn.",
    revisions="The outturn is filled in after the day.",
    seen="recorded",
    kind="forecast",
    requests=rf"{SEARCH}\?resource_id={DEMAND_FORECAST_FILE}|{RECORDED_FORECAST_REQUEST}",
    forms=(FilterForm(DEMAND_FORECAST_FILE, "Date", "day", largest=62 * DAY),),
    rows=records,
    cut_short=cut_short,
    columns=(
        Column("Date", "day", "key"),
        Column("Settlement_Period", "integer", "key"),
        Column("Demand_Forecast", "number", "value", "MW"),
        Column("Demand_Outturn", "number", "value", "MW"),
        Column("TRIAD_Avoidance_Estimate", "number", "value", "MW"),
        Column("TRIAD_Avoidance_Corrected_Demand_Outturn", "number", "value", "MW"),
        Column("APE", "number", "value", "%, of the forecast's error"),
        Column("Absolute_Error", "number", "value", "MW"),
        Column("Month", "text", "attribute"),
        Column("Datetime", "text", "attribute", "local time of the period's end"),
        Column("Publish_Datetime", "text", "attribute", "local time"),
        Column("_id", "integer", "attribute"),
    ),
    time_column="Date",
    period=HALF_HOUR,
    cadence=DAY,
    publication_lag=timedelta(0),
    ahead=DAY,
    ask_at="5 10 * * *",  # the next day's is out by nine in the morning
    quiet_for=12 * HOUR,  # in this file it may come with the outturn, hours after the day; when, nobody says
    revised_for=7 * DAY,
    again_at=(12 * HOUR, 36 * HOUR, 7 * DAY),
)

DATASETS = (HISTORIC_DEMAND, EMBEDDED_FORECAST, DEMAND_FORECAST)
