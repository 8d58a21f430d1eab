"""Carbon by region: a forecast is what was known when its half-hour began, and nothing that came later."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from energy_monitor.workspace import Workspace
from ingestion.settlement import HALF_HOUR
from tests.conftest import WorkspaceMaker, take_in
from tests.marts import build_marts, marts_of, rows_of

MART = "fct_carbon_regional_half_hourly"
LONDON, NORTH_SCOTLAND, NEW_REGION = 13, 1, 19


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-06T{clock}Z").astimezone(UTC)


# fetched at -> (region, how the intensity of each half-hour is made from its number in the day)
ISSUES: dict[datetime, dict[int, int]] = {
    at("09:40"): {LONDON: 100, NORTH_SCOTLAND: 0},
    at("10:10"): {LONDON: 200, NORTH_SCOTLAND: 0},
    # nobody asked for two hours
    at("12:10"): {LONDON: 300, NORTH_SCOTLAND: 0, NEW_REGION: 7},
}


def body(fetched_at: datetime, intensities: Mapping[int, int]) -> dict:
    """Eight half-hours of some regions, from the one under way."""
    start = fetched_at.replace(minute=fetched_at.minute // 30 * 30)
    return {
        "data": [
            {
                "from": carbon_time(start + HALF_HOUR * number),
                "to": carbon_time(start + HALF_HOUR * (number + 1)),
                "regions": [
                    {
                        "regionid": region,
                        "shortname": f"Region {region}",
                        "intensity": {"forecast": intensity, "index": "very low" if intensity < 50 else "high"},
                        "generationmix": [{"fuel": "wind", "perc": 60.5}, {"fuel": "gas", "perc": 39.5}],
                    }
                    for region, intensity in intensities.items()
                ],
            }
            for number in range(8)
        ]
    }


def carbon_time(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%MZ")


def loaded(workspace: Workspace, fetched: list[datetime]) -> Workspace:
    for fetched_at in fetched:
        start = fetched_at.replace(minute=fetched_at.minute // 30 * 30)
        request = f"/regional/intensity/{carbon_time(start + timedelta(minutes=1))}/fw24h"
        answer = body(fetched_at, ISSUES[fetched_at])
        assert take_in(workspace, "carbon_regional_forecast", request, answer, fetched_at).status == "loaded"
    build_marts(workspace, "--select", f"+{MART}", "+dim_regions")
    return workspace


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    return loaded(make_workspace(), list(ISSUES))


def by_clock(workspace: Workspace, region: int) -> dict[str, tuple[int | None, str]]:
    rows = rows_of(
        workspace,
        f"""
        select to_char(period_start_utc at time zone 'UTC', 'HH24:MI'), carbon_forecast_gco2_per_kwh, state
        from marts.{MART}
        where region_id = %s and period_start_utc < '2026-05-06T16:00Z' order by period_start_utc
        """,
        [region],
    )
    return {clock: (value, state) for clock, value, state in rows}


def test_a_half_hour_has_what_was_known_when_it_began(workspace: Workspace) -> None:
    found = by_clock(workspace, LONDON)
    assert found["09:30"] == (None, "missing")  # under way at the first fetch: what came was no forecast of it
    assert found["10:00"] == (100, "forecast")  # and 200 from 10:10 on
    assert found["10:30"] == (200, "forecast")
    assert found["11:00"] == found["12:00"] == (None, "missing")  # the newest answer was over 45 minutes old
    assert found["12:30"] == found["15:30"] == (300, "forecast")


def test_a_regional_0_is_real(workspace: Workspace) -> None:
    states = by_clock(workspace, NORTH_SCOTLAND)
    assert {states[clock] for clock in ("10:00", "10:30", "12:30")} == {(0, "forecast")}
    (row,) = rows_of(
        workspace,
        f"""
        select region_name, carbon_index, wind_share, gas_share, coal_share, count(*) from marts.{MART}
        where region_id = %s and state = 'forecast' group by 1, 2, 3, 4, 5
        """,
        [NORTH_SCOTLAND],
    )
    assert row[:5] == ("North Scotland", "very low", 0.605, 0.395, None)


def test_a_region_of_which_nothing_came_is_missing(workspace: Workspace) -> None:
    assert set(by_clock(workspace, 2).values()) == {(None, "missing")}


def test_a_new_region_flows_through_and_is_marked(workspace: Workspace) -> None:
    assert by_clock(workspace, NEW_REGION)["12:30"] == (7, "forecast")
    assert "10:00" not in by_clock(workspace, NEW_REGION)
    regions = rows_of(workspace, "select region_name, region_kind from marts.dim_regions where not is_known")
    assert regions == [("Region 19", "unknown")]


def test_the_order_of_loads_does_not_matter(workspace: Workspace, make_workspace: WorkspaceMaker) -> None:
    other = loaded(make_workspace(), list(reversed(ISSUES)))
    assert marts_of(other)[MART] == marts_of(workspace)[MART]
