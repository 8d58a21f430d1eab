"""A workspace whose sources send markup where text is meant: what a page shows of it must be that text."""

from datetime import UTC, datetime

import requests

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.windows import requests_for_days
from simulator.server import running
from tests.conftest import SIMULATED_NOW, take_in
from tests.marts import build_marts

EVIL = "<script>document.title='owned'</script>[click](javascript:alert(1)) **bold** :red[x] `y` $z$"
EVIL_FUEL = "<img src=x onerror=alert(1)>"
EVIL_CABLE = "INT<b>[x](http://example.org)</b>"
# neither begins nor ends with a half-hour
ODD_OUTAGE_START, ODD_OUTAGE_END = datetime(2026, 10, 28, 12, 3, tzinfo=UTC), datetime(2026, 11, 28, 0, 10, tzinfo=UTC)


def take_in_odd_text(workspace: Workspace) -> Workspace:
    """REMIT messages, a carbon index and codes of fuels with markup in them, of SIMULATED_NOW's day."""
    day = SIMULATED_NOW.date()
    with running(seed=11, now_utc=SIMULATED_NOW, speed=0) as grid:

        def answer(dataset: str) -> tuple[str, dict]:
            request = next(requests_for_days(DATASETS[dataset], day, day))
            url = grid.carbon_intensity_url if dataset.startswith("carbon") else grid.elexon_url
            body = requests.get(url + request, timeout=30).json()
            return request, body if isinstance(body, dict) else {"data": body}

        bodies = {name: answer(name) for name in ("fuelhh", "fuelinst", "remit", "carbon_national_actual")}
    for name in ("fuelhh", "fuelinst"):
        rows_sent = bodies[name][1]["data"]
        rows_sent += [{**row, "fuelType": EVIL_FUEL} for row in rows_sent if row["fuelType"] == "OTHER"]
        rows_sent += [{**row, "fuelType": EVIL_CABLE} for row in rows_sent if row["fuelType"] == "OTHER"]
    for message in bodies["remit"][1]["data"]:
        message |= {"affectedUnit": EVIL, "cause": EVIL, "unavailableCapacity": 4321, "eventStatus": "Active"}
        message |= {"eventStartTime": ODD_OUTAGE_START.isoformat(), "eventEndTime": ODD_OUTAGE_END.isoformat()}
    for half_hour in bodies["carbon_national_actual"][1]["data"]:
        half_hour["intensity"]["index"] = EVIL
    for name, (request, body) in bodies.items():
        loaded = take_in(workspace, name, request, body if name != "remit" else body["data"], SIMULATED_NOW)
        assert loaded.status == "loaded", loaded.error
    build_marts(workspace, "--select", "+exposure:*")  # what pages read
    return workspace
