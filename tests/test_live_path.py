"""The live path: the workspace `live`, and a stub that serves recorded bodies without a simulator's mark."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from energy_monitor.workspace import Workspace
from ingestion.landing import SIMULATED_HEADER, attempt_keys
from tests.conftest import run_command
from tests.marts import build_marts, rows_of
from tests.scripted_source import Say, Source, scripted_source

DAYS = {
    "fuelhh": "2022-03-27",
    "fuelinst": "2022-03-27",
    "demand_outturn": "2022-03-27",
    "system_prices": "2022-03-27",
    "neso_historic_demand": "2022-03-27",
    "carbon_national_actual": "2023-03-26",
    "remit": "2024-01-01",
}


@pytest.fixture(scope="module")
def stub(recorded: Path) -> Iterator[Source]:
    """Answers with the recorded body of a request, or with 404."""
    manifest = json.loads((recorded / "bodies" / "MANIFEST.json").read_text())
    by_request = {entry["request"]: recorded / entry["file"] for entry in manifest}

    def answer(path: str, _: int) -> Say:
        request = unquote(path)
        if carbon := re.fullmatch(r"/intensity/(\d{4}-\d{2}-\d{2})T[^/]*/.*", request):
            request = f"/intensity/date/{carbon.group(1)}"
        if neso := re.search(r'"SETTLEMENT_DATE":\["([\d-]+)"', request):
            year = neso.group(1)[:4]
            request = f"datastore_search (historic demand data {year}), filters SETTLEMENT_DATE={neso.group(1)}"
        file = by_request.get(request)
        return Say(404, b"not recorded") if file is None else Say(body=gzip.decompress(file.read_bytes()))

    with scripted_source(answer) as source:
        yield source


def urls(url: str) -> dict[str, str]:
    sources = ("ELEXON", "CARBON_INTENSITY", "NESO")
    budget = {f"ENERGY_MONITOR_{name}_REQUESTS_PER_MINUTE": "6000" for name in sources}
    return budget | {f"ENERGY_MONITOR_{name}_URL": url for name in sources}


def test_a_live_workspace_refuses_simulated_answers_and_says_why(home: Path) -> None:
    marked = Say(headers={SIMULATED_HEADER: "2025-06-01T12:00:00+00:00"})
    with scripted_source(lambda *_: marked) as source:
        done = run_command(
            "ingest", "system_prices", "--from", "2022-03-27", "--to", "2022-03-27", expect=2, **urls(source.url)
        )
    assert "simulated" in done.stderr
    assert "not landed" in done.stderr
    assert "Traceback" not in done.stderr
    live = Workspace("live", {"ENERGY_MONITOR_HOME": str(home)})
    assert list(attempt_keys(live.lake())) == []
    assert rows_of(live, "select count(*) from raw.loads") == [(0,)]


def test_recorded_bodies_come_in_over_the_live_path_and_the_marts_are_right(
    home: Path, stub: Source, recorded: Path
) -> None:
    for dataset, day in DAYS.items():
        run_command("ingest", dataset, "--from", day, "--to", day, **urls(stub.url))
    missing = run_command("ingest", "fuelhh", "--from", "2021-01-01", "--to", "2021-01-01", expect=1, **urls(stub.url))
    assert "HTTP status 404" in missing.stderr
    live = Workspace("live", {"ENERGY_MONITOR_HOME": str(home)})
    build_marts(live, "--select", "+fct_grid_daily", "+fct_outages")
    golden = {tuple(line.split(",")[:3]): line.split(",")[3:] for line in (recorded / "golden.csv").read_text().split()}
    (row,) = rows_of(
        live,
        "select indo_mwh, indo_periods, embedded_solar_mwh, wind_mwh, mean_system_price_gbp_per_mwh, supply_periods "
        "from marts.fct_grid_daily where settlement_date = '2022-03-27'",
    )
    expected = [
        float(golden["2022-03-27", measure, key][place])
        for measure, key, place in (
            ("indo_mwh", "", 0),
            ("indo_mwh", "", 1),
            ("embedded_solar_mwh", "", 0),
            ("fuelhh_mwh", "WIND", 0),
            ("system_price_mean", "", 0),
        )
    ]
    assert row[:5] == pytest.approx(tuple(expected))
    assert row[5] == 46
    active = """
        select count(*) from marts.fct_outages
        where published_at_utc <= '2024-01-01T12:00Z' and coalesce(superseded_at_utc, 'infinity') > '2024-01-01T12:00Z'
            and event_status = 'Active'
            and event_start_utc <= '2024-01-01T12:00Z' and event_end_utc > '2024-01-01T12:00Z'
    """
    assert rows_of(live, active) == [(11,)]
    assert rows_of(live, "select count(*) from raw.loads where status = 'unanswered'") == [(1,)]


def test_a_dataset_without_a_past_and_an_unknown_one_are_said_clearly(home: Path) -> None:
    past = run_command("ingest", "carbon_national_forecast", "--from", "2022-01-01", expect=2)
    assert "keeps no past" in past.stderr
    unknown = run_command("ingest", "sunshine", expect=2)
    assert "sunshine" in unknown.stderr
    assert "fuelhh" in unknown.stderr
    turned = run_command("backfill", "--from", "2025-02-01", "--to", "2025-01-01", expect=2)
    assert "before" in turned.stderr
