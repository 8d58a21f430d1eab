"""The dashboard as known at a past moment: the marts' own numbers where nothing came since, and nothing from later."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard import as_known, present
from dashboard.marts import now as marts
from dashboard.marts import over_time
from dashboard.subjects import SUBJECTS
from dashboard.windows import MOST_DAYS_AS_KNOWN
from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, HALF_HOUR
from tests.conftest import SIMULATED_NOW, WorkspaceMaker, day_request, take_in
from tests.marts import build_marts, rows_of
from tests.pages import shown_page, words_of

both_workspaces = pytest.mark.usefixtures("recorded_workspace", "simulated_workspace")
RECORDED_SPANS = ((date(2026, 6, 10), date(2026, 6, 14)), (date(2024, 8, 10), date(2024, 8, 16)))


def numbers_of(subject: str, start: datetime, end: datetime, known: datetime | None) -> dict[datetime, dict]:
    """A page's numbers by half-hour, where there is any; without states, which are of now."""
    columns = [c for c in SUBJECTS[subject].half_hourly if "state" not in c and c != "settlement_run"]
    found = {}
    for row in over_time.half_hours(subject, start, end, known):
        numbers = {column: row[column] for column in columns}
        if any(value is not None for value in numbers.values()):
            found[row["period_start_utc"]] = numbers
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_as_known_now_is_what_the_marts_hold(simulated_workspace: Workspace, reading: Callable, subject: str) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    start, end = SIMULATED_NOW - 8 * DAY, SIMULATED_NOW + 3 * DAY
    held = numbers_of(subject, start, end, None)
    assert len(held) > 300
    assert numbers_of(subject, start, end, SIMULATED_NOW) == held


def test_as_known_long_after_is_what_the_marts_hold_of_real_bodies(
    recorded_workspace: Workspace, reading: Callable
) -> None:
    """But for what files of long histories brought in, which is left out, and what is suspect, which is not told."""
    reading(recorded_workspace)
    compared = 0
    for first, last in RECORDED_SPANS:
        start, end = (
            datetime(first.year, first.month, first.day, tzinfo=UTC),
            datetime(last.year, last.month, last.day, tzinfo=UTC),
        )
        for subject in SUBJECTS:
            held = numbers_of(subject, start, end, None)
            then = numbers_of(subject, start, end, datetime(2030, 1, 1, tzinfo=UTC))
            assert then == {key: held[key] for key in then}
            compared += len(then)
    assert compared > 40


def test_every_tile_as_known_now_is_the_tile_of_now(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    now = present.all_tiles(SIMULATED_NOW)
    then = present.all_tiles(SIMULATED_NOW, SIMULATED_NOW)
    assert [(t.key, t.value, t.start_utc, t.detail) for t in then] == [
        (t.key, t.value, t.start_utc, t.detail) for t in now
    ]


def test_what_came_later_is_not_known(simulated_workspace: Workspace, reading: Callable) -> None:
    """Actuals were fetched at one moment: before it none was known, and forecasts were those of twelve hours before."""
    reading(simulated_workspace, SIMULATED_NOW)
    earlier = SIMULATED_NOW - timedelta(hours=6)
    assert marts.newest_price(earlier) is None
    assert marts.newest_mix(earlier) is None
    (held,) = rows_of(
        simulated_workspace,
        "select carbon_forecast_gco2_per_kwh from marts.fct_carbon_national_versions where period_start_utc = %s "
        "and source_dataset = 'carbon_national_forecast' and known_from_utc <= %s "
        "and (known_to_utc > %s or known_to_utc is null)",
        (SIMULATED_NOW.replace(minute=0), earlier, earlier),
        role="reader",
    )
    found = marts.carbon_at(SIMULATED_NOW.replace(minute=0), earlier)
    assert found is not None
    assert (found["carbon_forecast_gco2_per_kwh"],) == held


def test_a_revised_price_is_the_one_that_was_known_then(make_workspace: WorkspaceMaker, reading: Callable) -> None:
    workspace, day = make_workspace(), date(2026, 3, 29)
    first, second = datetime(2026, 3, 30, 9, tzinfo=UTC), datetime(2026, 4, 8, 9, tzinfo=UTC)
    for price, fetched in ((55.5, first), (61.25, second)):
        rows = [
            {"settlementDate": f"{day}", "settlementPeriod": n, "systemSellPrice": price, "systemBuyPrice": price}
            for n in range(1, 47)
        ]
        take_in(workspace, "system_prices", day_request("system_prices", day), {"data": rows}, fetched)
    build_marts(workspace)
    reading(workspace, second + DAY)
    for known, expected in ((first - HALF_HOUR, None), (first, 55.5), (second - HALF_HOUR, 55.5), (second, 61.25)):
        found = over_time.half_hours(
            "price", datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 23, tzinfo=UTC), known
        )
        prices = {row["system_price_gbp_per_mwh"] for row in found}
        assert prices == ({expected} if expected else set()), known
        assert len(found) == (46 if expected else 0)


def test_every_relation_is_asked_for_as_known(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    for mart in as_known.RELATIONS:
        found = as_known.ask(f"select count(*) as n from {{{mart}}} as found", SIMULATED_NOW)
        assert found[0]["n"] > 0, mart


def test_the_switch_is_in_the_address_and_shows_fewer_windows(
    simulated_workspace: Workspace, reading: Callable
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    for view in ("now", *SUBJECTS):
        app = shown_page(view, known="2026-10-28T12:00")
        said = words_of(app) + "".join(info.value for info in app.info)
        assert "As known at Wed 28 Oct 2026, 12:00 GMT" in said, view
        if view != "now":
            assert list(app.button_group(key="window").options) == ["day", "week", "dates"]
    assert MOST_DAYS_AS_KNOWN == 14
