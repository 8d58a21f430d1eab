"""The page Records, and what Now says of records near or broken."""

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from dashboard import record_charts, record_words, text
from dashboard.connection import engine
from dashboard.marts import records as marts
from dashboard.measures import MEASURES
from dashboard.record_kinds import GROUPS, NEAR_BY, group_of, in_order
from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, HALF_HOUR
from orchestration.warehouse import parsed_project
from tests.conftest import REPOSITORY, SIMULATED_NOW, WorkspaceMaker
from tests.marts import rows_of
from tests.odd_text import EVIL
from tests.pages import APP, read, read_words, shown_page, words_of

KINDS = list(csv.DictReader((REPOSITORY / "dbt_project" / "seeds" / "record_kinds.csv").open()))


def page(**chosen: str) -> AppTest:
    """The page at an address."""
    return shown_page("records", **chosen)


def test_every_record_of_the_seed_has_a_group_and_its_numbers() -> None:
    groups = {group_of(kind) for kind in KINDS}
    assert groups == set(GROUPS)
    measures = {"wind_and_embedded_mw": ("wind_mw", "embedded_wind_mw"), "national_demand_mw": ("indo_mw",)}
    for kind in KINDS:
        if kind["span"] == "half_hour":
            near = NEAR_BY[kind["record_id"]]
            assert near.columns == measures.get(kind["measure"], (kind["measure"],)), kind["record_id"]
            assert near.number is None or near.number in MEASURES
            if near.number:
                assert MEASURES[near.number].column == near.columns[0]
    assert len(in_order(KINDS)) == len(KINDS)


def test_each_record_has_a_tile_with_the_number_of_the_mart(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    expected = {
        (name, unit): value
        for name, unit, value in rows_of(
            simulated_workspace, "select record_name, unit, value from marts.fct_records", role="reader"
        )
    }
    written = {
        "MW": lambda v: f"{v:,.0f} MW",
        "GBP/MWh": lambda v: f"£{v:.2f}/MWh".replace("£-", "−£"),
    }
    seen: dict[str, str] = {}
    app = page()
    for group in app.button_group(key="group").options:
        app.button_group(key="group").set_value(group.content if hasattr(group, "content") else group).run()
        assert not app.exception
        seen |= {read(metric.label): read(metric.value) for metric in app.metric}
    assert set(seen) == {name for name, _ in expected}
    checked = 0
    for (name, unit), value in expected.items():
        if unit in written and value == round(value, 2):
            assert seen[name] == written[unit](value), name
            checked += 1
    assert checked >= 8
    said = read_words(app)
    assert "Records of what is known here, not of all time: it begins on Wed 21 Oct 2026" in said
    ((settled, count),) = rows_of(
        simulated_workspace,
        "select count(*) filter (where state = 'settled'), count(*) from marts.fct_records",
        role="reader",
    )
    assert f"{settled} of {count} are confirmed" in said


def test_an_address_gives_its_record_and_how_it_moved(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = page(group="Demand and supply", record="Lowest national demand")
    assert app.session_state["group"] == "Demand and supply"
    assert app.selectbox(key="record").value == "Lowest national demand"
    holders = rows_of(
        simulated_workspace,
        "select held_from_utc, value from marts.fct_record_history"
        " where record_id = 'lowest_demand' and not is_tie order by period_start_utc",
        role="reader",
    )
    (spec,) = [json.loads(e.proto.spec) for e in app.main if e.type in ("arrow_vega_lite_chart", "vega_lite_chart")]
    assert f"beaten {len(holders) - 1} time" in spec["description"] or "beaten once" in spec["description"]
    record = next(r for r in marts.records() if r["record_id"] == "lowest_demand")
    drawn = record_charts.stepped(marts.history("lowest_demand"), record, "")
    points = pa.ipc.open_stream(drawn["datasets"]["points"]).read_all().to_pylist()
    assert [(p["start"], p["value"]) for p in points] == [(start, float(value)) for start, value in holders]
    line = pa.ipc.open_stream(drawn["datasets"]["line"]).read_all().to_pylist()
    assert line[-1] == {"start": record["known_to_utc"], "value": float(record["value"])}
    said = read_words(app)
    assert f"{holders[-1][1]:,.0f} MW" in said
    assert "less than the" in said
    assert "the lowest comes on sunny days" in said
    link = re.search(r"\(origin\?([^)]*)\)", words_of(app))
    assert link
    assert "number=demand" in link[1]


def test_both_workspaces_and_the_marts_that_are_read(
    simulated_workspace: Workspace, recorded_workspace: Workspace, reading: Callable
) -> None:
    asked: set[str] = set()
    for workspace in (simulated_workspace, recorded_workspace):
        reading(workspace, SIMULATED_NOW)

        def note(_c: object, _u: object, statement: str, *_: object) -> None:
            asked.update(re.findall(r"\bmarts\.(\w+)", statement))

        event.listen(engine(), "before_cursor_execute", note)
        try:
            app = AppTest.from_file(APP, default_timeout=60).run()
            now_asked = set(asked)
            app.switch_page("views/records.py").run()
            assert not app.error
            assert not app.exception
        finally:
            event.remove(engine(), "before_cursor_execute", note)
        records = {r["record_id"]: r for r in marts.records()}
        for name, record in records.items():
            history = marts.history(name)
            assert record_charts.stepped(history, record, "")["layer"]
            assert record_words.beat_text(record)
    manifest = json.loads(parsed_project().manifest_path.read_text())
    named = {
        e["name"]: {node.split(".")[-1] for node in e["depends_on"]["nodes"]} for e in manifest["exposures"].values()
    }
    assert "fct_records" in named["dashboard_now"] & now_asked
    assert named["dashboard_records"] == {"dim_datasets", "fct_records", "fct_record_history"} <= asked


def test_a_run_is_drawn_as_it_grew() -> None:
    start = datetime(2026, 10, 21, tzinfo=UTC)
    first = {
        "period_start_utc": start,
        "period_end_utc": start + 2 * HALF_HOUR,
        "value": Decimal(1),
        "is_tie": False,
        "ties": 0,
        "state": "settled",
        "beaten_value": None,
        "beaten_period_start_utc": None,
        "held_from_utc": start + HALF_HOUR,
        "held_until_utc": start + DAY + 3 * HALF_HOUR,
        "is_start_known": True,
        "is_end_known": True,
    }
    second = first | {
        "period_start_utc": start + DAY,
        "period_end_utc": start + DAY + 4 * HALF_HOUR,
        "value": Decimal(2),
        "beaten_value": Decimal(1),
        "beaten_period_start_utc": start,
        "held_from_utc": start + DAY + 3 * HALF_HOUR,
        "held_until_utc": None,
    }
    known = {"known_since_utc": start, "known_to_utc": start + 3 * DAY}
    record = second | known | {"span": "run", "unit": "h", "direction": "highest"}
    spec = record_charts.stepped([first, second], record, "")
    line = pa.ipc.open_stream(spec["datasets"]["line"]).read_all().to_pylist()
    assert [(p["start"] - start, p["value"]) for p in line] == [
        (HALF_HOUR, 0),
        (2 * HALF_HOUR, 1),
        (DAY + 3 * HALF_HOUR, 1),
        (DAY + 4 * HALF_HOUR, 2),
        (3 * DAY, 2),
    ]


def test_text_of_records_is_shown_as_text(
    simulated_workspace: Workspace, reading: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    evil = [row | {"record_name": EVIL, "caveat": EVIL} for row in marts.records()[:1]]
    monkeypatch.setattr(marts, "records", lambda: evil)
    app = page()
    assert app.metric[0].label == text.plain(EVIL)
    assert any(text.plain(EVIL) in m.value for m in app.markdown)
    assert not any(element.allow_html for kind in (app.markdown, app.caption) for element in kind)


def test_an_empty_workspace_says_what_to_run(make_workspace: WorkspaceMaker, reading: Callable) -> None:
    reading(make_workspace())
    assert "make up" in read_words(page())


# ---------------------------------------------------------------- near and broken


NOW = datetime(2026, 10, 28, 12, 7, tzinfo=UTC)
HELD = datetime(2026, 1, 3, 17, 30, tzinfo=UTC)


def record(record_id: str, value: object, **given: object) -> dict:
    kind = next(kind for kind in KINDS if kind["record_id"] == record_id)
    base = {
        "record_id": record_id,
        "record_name": kind["record_name"],
        "span": kind["span"],
        "direction": kind["direction"],
        "unit": kind["unit"],
        "value": Decimal(str(value)),
        "period_start_utc": HELD,
        "period_end_utc": HELD + HALF_HOUR,
        "held_from_utc": HELD + HALF_HOUR,
        "beaten_value": Decimal(str(value)) - 15,
        "beaten_period_start_utc": HELD - DAY,
        "state": "settled",
        "ties": 0,
        "known_since_utc": HELD - 400 * DAY,
        "known_periods": 5000,
        "periods_in_span": 6000,
    }
    return base | given


def newest(value: object, is_forecast: bool = False) -> dict:
    return {"period_start_utc": NOW - HALF_HOUR, "value": Decimal(str(value)), "is_forecast": is_forecast}


def lines(records: list[dict], of_now: dict[str, dict], broken: tuple[dict, ...] = ()) -> list[str]:
    return [read(said) for said in record_words.lines(records, broken, of_now, NOW)]


@pytest.mark.parametrize(
    ("held", "of_now", "expected"),
    [
        (
            record("highest_wind", 21900),
            newest(21400),
            "Wind is at 21.4 GW, 2 % below its record of 21.9 GW, Sat 3 Jan 2026, 17:30 GMT.",
        ),
        (
            record("highest_wind", 21900),
            newest(22100, is_forecast=True),
            "Wind is at 22.1 GW, part of it NESO’s forecast, 1 % above its record of 21.9 GW, Sat 3 Jan 2026, "
            "17:30 GMT.",
        ),
        (
            record("highest_imports", 8181),
            newest(8170),
            "Imports are at 8.2 GW, less than 1 % below their record of 8.2 GW, Sat 3 Jan 2026, 17:30 GMT.",
        ),
        (
            record("lowest_price", -50),
            newest(-49),
            "The market index price is at −£49.00/MWh, 2 % above its lowest of −£50.00/MWh, Sat 3 Jan 2026, 17:30 GMT.",
        ),
        (
            record("lowest_carbon", 33),
            newest(33),
            "Carbon intensity is at 33 gCO₂/kWh, equal to its lowest of 33 gCO₂/kWh, Sat 3 Jan 2026, 17:30 GMT.",
        ),
        (
            record("highest_renewable_share", "0.61"),
            newest("0.6"),
            "The renewable share is at 60.0 %, 2 % below its record of 61.0 %, Sat 3 Jan 2026, 17:30 GMT.",
        ),
    ],
)
def test_what_is_near_a_record_is_a_sentence(held: dict, of_now: dict, expected: str) -> None:
    assert lines([held], {held["record_id"]: of_now}) == [expected]


NOTHING = ["No record was broken within seven days, and no newest number is within 3 % of one."]


def test_what_is_not_near_is_not_told() -> None:
    held = record("highest_wind", 21900)
    assert lines([held], {"highest_wind": newest(21200)}) == NOTHING
    assert lines([held], {}) == NOTHING
    assert lines([held], {"highest_wind": newest(21900) | {"period_start_utc": HELD}}) == NOTHING  # the record itself
    assert lines([record("lowest_price", 0)], {"lowest_price": newest("0.01")}) == NOTHING
    assert lines([], {}) == ["No record is known here yet."]


def test_a_broken_record_says_what_it_beat_and_whether_it_is_confirmed() -> None:
    held = record("highest_demand", 38421, state="provisional")
    assert lines([held], {"highest_demand": newest(38400)}, (held,)) == [
        "Highest national demand: 38,421 MW, Sat 3 Jan 2026, 17:30–18:00 GMT: 15 MW more than the 38,406 MW of "
        "Fri 2 Jan 2026, 17:30 GMT; not confirmed yet (provisional)."
    ]


def test_five_lines_at_most_and_none_of_too_short_a_time() -> None:
    ids = [kind["record_id"] for kind in KINDS if kind["span"] == "half_hour"]
    records = [record(name, 1000) for name in ids]
    said = lines(records, {name: newest(1000) for name in ids})
    assert len(said) == 5
    assert said[-1] == f"And {len(ids) - 4} more: they are among all records."
    young = [record(name, 1000, known_periods=60 * 48 - 1) for name in ids]
    (said_of_young,) = lines(young, {name: newest(1000) for name in ids}, tuple(young))
    assert said_of_young.startswith("No series has more than 60 days of numbers here")
    one_old = [*young[1:], records[0]]
    assert len(lines(one_old, {name: newest(1000) for name in ids}, tuple(young[1:]))) == 1


def test_now_says_how_short_the_time_is_and_as_known_whose_records_they_are(
    simulated_workspace: Workspace, reading: Callable
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = AppTest.from_file(APP, default_timeout=60).run()
    said = read_words(app)
    assert "in so short a time nearly every day sets a record" in said
    assert "Records are of what is known now" not in said
    then = AppTest.from_file(APP, default_timeout=60)
    then.query_params["known"] = "2026-10-28T06:00"
    then.run()
    assert not then.exception
    assert "Records are of what is known now, whatever moment the page is of." in read_words(then)


def test_what_is_asked_of_the_mart_is_of_the_week_before(
    simulated_workspace: Workspace, reading: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    broken = marts.broken_lately(SIMULATED_NOW)
    expected = rows_of(
        simulated_workspace,
        "select count(*) from marts.fct_records where held_from_utc > %s and beaten_value is not null",
        (SIMULATED_NOW - 7 * DAY,),
        role="reader",
    )
    assert len(broken) == expected[0][0] > 0
    assert marts.broken_lately(SIMULATED_NOW - 30 * DAY) == []
    numbers = marts.newest_numbers(SIMULATED_NOW)
    ((start, wind),) = rows_of(
        simulated_workspace,
        "select period_start_utc, wind_mw from marts.fct_grid_half_hourly where wind_mw is not null"
        " order by period_start_utc desc limit 1",
        role="reader",
    )
    assert numbers["highest_transmission_wind"]["value"] == wind
    assert numbers["highest_transmission_wind"]["period_start_utc"] == start
    assert numbers["highest_wind"]["is_forecast"]
    assert marts.newest_numbers(SIMULATED_NOW + timedelta(days=9)) == {} or all(
        row["is_forecast"] for row in marts.newest_numbers(SIMULATED_NOW + timedelta(days=9)).values()
    )
    monkeypatch.setattr(record_words, "YOUNG_PERIODS", 0)
    said = record_words.lines(marts.records(), broken, numbers, SIMULATED_NOW)
    assert len(said) == 5
    assert read(said[0]).startswith(f"{broken[0]['record_name']}: ")
