"""Faults on demand: what each kind does to an answer over real HTTP, what the log says, and when nothing is done."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from simulator.app import MARK
from simulator.fault_plan import KINDS, plan_of
from simulator.faulty_bodies import CHANGES, LAYOUTS, cells, changed, half_hour_of, rows_in
from simulator.server import Running, running

NOW = datetime(2025, 6, 10, 12, 7, tzinfo=UTC)
MIX = "/bmrs/api/v1/datasets/FUELHH?settlementDateFrom=2025-06-09&settlementDateTo=2025-06-09"
PRICES = "/bmrs/api/v1/balancing/settlement/system-prices/2025-06-09"
STREAM = "/bmrs/api/v1/datasets/FUELINST/stream?settlementDateFrom=2025-06-10&settlementDateTo=2025-06-10"
CARBON = "/intensity/2025-06-09T00:00Z/2025-06-10T00:00Z"
CKAN = "/api/3/action/datastore_search?resource_id=b2bde559-3455-4021-b179-dfe60c0337b0&limit=96"
SHAPES = (MIX, PRICES, STREAM, CARBON, CKAN)
SESSION = requests.Session()
SESSION.trust_env = False


@pytest.fixture(scope="module")
def grid() -> Iterator[Running]:
    with running(seed=5, now_utc=NOW, speed=0) as found:
        yield found


@pytest.fixture
def ill(grid: Running) -> Iterator[Running]:
    """A simulator without a plan, and with empty logs; it is well again afterwards."""
    grid.faults.injected.clear()
    grid.faults.served.clear()
    yield grid
    grid.faults.put(None)
    grid.set_clock(NOW, speed=0)


def ask(grid: Running, request: str, timeout_s: float = 20) -> requests.Response:
    return SESSION.get(grid.url + request, timeout=timeout_s)


def rule(kind: str, share: float = 1, match: str = ".", **rest: Any) -> dict[str, Any]:
    return {"match": match, "kind": kind, "share": share, **rest}


def test_without_a_plan_and_with_an_empty_one_answers_are_as_ever(ill: Running) -> None:
    without = [ask(ill, request) for request in SHAPES]
    assert not ill.faults.served
    ill.faults.put([])
    for before, request in zip(without, SHAPES, strict=True):
        after = ask(ill, request)
        assert (after.status_code, after.content) == (before.status_code, before.content)
        assert after.headers.keys() == before.headers.keys()
    assert [entry["kind"] for entry in ill.faults.served] == [None] * len(SHAPES)
    assert not ill.faults.injected


@pytest.mark.parametrize("kind", ["http_429", "http_500", "http_503"])
def test_statuses_are_marked_too(ill: Running, kind: str) -> None:
    ill.faults.put([rule(kind, retry_after_s=3)])
    answer = ask(ill, MIX)
    assert answer.status_code == int(kind[-3:])
    assert answer.headers[MARK] == NOW.isoformat()
    assert answer.headers.get("retry-after") == ("3" if kind == "http_429" else None)
    (logged,) = ill.faults.injected
    assert (logged["kind"], logged["request"], logged["at_utc"]) == (kind, MIX, NOW.isoformat())


def test_a_time_out_says_nothing_at_all(ill: Running) -> None:
    ill.faults.put([rule("time_out")])
    with pytest.raises(requests.ReadTimeout):
        ask(ill, MIX, timeout_s=0.2)
    assert [entry["kind"] for entry in ill.faults.injected] == ["time_out"]
    ill.faults.put([])
    assert ask(ill, MIX).status_code == 200


@pytest.mark.parametrize("request_", SHAPES)
def test_a_reset_comes_in_the_middle_of_a_body_of_known_length(ill: Running, request_: str) -> None:
    whole = ask(ill, request_).content
    ill.faults.put([rule("reset_in_mid_body")])
    with SESSION.get(ill.url + request_, timeout=20, stream=True) as answer:
        assert answer.headers["content-length"] == str(len(whole))
        assert MARK in answer.headers
        got = b""
        with pytest.raises(Exception, match=r"(?i)reset|broken|incomplete"):  # noqa: PT012
            while chunk := answer.raw.read1(1000):
                got += chunk
            raise ConnectionError(f"incomplete: {len(got)}")
    assert 0 < len(got) < len(whole)
    (served,) = ill.faults.served
    assert served["sent"].encode("latin-1").startswith(got)


@pytest.mark.parametrize(
    ("kind", "content"), [("html_with_200", b"<!DOCTYPE html>"), ("empty_object", b"{}"), ("truncated_json", None)]
)
def test_a_200_with_something_else(ill: Running, kind: str, content: bytes | None) -> None:
    whole = ask(ill, CARBON).content
    ill.faults.put([rule(kind)])
    answer = ask(ill, CARBON)
    assert answer.status_code == 200
    assert MARK in answer.headers
    if content is not None:
        assert answer.content.startswith(content)
        return
    assert whole.startswith(answer.content)
    with pytest.raises(ValueError):
        answer.json()


ROW_KINDS = {
    MIX: set(CHANGES),
    STREAM: set(CHANGES),
    PRICES: set(CHANGES) - {"new_fuel_code"},
    CARBON: set(CHANGES) - {"new_fuel_code"},
    CKAN: set(CHANGES) - {"new_fuel_code", "clock_hour_off"},
}


@pytest.mark.parametrize("request_", SHAPES)
@pytest.mark.parametrize("kind", sorted(CHANGES))
def test_rows_are_changed_in_the_layout_of_the_source_where_the_kind_applies(
    ill: Running, kind: str, request_: str
) -> None:
    well = ask(ill, request_)
    ill.faults.put([rule(kind)])
    answer = ask(ill, request_)
    assert (answer.status_code, answer.headers["content-type"]) == (200, well.headers["content-type"])
    assert MARK in answer.headers
    assert (answer.content != well.content) is (kind in ROW_KINDS[request_])
    assert [entry["kind"] for entry in ill.faults.injected] == ([kind] if kind in ROW_KINDS[request_] else [])
    layout = next(layout for layout in LAYOUTS if layout(well.json()).encode() == well.content)
    assert layout(answer.json()).encode() == answer.content


def served_with(grid: Running, kind: str, request: str) -> tuple[list[dict], list[dict], dict[str, Any]]:
    """Rows of a well answer, those of one with a fault, and what the log says was changed."""
    before = rows_in(ask(grid, request).json())
    grid.faults.put([rule(kind)])
    after = rows_in(ask(grid, request).json())
    assert before is not None
    assert after is not None
    return before, after, grid.faults.injected[-1]["changed"]


@pytest.mark.parametrize("kind", ["revision", "nulls", "false_zeros"])
@pytest.mark.parametrize("request_", SHAPES)
def test_the_log_says_which_values_were_changed(ill: Running, kind: str, request_: str) -> None:
    before, after, change = served_with(ill, kind, request_)
    found = [
        {"field": ours.path, "before": ours.value, "after": theirs.value}
        for row, ill_row in zip(before, after, strict=True)
        for ours, theirs in zip(cells(row), cells(ill_row), strict=True)
        if ours.value != theirs.value
    ]
    logged = [{k: v for k, v in value.items() if k != "row"} for value in change["values"]]
    assert found
    assert sorted(map(str, found)) == sorted(map(str, logged))
    if kind == "nulls":
        assert {value["after"] for value in found} == {None}
    if kind == "false_zeros":
        assert {value["after"] for value in found} == {0}


def test_half_hours_go_missing_at_the_end_and_in_the_middle(ill: Running) -> None:
    for kind, ends in (("late_half_hour", True), ("middle_gap", False)):
        ill.faults.put([])
        before, after, change = served_with(ill, kind, STREAM)
        gone = {half_hour_of(row) for row in before} - {half_hour_of(row) for row in after}
        assert gone == {change["half_hour"]}
        assert len(before) - len(after) == change["rows"] > 0
        assert (max(half_hour_of(row) or "" for row in before) in gone) is ends


def test_other_row_faults(ill: Running) -> None:
    before, after, change = served_with(ill, "new_fuel_code", MIX)
    assert {row["fuelType"] for row in after} - {row["fuelType"] for row in before} == {change["value"]}
    ill.faults.put([])
    before, after, _ = served_with(ill, "reordered_rows", MIX)
    assert sorted(map(str, before)) == sorted(map(str, after))
    ill.faults.put([])
    before, after, _ = served_with(ill, "duplicated_rows", PRICES)
    assert {str(row) for row in before} == {str(row) for row in after}
    assert len(after) == len(before) + 3
    ill.faults.put([])
    before, after, change = served_with(ill, "missing_key_field", PRICES)
    assert sum("settlementPeriod" not in row for row in after) == 1
    ill.faults.put([])
    before, after, change = served_with(ill, "rows_outside_window", MIX)
    assert {row["settlementDate"] for row in after} == {"2025-06-09", "2025-05-31"}
    ill.faults.put([])
    before, after, change = served_with(ill, "clock_hour_off", CARBON)
    hours = {
        (datetime.fromisoformat(theirs["from"]) - datetime.fromisoformat(ours["from"])).total_seconds() / 3600
        for ours, theirs in zip(before, after, strict=True)
    }
    assert hours == {change["hours"]}


def test_an_old_body_is_an_earlier_answer_byte_for_byte(ill: Running) -> None:
    ill.faults.put([rule("old_body", share=0), rule("old_body", match="FUELHH")])
    today = MIX.replace("2025-06-09", "2025-06-10")
    first = ask(ill, today).content  # none is earlier
    assert not ill.faults.injected
    assert ask(ill, today).content == first, "nothing has changed yet, so an old one is no fault"
    assert not ill.faults.injected
    ill.set_clock(datetime(2025, 6, 10, 13, 7, tzinfo=UTC), speed=0)
    assert ask(ill, today).content == first
    (logged,) = ill.faults.injected
    assert logged["changed"]["given_at_utc"] == NOW.isoformat()


def test_the_same_seed_and_requests_meet_the_same_faults() -> None:
    plan = [rule(kind, share=0.1) for kind in sorted(KINDS - {"time_out", "reset_in_mid_body"})]
    logs = []
    for seed in (1, 1, 2):
        with running(seed=seed, now_utc=NOW, speed=0) as grid:
            grid.faults.put(plan)
            for _ in range(6):
                for request in (MIX, PRICES, CARBON):
                    ask(grid, request)
            logs.append([(entry["request"], entry["kind"]) for entry in grid.faults.served])
    assert logs[0] == logs[1] != logs[2]
    assert 5 < sum(kind is not None for _, kind in logs[0]) < 18
    assert [kind for request, kind in logs[0] if request == MIX] != [None] * 6


def test_a_plan_is_for_some_requests_and_some_time(ill: Running) -> None:
    hour = {"from_utc": "2025-06-10T13:00:00Z", "until_utc": "2025-06-10T14:00:00Z"}
    ill.faults.put([rule("http_500", match="FUELHH", **hour)])
    found = []
    for clock in (12, 13, 14):
        ill.set_clock(datetime(2025, 6, 10, clock, tzinfo=UTC), speed=0)
        found.append((ask(ill, MIX).status_code, ask(ill, PRICES).status_code))
    assert found == [(200, 200), (500, 200), (200, 200)]


def test_the_plan_and_the_logs_over_http(ill: Running) -> None:
    place = f"{ill.url}/simulator/faults"
    assert SESSION.get(place).json() is None
    plan = [rule("http_503", share=0.5, match="FUEL", from_utc="2025-06-10T12:00:00+00:00")]
    assert SESSION.put(place, json=plan).json() == plan == SESSION.get(place).json()
    for _ in range(12):
        ask(ill, MIX)
    log, served = SESSION.get(f"{place}/log").json(), SESSION.get(f"{place}/served").json()
    assert 0 < len(log) < len(served) == 12
    assert {entry["kind"] for entry in log} == {"http_503"}
    assert {len(entry["sha256"]) for entry in served} == {64}
    assert SESSION.put(place, data="null").json() is None
    assert MARK in SESSION.get(place).headers


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ({}, "a plan is a list of rules"),
        ([{"kind": "http_500"}], "rule 1 is"),
        ([rule("http_500"), rule("gremlins")], "rule 2: 'gremlins' is no kind"),
        ([rule("http_500", share=2)], "share 2.0 is not between 0 and 1"),
        ([rule("http_500", match="(")], "rule 1: missing )"),
        ([rule("http_500", from_utc="2025-06-10")], "2025-06-10 has no time zone"),
        ([rule("http_500", colour="red")], "rule 1 is"),
    ],
)
def test_what_is_no_plan_is_refused_in_words(ill: Running, plan: Any, reason: str) -> None:
    answer = SESSION.put(f"{ill.url}/simulator/faults", json=plan)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert ill.faults.plan is None


def test_there_are_twenty_two_kinds() -> None:
    assert len(KINDS) == 22
    assert all(plan_of([rule(kind)]) for kind in KINDS)


TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda time: f"{time:%Y-%m-%dT%H:30}Z")
VALUES = st.none() | st.integers(-(10**6), 10**6) | st.decimals(-1000, 1000, places=2).map(float)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"startTime": TIMES, "fuelType": st.sampled_from(["WIND", "CCGT"]), "generation": VALUES},
        optional={"intensity": st.fixed_dictionaries({"actual": VALUES, "index": st.text(max_size=5)})},
    ),
    max_size=8,
)
WRAPPED = st.sampled_from(
    [
        lambda rows: rows,
        lambda rows: {"data": rows},
        lambda rows: {"metadata": {"datasets": ["X"]}, "data": rows},
        lambda rows: {"success": True, "result": {"fields": [{"id": "_id"}], "records": rows, "total": len(rows)}},
        lambda rows: {"count": len(rows), "next": None, "results": rows},
        lambda rows: {"data": {"regionid": 3, "data": rows}},
    ]
)


@given(
    rows=ROWS,
    wrap=WRAPPED,
    layout=st.sampled_from(LAYOUTS),
    kind=st.sampled_from(sorted(CHANGES)),
    seed=st.integers(0, 99),
)
def test_a_changed_body_is_another_one_in_the_same_layout_and_shape(
    rows: list[dict], wrap: Any, layout: Any, kind: str, seed: int
) -> None:
    document = wrap(copy.deepcopy(rows))
    body = layout(document).encode()
    found = changed(kind, body, Random(seed))
    assert found == changed(kind, body, Random(seed)), "the same chance, the same fault"
    if found is None:
        return
    after, change = found
    assert json.dumps(change)
    assert after != body
    assert layout(json.loads(after)).encode() == after
    ill = json.loads(after)
    for rows_of_one in (rows_in(document), rows_in(ill)):
        assert rows_of_one is not None
        rows_of_one.clear()
    assert ill == document, "something beside the rows was changed"
