"""The sources' oddities, one test each: what trips clients on the real ones trips them here."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests

from ingestion.catalogue import DATASETS
from ingestion.dataset import BodyError
from ingestion.datasets.neso import HISTORIC_DEMAND_FILES
from ingestion.parsing import parse
from simulator import neso_forecast
from simulator.carbon import index_name
from simulator.server import Running, running

NOW = datetime(2024, 8, 14, 8, 3, 44, tzinfo=UTC)
ELEXON = "/bmrs/api/v1"
SESSION = requests.Session()
SESSION.trust_env = False
DAY = "settlementDateFrom=2024-08-12&settlementDateTo=2024-08-12"


@pytest.fixture(scope="module")
def grid() -> Iterator[Running]:
    with running(seed=1, now_utc=NOW, speed=0) as found:
        yield found


@pytest.fixture(autouse=True)
def at_noon(grid: Running) -> None:
    grid.set_clock(NOW, speed=0)


def answer(grid: Running, path: str, status: int = 200) -> requests.Response:
    found = SESSION.get(grid.url + path, timeout=60)
    assert found.status_code == status, found.text[:300]
    assert datetime.fromisoformat(found.headers["X-Energy-Monitor-Simulated"])
    return found


def rows(grid: Running, path: str) -> list[dict[str, Any]]:
    body = answer(grid, ELEXON + path).json()
    found: list[dict[str, Any]] = body["data"] if isinstance(body, dict) else body
    return found


def starts(found: list[dict[str, Any]], name: str = "startTime") -> list[str]:
    return [row[name] for row in found]


# ---------------------------------------------------------------- Elexon


def test_three_response_shapes(grid: Running) -> None:
    dataset = answer(grid, f"{ELEXON}/datasets/FUELHH?{DAY}").json()
    opinionated = answer(grid, f"{ELEXON}/demand/outturn?{DAY}").json()
    stream = answer(grid, f"{ELEXON}/datasets/FUELHH/stream?{DAY}").json()
    assert dataset.keys() == {"data"}
    assert opinionated.keys() == {"data", "metadata"}
    assert opinionated["metadata"] == {"datasets": ["INDO", "ITSDO"]}
    assert isinstance(stream, list)


def test_rows_come_newest_first_or_oldest_first_as_the_endpoint_likes(grid: Running) -> None:
    newest_first = starts(rows(grid, f"/datasets/FUELHH?{DAY}&fuelType=WIND"))
    oldest_first = starts(rows(grid, f"/datasets/FUELHH/stream?{DAY}&fuelType=WIND"))
    assert newest_first == sorted(newest_first, reverse=True) != sorted(newest_first)
    assert oldest_first == sorted(oldest_first)
    assert starts(rows(grid, f"/demand/outturn?{DAY}")) == oldest_first
    prices_2024 = starts(rows(grid, "/balancing/settlement/system-prices/2024-08-12"))
    assert prices_2024 == newest_first
    grid.set_clock(datetime(2026, 1, 1, tzinfo=UTC), speed=0)
    assert starts(rows(grid, "/balancing/settlement/system-prices/2024-08-12")) == oldest_first


def test_publish_windows_are_closed_at_both_ends(grid: Running) -> None:
    window = "publishDateTimeFrom=2024-08-13T10:00Z&publishDateTimeTo=2024-08-13T11:00Z"
    found = {row["publishTime"] for row in rows(grid, f"/datasets/FUELHH?{window}")}
    assert found == {"2024-08-13T10:00:00Z", "2024-08-13T10:30:00Z", "2024-08-13T11:00:00Z"}
    assert len(rows(grid, f"/datasets/INDO?{window}")) == 3


def test_market_index_windows_are_closed_on_the_start_time(grid: Running) -> None:
    found = rows(grid, "/datasets/MID?from=2024-08-13T10:00Z&to=2024-08-13T11:00Z&dataProviders=APXMIDP")
    assert sorted(starts(found)) == ["2024-08-13T10:00:00Z", "2024-08-13T10:30:00Z", "2024-08-13T11:00:00Z"]


def test_market_index_reads_from_and_to_as_settlement_dates_where_periods_are_given(grid: Running) -> None:
    window = "from=2024-08-12T00:00Z&to=2024-08-13T11:11Z&settlementPeriodFrom=47&settlementPeriodTo=2"
    found = rows(grid, f"/balancing/pricing/market-index?{window}&dataProviders=APXMIDP")
    labels = {(row["settlementDate"], row["settlementPeriod"]) for row in found}
    assert labels == {("2024-08-12", 47), ("2024-08-12", 48), ("2024-08-13", 1), ("2024-08-13", 2)}


@pytest.mark.parametrize("path", ["/datasets/INDO", "/datasets/ITSDO"])
def test_settlement_dates_to_indo_are_ignored_and_the_newest_period_comes(grid: Running, path: str) -> None:
    (row,) = rows(grid, f"{path}?{DAY}")
    assert row["startTime"] == "2024-08-14T07:00:00Z"


@pytest.mark.parametrize("parameter", ["settlementDate=2024-08-12", "page=3", "SettlementPeriods=1", "fueltype=WIND"])
def test_parameters_that_an_endpoint_does_not_know_are_ignored(grid: Running, parameter: str) -> None:
    assert rows(grid, f"/datasets/FUELHH?{parameter}") == rows(grid, "/datasets/FUELHH")


def test_ingestion_notices_that_its_window_was_ignored(grid: Running) -> None:
    dataset = DATASETS["fuelhh"]
    request = f"/datasets/FUELHH?{DAY}"
    elsewhere = answer(grid, f"{ELEXON}/datasets/FUELHH?settlementDate=2024-08-12").content
    with pytest.raises(BodyError, match="ignored a parameter"):
        parse(dataset, elsewhere, dataset.window_of(request))


def test_without_parameters_the_newest_period_comes(grid: Running) -> None:
    assert set(starts(rows(grid, "/datasets/FUELHH"))) == {"2024-08-14T07:30:00Z"}
    assert set(starts(rows(grid, "/datasets/FUELINST"))) == {"2024-08-14T07:55:00Z"}
    assert starts(rows(grid, "/demand/outturn")) == ["2024-08-14T07:00:00Z"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/datasets/FUELHH?settlementDateFrom=2024-08-01&settlementDateTo=2024-08-08", "SettlementDateFrom .* 7 days"),
        (
            "/datasets/FUELINST?publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-08T00:01Z",
            "The date range between PublishDateTimeFrom and PublishDateTimeTo inclusive must not exceed 7 days",
        ),
        ("/demand/outturn?settlementDateFrom=2024-07-01&settlementDateTo=2024-07-29", "must not exceed 28 days"),
        ("/datasets/MID?from=2024-08-01T00:00Z&to=2024-08-08T00:01Z", "must not exceed 7 days"),
        (
            "/datasets/REMIT?publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-02T00:01Z",
            "must not exceed 1 day",
        ),
        (
            "/datasets/NDF?publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-02T00:01Z",
            "between PublishDateTimeFrom and PublishDateTimeTo inclusive must not exceed 1 day",
        ),
        (
            "/datasets/TSDF?boundary=N&publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-02T00:01Z",
            "must not exceed 1 day",
        ),
        (
            "/datasets/AGPT?publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-05T00:01Z",
            "must not exceed 4 days",
        ),
        (
            "/datasets/FREQ?measurementDateTimeFrom=2024-08-01T00:00Z&measurementDateTimeTo=2024-08-02T00:01Z",
            "between MeasurementDateTimeFrom and MeasurementDateTimeTo inclusive must not exceed 1 day",
        ),
        (f"/datasets/FUELHH?{DAY}&publishDateTimeFrom=2024-08-12T00:00Z", "cannot be set when a Publish Date"),
    ],
)
def test_windows_beyond_the_limit_are_refused_with_aspnets_problem_body(
    grid: Running, path: str, sentence: str
) -> None:
    problem = answer(grid, ELEXON + path, 400).json()
    assert problem["status"] == 400
    ((parameter, (found,)),) = problem["errors"].items()
    assert parameter == ""
    assert re.search(sentence, found)


def test_the_largest_windows_are_answered_and_streams_have_no_limit(grid: Running) -> None:
    week = "settlementDateFrom=2024-08-01&settlementDateTo=2024-08-07"
    assert len(rows(grid, f"/datasets/FUELHH?{week}&fuelType=CCGT")) == 7 * 48
    month = "settlementDateFrom=2024-07-01&settlementDateTo=2024-07-28"
    assert len(rows(grid, f"/demand/outturn?{month}")) == 28 * 48
    assert len(rows(grid, f"/datasets/FUELHH/stream?{month}&fuelType=CCGT")) == 28 * 48
    window = "publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-08T00:00Z"
    assert rows(grid, f"/datasets/FUELINST?{window}&fuelType=CCGT")
    assert rows(grid, f"/datasets/REMIT/stream?{window}")
    assert len(rows(grid, f"/datasets/AGPT/stream?{window}")) >= 7 * 48 * 11
    assert len(rows(grid, f"/datasets/WINDFOR?{window}")) == 7 * 8 * 73
    day = "DateTimeFrom=2024-08-01T00:00Z&{}DateTimeTo=2024-08-02T00:00Z"
    assert len({row["publishTime"] for row in rows(grid, "/datasets/NDF?publish" + day.format("publish"))}) == 48
    assert len(rows(grid, "/datasets/FREQ?measurement" + day.format("measurement"))) == 5761


@pytest.mark.parametrize(
    "path",
    [
        "/datasets/FUELHH?settlementDateFrom=12-08-2024",
        "/datasets/FUELHH?settlementDateFrom=2024-08-12T00:00Z&settlementDateTo=2024-08-12",
        f"/datasets/FUELHH?{DAY}&settlementPeriod=51",
        "/datasets/FUELHH?publishDateTimeFrom=yesterday",
        "/datasets/MID",
        "/datasets/REMIT?publishDateTimeFrom=2024-08-01T00:00Z",
        "/datasets/AGPT",
        "/datasets/AGPT/stream?publishDateTimeTo=2024-08-01T00:00Z",
        "/datasets/NDF?publishDateTimeFrom=now",
        "/balancing/settlement/system-prices/12-08-2024",
        "/balancing/settlement/system-prices/2024-08-12/51",
    ],
)
def test_garbled_or_missing_parameters_that_are_known_are_refused(grid: Running, path: str) -> None:
    problem = answer(grid, ELEXON + path, 400).json()
    assert problem["errors"]
    assert problem["title"] == "One or more validation errors occurred."


@pytest.mark.parametrize(
    "path",
    [
        f"{ELEXON}/datasets/NOTHING",
        f"{ELEXON}/datasets",
        "/intensity/a/b/c",
        "/regional/x",
        "/",
        "/api/3/action/nothing",
    ],
)
def test_unknown_paths_are_404(grid: Running, path: str) -> None:
    answer(grid, path, 404)


def test_a_time_that_has_not_come_is_an_empty_answer(grid: Running) -> None:
    assert rows(grid, "/balancing/settlement/system-prices/2025-08-12") == []
    assert rows(grid, "/datasets/FUELHH?settlementDateFrom=2025-08-12&settlementDateTo=2025-08-12") == []


def test_n2ex_is_zero_and_zero_in_about_99_of_100_half_hours(grid: Running) -> None:
    found = [
        row
        for day in ("01", "08", "15", "22")
        for row in rows(grid, f"/datasets/MID/stream?from=2024-06-{day}T00:00Z&to=2024-06-{int(day) + 6:02}T23:30Z")
    ]
    n2ex = [row for row in found if row["dataProvider"] == "N2EXMIDP"]
    real = [row for row in found if row["dataProvider"] == "APXMIDP"]
    assert len(n2ex) == len(real) == 28 * 48
    empty = [row for row in n2ex if row["price"] == 0 and row["volume"] == 0]
    assert 0.975 < len(empty) / len(n2ex) < 1
    assert all(row["volume"] > 0 for row in real)
    assert {row["dataset"] for row in found} == {"MID"}


def test_fields_that_remit_does_not_give_are_left_out_and_not_null(grid: Running) -> None:
    found = rows(
        grid, "/datasets/REMIT/stream?publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-10T00:00Z"
    )
    assert all(value is not None for row in found for value in row.values())
    for name in ("assetType", "affectedArea", "relatedInformation", "outageProfile"):
        assert 0.05 < sum(name in row for row in found) / len(found) < 0.98
    capacity = [part["capacity"] for row in found for part in row.get("outageProfile", ())]
    assert capacity
    assert any(p["startTime"] == p["endTime"] for row in found for p in row.get("outageProfile", ()))


def test_prices_have_nulls_where_the_source_has_them(grid: Running) -> None:
    found = rows(grid, "/balancing/settlement/system-prices/2024-08-12")
    for name in ("replacementPrice", "replacementPriceReferenceVolume", "totalSystemTaggedAdjustmentBuyVolume"):
        assert 0 < sum(row[name] is None for row in found) < len(found)
    for row in found:
        parts = ("totalAcceptedOfferVolume", "totalAcceptedBidVolume", "totalAdjustmentSellVolume")
        total = sum(row[name] for name in (*parts, "totalAdjustmentBuyVolume"))
        assert total == pytest.approx(row["netImbalanceVolume"])


def test_generation_codes_appear_when_their_cable_did(grid: Running) -> None:
    for day, code, half_hours in (("2021-01-27", "INTNSL", 29), ("2024-08-06", "INTGRNL", 28)):
        found = rows(grid, f"/datasets/FUELHH?settlementDateFrom={day}&settlementDateTo={day}&fuelType={code}")
        assert len(found) == half_hours


@pytest.mark.parametrize("code", ["NDF", "TSDF"])
def test_without_parameters_the_newest_demand_forecast_comes_for_today_and_tomorrow(grid: Running, code: str) -> None:
    found = [row for row in rows(grid, f"/datasets/{code}") if row["boundary"] == "N"]
    assert {row["publishTime"] for row in found} == {"2024-08-14T07:47:00Z"}
    assert starts(found)[0] == "2024-08-14T07:30:00Z"
    assert starts(found)[-1] == "2024-08-15T22:30:00Z"
    assert len(found) == len(set(starts(found))) == 79
    midnight = datetime(2024, 8, 13, 23, 20, tzinfo=UTC)
    grid.set_clock(midnight, speed=0)
    assert sum(row["boundary"] == "N" for row in rows(grid, f"/datasets/{code}")) == 96


def test_demand_forecasts_come_seventeen_minutes_after_each_half_hour_begins(grid: Running) -> None:
    window = "publishDateTimeFrom=2024-08-14T06:00Z&publishDateTimeTo=2024-08-14T08:30Z"
    issues = sorted({row["publishTime"][11:16] for row in rows(grid, f"/datasets/NDF?{window}")})
    assert issues == ["06:17", "06:47", "07:17", "07:47"]


def test_transmission_demand_is_forecast_by_zone_too_and_a_boundary_can_be_asked_for(grid: Running) -> None:
    found = rows(grid, "/datasets/TSDF")
    first = {row["boundary"]: row["demand"] for row in found if row["startTime"] == "2024-08-14T07:30:00Z"}
    assert set(first) == {"N"} | {f"B{number}" for number in range(1, 18)}
    assert sum(first.values()) - first["N"] == pytest.approx(first["N"], abs=20)
    assert {row["boundary"] for row in rows(grid, "/datasets/TSDF?boundary=B7")} == {"B7"}
    assert {row["boundary"] for row in rows(grid, "/datasets/NDF?boundary=B7")} == {"N"}  # it knows no boundary


def test_the_wind_forecast_has_eight_issues_a_day_of_73_hours_each(grid: Running) -> None:
    newest = rows(grid, "/datasets/WINDFOR?settlementDateFrom=2024-08-01")
    assert {row["publishTime"] for row in newest} == {"2024-08-14T05:30:00Z"}
    assert starts(newest)[0] == "2024-08-13T02:00:00Z"
    assert starts(newest)[-1] == "2024-08-16T02:00:00Z"
    window = "publishDateTimeFrom=2024-08-13T00:00Z&publishDateTimeTo=2024-08-14T00:00Z"
    found = rows(grid, f"/datasets/WINDFOR/stream?{window}")
    issues = sorted({row["publishTime"][11:16] for row in found})
    assert issues == ["03:30", "05:30", "08:30", "10:30", "12:30", "16:30", "19:30", "23:30"]
    assert len(found) == 8 * 73
    assert (
        rows(grid, "/datasets/WINDFOR?publishDateTimeFrom=2024-08-13T00:00Z&publishDateTimeTo=2024-08-13T03:00Z") == []
    )


def test_generation_by_type_is_published_two_and_a_half_hours_late_and_now_and_then_twice(grid: Running) -> None:
    window = "publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-12T00:00Z"
    found = rows(grid, f"/datasets/AGPT/stream?{window}")
    documents: dict[str, dict[int, dict[str, Any]]] = {}
    for row in found:
        documents.setdefault(row["documentId"], {}).setdefault(row["documentRevisionNumber"], {})[row["psrType"]] = row
        lag = datetime.fromisoformat(row["publishTime"]) - datetime.fromisoformat(row["startTime"])
        if row["documentRevisionNumber"] == 1:
            assert 149 <= lag.total_seconds() / 60 <= 150
        else:
            assert lag.total_seconds() > 6 * 3600
    both = [revisions for revisions in documents.values() if len(revisions) == 2]
    assert 5 < len(both) < 50
    for revisions in both:
        assert revisions[1].keys() == revisions[2].keys()
        assert any(revisions[1][kind]["quantity"] != revisions[2][kind]["quantity"] for kind in revisions[1])
        assert {row["startTime"] for of in revisions.values() for row in of.values()} == {
            revisions[1]["Solar"]["startTime"]
        }
    kinds = {row["psrType"]: row["businessType"] for row in found}
    assert len(kinds) == 11
    assert (kinds["Solar"], kinds["Wind Offshore"], kinds["Nuclear"]) == (
        "Solar generation", "Wind generation", "Production",
    )  # fmt: skip


def test_frequency_with_a_wrong_parameter_is_the_newest_day(grid: Running) -> None:
    window = "publishDateTimeFrom=2024-08-01T00:00Z&publishDateTimeTo=2024-08-02T00:00Z"
    found = rows(grid, f"/datasets/FREQ?{window}")
    assert found == rows(grid, "/datasets/FREQ")
    assert len(found) == 5761
    assert found[0]["measurementTime"] == "2024-08-14T08:01:45Z"  # whole files of two minutes only
    assert found[-1]["measurementTime"] == "2024-08-13T08:01:45Z"
    values = [row["frequency"] for row in found]
    assert 49.7 < min(values) < 49.95 < 50.05 < max(values) < 50.3


def test_frequency_has_two_names_and_two_ways_to_ask(grid: Running) -> None:
    first, last = "2024-08-13T10:00Z", "2024-08-13T11:00:00Z"
    opinionated = answer(grid, f"{ELEXON}/system/frequency?from={first}&to={last}").json()
    assert opinionated["metadata"] == {"datasets": ["FREQ"]}
    assert len(opinionated["data"]) == 241  # both ends
    assert rows(grid, f"/system/frequency/stream?from={first}&to={last}") == opinionated["data"]
    dataset = rows(grid, f"/datasets/FREQ?measurementDateTimeFrom={first}&measurementDateTimeTo={last}")
    assert dataset[0] == {"dataset": "FREQ", **opinionated["data"][-1]}
    assert [row["frequency"] for row in dataset[::-1]] == [row["frequency"] for row in opinionated["data"]]


def test_reference_lists_are_bare_and_grow_with_the_cables(grid: Running) -> None:
    codes = answer(grid, f"{ELEXON}/reference/fueltypes/all").json()
    cables = answer(grid, f"{ELEXON}/reference/interconnectors/all").json()
    assert len(codes) == 20
    assert {cable["interconnectorId"] for cable in cables} == {code for code in codes if code.startswith("INT")}
    grid.set_clock(datetime(2024, 8, 6, 8, 59, tzinfo=UTC), speed=0)
    assert set(codes) - set(answer(grid, f"{ELEXON}/reference/fueltypes/all").json()) == {"INTGRNL"}
    assert len(answer(grid, f"{ELEXON}/reference/interconnectors/all").json()) == 9


# ---------------------------------------------------------------- Carbon Intensity


def carbon(grid: Running, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer(grid, path).json()["data"]
    return found


def test_the_half_hour_before_the_window_comes_along(grid: Running) -> None:
    found = carbon(grid, "/intensity/2024-08-13T00:00Z/2024-08-14T00:00Z")
    assert len(found) == 49
    assert found[0]["from"] == "2024-08-12T23:30Z"
    assert found[-1]["to"] == "2024-08-14T00:00Z"
    assert len(carbon(grid, "/intensity/2024-08-05T00:00Z/2024-08-10T00:00Z")) == 241


def test_named_spans_have_a_row_more_on_a_half_hour_and_not_between(grid: Running) -> None:
    assert len(carbon(grid, "/intensity/2024-08-14T08:00Z/fw24h")) == 49
    assert len(carbon(grid, "/intensity/2024-08-14T08:00Z/fw48h")) == 97
    assert len(carbon(grid, "/intensity/2024-08-14T08:01Z/fw48h")) == 96
    assert len(carbon(grid, "/intensity/2024-08-14T08:00Z/pt24h")) == 49


def test_date_is_a_local_day(grid: Running) -> None:
    found = carbon(grid, "/intensity/date/2024-08-13")
    assert found[0]["from"] == "2024-08-12T23:00Z"
    assert len(found) == 48
    assert carbon(grid, "/intensity/date/2024-08-13/1") == found[:1]
    assert len(carbon(grid, "/intensity/date/2023-10-29")) == 50
    assert len(carbon(grid, "/intensity/date/2024-03-31")) == 46


def test_actual_is_null_now_and_index_is_that_of_the_forecast(grid: Running) -> None:
    (now,) = carbon(grid, "/intensity")
    assert now["from"] == "2024-08-14T08:00Z"
    assert now["intensity"]["actual"] is None
    for row in carbon(grid, "/intensity/2024-08-13T08:00Z/2024-08-15T08:00Z"):
        intensity = row["intensity"]
        value = intensity["forecast"] if intensity["actual"] is None else intensity["actual"]
        assert intensity["index"] == index_name(value, 2024)


def test_forecasts_end_48_hours_ahead(grid: Running) -> None:
    assert carbon(grid, "/intensity/2024-08-14T08:00Z/2024-08-20T08:00Z")[-1]["to"] == "2024-08-16T09:00Z"


def test_a_valid_window_without_data_is_an_empty_list(grid: Running) -> None:
    assert answer(grid, "/intensity/2027-08-13T00:00Z/2027-08-14T00:00Z").json() == {"data": []}


@pytest.mark.parametrize(
    "path",
    [
        "/intensity/2024-08-13T00:00:00Z/2024-08-14T00:00:00Z",  # minutes only
        "/intensity/2024-08-13T00:00+00:00",
        "/intensity/2024-08-13",
        "/intensity/2024-08-14T00:00Z/2024-08-13T00:00Z",
        "/intensity/2024-08-01T00:00Z/2024-08-15T00:30Z",  # more than 14 days
        "/intensity/date/13-08-2024",
        "/intensity/date/2024-08-13/49",
        "/generation/2024-08-13/pt24h",
        "/regional/intensity/2024-08-13/fw24h",
        "/regional/intensity/2024-08-01T00:00Z/2024-08-15T00:30Z/regionid/3",
    ],
)
def test_the_carbon_api_refuses_with_its_own_error_body(grid: Running, path: str) -> None:
    error = answer(grid, path, 400).json()["error"]
    assert error["code"] == "400 Bad Request"
    assert error["message"].startswith("Please enter a valid ")


def test_generation_is_an_object_and_with_a_window_an_array(grid: Running) -> None:
    now = answer(grid, "/generation").json()["data"]
    assert isinstance(now, dict)
    assert now["to"] == "2024-08-14T08:00Z"
    past = carbon(grid, "/generation/2024-08-13T00:00Z/2024-08-14T00:00Z")
    assert len(past) == 49
    for row in (now, *past):
        assert [part["fuel"] for part in row["generationmix"]] == [
            "biomass", "coal", "imports", "gas", "nuclear", "other", "hydro", "solar", "wind",
        ]  # fmt: skip
        assert 99.8 <= round(sum(part["perc"] for part in row["generationmix"]), 1) <= 100.1


def test_json_of_the_carbon_api_is_indented_with_crlf(grid: Running) -> None:
    assert answer(grid, "/intensity").content.startswith(b'{\r\n  "data"')


def test_regions_come_inside_each_half_hour_and_one_region_outside_of_them(grid: Running) -> None:
    path = "/regional/intensity/2024-08-14T08:00Z/fw24h"
    found = carbon(grid, path)
    assert len(found) == 49
    assert found[0]["to"] == "2024-08-14T08:00Z"  # the half-hour before comes along
    assert [region["regionid"] for region in found[0]["regions"]] == list(range(1, 19))
    one = answer(grid, f"{path}/regionid/13").json()["data"]
    assert isinstance(one, dict)
    assert (one["regionid"], one["shortname"], len(one["data"])) == (13, "London", 49)
    for row, within in zip(one["data"], found, strict=True):
        london = within["regions"][12]
        assert row["intensity"] == london["intensity"]
        assert row["generationmix"] == london["generationmix"]
    assert carbon(grid, "/regional/intensity/2024-08-14T08:00Z/fw48h")[:49] == found
    assert len(carbon(grid, "/regional/intensity/2024-08-14T08:01Z/fw48h")) == 96
    assert len(carbon(grid, "/regional/intensity/2024-08-14T08:00Z/pt24h")) == 49
    assert len(carbon(grid, "/regional/intensity/2024-08-13T00:00Z/2024-08-14T00:00Z")) == 49


def test_regions_have_no_actual_a_mix_that_adds_up_and_whole_numbers_without_a_point(grid: Running) -> None:
    text = answer(grid, "/regional/intensity/2024-08-14T08:00Z/fw24h").text
    assert '"perc": 0\r\n' in text
    assert not re.search(r'"perc": \d+\.0', text)
    for row in json.loads(text)["data"]:
        for region in row["regions"]:
            assert region["intensity"].keys() == {"forecast", "index"}
            assert region["intensity"]["index"] == index_name(region["intensity"]["forecast"], 2024)
            percents = [part["perc"] for part in region["generationmix"]]
            assert len(percents) == 9
            assert 99.8 <= round(sum(percents), 1) <= 100.1


def test_regions_differ_and_britain_is_near_the_national_forecast(grid: Running) -> None:
    months = [f"2024-{month:02}-05T00:00Z/2024-{month:02}-06T00:00Z" for month in range(1, 8)]
    found = [row for month in months for row in carbon(grid, f"/regional/intensity/{month}")]
    national = [row["intensity"]["forecast"] for month in months for row in carbon(grid, f"/intensity/{month}")]
    by_region = {
        number: [row["regions"][number - 1]["intensity"]["forecast"] for row in found] for number in range(1, 19)
    }
    for ours, theirs in zip(by_region[18], national, strict=True):
        assert ours == pytest.approx(theirs, abs=7)
    mean = {number: sum(values) / len(values) for number, values in by_region.items()}
    assert mean[1] < 0.25 * mean[18]
    assert mean[7] > 1.4 * mean[18]  # South Wales has gas
    assert 0.5 < mean[15] / mean[18] < 1.5
    mix = {part["fuel"]: part["perc"] for part in found[100]["regions"][0]["generationmix"]}
    assert mix["wind"] > 50
    assert mix["nuclear"] == mix["coal"] == 0


def test_regional_forecasts_are_reissued_each_half_hour_and_kept_after_a_day(grid: Running) -> None:
    path = "/regional/intensity/2024-08-14T18:00Z/2024-08-14T20:00Z/regionid/3"
    bodies = []
    for hours in (0, 0.4, 0.6, 5, 40, 60):
        grid.set_clock(NOW + timedelta(hours=hours), speed=0)
        bodies.append([row["intensity"]["forecast"] for row in answer(grid, path).json()["data"]["data"]])
    first, same, next_issue, later, settled, still = bodies
    assert first == same
    assert len({tuple(body) for body in (first, next_issue, later, settled)}) >= 3
    assert settled == still


@pytest.mark.parametrize("region", ["0", "19", "London", "-1"])
def test_a_region_that_does_not_exist_is_refused(grid: Running, region: str) -> None:
    path = f"/regional/intensity/2024-08-14T08:00Z/fw24h/regionid/{region}"
    assert answer(grid, path, 400).json()["error"]["code"] == "400 Bad Request"


# ---------------------------------------------------------------- NESO


def search(grid: Running, query: str, status: int = 200) -> Any:
    return answer(grid, f"/api/3/action/datastore_search?{query}", status).json()


@pytest.mark.parametrize(
    ("year", "text"), [(2019, "15-JAN-2019"), (2022, "15-JAN-2022"), (2023, "15-Jan-23"), (2024, "2024-01-15")]
)
def test_each_yearly_file_writes_its_dates_in_its_own_way(grid: Running, year: int, text: str) -> None:
    resource = f"resource_id={HISTORIC_DEMAND_FILES[year]}"
    for wanted in (text, [text, "2024-12-31"]):
        result = search(grid, f"{resource}&filters={quote(json.dumps({'SETTLEMENT_DATE': wanted}))}")["result"]
        assert {record["SETTLEMENT_DATE"] for record in result["records"]} == {text}
        assert len(result["records"]) == result["total"] == 48
        assert result["records"][0]["_id"] == 14 * 48 + 1
    other = quote(json.dumps({"SETTLEMENT_DATE": text.swapcase() if year != 2024 else "15-Jan-24"}))
    assert search(grid, f"{resource}&filters={other}")["result"]["total"] == 0


def test_ckan_pages_by_100_and_says_where_the_next_page_is(grid: Running) -> None:
    query = f"resource_id={HISTORIC_DEMAND_FILES[2022]}"
    result = search(grid, query)["result"]
    assert len(result["records"]) == result["limit"] == 100
    assert result["total"] == 365 * 48
    assert result["_links"]["next"].endswith("&offset=100")
    following = answer(grid, result["_links"]["next"]).json()["result"]
    assert following["records"][0]["_id"] == 101
    whole = search(grid, f"{query}&limit=150")["result"]["records"]
    assert whole == result["records"] + following["records"][:50]


def test_ckan_sorts_and_filters_by_any_column(grid: Running) -> None:
    query = f"resource_id={HISTORIC_DEMAND_FILES[2024]}&limit=3"
    peaks = [r["ND"] for r in search(grid, f"{query}&sort=ND%20desc")["result"]["records"]]
    assert peaks == sorted(peaks, reverse=True)
    filters = quote(json.dumps({"SETTLEMENT_DATE": ["2024-01-15", "2024-01-16"], "SETTLEMENT_PERIOD": 36}))
    assert search(grid, f"{query}&filters={filters}")["result"]["total"] == 2


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("resource_id=nothing", 404, "Not Found Error"),
        ("", 404, "Not Found Error"),
        (f"resource_id={HISTORIC_DEMAND_FILES[2022]}&filters=nothing", 409, "Validation Error"),
        (f"resource_id={HISTORIC_DEMAND_FILES[2022]}&limit=many", 409, "Validation Error"),
        (f"resource_id={HISTORIC_DEMAND_FILES[2022]}&filters=%7B%22NOTHING%22%3A1%7D", 409, "Validation Error"),
        (f"resource_id={HISTORIC_DEMAND_FILES[2022]}&sort=NOTHING", 409, "Validation Error"),
    ],
)
def test_ckan_refuses_in_its_own_words(grid: Running, query: str, status: int, kind: str) -> None:
    body = search(grid, query, status)
    assert body["success"] is False
    assert body["error"]["__type"] == kind


def test_later_yearly_files_have_more_columns(grid: Running) -> None:
    for year, has_them in ((2022, False), (2023, True)):
        record = search(grid, f"resource_id={HISTORIC_DEMAND_FILES[year]}&limit=1")["result"]["records"][0]
        assert ("VIKING_FLOW" in record, "SCOTTISH_TRANSFER" in record) == (has_them, has_them)


FORECASTS = f"resource_id={neso_forecast.RESOURCE}"


def test_the_demand_forecast_has_clock_times_of_the_ends_and_twins_in_october(grid: Running) -> None:
    filters = quote(json.dumps({"Date": ["2023-10-29"]}))
    records = search(grid, f"{FORECASTS}&filters={filters}")["result"]["records"]
    assert len(records) == 50
    times = [(record["Datetime"][11:16], record["Settlement_Period"]) for record in records[:8]]
    assert times == [
        ("00:30", 1), ("01:00", 2), ("01:00", 4), ("01:30", 3), ("01:30", 5), ("02:00", 6), ("02:30", 7), ("03:00", 8),
    ]  # fmt: skip
    assert records[-1]["Datetime"] == "2023-10-30T00:00:00"
    assert {record["Publish_Datetime"] for record in records} == {"2023-10-28T08:45:00"}
    assert [record["_id"] for record in records] == list(range(records[0]["_id"], records[0]["_id"] + 50))
    for record in records:
        assert record["Absolute_Error"] == abs(record["Demand_Forecast"] - record["Demand_Outturn"])
        assert record["APE"] == pytest.approx(100 * record["Absolute_Error"] / record["Demand_Outturn"], abs=0.05)


def test_the_demand_forecast_holds_whole_days_once_they_are_over(grid: Running) -> None:
    newest = search(grid, f"{FORECASTS}&sort=_id%20desc&limit=2")["result"]
    assert [record["Date"] for record in newest["records"]] == ["2024-08-12", "2024-08-12"]
    assert newest["records"][0]["_id"] == newest["total"]
    last_page = search(grid, f"{FORECASTS}&offset={newest['total'] - 2}")["result"]
    assert last_page["records"] == newest["records"][::-1]
    grid.set_clock(datetime(2024, 8, 14, 9, 0, tzinfo=UTC), speed=0)
    filters = quote(json.dumps({"Date": "2024-08-13"}))
    assert search(grid, f"{FORECASTS}&filters={filters}")["result"]["total"] == 48


def test_triad_avoidance_is_a_thing_of_winter_evenings(grid: Running) -> None:
    days = {"2024-01": [f"2024-01-{day:02}" for day in range(8, 31)], "2024-06": ["2024-06-10", "2024-06-11"]}
    found = {}
    for month, dates in days.items():
        filters = quote(json.dumps({"Date": dates}))
        records = search(grid, f"{FORECASTS}&filters={filters}&limit=2000")["result"]["records"]
        found[month] = [record for record in records if record["TRIAD_Avoidance_Estimate"] > 0]
    assert found["2024-06"] == []
    assert {record["Settlement_Period"] for record in found["2024-01"]} == set(range(34, 39))
