"""Answers that speak of a part of a dataset only, and lists that each answer holds whole."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import HALF_HOUR, HOUR
from tests.conftest import WorkspaceMaker, take_in
from tests.marts import rows_of

START = datetime(2026, 6, 9, 23, tzinfo=UTC)
FETCHED = datetime(2026, 6, 9, 17, tzinfo=UTC)
RATES = DATASETS["octopus_unit_rates"]
FIRST, SECOND = (scope["tariff"] for scope in RATES.scopes[:2])


def rates(tariff: str, *half_hours: int, price: float = 10) -> tuple[str, dict]:
    """A request for a day of a tariff, and an answer that holds some half-hours."""
    scope = next(scope for scope in RATES.scopes if scope["tariff"] == tariff)
    request = RATES.forms[0].write(START, START + 48 * HALF_HOUR, **scope)
    results = [
        {
            "value_exc_vat": price,
            "value_inc_vat": price * 1.05,
            "valid_from": (START + HALF_HOUR * n).isoformat(),
            "valid_to": (START + HALF_HOUR * (n + 1)).isoformat(),
            "payment_method": None,
        }
        for n in half_hours
    ]
    return request, {"count": len(results), "next": None, "previous": None, "results": results}


def held(workspace: Workspace, table: str, key: str) -> dict[str, set]:
    """Of each key the newest version's presence, and how many versions there are."""
    statement = f"""
        select "{key}", count(*), (array_agg(is_absent order by fetched_at desc, lake_key desc))[1]
        from raw.{table} group by 1
    """
    return {name: (versions, absent) for name, versions, absent in rows_of(workspace, statement)}


@pytest.fixture
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    return make_workspace()


def test_an_answer_for_one_tariff_says_nothing_about_another(workspace: Workspace) -> None:
    for tariff in (FIRST, SECOND):
        take_in(workspace, RATES.id, *rates(tariff, 0), FETCHED)
    take_in(workspace, RATES.id, *rates(FIRST), FETCHED + HOUR)
    assert held(workspace, RATES.id, "tariff_code") == {FIRST: (2, True), SECOND: (1, False)}
    scopes = rows_of(workspace, "select distinct scope from raw.load_days order by 1")
    assert scopes == [(FIRST,), (SECOND,)]


def test_tariffs_that_are_loaded_in_any_order_end_alike(make_workspace: WorkspaceMaker) -> None:
    answers = [
        (*rates(FIRST, 0, 1), FETCHED),
        (*rates(FIRST, 1, price=11), FETCHED + HOUR),
        (*rates(SECOND, 0, 1), FETCHED + HOUR / 2),
        (*rates(FIRST, 0, 1), FETCHED + 2 * HOUR),
    ]
    ends = []
    for order in list(permutations(answers))[::5]:
        workspace = make_workspace()
        for answer in order:
            take_in(workspace, RATES.id, *answer)
        ends.append(
            rows_of(
                workspace,
                """
                select tariff_code, valid_from, at,
                    (select array_agg(content_hash order by fetched_at desc, lake_key desc)
                        from raw.octopus_unit_rates as version
                        where (version.tariff_code, version.valid_from) = (held.tariff_code, held.valid_from)
                            and version.fetched_at <= at)
                    [1] as content
                from (select distinct tariff_code, valid_from from raw.octopus_unit_rates) as held
                cross join generate_series(%s::timestamptz, %s::timestamptz, interval '30 minutes') as at
                order by 1, 2, 3
                """,
                [FETCHED, FETCHED + 3 * HOUR],
            )
        )
    assert all(end == ends[0] for end in ends)


def test_an_answer_that_goes_on_elsewhere_is_not_taken_for_all_there_is(workspace: Workspace) -> None:
    request, body = rates(FIRST, 0)
    loaded = take_in(workspace, RATES.id, request, body | {"next": "https://example.org/?page=2"}, FETCHED)
    assert loaded.status == "failed"
    assert loaded.error is not None
    assert loaded.error.startswith("the answer goes on at https://example.org/?page=2")
    neso = DATASETS["neso_historic_demand"]
    day = START.date() + timedelta(days=1)
    records = [{"SETTLEMENT_DATE": str(day), "SETTLEMENT_PERIOD": 1, "ND": 1}]
    cut = {"success": True, "result": {"records": records, "total": 48}}
    assert take_in(workspace, neso.id, neso.forms[0].write(day, day), cut, FETCHED).error == (
        "the answer holds 1 of 48 rows, and would be taken for all there are"
    )


def test_a_row_of_another_tariff_or_region_than_was_asked_for_fails_the_body(workspace: Workspace) -> None:
    half_hour = {"from": "2026-06-10T00:00Z", "to": "2026-06-10T00:30Z", "intensity": {"forecast": 1, "index": "low"}}
    body = {"data": {"regionid": 12, "shortname": "South England", "data": [half_hour]}}
    loaded = take_in(
        workspace, "carbon_regional_forecast", "/regional/intensity/2026-06-10T00:00Z/fw24h/regionid/13", body, FETCHED
    )
    assert loaded.error == "row 1 has regionid 12, and 13 was asked for: the source may have ignored a parameter"


def test_what_a_list_no_longer_holds_is_absent_and_an_empty_list_tells_nothing(workspace: Workspace) -> None:
    request = "/reference/fueltypes/all"
    take_in(workspace, "fuel_types", request, ["WIND", "COAL"], FETCHED)
    take_in(workspace, "fuel_types", request, ["WIND", "FUSION"], FETCHED + HOUR)
    take_in(workspace, "fuel_types", request, [], FETCHED + 2 * HOUR)
    take_in(workspace, "fuel_types", request, ["WIND", "FUSION"], FETCHED + 3 * HOUR)
    assert held(workspace, "fuel_types", "fuelType") == {"WIND": (1, False), "COAL": (2, True), "FUSION": (1, False)}


def test_lists_that_are_loaded_in_any_order_end_alike(make_workspace: WorkspaceMaker) -> None:
    lists = (["WIND", "COAL"], ["WIND"], ["WIND", "COAL"], ["COAL", "FUSION"])
    ends = []
    for order in list(permutations(enumerate(lists)))[::5]:
        workspace = make_workspace()
        for number, body in order:
            take_in(workspace, "fuel_types", "/reference/fueltypes/all", body, FETCHED + HOUR * number)
        ends.append({key: absent for key, (_, absent) in held(workspace, "fuel_types", "fuelType").items()})
    assert all(end == {"WIND": True, "COAL": False, "FUSION": False} for end in ends)
