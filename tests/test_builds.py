"""dbt inside a run of Dagster's: a test that fails stops what is below it, and a warning does not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from energy_monitor.workspace import Workspace
from orchestration.builder import Builder
from orchestration.definitions import WORKSPACE_VARIABLE, build_defs
from tests.conftest import WorkspaceMaker, day_request, take_in
from tests.marts import _manifest_for, rows_of

FUELS = "staging/stg_elexon__generation_half_hourly"
MIX, GRID = "marts/fct_generation_half_hourly", "marts/fct_grid_half_hourly"


@pytest.fixture(scope="module")
def two_days(make_workspace: WorkspaceMaker) -> Workspace:
    """Two days of gas, and on the second a fuel that nobody knows."""
    workspace = make_workspace()
    for day, fuel in ((date(2026, 6, 8), "CCGT"), (date(2026, 6, 9), "FUSION")):
        row = {"settlementDate": str(day), "settlementPeriod": 20, "fuelType": fuel, "generation": 900}
        body = {"data": [row | {"startTime": f"{day}T08:30:00Z", "publishTime": f"{day}T09:00:00Z"}]}
        take_in(workspace, "fuelhh", day_request("fuelhh", day), body, datetime(2026, 6, 10, tzinfo=UTC))
    return workspace


@pytest.fixture(autouse=True, scope="module")
def dagster_of_it(two_days: Workspace) -> Iterator[None]:
    """Dagster's definitions find the two days."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WORKSPACE_VARIABLE, two_days.name)
        # the project is parsed already, for another database
        patch.setattr("orchestration.builder.parsed_for", lambda name: _manifest_for(two_days))
        yield


@pytest.fixture(scope="module")
def whole(dagster_of_it: None) -> dg.ExecuteInProcessResult:
    """A run that built everything."""
    result = build()
    assert result.success
    return result


def build(*names: str) -> dg.ExecuteInProcessResult:
    """Some assets of dbt's with their tests, or all, in a run."""
    keys = [dg.AssetKey(name.split("/")) for name in names] or None
    return build_defs().resolve_job_def("build").execute_in_process(asset_selection=keys, raise_on_error=False)


def built(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}


def test_a_warning_stops_nothing(whole: dg.ExecuteInProcessResult, two_days: Workspace) -> None:
    warned = [check for check in whole.get_asset_check_evaluations() if not check.passed]
    assert {check.severity for check in warned} == {dg.AssetCheckSeverity.WARN}
    assert any("fuel" in check.check_name for check in warned), "the fuel that nobody knows"
    assert built(whole) >= {FUELS, MIX, GRID}
    ((rows,),) = rows_of(two_days, "select count(*) from marts.fct_generation_half_hourly")
    told = {event.asset_key: event.materialization.metadata for event in whole.get_asset_materialization_events()}
    assert told[dg.AssetKey(MIX.split("/"))]["rows_written"].value == rows


def test_an_error_stops_what_is_below_it(whole: dg.ExecuteInProcessResult, two_days: Workspace) -> None:
    # on a day that is not built again, so that only the test can see it
    name_another = """
        update marts.fct_generation_half_hourly set source_dataset = %s
        where source_dataset = %s and settlement_date = '2026-06-08'
    """
    rows_of(two_days, name_another, ["nobody", "fuelhh"], role="transformer")
    stopped = build(FUELS, MIX, GRID)
    rows_of(two_days, name_another, ["fuelhh", "nobody"], role="transformer")
    assert not stopped.success
    assert built(stopped) == {FUELS, MIX}
    failed = [check for check in stopped.get_asset_check_evaluations() if not check.passed]
    (failed,) = (check for check in failed if check.severity is dg.AssetCheckSeverity.ERROR)
    assert failed.check_name.startswith("accepted_values_fct_generation_half_hourly_source_dataset")
    assert failed.metadata["failing_rows"].value == 1
    (failure,) = stopped.filter_events(lambda event: event.is_step_failure)
    reason = str(failure.step_failure_data.error_display_string)
    assert "1 failed, and what is below was not built" in reason
    assert "accepted_values_fct_generation_half_hourly_source_dataset" in reason


def test_a_view_is_tested_in_a_run_that_does_not_build_it(whole: dg.ExecuteInProcessResult) -> None:
    """As the hourly run does it: marts of all of history are built, and what landed is tested."""
    sums = dg.AssetKey(["marts", "fct_grid_weekly"])
    job = build_defs().resolve_job_def("build")
    checks = {check for check in job.asset_layer.asset_graph.asset_check_keys if check.asset_key.path[-1] in FUELS}
    result = job.get_subset(asset_selection={sums}, asset_check_selection=checks).execute_in_process()
    assert built(result) == {sums.to_user_string()}
    assert {check.asset_check_key for check in result.get_asset_check_evaluations()} == checks
    assert len(checks) == 3


def test_a_day_that_lands_while_a_table_is_built_is_not_missed_in_it(
    whole: dg.ExecuteInProcessResult, two_days: Workspace
) -> None:
    """The table holds what was loaded when its build began; a test of whole days must not ask it for more."""
    body = {"data": []}
    late = date(2026, 6, 7)
    take_in(two_days, "fuelhh", day_request("fuelhh", late), body, datetime(2026, 6, 10, 1, tzinfo=UTC))
    tests = [check.name for check in build_defs().resolve_asset_graph().asset_check_keys if "whole_days" in check.name]
    done = {one.name: one.status for one in Builder(workspace=two_days.name).build(tests)}
    assert set(done) == set(tests)
    assert set(done.values()) == {"pass"}
