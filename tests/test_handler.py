"""The Lambda handler, called as Lambda calls it, against a source and a lake over HTTP."""

import json
import subprocess
import sys

import pytest

from energy_monitor.workspace import Workspace
from ingestion.handler import NotAllLoaded, handler
from ingestion.landing import SIMULATED_HEADER, KindError, attempt_keys
from tests.conftest import REPOSITORY, WorkspaceMaker, rows_of
from tests.scripted_source import Say, scripted_source
from tests.test_backfill import prices
from tests.test_layout import HEAVY
from tests.test_live_path import urls

EVENT = {"dataset": "system_prices", "from": "2025-03-30", "to": "2025-03-31"}


@pytest.fixture
def workspace(make_workspace: WorkspaceMaker, s3: str, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = make_workspace(f"{s3}/handler")
    server = workspace.server()
    login = f"ingester:{workspace.password('ingester')}"
    address = f"postgresql://{login}@{server.host}:{server.port}/{workspace.database}"
    monkeypatch.setenv("ENERGY_MONITOR_LAKE", workspace.lake_uri)
    monkeypatch.setenv("ENERGY_MONITOR_INGESTER_URL", address)
    return workspace


def aim(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in urls(url).items():
        monkeypatch.setenv(name, value)


def test_it_asks_lands_and_loads(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_source(prices) as source:
        aim(monkeypatch, source.url)
        assert handler(EVENT) == {"dataset": "system_prices", "answers": 2, "rows_seen": 93, "rows_new": 93}
        assert handler(EVENT)["rows_new"] == 0
    assert rows_of(workspace, "select count(*) from raw.system_prices") == [(93,)]
    assert len(list(attempt_keys(workspace.lake()))) == 4


def test_a_bad_day_does_not_lose_the_good_one_and_is_raised_at_the_end(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_source(lambda path, n: Say(400, b"no") if "03-30" in path else prices(path, n)) as source:
        aim(monkeypatch, source.url)
        with pytest.raises(NotAllLoaded, match=r"1 of 2 answers.*2025-03-30.*HTTP status 400"):
            handler(EVENT)
    assert rows_of(workspace, 'select distinct "settlementDate"::text from raw.system_prices') == [("2025-03-31",)]


def test_it_refuses_a_simulator_and_an_unknown_dataset(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_source(lambda *_: Say(headers={SIMULATED_HEADER: "2025-06-01T00:00:00Z"})) as source:
        aim(monkeypatch, source.url)
        with pytest.raises(KindError, match="not landed"):
            handler(EVENT)
    assert list(attempt_keys(workspace.lake())) == []
    with pytest.raises(ValueError, match="sunshine"):
        handler({"dataset": "sunshine"})


def test_its_import_is_light() -> None:
    code = "import json, sys, ingestion.handler; print(json.dumps([m for m in sys.argv[1:] if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *HEAVY], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
