"""The Lambda handler, called as Lambda calls it, against a source and a lake over HTTP."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from energy_monitor.workspace import Workspace
from ingestion.handler import NotAllLoaded, handler
from ingestion.landing import SIMULATED_HEADER, KindError, attempt_keys
from ingestion.wanted import Outcome
from tests.conftest import REPOSITORY, WorkspaceMaker
from tests.marts import rows_of
from tests.scripted_source import Say, scripted_source
from tests.test_backfill import prices
from tests.test_layout import HEAVY
from tests.test_live_path import urls

EVENT = {"dataset": "system_prices", "from": "2025-03-30", "to": "2025-03-31"}


@pytest.fixture
def workspace(make_workspace: WorkspaceMaker, s3: str, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = make_workspace(f"{s3}/handler")
    monkeypatch.setenv("ENERGY_MONITOR_LAKE", workspace.lake_uri)
    monkeypatch.setenv("ENERGY_MONITOR_INGESTER_URL", ingester_url(workspace))
    return workspace


def ingester_url(workspace: Workspace) -> str:
    server = workspace.server()
    login = f"ingester:{workspace.password('ingester')}"
    return f"postgresql://{login}@{server.host}:{server.port}/{workspace.database}"


def aim(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in urls(url).items():
        monkeypatch.setenv(name, value)


def test_it_asks_lands_and_loads(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_source(prices) as source:
        aim(monkeypatch, source.url)
        first = handler(EVENT)
        asked = [f"/balancing/settlement/system-prices/{EVENT[name]}" for name in ("from", "to")]
        whole = Outcome("system_prices", requests=2, asked=asked, rows_seen=93, rows_new=93, left=[])
        assert Outcome(**json.loads(json.dumps(first))) == whole
        assert handler(EVENT)["rows_new"] == 0
    assert rows_of(workspace, "select count(*) from raw.system_prices") == [(93,)]
    assert len(list(attempt_keys(workspace.lake()))) == 4


def test_a_bad_day_does_not_lose_the_good_one_and_is_raised_at_the_end(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_source(lambda path, n: Say(400, b"no") if "03-30" in path else prices(path, n)) as source:
        aim(monkeypatch, source.url)
        with pytest.raises(NotAllLoaded) as raised:
            handler(EVENT)
    told = Outcome(**json.loads(str(raised.value)))
    assert (told.requests, told.failed, told.rows_seen, told.rows_new) == (2, 1, 48, 48)
    ((request, reason),) = told.errors.items()
    assert request.endswith("2025-03-30")
    assert "HTTP status 400" in reason
    assert rows_of(workspace, 'select distinct "settlementDate"::text from raw.system_prices') == [("2025-03-31",)]


def test_what_is_told_of_many_failures_is_short(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_source(lambda *_: Say(400, b"no")) as source:
        aim(monkeypatch, source.url)
        with pytest.raises(NotAllLoaded) as raised:
            handler(EVENT | {"from": "2025-03-20"})
    told = Outcome(**json.loads(str(raised.value)))
    assert (told.requests, told.failed, len(told.asked), len(told.errors)) == (12, 12, 5, 5)


def test_it_leaves_out_what_was_answered_since(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_source(prices) as source:
        aim(monkeypatch, source.url)
        handler(EVENT | {"to": "2025-03-30"})
        began = datetime.now(UTC)
        again = handler(EVENT | {"answered_since": began.isoformat()})
        assert (again["requests"], again["answered_before"]) == (2, 0)
        again = handler(EVENT | {"answered_since": began.isoformat()})
        assert (again["requests"], again["answered_before"]) == (0, 2)
        assert len(source.asked) == 3
    with pytest.raises(ValueError, match="time zone"):
        handler(EVENT | {"answered_since": "2025-03-30T12:00"})


def test_invocations_one_after_the_other_keep_to_one_budget(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_source(prices) as source:
        aim(monkeypatch, source.url)
        monkeypatch.setenv("ENERGY_MONITOR_ELEXON_REQUESTS_PER_MINUTE", "60")
        for day in ("2025-03-30", "2025-03-31"):
            handler(EVENT | {"from": day, "to": day})
        (first, _), (second, _) = source.asked
    assert second - first > 0.9


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
