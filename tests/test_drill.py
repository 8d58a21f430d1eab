"""The fault drill in its small size, and what earlier drills found."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import NEXT_DAYS
from ingestion.settlement import HALF_HOUR, local_midnight_utc
from ingestion.upkeep import days_due_again, requests_due
from ingestion.windows import requests_for_days
from tests.conftest import WorkspaceMaker, day_request, take_in
from tests.drill.accounts import account
from tests.drill.carried import Holder
from tests.drill.comparison import LostForecasts, compare
from tests.drill.history import changed_a_known_value
from tests.drill.lake import LakeReader
from tests.drill.run import drill
from tests.drill.size import Size
from tests.marts import build_marts, rows_of

DAY = date(2025, 6, 1)
FETCHED_AT = datetime(2025, 6, 10, tzinfo=UTC)
MIX = day_request("fuelhh", DAY)


@pytest.mark.timeout(900)  # on a busy machine
def test_nothing_is_lost_and_nothing_invented_under_any_fault(tmp_path: Path) -> None:
    report = drill(Size(), tmp_path)
    told = "\n".join(report.lines())
    assert report.is_good, told
    assert sum(counts["met"] > 0 for counts in report.kinds.values()) >= 20, told
    for what in ("kills", "PostgreSQL restarts", "lake failures"):
        assert report.counts[what] > 0, told
    assert report.counts["rows compared"] > 10_000
    assert report.counts["values held against bodies"] > 10_000


def mix(*more: dict, hours_off: int = 0) -> list[dict]:
    """A half-hour of generation, as Elexon sends it."""
    start = datetime(2025, 5, 31, 23, tzinfo=UTC) + timedelta(hours=hours_off)
    row = {"startTime": start.isoformat(), "settlementDate": f"{DAY}", "settlementPeriod": 1}
    return [row | {"fuelType": "WIND", "generation": 9000}, *(row | fields for fields in more)]


def test_a_body_whose_times_are_an_hour_off_its_day_is_not_loaded(make_workspace: WorkspaceMaker) -> None:
    """It would write into a day that was not asked for, and that nobody asks for again."""
    workspace = make_workspace()
    loaded = take_in(workspace, "fuelhh", MIX, mix(hours_off=-1), FETCHED_AT)
    assert loaded.status == "failed"
    assert "row 1 has startTime 2025-05-31 22:00:00Z, outside the window" in (loaded.error or "")
    assert take_in(workspace, "fuelhh", MIX, mix(hours_off=1), FETCHED_AT).status == "loaded"


def test_an_unknown_fuel_that_its_source_took_back_leaves_supply_known(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    supply = "select transmission_supply_mw, fuels_present from marts.fct_grid_half_hourly where settlement_period = 1"
    hours = [FETCHED_AT + timedelta(hours=hour) for hour in range(3)]
    known = [code for (code,) in rows_of_seed()]
    rest = [{"fuelType": code, "generation": 10} for code in known if code != "WIND"]
    take_in(workspace, "fuelhh", MIX, mix(*rest, {"fuelType": "TIDAL", "generation": 5}), hours[0])
    for at in hours[1:]:
        take_in(workspace, "fuelhh", MIX, mix(*rest), at)
    build_marts(workspace, "--select", "+fct_grid_half_hourly")
    states = "select fuel_code, state from marts.fct_generation_half_hourly where settlement_period = 1"
    assert dict(rows_of(workspace, states))["TIDAL"] == "withdrawn"
    assert rows_of(workspace, supply) == [(9000 + 10 * len(rest), len(known))]


def rows_of_seed() -> list[tuple[str]]:
    """The codes of FUELHH in the seed of fuels."""
    import csv

    from energy_monitor.dbt import PROJECT

    with (PROJECT / "seeds" / "fuels.csv").open() as file:
        return [(row["fuel_code"],) for row in csv.DictReader(file) if row["source"] == "FUELHH"]


RATES = DATASETS["octopus_unit_rates"]


def test_a_tariff_that_was_not_answered_is_asked_for_though_the_others_were(make_workspace: WorkspaceMaker) -> None:
    workspace, now = make_workspace(), datetime(2025, 6, 3, 12, tzinfo=UTC)
    yesterday, today = date(2025, 6, 2), date(2025, 6, 3)
    first, *others = requests_for_days(RATES, yesterday, today)
    for request in others:
        window = RATES.window_of(request)
        assert window is not None
        starts = [window.start_utc + HALF_HOUR * n for n in range((window.end_utc - window.start_utc) // HALF_HOUR)]
        rates = [
            {"valid_from": f"{at:%Y-%m-%dT%H:%MZ}", "valid_to": f"{at + HALF_HOUR:%Y-%m-%dT%H:%MZ}", "value_inc_vat": 9}
            | {"value_exc_vat": 8, "payment_method": None}
            for at in starts
        ]
        loaded = take_in(workspace, RATES.id, request, {"count": 1, "next": None, "results": rates}, now)
        assert loaded.status == "loaded", loaded
    connection = workspace.connect("ingester")
    try:
        due = requests_due(connection, RATES, now + HALF_HOUR)
    finally:
        connection.close()
    windows = [RATES.window_of(request) for request in due if RATES.scope_of(request) == RATES.scope_of(first)]
    assert any(window and window.start_utc <= local_midnight_utc(yesterday) for window in windows)


def test_a_day_is_let_go_when_its_last_answer_was_confirmed(make_workspace: WorkspaceMaker) -> None:
    """Else a value that was wrong in the last answer would stay, and a fuel that only that one had."""
    workspace, mix_dataset = make_workspace(), DATASETS["fuelhh"]
    last = local_midnight_utc(DAY + timedelta(days=1)) + max(mix_dataset.again_at)

    def is_due(at: datetime) -> bool:
        connection = workspace.connect("ingester")
        try:
            return DAY in days_due_again(connection, mix_dataset, at)
        finally:
            connection.close()

    take_in(workspace, "fuelhh", MIX, mix({"fuelType": "CCGT", "generation": 1}), last - timedelta(hours=20))
    assert is_due(last)
    take_in(workspace, "fuelhh", MIX, mix({"fuelType": "CCGT", "generation": 0}), last)
    assert not is_due(last + timedelta(minutes=20)), "not at once"
    assert is_due(last + HALF_HOUR)
    take_in(workspace, "fuelhh", MIX, mix({"fuelType": "CCGT", "generation": 1}), last + HALF_HOUR)
    assert is_due(last + 3 * HALF_HOUR)
    take_in(workspace, "fuelhh", MIX, mix({"fuelType": "CCGT", "generation": 1}), last + 3 * HALF_HOUR)
    assert not is_due(last + timedelta(days=2))


def test_a_day_is_confirmed_at_each_age_and_not_only_at_the_last(make_workspace: WorkspaceMaker) -> None:
    """A false zero of the second day would stand until the settlement run a week later."""
    workspace, prices = make_workspace(), DATASETS["system_prices"]
    request, reached = day_request("system_prices", DAY), local_midnight_utc(DAY + timedelta(days=1)) + NEXT_DAYS[1]

    def answer(price: float, at: datetime) -> None:
        row = {"settlementDate": f"{DAY}", "settlementPeriod": 14, "systemSellPrice": price, "systemBuyPrice": price}
        take_in(workspace, "system_prices", request, {"data": [row]}, at)

    def is_due(at: datetime) -> bool:
        connection = workspace.connect("ingester")
        try:
            return DAY in days_due_again(connection, prices, at)
        finally:
            connection.close()

    answer(30.33, reached - timedelta(hours=24))
    assert is_due(reached)
    answer(0, reached)
    assert not is_due(reached + timedelta(minutes=20)), "not at once"
    assert is_due(reached + HALF_HOUR)
    answer(30.33, reached + HALF_HOUR)
    answer(30.33, reached + 3 * HALF_HOUR)
    assert not is_due(reached + timedelta(days=2))


def test_what_a_backfill_brought_in_is_not_asked_for_twice(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    row = {"settlementDate": f"{DAY}", "settlementPeriod": 14, "systemSellPrice": 1, "systemBuyPrice": 1}
    months_later = local_midnight_utc(DAY + timedelta(days=100))
    take_in(workspace, "system_prices", day_request("system_prices", DAY), {"data": [row]}, months_later)
    connection = workspace.connect("ingester")
    try:
        assert days_due_again(connection, DATASETS["system_prices"], months_later + timedelta(days=3)) == []
    finally:
        connection.close()


def test_a_number_that_fills_an_empty_one_is_no_revision_that_the_drill_expects(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    workspace_rows = ({"fuelType": "CCGT", "generation": None}, {"fuelType": "CCGT", "generation": 2})
    for hours, row in enumerate(workspace_rows):
        take_in(workspace, "fuelhh", MIX, mix(row), local_midnight_utc(DAY) + timedelta(hours=30 + hours))
    ((body,),) = rows_of(workspace, "select lake_key from raw.fuelhh order by fetched_at desc limit 1")
    filled = SimpleNamespace(dataset="fuelhh", body_key=body)
    assert not changed_a_known_value(workspace, filled, {"values": [{"field": "generation"}]})


# ---------------------------------------------------------------- the drill itself would notice


@pytest.fixture(scope="module")
def two_sides(make_workspace: WorkspaceMaker) -> tuple[Workspace, Workspace]:
    """Two workspaces that hold the same."""
    made = make_workspace(), make_workspace()
    for workspace in made:
        take_in(workspace, "fuelhh", MIX, mix(), FETCHED_AT)
        build_marts(workspace, "--select", "+fct_generation_half_hourly", "+dim_fuels")
    return made


def as_owner(workspace: Workspace, statement: str) -> None:
    connection = workspace.connect("owner")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def read(workspace: Workspace) -> LakeReader:
    lake = LakeReader(Path(workspace.lake_uri))
    lake.read()
    return lake


def served(lake: LakeReader, **more: object) -> list[dict]:
    """The log of a simulator that served what is in a lake."""
    request = f"/bmrs/api/v1{MIX}"
    entry = {"at_utc": FETCHED_AT.isoformat(), "request": request, "status": 200, "kind": None} | more
    return [entry | {"sha256": digest} for digest in lake.hashes.values()]


def test_what_is_as_it_should_be_is_not_complained_of(two_sides: tuple[Workspace, Workspace]) -> None:
    well, ill = two_sides
    lake = read(ill)
    found = account(lake, ill, served(lake), [])
    assert [*found.lost, *found.unserved, *found.wrongly_failed, *found.wrongly_loaded, *found.orphans] == []
    holder = Holder(read(ill))
    holder.hold(ill, "now")
    assert (holder.values_held, holder.invented) == (1, [])
    same = compare(well, ill, LostForecasts.between(read(well), lake, set()), set())
    assert same.rows > 20
    assert same.differences == []


def test_what_was_landed_and_has_no_record_is_lost(
    two_sides: tuple[Workspace, Workspace], make_workspace: WorkspaceMaker
) -> None:
    lake, empty = read(two_sides[1]), make_workspace()
    (lost,) = account(lake, empty, served(lake), []).lost
    assert "has no record of a load" in lost


def test_a_body_that_nobody_served_and_one_without_a_record_are_noticed(two_sides: tuple[Workspace, Workspace]) -> None:
    lake = read(two_sides[1])
    assert len(account(lake, two_sides[1], [], []).unserved) == 1
    key = next(iter(lake.attempts))
    del lake.attempts[key]
    found = account(lake, two_sides[1], served(lake), [])
    assert found.orphans == list(lake.bodies)
    assert found.lost == [f"{key} is in raw.loads and not in the lake"]


def test_a_body_that_failed_without_a_fault_is_noticed(make_workspace: WorkspaceMaker) -> None:
    workspace = make_workspace()
    assert take_in(workspace, "fuelhh", MIX, b"{}", FETCHED_AT).status == "failed"
    lake = read(workspace)
    assert len(account(lake, workspace, served(lake), []).wrongly_failed) == 1
    assert account(lake, workspace, served(lake, kind="empty_object"), []).wrongly_failed == []


def test_a_value_that_no_body_carried_is_noticed(make_workspace: WorkspaceMaker) -> None:
    well, ill = make_workspace(), make_workspace()
    for workspace in (well, ill):
        take_in(workspace, "fuelhh", MIX, mix(), FETCHED_AT)
    as_owner(ill, "update raw.fuelhh set generation = 9001")
    for workspace in (well, ill):
        build_marts(workspace, "--select", "+fct_generation_half_hourly", "+dim_fuels")
    holder = Holder(read(ill))
    holder.hold(ill, "now")
    (invented,) = holder.invented
    assert "is 9001, which no body carried" in invented
    found = compare(well, ill, LostForecasts.between(read(well), read(ill), set()), set())
    assert any("fct_generation_half_hourly" in told and "9001 for 9000" in told for told in found.differences)
