"""Long series from files: through the lake into datasets of their own, and into marts where no source has a number."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from energy_monitor.history import is_held
from energy_monitor.history_files import read_history
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS, HISTORIES
from ingestion.dataset import BodyError
from ingestion.datasets.history import AGILE, FUEL_MIX, KINDS, agile_rows
from ingestion.landing import attempt_keys, read_attempt, read_body
from ingestion.parsing import parse
from ingestion.settlement import (
    DAY,
    HALF_HOUR,
    local_midnight_utc,
    periods_in,
    settlement_date_of,
    settlement_period_of,
)
from tests.conftest import REPOSITORY, Done, WorkspaceMaker, day_request, days_between, run_command, take_in
from tests.marts import build_marts, rows_of

Command = Callable[..., Done]
SECOND_HALF = ("JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
GAPS_OF_MARCH = [(date(2022, 3, 18), number) for number in (*range(34, 40), *range(41, 44), *range(45, 49))]
GAPS_OF_MARCH += [(date(2022, 3, 19), number) for number in range(1, 8)]


def instant(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def part_of_parquet(source: Path, target: Path, first: datetime, end: datetime) -> None:
    table = pq.read_table(source)
    times = table["startTime"]
    wanted = pc.and_(pc.greater_equal(times, pa.scalar(first, times.type)), pc.less(times, pa.scalar(end, times.type)))
    pq.write_table(table.filter(wanted), target)


def part_of_csv(source: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    header, *lines = source.read_text().splitlines(keepends=True)
    target.write_text(header + "".join(line for line in lines if wanted(line)))


@pytest.fixture(scope="module")
def folder(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of each history, up to two months, under names that say nothing, and files that are none."""
    histories, found = recorded / "history", tmp_path_factory.mktemp("histories")
    mix, prices = "fuel_mix_half_hourly_2021_2024.parquet", "system_prices_2016_2024.parquet"
    part_of_parquet(histories / mix, found / "a.parquet", instant(2022, 3, 18), instant(2022, 3, 28, 23))
    part_of_parquet(histories / prices, found / "b.parquet", instant(2022, 9, 30, 23), instant(2022, 12, 1))
    five_minutes = histories / "fuelinst_5min_2024-03.parquet"
    part_of_parquet(five_minutes, found / "c.parquet", instant(2024, 3, 31), instant(2024, 4, 1))
    part_of_csv(histories / "demand_neso_2022.csv", found / "d.csv", lambda line: "-MAR-" in line)
    part_of_csv(histories / "carbon_national_2023_h1.csv", found / "e.csv", lambda line: line.startswith("2023-01"))
    part_of_csv(
        histories / "agile_half_hourly_2022-11_2023-06.csv", found / "f.csv", lambda line: line[3:10] == "03/2023"
    )
    (found / "g.csv").write_bytes((histories / "carbon_generation_mix_pt24h_2023-03-16.csv").read_bytes())
    (found / "known_gaps.csv").write_bytes((histories / "known_gaps.csv").read_bytes())
    (found / "notes.txt").write_text("not a table")
    return found


@pytest.fixture(scope="module")
def workspace(home: Path, folder: Path) -> Workspace:
    """All of them brought in, by the command of the README."""
    done = run_command("--workspace", "histories", "history", str(folder))
    assert "left alone: known_gaps.csv is of no kind that is known: its columns are dataset, key," in done.stdout
    assert "left alone: notes.txt is neither a CSV nor a Parquet file" in done.stdout
    return Workspace("histories", {"ENERGY_MONITOR_HOME": str(home)})


def objects(workspace: Workspace) -> list[str]:
    return list(workspace.lake().keys())


def versions(workspace: Workspace) -> dict[str, int]:
    return {name: rows_of(workspace, f"select count(*) from raw.{name}")[0][0] for name in HISTORIES}


# Into the lake and into raw -------------------------------------------------------------------------------------------


def test_each_history_is_a_dataset_of_its_own_and_no_other() -> None:
    assert not set(HISTORIES) & set(DATASETS)
    assert all(name.startswith("history_") and one.source == "history" for name, one in HISTORIES.items())
    sources = (REPOSITORY / "dbt_project/models/staging/history/_history__models.yml").read_text()
    staging = "".join(path.read_text() for path in (REPOSITORY / "dbt_project/models/staging/history").glob("*.sql"))
    assert all(f"name: {name}\n" in sources and f"source('raw', '{name}')" in staging for name in HISTORIES)


def test_the_files_themselves_are_in_the_lake(workspace: Workspace, folder: Path) -> None:
    lake = workspace.lake()
    kept = {key.rpartition("-")[2]: key for key in lake.keys("history/")}
    assert set(kept) == {f"{letter}.parquet" for letter in "abc"} | {f"{letter}.csv" for letter in "defg"}
    for name, key in kept.items():
        assert lake.get(key) == (folder / name).read_bytes()
        assert key.split("/")[1] == read_history(folder / name).kind.id


def test_a_csv_files_numbers_are_kept_without_zeros_at_the_end(workspace: Workspace, folder: Path) -> None:
    """Of 101 and 101.0, which are equal, a minimum would show one or the other."""
    with (folder / "e.csv").open() as file:
        sent = list(csv.DictReader(file))
    assert any(row["actual"].endswith(".0") for row in sent)
    expected = [
        (row["from"], row["actual"].removesuffix(".0") or None, row["forecast"].removesuffix(".0"), row["index"])
        for row in sent
    ]
    rows = rows_of(
        workspace,
        'select "from", actual::text, forecast::text, index from raw.history_carbon_national order by "from"',
    )
    found = [(start.strftime("%Y-%m-%d %H:%M:%S+00:00"), *rest) for start, *rest in rows]
    assert found == expected
    assert ("2023-01-26 13:30:00+00:00", None, "214", "high") in found


def test_a_parquet_files_numbers_are_given_back(workspace: Workspace, folder: Path) -> None:
    table = pq.read_table(folder / "a.parquet").to_pylist()
    expected = {(row["startTime"], row["fuelType"]): (row["meanMW"], row["nSamples"]) for row in table}
    rows = rows_of(workspace, 'select "startTime", "fuelType", "meanMW", "nSamples", extra from raw.history_fuel_mix')
    assert len(rows) == len(expected) > 8_000
    for start, fuel, mean, samples, extra in rows:
        assert (pa.scalar(float(mean), pa.float32()).as_py(), samples) == expected[start, fuel]
        assert extra is None
    assert max(len(str(mean)) for _, _, mean, *_ in rows) <= 10, "no digits that are not in the file"


def test_estimates_of_solar_are_never_taken_for_a_code_of_elexon(workspace: Workspace) -> None:
    codes = rows_of(workspace, 'select distinct "fuelType" from raw.history_fuelinst')
    assert ("SOLAR",) not in codes
    assert ("WIND",) in codes
    solar = rows_of(workspace, 'select "fuelType", count(*) from raw.history_solar_pvlive group by 1')
    assert solar == [("SOLAR", 48)]


def test_months_are_of_settlement_dates_and_leave_no_gap(workspace: Workspace) -> None:
    lake = workspace.lake()
    windows = []
    for key in attempt_keys(lake, HISTORIES["history_system_prices"]):
        attempt = read_attempt(lake, key)
        window = HISTORIES["history_system_prices"].window_of(attempt.request)
        assert window is not None
        assert attempt.request.endswith("&file=b.parquet")
        windows.append((window.start_utc, window.end_utc))
    assert sorted(windows) == [
        (instant(2022, 9, 30, 23), instant(2022, 11, 1)),
        (instant(2022, 11, 1), instant(2022, 12, 1)),
    ]
    of_mix = lake.keys("landing/history/history_carbon_generation_mix/")
    (body_key,) = (key for key in of_mix if key.endswith(".json.gz"))
    body = json.loads(read_body(lake, body_key))
    assert list(body) == ["data"]
    assert body["data"][0]["from"] == "2023-03-15T10:00Z"
    assert body["data"][0]["solar"] == 8.6


def test_again_appends_and_lands_nothing(workspace: Workspace, folder: Path, command: Command) -> None:
    before = objects(workspace), versions(workspace)
    done = command("--workspace", "histories", "history", str(folder / "a.parquet"))
    assert (objects(workspace), versions(workspace)) == before
    assert "history_fuel_mix" in done.out
    renamed = folder.parent / "another name & a sign.parquet"
    renamed.write_bytes((folder / "a.parquet").read_bytes())
    command("--workspace", "histories", "history", str(renamed))
    assert versions(workspace) == before[1], "the same file under another name says nothing new"


def test_the_lake_alone_rebuilds_it(workspace: Workspace, command: Command) -> None:
    command("--workspace", "rebuilt", "replay", workspace.lake_uri)
    rebuilt = Workspace("rebuilt", workspace.environ)
    for name, dataset in HISTORIES.items():
        columns = ", ".join(f'"{column.name}"' for column in dataset.columns)
        rows = f"select {columns}, fetched_at, lake_key, content_hash from raw.{name} order by 1, 2, lake_key"
        assert rows_of(rebuilt, rows) == rows_of(workspace, rows), name


def test_status_shows_what_was_brought_in_and_ingest_does_not_ask_for_it(
    workspace: Workspace, command: Command
) -> None:
    shown = json.loads(command("--workspace", "histories", "status", "--json").out)["datasets"]
    found = {one["dataset"]: one for one in shown if one["dataset"] in HISTORIES}
    assert list(found) == list(HISTORIES)
    assert found["history_fuel_mix"]["newest_data"] == "2022-03-28T22:30:00Z"
    for words in (("ingest", "history_agile"), ("backfill", "--from", "2024-01-01", "history_fuel_mix")):
        refused = command("--workspace", "histories", *words, expect=2)
        assert "has no source to ask: it is brought in by `energy-monitor history`" in refused.err


def test_simulated_and_real_never_meet(home: Path, folder: Path, command: Command) -> None:
    refused = command("--workspace", "simulated", "history", str(folder / "d.csv"), expect=2)
    assert "is for simulated answers and this one is real" in refused.err
    assert not objects(Workspace("simulated"))


def test_what_was_stopped_half_way_goes_on(
    make_workspace: WorkspaceMaker, recorded: Path, tmp_path: Path, command: Command
) -> None:
    workspace, file = make_workspace(), tmp_path / "half a year.csv"
    part_of_csv(recorded / "history" / "demand_neso_2021.csv", file, lambda line: line[3:6] not in SECOND_HALF)
    words = ["--workspace", workspace.name, "history", str(file)]
    program = "from energy_monitor.cli import main; main()"
    process = subprocess.Popen([sys.executable, "-c", program, *words], cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    while rows_of(workspace, "select count(*) from raw.loads") < [(2,)]:
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = versions(workspace)["history_demand"]
    assert 0 < before < 8_686
    done = command(*words)
    assert versions(workspace)["history_demand"] == 8_686
    assert "not loaded:" not in done.err
    assert rows_of(workspace, "select count(*), sum(rows_new) from raw.loads where status = 'loaded'") == [(6, 8_686)]


# Files that are none --------------------------------------------------------------------------------------------------

PRICES = "startTime,systemSellPrice,netImbalanceVolume\n"
ROW = "2024-01-01T00:00Z,1,2\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.csv", "", "is empty"),
        ("x.csv", PRICES, "has columns and no rows"),
        ("x.csv", "a,b\n1,2\n", "is of no kind that is known: its columns are a, b"),
        ("x.csv", PRICES + "2024-01-01T00:00Z,1\n", "is no whole CSV file"),
        ("x.csv", PRICES.encode() + b"2024-01-01T00:00Z,1,\xff\xfe\n", "is no whole CSV file"),
        ("x.parquet", "PAR1", "is no whole PARQUET file"),
        ("x.txt", "a", "is neither a CSV nor a Parquet file"),
        (
            "x.csv",
            PRICES + "2024-01-01T00:00Z,1,2\n2024-01-01T00:30Z,cheap,2\n",
            "row 2, systemSellPrice: 'cheap' is no number",
        ),
        ("x.csv", PRICES + "2024-01-01T00:00Z,nan,2\n", "row 1, systemSellPrice: 'nan' is no number"),
        ("x.csv", PRICES + "2024-01-01 00:00,1,2\n", 'row 1, startTime: "2024-01-01 00:00" has no time zone'),
        ("x.csv", PRICES + ",1,2\n", "row 1, startTime: a row without startTime is no row of a history"),
        ("x.csv", PRICES + "0001-01-01T00:00Z,1,2\n", "is no time that this grid has data for"),
        (
            "x.csv",
            PRICES + 2 * "2024-01-01T00:00Z,1,2\n" + "2024-01-01T00:00Z,1,3\n",
            "has two different rows for startTime",
        ),
        ("x.csv", PRICES.replace("\n", ",startTime\n") + "2024-01-01T00:00Z,1,2,3\n", "has two columns startTime"),
        (
            "x.csv",
            "Period from,Period to,Agile Import price (p/kWh),Agile Export price (p/kWh)\n2022-11-01 00:00,x,1,2\n",
            "row 1, Period from: '2022-11-01 00:00' is no local time as 31/10/2022 01:30",
        ),
        ("x.csv", None, "there is no"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_sentence(
    home: Path, tmp_path: Path, command: Command, name: str, content: str | bytes | None, reason: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = command("--workspace", "files", "history", str(file), expect=2)
    assert reason in done.err
    assert done.err.startswith("energy-monitor: ")
    assert done.err.count("\n") == 1
    assert not [key for key in objects(Workspace("files")) if name in key]


def test_one_bad_file_does_not_keep_the_others_out(
    make_workspace: WorkspaceMaker, tmp_path: Path, command: Command
) -> None:
    workspace = make_workspace()
    (tmp_path / "bad.csv").write_text(PRICES + "2024-01-01T00:00Z,x,2\n")
    (tmp_path / "good.csv").write_text(PRICES + "2024-01-01T00:00Z,1.10,2\n")
    done = command("--workspace", workspace.name, "history", str(tmp_path), expect=2)
    assert "bad.csv, row 1, systemSellPrice: 'x' is no number" in done.err
    assert rows_of(workspace, 'select "systemSellPrice"::text from raw.history_system_prices') == [("1.1",)]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "there is no file in" in command("--workspace", workspace.name, "history", str(empty), expect=2).err
    (empty / "x.csv").write_text("a\n1\n")
    assert "there is no history in" in command("--workspace", workspace.name, "history", str(empty), expect=2).err


def test_other_columns_flow_through_and_of_two_files_the_later_one_holds(
    make_workspace: WorkspaceMaker, tmp_path: Path, command: Command
) -> None:
    workspace, file = make_workspace(), tmp_path / "prices.csv"
    header = PRICES.replace("\n", ",note\n")
    price = 'select "systemSellPrice"::int, extra from raw.history_system_prices order by fetched_at'
    for value in (1, 2, 1, 1):
        file.write_text(f'{header}2024-01-01T00:00Z,{value},2,"it\'s, here"\n')
        command("--workspace", workspace.name, "history", str(file))
    note = {"note": "it's, here"}
    assert rows_of(workspace, price) == [(1, note), (2, note), (1, note)]
    file.write_text(PRICES + "2024-01-02T00:00Z,5,2\n2024-01-01T00:30Z,5,2\n")
    command("--workspace", workspace.name, "history", str(file))
    assert len(rows_of(workspace, price)) == 5
    assert rows_of(workspace, "select count(*) from raw.history_system_prices where is_absent") == [(0,)]


def test_a_request_is_held_until_another_file_covers_its_window() -> None:
    def request(sha: str, first: int, last: int, name: str = "x") -> str:
        window = FUEL_MIX.forms[0].write(instant(2024, 1, first), instant(2024, 1, last), sha256=sha)
        return f"{window}&file={name}"

    ours, now = request("a", 1, 10), instant(2025, 1, 1)
    assert not is_held(FUEL_MIX, ours, [])
    assert is_held(FUEL_MIX, ours, [(request("a", 1, 10, "y"), now)])
    assert is_held(FUEL_MIX, ours, [(request("b", 5, 6), now), (ours, now)])
    assert not is_held(FUEL_MIX, ours, [(ours, now), (request("b", 5, 6), now)])
    assert is_held(FUEL_MIX, ours, [(ours, now), (request("b", 10, 20), now)])
    assert not is_held(FUEL_MIX, ours, [(request("a", 1, 9), now)])


def test_a_month_without_rows_inside_a_file_is_asked_for_too(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(PRICES + "2024-01-15T00:00Z,1,2\n2024-03-15T00:00Z,1,2\n")
    months = list(read_history(file).months())
    assert [(month.first, month.last) for month in months] == [
        (instant(2024, 1, 15), instant(2024, 2, 1)),
        (instant(2024, 2, 1), instant(2024, 3, 1)),
        (instant(2024, 3, 1), instant(2024, 3, 15, 0, 30)),
    ]
    assert months[1].body() == b'{"data":[]}'


def test_every_kind_has_its_time_and_keys_among_its_columns() -> None:
    for kind in KINDS:
        assert kind.time in kind.columns
        for part in kind.parts:
            own = {column.name for column in part.dataset.keys}
            assert kind.day_of or kind.wide or own <= set(kind.columns)


def test_a_local_time_that_comes_twice_is_two_rows() -> None:
    row = {
        "Period from": "30/10/2022 01:00",
        "Period to": "30/10/2022 01:30",
        "Agile Import price (p/kWh)": 1,
        "Agile Export price (p/kWh)": 2,
    }
    rows = agile_rows({"data": [row, row]})
    assert [(row["local_date"], row["occurrence"]) for row in rows] == [("2022-10-30", "1"), ("2022-10-30", "2")]
    assert len(parse(AGILE, json.dumps({"data": [row, row]}).encode(), None).rows) == 2
    for bad in ({"Period from": "2022-10-30"}, {}, 7):
        with pytest.raises(BodyError, match="row 1, Period from"):
            agile_rows({"data": [bad]})
    with pytest.raises(BodyError, match="a list `data`"):
        agile_rows([])


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, None, 3], pa.int8()), ["1", "null", "3"]),
        (pa.array([0.1, float("nan"), 3115.0], pa.float32()), ["0.1", "null", "3115"]),
        (pa.array([Decimal("1.50"), None, Decimal("-0.01")], pa.decimal128(10, 2)), ["1.50", "null", "-0.01"]),
        (pa.array(["7", None, "1e3"]), ["7", "null", "1e3"]),
    ],
)
def test_a_number_of_any_type_is_written_as_it_is(tmp_path: Path, values: pa.Array, texts: list[str]) -> None:
    times = pa.array([instant(2024, 7, 1) + HALF_HOUR * n for n in range(3)], pa.timestamp("ns", "Europe/London"))
    columns = {"startTime": times, "systemSellPrice": values, "netImbalanceVolume": pa.array([1, 2, 3])}
    pq.write_table(pa.table(columns | {"on": pa.array(['a\n"b', None, "ö"])}), tmp_path / "x.parquet")
    (month,) = read_history(tmp_path / "x.parquet").months()
    for text, line in zip(texts, month.body().decode().split(",\n"), strict=True):
        assert f'"systemSellPrice":{text},' in line
    rows = json.loads(month.body())["data"]
    assert [row["on"] for row in rows] == ['a\n"b', None, "ö"]
    assert rows[0]["startTime"] == "2024-07-01 00:00:00Z"


# Into the marts -------------------------------------------------------------------------------------------------------

MARCH_20 = date(2022, 3, 20)  # of which, in the tests below, Elexon has a part


def elexon_rows(fuel: str, period: timedelta, numbers: dict[int, int | None]) -> list[dict[str, object]]:
    midnight = local_midnight_utc(MARCH_20)
    return [
        {
            "startTime": (midnight + period * number).isoformat(),
            "publishTime": (midnight + period * (number + 1)).isoformat(),
            "fuelType": fuel,
            "generation": value,
        }
        for number, value in numbers.items()
    ]


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Workspace:
    """Beside the files, some numbers of Elexon and NESO: WIND at 00:00 and 00:30, five-minute WIND and COAL."""
    later = local_midnight_utc(MARCH_20) + 10 * DAY
    wind = elexon_rows("WIND", HALF_HOUR, {0: 1111, 1: None})
    take_in(workspace, "fuelhh", day_request("fuelhh", MARCH_20), {"data": wind}, later)
    five_minutes = timedelta(minutes=5)
    rows = elexon_rows("WIND", five_minutes, {n: 1000 + n for n in range(18)})
    rows += elexon_rows("COAL", five_minutes, {n: 600 + n for n in range(12) if n != 7})
    take_in(workspace, "fuelinst", day_request("fuelinst", MARCH_20), {"data": rows}, later)
    price = {"settlementDate": "2022-10-30", "settlementPeriod": 3, "systemSellPrice": 7, "netImbalanceVolume": 8}
    request = "/balancing/settlement/system-prices/2022-10-30"
    take_in(workspace, "system_prices", request, {"data": [price]}, instant(2022, 12, 1))
    build_marts(workspace, "--select", "+fct_grid_half_hourly", "stg_history__agile_prices")
    return workspace


def test_what_elexon_has_comes_first_by_half_hour_and_fuel(built: Workspace) -> None:
    rows = rows_of(
        built,
        """
        select settlement_period, fuel_code, generation_mw, source_dataset, five_minute_values, state
        from marts.fct_generation_half_hourly
        where settlement_date = %s and settlement_period <= 4 and fuel_code in ('WIND', 'COAL')
        """,
        [MARCH_20],
    )
    found = {(fuel, period): rest for period, fuel, *rest in rows}
    assert found["WIND", 1] == [1111, "fuelhh", None, "settled"]
    assert found["WIND", 2] == [Decimal("1008.5"), "fuelinst", 6, "settled"], "FUELHH has the row and no number"
    assert found["WIND", 3] == [Decimal("1014.5"), "fuelinst", 6, "settled"], "FUELHH lacks the row"
    assert found["WIND", 4][1:] == ["history_fuel_mix", 6, "provisional"], "nobody else has it"
    assert found["COAL", 1] == [Decimal("602.5"), "fuelinst", 6, "settled"]
    assert found["COAL", 2][1:] == ["history_fuel_mix", 6, "provisional"], "five of six are no mean of ours"


def test_a_mean_of_fewer_than_six_values_is_shown_and_counts_for_nothing(built: Workspace, folder: Path) -> None:
    table = pq.read_table(folder / "a.parquet").to_pylist()
    partial = {(row["startTime"], row["fuelType"]): row["nSamples"] for row in table if row["nSamples"] < 6}
    rows = rows_of(
        built,
        "select period_start_utc, fuel_code, five_minute_values, generation_mw is not null "
        "from marts.fct_generation_half_hourly where state = 'suspect'",
    )
    assert {(start, fuel): n for start, fuel, n, _ in rows} == partial
    assert len(partial) > 0
    assert all(shown for *_, shown in rows)
    start = next(iter(partial))[0]
    grid = rows_of(built, "select supply_mw from marts.fct_grid_half_hourly where period_start_utc = %s", [start])
    assert grid == [(None,)]


def test_what_a_file_lacks_in_its_own_span_is_missing(built: Workspace) -> None:
    rows = rows_of(
        built,
        "select distinct settlement_date, settlement_period from marts.fct_generation_half_hourly "
        "where state = 'missing' and generation_mw is null and source_dataset is null",
    )
    assert set(rows) == set(GAPS_OF_MARCH)
    prices = "select settlement_date, settlement_period from marts.fct_prices_half_hourly where system_price_state = %s"
    assert set(rows_of(built, prices, ["missing"])) == {
        (date(2022, 10, 22), 10),
        (date(2022, 10, 22), 31),
        (date(2022, 10, 31), 1),
        (date(2022, 10, 31), 2),
    }


def test_days_of_46_and_50_half_hours_are_whole(built: Workspace) -> None:
    counted = "select count(*) from marts.{} where settlement_date = %s and {} is not null"
    long_day, short_day = date(2022, 10, 30), date(2022, 3, 27)
    prices = counted.format("fct_prices_half_hourly", "system_price_gbp_per_mwh")
    assert rows_of(built, prices, [long_day]) == [(50,)]
    mix = counted.format("fct_generation_half_hourly", "generation_mw") + " and fuel_code = 'WIND'"
    assert rows_of(built, mix, [short_day]) == [(46,)]
    demand = counted.format("fct_demand_half_hourly", "nd_mw")
    assert rows_of(built, demand, [short_day]) == [(46,)]
    five_minutes = counted.format("fct_generation_five_minutely", "generation_mw") + " and fuel_code = 'CCGT'"
    assert rows_of(built, five_minutes, [date(2024, 3, 31)]) == [(46 * 6,)]
    agile = "select count(period_start_utc), count(distinct settlement_period) from staging.stg_history__agile_prices"
    assert rows_of(built, agile + " where settlement_date = '2023-03-26'") == [(46, 46)]


def test_prices_say_which_file_or_source_and_which_run(built: Workspace) -> None:
    rows = rows_of(
        built,
        """
        select settlement_period, system_price_gbp_per_mwh, net_imbalance_volume_mwh, system_price_source_dataset,
            settlement_run, system_price_state
        from marts.fct_prices_half_hourly where settlement_date = '2022-10-30' and settlement_period between 2 and 4
        order by 1
        """,
    )
    assert rows[1] == (3, 7, 8, "system_prices", "SF", "provisional")
    for row in (rows[0], rows[2]):
        assert row[3:] == ("history_system_prices", "DF", "settled"), "the file tells that it was asked for in 2026"


def test_demand_and_what_is_embedded_come_from_the_file_and_say_so(built: Workspace, folder: Path) -> None:
    rows = rows_of(
        built,
        """
        select settlement_date, settlement_period, nd_mw, tsd_mw, embedded_solar_mw, embedded_wind_mw, indo_mw,
            national_demand_mw, neso_source_dataset, embedded_source_dataset, national_demand_source_dataset, state
        from marts.fct_demand_half_hourly where settlement_date between '2022-03-01' and '2022-03-31' order by 1, 2
        """,
    )
    names = ("ND", "TSD", "EMBEDDED_SOLAR_GENERATION", "EMBEDDED_WIND_GENERATION")
    with (folder / "d.csv").open() as file:
        expected = [tuple(int(row[name]) for name in names) for row in csv.DictReader(file)]
    assert [tuple(map(int, row[2:6])) for row in rows] == expected
    assert {row[6:7] + row[8:] for row in rows} == {(None, *["history_demand"] * 3, "provisional")}
    assert all(row[7] == row[2] for row in rows)


def test_carbon_from_the_file_is_suspect_where_0_and_missing_where_null(built: Workspace) -> None:
    odd = rows_of(
        built,
        "select period_start_utc, carbon_actual_gco2_per_kwh, carbon_actual_source_dataset, state "
        "from marts.fct_carbon_half_hourly where state <> 'provisional' order by 1",
    )
    gone = [(instant(2023, 1, 26, 13, 30) + HALF_HOUR * n, None, None, "missing") for n in range(5)]
    assert odd == [*gone, (instant(2023, 1, 31, 1), 0, "history_carbon_national", "suspect")]


# All of them ----------------------------------------------------------------------------------------------------------

AT_LENGTH = [pytest.mark.full, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def everything(make_workspace: WorkspaceMaker, recorded: Path) -> Workspace:
    """All histories, loaded and built with the data tests."""
    workspace = make_workspace()
    words = [sys.executable, "-c", "from energy_monitor.cli import main; main()", "--workspace", workspace.name]
    for more in (["history", str(recorded / "history")], ["build"]):
        began = time.monotonic()
        done = subprocess.run([*words, *more], cwd=REPOSITORY, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
        print(f"{more[0]}: {time.monotonic() - began:.0f} s")
    return workspace


@pytest.fixture(scope="module")
def gaps(recorded: Path) -> dict[str, set[tuple[date, int]]]:
    found: dict[str, set[tuple[date, int]]] = {}
    for row in csv.DictReader(io.StringIO((recorded / "history" / "known_gaps.csv").read_text())):
        key = (date.fromisoformat(row["settlement_date"]), int(row["settlement_period"]))
        found.setdefault(row["dataset"], set()).add(key)
    assert {name: len(keys) for name, keys in found.items()} == {"system_prices": 38, "fuel_mix": 40}
    return found


class TestAllHistories:
    pytestmark = AT_LENGTH

    def test_every_row_is_there(self, everything: Workspace) -> None:
        assert versions(everything) == {
            "history_fuel_mix": 1_274_608,
            "history_fuelinst": 348_278,
            "history_solar_pvlive": 2_976,
            "history_system_prices": 157_786,
            "history_demand": 64_414,
            "history_carbon_national": 8_689,
            "history_carbon_generation_mix": 432,
            "history_agile": 11_614,
        }

    def test_clock_change_days_since_2016_are_whole(self, everything: Workspace) -> None:
        rows = rows_of(
            everything,
            """
            select settlement_date, count(system_price_gbp_per_mwh), max(settlement_period)
            from marts.fct_prices_half_hourly group by 1
            """,
        )
        found = {day: (prices, last) for day, prices, last in rows}
        changes = [day for day in days_between(date(2016, 1, 1), date(2024, 12, 31)) if periods_in(day) != 48]
        assert len(changes) == 18
        assert {day: found[day] for day in changes} == {day: (periods_in(day), periods_in(day)) for day in changes}

    def test_exactly_the_known_gaps_are_missing(
        self, everything: Workspace, gaps: dict[str, set[tuple[date, int]]]
    ) -> None:
        missing = "select settlement_date, settlement_period from marts.{} where {} = 'missing'"
        prices = rows_of(everything, missing.format("fct_prices_half_hourly", "system_price_state"))
        assert len(prices) == len(set(prices))
        assert set(prices) == gaps["system_prices"]
        mix = rows_of(everything, missing.format("fct_generation_half_hourly", "state"))
        assert set(mix) == gaps["fuel_mix"]
        fuels = rows_of(
            everything,
            "select count(*) from marts.fct_generation_half_hourly where generation_mw is not null "
            "and (settlement_date, settlement_period) in (select settlement_date, settlement_period "
            "from marts.fct_generation_half_hourly where state = 'missing') and fuel_code not like 'EMBEDDED%%'",
        )
        assert fuels == [(0,)], "the whole mix is missing, and not one fuel of it"
        for mart, column in (
            ("fct_demand_half_hourly", "state"),
            ("fct_generation_five_minutely", "state"),
        ):
            assert rows_of(everything, missing.replace("settlement_period", "state").format(mart, column)) == []

    def test_the_extremes_are_there_two_half_hours_each(self, everything: Workspace) -> None:
        rows = rows_of(
            everything,
            """
            select system_price_gbp_per_mwh, count(*) from marts.fct_prices_half_hourly
            where system_price_gbp_per_mwh in (
                (select min(system_price_gbp_per_mwh) from marts.fct_prices_half_hourly),
                (select max(system_price_gbp_per_mwh) from marts.fct_prices_half_hourly)
            )
            group by 1 order by 1
            """,
        )
        assert rows == [(Decimal("-185.33"), 2), (Decimal("4037.80"), 2)]

    def test_records_name_the_extremes_and_their_half_hours(self, everything: Workspace, recorded: Path) -> None:
        table = pq.read_table(recorded / "history" / "system_prices_2016_2024.parquet")
        prices = dict(zip(table["startTime"].to_pylist(), table["systemSellPrice"].to_pylist(), strict=True))
        extremes = {"highest_imbalance_price": max(prices.values()), "lowest_imbalance_price": min(prices.values())}
        for record, value in extremes.items():
            true = sorted(start for start, price in prices.items() if price == value)
            assert len(true) == 2
            found = rows_of(
                everything,
                "select period_start_utc, settlement_date, settlement_period, value, is_tie, ties, source_dataset "
                "from marts.fct_record_history where record_id = %s and is_current order by 1",
                [record],
            )
            assert [row[0] for row in found] == true
            named = [(settlement_date_of(start), settlement_period_of(start)) for start in true]
            assert [row[1:3] for row in found] == named
            assert {row[3] for row in found} == {Decimal(str(value))}
            assert [row[4] for row in found] == [False, True]
            assert {row[5:] for row in found} == {(1, "history_system_prices")}
            (holder,) = rows_of(
                everything,
                "select period_start_utc, last_tied_period_start_utc, known_since_utc, known_periods "
                "from marts.fct_records where record_id = %s",
                [record],
            )
            assert holder == (*true, min(prices), len(prices))

    def test_zeros_among_five_minute_values_make_no_record(self, everything: Workspace) -> None:
        lowest = dict(rows_of(everything, "select record_id, value from marts.fct_records"))
        zeros = "select count(*) from marts.fct_grid_half_hourly where nuclear_mw = 0 and gas_mw = 0"
        assert rows_of(everything, zeros) == [(29,)]
        assert lowest["lowest_nuclear"] > 2_000
        assert lowest["lowest_gas"] > 700
        assert lowest["lowest_supply"] > 18_000

    def test_both_system_prices_are_equal(self, everything: Workspace) -> None:
        unequal = (
            "select count(*) from staging.stg_history__system_prices "
            "where system_sell_price_gbp_per_mwh <> system_buy_price_gbp_per_mwh"
        )
        assert rows_of(everything, unequal) == [(0,)]

    def test_demand_and_embedded_generation_of_each_year(self, everything: Workspace, recorded: Path) -> None:
        names = ("ND", "TSD", "EMBEDDED_SOLAR_GENERATION", "EMBEDDED_WIND_GENERATION")
        for year in range(2019, 2023):
            with (recorded / "history" / f"demand_neso_{year}.csv").open() as file:
                rows = list(csv.DictReader(file))
            (found,) = rows_of(
                everything,
                """
                select count(*), sum(nd_mw), sum(tsd_mw), sum(embedded_solar_mw), sum(embedded_wind_mw)
                from marts.fct_demand_half_hourly
                where extract(year from settlement_date) = %s and embedded_source_dataset = 'history_demand'
                """,
                [year],
            )
            assert found == (len(rows), *(sum(int(row[name]) for row in rows) for name in names))

    def test_mix_and_demand_agree_with_each_other(self, everything: Workspace) -> None:
        """The mix is Elexon's, demand is NESO's: between them lie station load, and what they do not both meter."""
        (found,) = rows_of(
            everything,
            """
            with mix as (
                select
                    generation.period_start_utc,
                    sum(generation_mw) as signed_mw,
                    sum(greatest(generation_mw, 0)) as positive_mw,
                    sum(case when is_interconnector then greatest(-generation_mw, 0) else 0 end) as exports_mw,
                    sum(case when fuel_code = 'PS' then greatest(-generation_mw, 0) else 0 end) as pumping_mw
                from marts.fct_generation_half_hourly as generation
                inner join marts.dim_fuels as fuels using (fuel_code)
                where not fuels.is_embedded and extract(year from settlement_date) in (2021, 2022)
                group by 1
                having min(case when state = 'provisional' then 1 else 0 end) = 1
            ), beside as (
                select *, tsd_mw - nd_mw - exports_mw - pumping_mw as rest_mw,
                    extract(month from settlement_date) as month
                from mix inner join marts.fct_demand_half_hourly using (period_start_utc)
            )
            select
                count(*),
                percentile_cont(0.5) within group (order by signed_mw - nd_mw),
                percentile_cont(0.05) within group (order by signed_mw - nd_mw),
                percentile_cont(0.95) within group (order by signed_mw - nd_mw),
                percentile_cont(0.5) within group (order by positive_mw - tsd_mw),
                percentile_cont(0.5) within group (order by case when month between 5 and 9 then rest_mw end),
                percentile_cont(0.5) within group (order by case when month in (1, 2, 12) then rest_mw end)
            from beside
            """,
        )
        periods, signed, low, high, positive, summer, winter = map(float, found)
        assert periods > 29_000
        assert signed == pytest.approx(560, abs=20)
        assert (low, high) == (pytest.approx(466, abs=15), pytest.approx(678, abs=15))
        assert positive == pytest.approx(50, abs=20)
        assert summer == pytest.approx(500, abs=30)
        assert winter == pytest.approx(600, abs=30)
