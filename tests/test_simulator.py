"""The simulated grid over HTTP: the same for everyone and for ever, published in time, revised when it should be."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import mean
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.settlement import DAY, HALF_HOUR, local_midnight_utc, period_start_utc, periods_in
from simulator.carbon import actual_known_utc, forecast_g_per_kwh, intensity_g_per_kwh
from simulator.clock import Clock
from simulator.embedded import forecast_mw
from simulator.five_minutes import published_at
from simulator.forecasts import demand_mw, wind_mw
from simulator.grid import need, state
from simulator.half_hours import index_of, start_of
from simulator.prices import RUNS, imbalance
from simulator.server import Running, running
from tests.conftest import REPOSITORY

NOW = datetime(2027, 12, 31, 12, 2, 3, tzinfo=UTC)
NOON = datetime(2024, 6, 12, 12, tzinfo=UTC)
SESSION = requests.Session()
SESSION.trust_env = False  # a proxy of the machine has no business with 127.0.0.1


@pytest.fixture(scope="module")
def grid() -> Iterator[Running]:
    with running(seed=1, now_utc=NOW, speed=0) as found:
        yield found


def ask(grid: Running, path: str, now_utc: datetime | None = None) -> Any:
    """The decoded body of a path below the root, at a time."""
    if now_utc is not None:
        grid.set_clock(now_utc, speed=0)
    answer = SESSION.get(grid.url + path, timeout=60)
    assert answer.status_code == 200, answer.text[:300]
    assert datetime.fromisoformat(answer.headers["X-Energy-Monitor-Simulated"])
    return answer.json()


def elexon_rows(grid: Running, path: str, now_utc: datetime | None = None) -> list[dict[str, Any]]:
    body = ask(grid, "/bmrs/api/v1" + path, now_utc)
    return body["data"] if isinstance(body, dict) else body


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


# ---------------------------------------------------------------- the same for everyone

PRINT_BODIES = """
import sys, json, hashlib
from datetime import datetime, UTC
from simulator import elexon, carbon_intensity, carbon_regional, neso, octopus
from simulator.octopus_requests import Request
now = datetime(2024, 6, 12, 12, 2, 3, tzinfo=UTC)
seed = int(sys.argv[1])
day = {"settlementDateFrom": ["2024-06-11"], "settlementDateTo": ["2024-06-11"]}
span = {"from": ["2024-06-10T23:00Z"], "to": ["2024-06-11T22:30Z"]}
span |= {"publishDateTimeFrom": ["2024-06-11T00:00Z"], "publishDateTimeTo": ["2024-06-12T00:00Z"], "boundary": ["B3"]}
for path, endpoint in elexon.ENDPOINTS.items():
    query = day if "FUEL" in path or "outturn" in path else span
    at = {"settlementDate": "2024-06-11", "settlementPeriod": "7"}
    print(path, json.dumps(elexon.answer(endpoint, seed, at, query, now, path)))
for path, endpoint in carbon_intensity.ENDPOINTS.items():
    at = {"from": "2024-06-12T12:00Z", "to": "fw48h", "date": "2024-06-11", "period": "7"}
    print(path, json.dumps(carbon_intensity.answer(endpoint, seed, at, now)))
for path, endpoint in carbon_regional.ENDPOINTS.items():
    at = {"from": "2024-06-12T12:00Z", "to": "fw48h", "regionid": "7"}
    print(path, json.dumps(carbon_intensity.answer(endpoint, seed, at, now)))
for path, endpoint in octopus.ENDPOINTS.items():
    for code in ("AGILE-23-12-06", "VAR-22-11-01"):
        at = {"product": code, "tariff": f"E-1R-{code}-D"}
        print(path, json.dumps(octopus.answer(endpoint, Request(seed, at, {}, now, "http://here/"))))
files = "db6c038f-98af-4570-ab60-24d71ebd0ae5 bf5ab335-9b40-4ea4-b93a-ab4af7bce003 08e41551-80f8-4e28-a416-ea473a695db9"
for resource in files.split():
    print(resource, json.dumps(neso.answer(seed, {"resource_id": [resource]}, now)))
"""


def bodies_of_a_process(seed: int, hash_seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PRINT_BODIES, str(seed)],
        cwd=REPOSITORY,
        env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_two_processes_with_one_seed_give_equal_bytes_and_other_seeds_differ() -> None:
    first, second, other = bodies_of_a_process(5, "1"), bodies_of_a_process(5, "2"), bodies_of_a_process(6, "1")
    assert len(first) > 20
    assert first == second
    same = {ours.split()[0] for ours, theirs in zip(first, other, strict=True) if ours == theirs}
    references = {"/reference/fueltypes/all", "/reference/interconnectors/all"}
    assert same == {"/intensity/factors", "/products/", *references}


def test_what_was_asked_before_does_not_matter() -> None:
    index = index_of(NOON)
    alone = bodies_of_a_process(5, "1")
    imbalance(5, index + 5000, NOW)
    intensity_g_per_kwh(5, index - 5000)
    assert bodies_of_a_process(5, "1") == alone


# ---------------------------------------------------------------- windows agree with each other

PUBLISHED = [f"/datasets/{name}" for name in ("FUELHH", "FUELINST", "INDO", "ITSDO", "NDF", "WINDFOR", "AGPT")]


@settings(max_examples=25)
@given(
    start=st.datetimes(datetime(2016, 1, 1), datetime(2027, 12, 20), timezones=st.just(UTC)),
    hours=st.integers(1, 20),
    split=st.floats(0, 1),
    path=st.sampled_from(PUBLISHED),
)
def test_a_window_asked_for_whole_equals_its_parts(
    grid: Running, start: datetime, hours: int, split: float, path: str
) -> None:
    grid.set_clock(NOW, speed=0)
    start = start.replace(microsecond=0)
    end = start + timedelta(hours=hours)
    middle = start + timedelta(seconds=int(split * hours * 3600))

    def published(first: datetime, last: datetime) -> list[dict[str, Any]]:
        form = "%Y-%m-%dT%H:%M:%SZ"
        return elexon_rows(grid, f"{path}?publishDateTimeFrom={first:{form}}&publishDateTimeTo={last:{form}}")

    whole, parts = published(start, end), published(start, middle) + published(middle, end)
    # Windows are closed at both ends: what was published at the very middle is in both.
    assert in_order(whole) == sorted(set(in_order(parts)))


def test_a_settlement_day_equals_its_periods_and_its_publish_window(grid: Running) -> None:
    day = "settlementDateFrom=2024-03-31&settlementDateTo=2024-03-31"
    for path in ("/datasets/FUELHH", "/datasets/FUELINST/stream", "/demand/outturn"):
        whole = elexon_rows(grid, f"{path}?{day}", NOW)
        parts = [
            row
            for first in range(1, 47, 10)
            for row in elexon_rows(
                grid, f"{path}?{day}&" + "&".join(f"settlementPeriod={p}" for p in range(first, min(47, first + 10)))
            )
        ]
        assert in_order(whole) == in_order(parts)
    half_hours = elexon_rows(grid, f"/datasets/FUELHH?{day}")
    window = "publishDateTimeFrom=2024-03-31T00:30Z&publishDateTimeTo=2024-03-31T23:00Z"
    assert in_order(half_hours) == in_order(elexon_rows(grid, f"/datasets/FUELHH?{window}"))
    assert in_order(half_hours) == in_order(elexon_rows(grid, f"/datasets/FUELHH/stream?{day}"))


@pytest.mark.parametrize(
    "path",
    [
        "/datasets/FUELHH?settlementDateFrom=2024-06-12&settlementDateTo=2024-06-12",
        "/datasets/FUELINST?settlementDateFrom=2024-06-12&settlementDateTo=2024-06-12",
        "/demand/outturn?settlementDateFrom=2024-06-12&settlementDateTo=2024-06-12",
        "/balancing/pricing/market-index?from=2024-06-11T23:00Z&to=2024-06-12T22:30Z",
        "/balancing/settlement/system-prices/2024-06-12",
        "/datasets/REMIT?publishDateTimeFrom=2024-06-12T00:00Z&publishDateTimeTo=2024-06-13T00:00Z",
        "/datasets/NDF?publishDateTimeFrom=2024-06-12T11:00Z&publishDateTimeTo=2024-06-12T14:00Z",
        "/datasets/WINDFOR?publishDateTimeFrom=2024-06-12T00:00Z&publishDateTimeTo=2024-06-13T00:00Z",
        "/datasets/AGPT?publishDateTimeFrom=2024-06-12T00:00Z&publishDateTimeTo=2024-06-13T00:00Z",
        "/datasets/FREQ?measurementDateTimeFrom=2024-06-12T11:00Z&measurementDateTimeTo=2024-06-12T14:00Z",
    ],
)
def test_asking_again_only_adds_what_was_published_since(grid: Running, path: str) -> None:
    before: set[str] = set()
    for hours in (0, 1, 7, 30, 100):
        rows = set(in_order(elexon_rows(grid, path, NOON + timedelta(hours=hours, minutes=7))))
        assert before <= rows
        before = rows
    assert before


def test_a_frequency_window_asked_for_whole_equals_its_parts(grid: Running) -> None:
    def between(first: str, last: str) -> list[str]:
        return in_order(elexon_rows(grid, f"/system/frequency?from=2024-06-11T{first}Z&to=2024-06-11T{last}Z", NOON))

    whole = between("10:00:00", "10:20:00")
    assert len(whole) == 81
    assert whole == sorted({*between("10:00:00", "10:07:22"), *between("10:07:22", "10:20:00")})


def test_generation_by_type_is_the_half_hours_generation(grid: Running) -> None:
    window = "publishDateTimeFrom=2024-06-11T12:00Z&publishDateTimeTo=2024-06-11T18:00Z"
    for row in elexon_rows(grid, f"/datasets/AGPT?{window}", NOW):
        mw = state(1, index_of(datetime.fromisoformat(row["startTime"])))
        expected = {"Fossil Gas": mw.generation_mw["CCGT"] + mw.generation_mw["OCGT"], "Solar": mw.embedded_solar_mw}
        if row["psrType"] in expected:
            assert row["quantity"] == pytest.approx(expected[row["psrType"]], rel=0.2, abs=1)


def test_five_minute_means_are_the_half_hour_within_rounding(grid: Running) -> None:
    day = "settlementDateFrom=2024-09-20&settlementDateTo=2024-09-20"
    fives: dict[tuple[int, str], list[int]] = {}
    for row in elexon_rows(grid, f"/datasets/FUELINST?{day}", NOW):
        fives.setdefault((row["settlementPeriod"], row["fuelType"]), []).append(row["generation"])
    halves = elexon_rows(grid, f"/datasets/FUELHH?{day}")
    assert len(halves) == len(fives) == 48 * 20
    for row in halves:
        six = fives[row["settlementPeriod"], row["fuelType"]]
        assert len(six) == 6
        assert mean(six) == pytest.approx(row["generation"], abs=1.0)


# ---------------------------------------------------------------- long and short days, any year

ALL_DAYS = (date(2016, 1, 1) + n * DAY for n in range(12 * 365))
CHANGES = [day for day in ALL_DAYS if periods_in(day) != 48]
assert len(CHANGES) == 24


def served_whole(grid: Running, day: date) -> None:
    number = periods_in(day)
    starts = [period_start_utc(day, period) for period in range(1, number + 1)]
    text = {f"{start:%Y-%m-%dT%H:%M:%SZ}": place for place, start in enumerate(starts, start=1)}
    window = f"settlementDateFrom={day}&settlementDateTo={day}"
    times = f"from={starts[0]:%Y-%m-%dT%H:%MZ}&to={starts[-1]:%Y-%m-%dT%H:%MZ}"
    last = starts[-1] + HALF_HOUR
    published = f"publishDateTimeFrom={starts[0] + HALF_HOUR:%Y-%m-%dT%H:%MZ}&publishDateTimeTo={last:%Y-%m-%dT%H:%MZ}"
    for path in (
        f"/datasets/FUELHH?{window}&fuelType=CCGT",
        f"/datasets/FUELHH/stream?{window}&fuelType=CCGT",
        f"/datasets/FUELHH?{published}&fuelType=WIND",
        f"/demand/outturn?{window}",
        f"/demand/outturn/stream?{window}",
        f"/datasets/INDO?{published}",
        f"/datasets/ITSDO?{published}",
        f"/balancing/settlement/system-prices/{day}",
        f"/balancing/pricing/market-index?{times}&dataProviders=APXMIDP",
        f"/datasets/MID?{times}&dataProviders=N2EXMIDP",
        f"/datasets/MID/stream?{times}&dataProviders=APXMIDP",
    ):
        rows = elexon_rows(grid, path)
        assert {row["startTime"]: row["settlementPeriod"] for row in rows} == text, path
        assert len(rows) == number
        assert {row["settlementDate"] for row in rows} == {day.isoformat()}
    five = elexon_rows(grid, f"/datasets/FUELINST/stream?{window}&fuelType=NUCLEAR")
    assert len(five) == number * 6
    rows = ask(grid, f"/intensity/date/{day}")["data"]
    assert [row["from"] for row in rows] == [f"{start:%Y-%m-%dT%H:%MZ}" for start in starts]
    if day > date(2018, 6, 1):  # the mix has no older past
        rows = ask(grid, f"/generation/{starts[0]:%Y-%m-%dT%H:%MZ}/{last:%Y-%m-%dT%H:%MZ}")["data"]
        assert [row["from"] for row in rows][1:] == [f"{start:%Y-%m-%dT%H:%MZ}" for start in starts]
    if day.year <= 2026:
        from simulator.neso_history import RESOURCES, date_text

        resource = {year: resource for resource, year in RESOURCES.items()}[day.year]
        filters = json.dumps({"SETTLEMENT_DATE": date_text(day)})
        result = ask(grid, f"/api/3/action/datastore_search?resource_id={resource}&filters={filters}")["result"]
        assert [row["SETTLEMENT_PERIOD"] for row in result["records"]] == list(range(1, number + 1))
        assert result["total"] == number


@pytest.mark.parametrize("day", CHANGES, ids=str)
def test_every_long_and_short_day_is_served_whole(grid: Running, day: date) -> None:
    grid.set_clock(NOW, speed=0)
    served_whole(grid, day)


def test_the_embedded_forecast_labels_long_and_short_days(grid: Running) -> None:
    for day in (date(2025, 10, 26), date(2026, 3, 29)):
        now = local_midnight_utc(day) - 3 * DAY
        path = "/api/3/action/datastore_search?resource_id=db6c038f-98af-4570-ab60-24d71ebd0ae5&limit=1000"
        records = ask(grid, path, now)["result"]["records"]
        periods = [r["SETTLEMENT_PERIOD"] for r in records if r["SETTLEMENT_DATE"].startswith(str(day))]
        assert periods == list(range(1, periods_in(day) + 1))


@pytest.mark.parametrize("year", [2009, 2013, 2016, 2019, 2024, 2031, 2037])
def test_any_year_can_be_asked_for(grid: Running, year: int) -> None:
    grid.set_clock(datetime(2038, 1, 1, tzinfo=UTC), speed=0)
    rows = elexon_rows(grid, f"/datasets/FUELHH?settlementDateFrom={year}-01-15&settlementDateTo={year}-01-15")
    assert {row["settlementPeriod"] for row in rows} == set(range(1, 49))
    codes = {row["fuelType"] for row in rows}
    assert ("INTNSL" in codes, "INTELEC" in codes, "INTGRNL" in codes) == (year > 2020, year > 2021, year > 2024)
    coal = sum(row["generation"] for row in rows if row["fuelType"] == "COAL")
    assert (coal > 0) == (year < 2024) or year == 2024


@pytest.mark.full
@pytest.mark.parametrize("year", range(2009, 2038))
def test_every_half_hour_of_every_year_has_a_sane_grid(year: int) -> None:
    first, last = index_of(datetime(year, 1, 1, tzinfo=UTC)), index_of(datetime(year + 1, 1, 1, tzinfo=UTC))
    for index in range(first, last, 3):
        now = state(1, index)
        assert all(mw >= 0 for fuel, mw in now.generation_mw.items() if not fuel.startswith(("INT", "PS")))
        assert 1_000 < now.indo_mw < 70_000
        assert now.itsdo_mw > now.indo_mw


# ---------------------------------------------------------------- nothing before it is published


@settings(max_examples=25)
@given(now=st.datetimes(datetime(2018, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)))
def test_nothing_is_served_before_it_is_published(grid: Running, now: datetime) -> None:
    now = now.replace(microsecond=0)
    today = f"settlementDateFrom={now - DAY:%Y-%m-%d}&settlementDateTo={now + DAY:%Y-%m-%d}"

    def ends(rows: list[dict[str, Any]], lag: timedelta) -> None:
        newest = max(datetime.fromisoformat(row["startTime"]) for row in rows)
        assert newest + HALF_HOUR + lag <= now < newest + 2 * HALF_HOUR + lag

    ends(elexon_rows(grid, f"/datasets/FUELHH?{today}", now), timedelta(0))
    ends(elexon_rows(grid, f"/demand/outturn?{today}"), timedelta(minutes=15))
    ends(elexon_rows(grid, "/datasets/INDO"), timedelta(minutes=15))
    span = f"from={now - DAY:%Y-%m-%dT%H:%MZ}&to={now + DAY:%Y-%m-%dT%H:%MZ}"
    ends(elexon_rows(grid, f"/balancing/pricing/market-index?{span}"), timedelta(minutes=1))
    fives = elexon_rows(grid, f"/datasets/FUELINST?{today}&fuelType=WIND")
    assert all(datetime.fromisoformat(row["publishTime"]) <= now for row in fives)
    for row in elexon_rows(grid, f"/balancing/settlement/system-prices/{now:%Y-%m-%d}"):
        assert datetime.fromisoformat(row["createdDateTime"]) <= now
    messages = elexon_rows(
        grid, f"/datasets/REMIT/stream?publishDateTimeFrom={now - DAY:%Y-%m-%d}&publishDateTimeTo={now + DAY:%Y-%m-%d}"
    )
    assert messages
    assert all(datetime.fromisoformat(row["publishTime"]) <= now for row in messages)
    published = f"publishDateTimeFrom={now - DAY / 2:%Y-%m-%dT%H:%M}&publishDateTimeTo={now + DAY / 2:%Y-%m-%dT%H:%M}"
    for dataset, lag in (("NDF", timedelta(hours=1)), ("WINDFOR", timedelta(hours=5)), ("AGPT", timedelta(hours=1))):
        stamps = [
            datetime.fromisoformat(row["publishTime"]) for row in elexon_rows(grid, f"/datasets/{dataset}?{published}")
        ]
        assert now - lag < max(stamps) <= now
    measured = [
        datetime.fromisoformat(row["measurementTime"]) for row in elexon_rows(grid, f"/system/frequency?{span}")
    ]
    assert now - timedelta(seconds=135) <= max(measured) <= now - timedelta(seconds=15)
    for row in ask(grid, f"/intensity/{now - DAY:%Y-%m-%dT%H:%MZ}/{now + DAY:%Y-%m-%dT%H:%MZ}")["data"]:
        end = datetime.fromisoformat(row["to"])
        if row["intensity"]["actual"] is not None:
            assert end + timedelta(minutes=30) <= now
        elif end < now:
            assert now < end + timedelta(minutes=61)


def test_first_prices_come_about_eighteen_and_a_half_minutes_after_the_half_hour() -> None:
    index = index_of(NOON)
    end = start_of(index + 1)
    assert imbalance(1, index, end + timedelta(minutes=18, seconds=17)) is None
    assert imbalance(1, index, end + timedelta(minutes=18, seconds=38)) is not None


def test_a_few_five_minute_samples_are_24_to_39_minutes_late(grid: Running) -> None:
    first = index_of(datetime(2024, 1, 1, tzinfo=UTC)) * 6
    late = [
        (interval, lag)
        for interval in range(first, first + 20_000)
        if (lag := published_at(1, interval) - datetime.fromtimestamp((interval + 1) * 300, UTC))
    ]
    assert 10 < len(late) < 60
    assert all(timedelta(minutes=24) <= lag <= timedelta(minutes=39) for _, lag in late)
    interval, _ = late[0]
    start = datetime.fromtimestamp(interval * 300, UTC)
    path = f"/datasets/FUELINST?settlementDateFrom={start:%Y-%m-%d}&settlementDateTo={start:%Y-%m-%d}"
    wanted = f"{start:%Y-%m-%dT%H:%M:%SZ}"
    assert wanted not in {row["startTime"] for row in elexon_rows(grid, path, start + timedelta(minutes=20))}
    assert wanted in {row["startTime"] for row in elexon_rows(grid, path, start + timedelta(minutes=45))}


def test_nesos_yearly_file_runs_about_21_days_behind(grid: Running) -> None:
    path = "/api/3/action/datastore_search?resource_id=f6d02c0f-957b-48cb-82ee-09003f2ba759&limit=32000"
    newest = ask(grid, path, NOON)["result"]["records"][-1]
    assert newest["SETTLEMENT_DATE"] == "2024-05-21"
    assert newest["SETTLEMENT_PERIOD"] == 48


# ---------------------------------------------------------------- revisions


def test_prices_change_at_the_ages_of_settlement_runs_and_at_no_other() -> None:
    first = index_of(datetime(2023, 1, 1, tzinfo=UTC))
    changed = dict.fromkeys((name for name, *_ in RUNS), 0)
    moved = 0
    number = 3000
    for index in range(first, first + number):
        start = start_of(index)
        before = imbalance(1, index, start + timedelta(hours=1))
        assert before is not None
        for name, age_hours, _ in RUNS:
            just_before = imbalance(1, index, start + timedelta(hours=age_hours, seconds=-1))
            after = imbalance(1, index, start + timedelta(hours=age_hours))
            assert just_before == before
            assert after is not None
            assert after.created_utc == start + timedelta(hours=age_hours)
            changed[name] += after.volume_mwh != before.volume_mwh
            moved += after.price_gbp_per_mwh != before.price_gbp_per_mwh
            before = after
    shares = {name: count / number for name, count in changed.items()}
    assert 0.02 < shares["II"] < 0.05
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert 0.005 < moved / number < 0.06  # most changes of the volume leave the price as it is


def test_a_later_run_is_served_in_place_with_its_own_stamp(grid: Running) -> None:
    path = "/balancing/settlement/system-prices/2024-06-12"
    day = local_midnight_utc(date(2024, 6, 12))
    young = elexon_rows(grid, path, day + 2 * DAY)
    old = elexon_rows(grid, path, day + 600 * DAY)
    assert len(young) == len(old) == 48
    by_period = {row["settlementPeriod"]: row for row in old}
    differing = [
        row for row in young if row["netImbalanceVolume"] != by_period[row["settlementPeriod"]]["netImbalanceVolume"]
    ]
    assert 0 < len(differing) < 12
    for row in young:
        later = by_period[row["settlementPeriod"]]
        assert later["createdDateTime"] > row["createdDateTime"]
        assert later["startTime"] == row["startTime"]
        for found in (row, later):
            assert found["systemSellPrice"] == found["systemBuyPrice"]
            assert found["priceDerivationCode"] == ("P" if found["netImbalanceVolume"] > 0 else "N")


def test_carbon_actual_is_null_then_known_then_may_move_for_a_day_and_no_longer(grid: Running) -> None:
    from simulator.carbon import actual_g_per_kwh

    first = index_of(NOON)
    moved = 0
    for index in range(first, first + 400):
        known = actual_known_utc(1, index)
        assert timedelta(minutes=30) <= known - start_of(index + 1) <= timedelta(minutes=60)
        assert actual_g_per_kwh(1, index, known - timedelta(seconds=1)) is None
        early, settled = (actual_g_per_kwh(1, index, known + later) for later in (timedelta(0), DAY))
        assert early is not None
        assert settled == actual_g_per_kwh(1, index, known + 500 * DAY) == round(intensity_g_per_kwh(1, index))
        assert abs(early - settled) <= 3
        moved += early != settled
    assert 0.1 < moved / 400 < 0.3


def test_carbon_forecasts_are_reissued_each_half_hour_and_rewritten_for_a_day_after() -> None:
    index = index_of(NOON)
    end = start_of(index + 1)
    issues = [forecast_g_per_kwh(1, index, end - 48 * HALF_HOUR + n * HALF_HOUR) for n in range(48)]
    assert len(set(issues)) > 10
    within = forecast_g_per_kwh(1, index, NOON), forecast_g_per_kwh(1, index, NOON + timedelta(minutes=29))
    assert within[0] == within[1]
    after = [forecast_g_per_kwh(1, index, end + n * HALF_HOUR) for n in range(200)]
    assert len(set(after[:48])) > 1
    assert len(set(after[48:])) == 1


def test_forecasts_get_better_as_they_come_nearer() -> None:
    first = index_of(datetime(2023, 3, 1, tzinfo=UTC))
    targets = range(first, first + 60 * 48, 7)

    def carbon_error(hours: float) -> float:
        ahead = timedelta(hours=hours)
        return mean(abs(forecast_g_per_kwh(1, i, start_of(i) - ahead) - intensity_g_per_kwh(1, i)) for i in targets)

    def embedded_error(hours: float, kind: int) -> float:
        truth = [(need(1, i).embedded_wind_mw, need(1, i).embedded_solar_mw)[kind] for i in targets]
        ahead = int(2 * hours)
        return mean(abs(forecast_mw(1, i, i - ahead)[kind] - mw) for i, mw in zip(targets, truth, strict=True))

    def demand_error(hours: float) -> float:
        ahead = int(2 * hours)
        return mean(abs(demand_mw(1, i, i - ahead).national_mw - state(1, i).indo_mw) for i in targets)

    def wind_error(hours: float) -> float:
        ahead = timedelta(hours=hours)
        full_hours = (i // 2 * 2 for i in targets)
        return mean(
            abs(wind_mw(1, start_of(i), start_of(i) - ahead) - (need(1, i).wind_mw + need(1, i + 1).wind_mw) / 2)
            for i in full_hours
        )

    embedded = [lambda h: embedded_error(h, 0), lambda h: embedded_error(h, 1)]
    for error in (carbon_error, demand_error, wind_error, *embedded):
        errors = [error(hours) for hours in (1, 6, 24, 47)]
        assert errors == sorted(errors)
        assert errors[-1] > 1.5 * errors[0] > 0


def test_the_embedded_forecast_is_reissued_each_hour(grid: Running) -> None:
    path = "/api/3/action/datastore_search?resource_id=db6c038f-98af-4570-ab60-24d71ebd0ae5&limit=1000"
    first, same, next_issue = (ask(grid, path, NOON + timedelta(minutes=m))["result"]["records"] for m in (0, 59, 60))
    assert first == same
    assert len(first) == len(next_issue) == 14 * 48
    assert first[0]["DATE_GMT"] == "2024-06-12T00:00:00"
    assert first[0]["TIME_GMT"] == "12:00"
    assert next_issue[0]["TIME_GMT"] == "13:00"
    assert first[2]["EMBEDDED_WIND_FORECAST"] != next_issue[0]["EMBEDDED_WIND_FORECAST"]


def test_outages_of_named_units_are_announced_revised_and_closed_and_take_power_away(grid: Running) -> None:
    window = "publishDateTimeFrom=2022-06-01T00:00Z&publishDateTimeTo=2025-06-01T00:00Z"
    messages = elexon_rows(grid, f"/datasets/REMIT/stream?{window}", NOW)
    by_mrid: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        by_mrid.setdefault(message["mrid"], []).append(message)
    assert len({(m["mrid"], m["revisionNumber"]) for m in messages}) == len(messages)
    whole = [
        revisions
        for revisions in by_mrid.values()
        if revisions[0]["fuelType"] == "Nuclear"
        and revisions[0]["revisionNumber"] == 1
        and revisions[-1]["eventStatus"] == "Inactive"
        and revisions[-1]["unavailableCapacity"] == revisions[-1]["normalCapacity"]
    ]
    assert len(whole) >= 5
    for revisions in whole:
        assert [m["revisionNumber"] for m in revisions] == list(range(1, len(revisions) + 1))
        assert revisions[0]["eventStatus"] == "Active"
        last = revisions[-1]
        start, end = (datetime.fromisoformat(last[name]) for name in ("eventStartTime", "eventEndTime"))
        before, during = (need(1, index_of(at)).nuclear_mw for at in (start - HALF_HOUR, start))
        if last["unavailabilityType"] == "Planned":
            assert datetime.fromisoformat(revisions[0]["publishTime"]) < start - 9 * DAY
        assert before - during > 0.5 * last["unavailableCapacity"]
        assert datetime.fromisoformat(last["publishTime"]) >= end
    assert any(m["eventStatus"] == "Dismissed" for m in messages)


# ---------------------------------------------------------------- where it is


def test_it_says_where_each_source_is(grid: Running) -> None:
    assert grid.octopus_url == f"http://127.0.0.1:{grid.port}/v1"
    assert ask(grid, "/v1/products/")["count"] > 0
    assert SESSION.get(grid.octopus_url + "/products/", timeout=10).json()["count"] > 0


# ---------------------------------------------------------------- the clock


def test_the_clock_can_be_set_sped_up_and_stopped() -> None:
    passed = [0.0]
    clock = Clock(NOON, speed=60, elapsed_s=lambda: passed[0])
    passed[0] = 10.0
    assert clock.now_utc() == NOON + timedelta(minutes=10)
    clock.set(NOON, speed=0)
    passed[0] = 1000.0
    assert clock.now_utc() == NOON
    with pytest.raises(ValueError, match="no time zone"):
        clock.set(datetime(2024, 1, 1))
    with pytest.raises(ValueError, match="speed"):
        clock.set(NOON, speed=-1)


def test_the_clock_can_be_set_over_http(grid: Running) -> None:
    address = grid.url + "/simulator/clock"
    answer = SESSION.put(address, json={"now_utc": "2024-06-12T12:00:00Z", "speed": 0}, timeout=10)
    assert answer.json() == {"now_utc": "2024-06-12T12:00:00Z", "speed": 0.0, "seed": 1}
    assert datetime.fromisoformat(answer.headers["X-Energy-Monitor-Simulated"])
    assert SESSION.get(address, timeout=10).json()["now_utc"] == "2024-06-12T12:00:00Z"
    assert elexon_rows(grid, "/datasets/INDO")[0]["startTime"] == "2024-06-12T11:00:00Z"
    for wrong in (b"", b"[]", b'{"now_utc": "noon"}', b'{"now_utc": "2024-06-12T12:00:00"}', b'{"speed": "fast"}'):
        refused = SESSION.put(address, data=wrong, timeout=10)
        assert refused.status_code == 400
        assert "expected a body as" in refused.json()["error"]
    assert SESSION.get(address, timeout=10).json()["now_utc"] == "2024-06-12T12:00:00Z"


def test_without_a_time_the_clock_is_the_machines() -> None:
    assert abs(Clock().now_utc() - datetime.now(UTC)) < timedelta(seconds=5)
