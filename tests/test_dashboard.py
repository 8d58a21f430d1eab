"""The dashboard without a browser: its pages over real workspaces, its clock, its numbers, and what it may not do."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st_
from sqlalchemy import text as sql_text
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import DBAPIError
from streamlit.testing.v1 import AppTest

from dashboard import as_known, kept, local_time, mix_charts, parts, present, subjects, text
from dashboard.connection import WarehouseError, engine, rows
from dashboard.export import csv_bytes
from dashboard.marts import common
from dashboard.marts import now as marts
from dashboard.shown import Shown, coverage_text, load
from dashboard.windows import DATES, DAYS_OF, WINDOWS, Choice, Span, day_slots, half_hour_slots, span_by_half_hours
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY, HALF_HOUR, local_midnight_utc, period_start_utc, periods_in
from orchestration.warehouse import parsed_project
from tests.conftest import SIMULATED_NOW, WorkspaceMaker
from tests.marts import rows_of
from tests.odd_text import EVIL, EVIL_CABLE, ODD_OUTAGE_END, ODD_OUTAGE_START
from tests.pages import shown_page, specs_of, words_of

VIEWS = ("mix", "demand", "price", "carbon")  # over time
OTHER_VIEWS = ("charge", "regions", "forecasts", "records", "outages", "compare", "sources", "origin")
YEARS = range(2016, 2031)
CHANGES = [day for y in YEARS for day in (date(y, m, 31) - DAY * ((date(y, m, 31).weekday() + 1) % 7) for m in (3, 10))]


def hold_every_page(simulated: bool) -> dict[str, set[str]]:
    """Opens every page in every window; gives the marts that each of them read."""
    read: dict[str, set[str]] = {}

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        read[view].update(re.findall(r"\bmarts\.(\w+)\b(?!\()", statement))  # but functions

    listen(engine(), "before_cursor_execute", note)
    try:
        for view in ("now", *VIEWS, *OTHER_VIEWS):
            read[view] = set()
            kept.forget()  # what another page has asked for, too
            if view == "now":
                app = shown_page(view, region="London")
            else:
                app.switch_page(f"views/{view}.py").run()
            for window in WINDOWS if view in VIEWS else (None,):
                hold_page(app, view, window, simulated)
    finally:
        remove(engine(), "before_cursor_execute", note)
    return read


def hold_page(app: AppTest, view: str, window: str | None, simulated: bool) -> None:
    if window:
        app.button_group(key="window").set_value(window).run()
    assert not app.exception, [e.message for e in app.exception]
    said = words_of(app)
    assert not app.error, said
    assert ("these numbers are made up" in said) == simulated, view
    assert "Elexon Limited copyright and database right" in said
    if window:
        assert app.session_state["window"] == window
        assert "half-hours" in said, (view, window)
        is_daily = window in ("year", "all") or (view, window) == ("mix", "month")
        assert ("by day." if is_daily else "by half-hour.") in said, (view, window)


def test_every_page_and_window_works_over_recorded_data(recorded_workspace: Workspace, reading: Callable) -> None:
    reading(recorded_workspace)
    read = hold_every_page(simulated=False)
    manifest = json.loads(parsed_project().manifest_path.read_text())
    said = {
        exposure["name"].removeprefix("dashboard_"): {
            unique_id.split(".")[-1] for unique_id in exposure["depends_on"]["nodes"]
        }
        for exposure in manifest["exposures"].values()
        if exposure["type"] == "dashboard"
    }
    assert said.keys() == read.keys()
    for view, marts_read in read.items():
        # what the others read depends on what is chosen; together they are held in tests/test_dbt_project.py
        assert marts_read == said[view] if view in ("now", *VIEWS) else marts_read <= said[view], view


def test_data_long_past_is_said_to_be_stale(recorded_workspace: Workspace, reading: Callable) -> None:
    reading(recorded_workspace)
    app = shown_page("now")
    assert "of Great Britain’s transmission system was zero-carbon on Fri 12 Jun 2026, 23:30 BST" in app.title[0].value
    said = words_of(app)
    assert "it is stale" in said
    assert "Wind and solar in local networks are not known for it" in said
    (shares,) = rows_of(
        recorded_workspace,
        "select zero_carbon_transmission_share, renewable_transmission_share, nuclear_transmission_share"
        " from marts.fct_grid_half_hourly where transmission_supply_mw is not null"
        " order by period_start_utc desc limit 1",
        role="reader",
    )
    assert [metric.value for metric in app.metric][:3] == [f"{share:.0%}".replace("%", "\xa0%") for share in shares]
    stale = [caption.value for caption in app.caption if ":orange-badge[stale]" in caption.value]
    assert len(stale) == 7  # every tile but the headline price, of which nothing was recorded


def test_a_tile_is_stale_once_the_successor_of_what_it_shows_should_be_there(
    simulated_workspace: Workspace, reading: Callable
) -> None:
    reading(simulated_workspace)
    shown = {
        "zero-carbon": "fuelhh",
        "renewable": "fuelhh",
        "nuclear": "fuelhh",
        "price": "market_index",
        "imbalance-price": "system_prices",
        "demand": "demand_outturn",
        "imports": "fuelhh",
    }
    tiles = {tile.key: tile for tile in present.all_tiles(SIMULATED_NOW)}
    assert set(tiles) - {"carbon"} == set(shown)
    for key, name in shown.items():
        start = tiles[key].start_utc
        assert start is not None
        due = start + HALF_HOUR + DATASETS[name].allowed_lateness
        assert (tiles[key].is_stale(due), tiles[key].is_stale(due + timedelta(seconds=1))) == (False, True), key


def test_a_forecast_is_stale_when_no_newer_issue_was_fetched(simulated_workspace: Workspace, reading: Callable) -> None:
    allowed = DATASETS["carbon_national_forecast"].allowed_lateness
    for now, is_stale in ((SIMULATED_NOW, False), (SIMULATED_NOW + allowed, False), (SIMULATED_NOW + DAY, True)):
        reading(simulated_workspace, now)
        tile = next(tile for tile in present.all_tiles(now) if tile.key == "carbon")
        assert tile.start_utc is not None
        assert now - tile.start_utc < HALF_HOUR  # it is of now
        assert tile.state == "forecast"
        assert tile.is_stale(now) == is_stale, now
    said = words_of(shown_page("now"))
    assert re.search(r"The newest data is of Thu 29 Oct 2026, 12:00 GMT, fetched\W24\Wh\Wago: stale", said)


def test_flows_are_stale_when_five_minutes_are_late(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace)
    start = marts.flows()[0]["interval_start_utc"]
    due = start + timedelta(minutes=5) + DATASETS["fuelinst"].allowed_lateness
    for now, is_stale in ((due, False), (due + timedelta(minutes=1), True)):
        reading(simulated_workspace, now - timedelta(milliseconds=1))
        (said,) = [c.value for c in shown_page("now").caption if "Net import" in c.value]
        assert ("stale" in said) == is_stale


def test_every_page_and_window_works_over_simulated_data(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    hold_every_page(simulated=True)


def test_an_empty_workspace_says_what_to_run(make_workspace: WorkspaceMaker, reading: Callable) -> None:
    reading(make_workspace())
    for view in ("now", *VIEWS):
        said = words_of(shown_page(view))
        assert "make up" in said
        assert "energy-monitor build" in said
        assert "Elexon Limited" in said


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PGPORT", "1", "The warehouse cannot be read at"),
        ("PGPORT", "here", "is no port"),
        ("PGPASSWORD", "wrong-secret", "The warehouse cannot be read at"),
        ("PGDATABASE", "no_such_database", "The warehouse cannot be read at"),
        ("PGHOST", "", "PGHOST not set"),
    ],
)
def test_what_is_wrong_with_the_database_is_a_sentence(
    simulated_workspace: Workspace,
    reading: Callable,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    sentence: str,
) -> None:
    reading(simulated_workspace)
    monkeypatch.setenv(name, value)
    app = shown_page("now")
    (error,) = app.error
    assert sentence in error.value.replace("\\", "")
    assert "wrong-secret" not in error.value
    assert "Traceback" not in error.value


def test_the_dashboard_can_neither_write_nor_read_raw(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace)
    with engine().connect() as connection:
        for statement in (
            "insert into marts.dim_datasets (dataset) values ('mine')",
            "set default_transaction_read_only = off; create table marts.mine (n int)",
            "select * from raw.loads",
        ):
            with pytest.raises(DBAPIError, match=r"read-only transaction|permission denied"):
                connection.execute(sql_text(statement))
            connection.rollback()
        assert connection.execute(sql_text("show timezone")).scalar() == "UTC"
        assert connection.execute(sql_text("show statement_timeout")).scalar() == "10s"
    with pytest.raises(WarehouseError, match="permission denied"):
        rows("select * from raw.loads")


def test_a_day_without_a_number_holds_no_data_and_one_with_some_is_incomplete() -> None:
    first = date(2026, 10, 24)
    span = Span(local_midnight_utc(first), local_midnight_utc(first + 4 * DAY))
    counts = {first: 48, first + DAY: 20, first + 2 * DAY: 0}  # the fourth day was never asked for
    rows = [
        {"settlement_date": day, "periods_in_day": periods_in(day), "indo_periods": count}
        for day, count in counts.items()
    ]
    shown = Shown("demand", Choice("year"), span, day_slots(span, rows), rows, is_daily=True)
    assert coverage_text(shown, "indo_periods") == (
        "made of 68 of 194 half-hours. 1 day is incomplete. 2 days hold no data."
    )


SUBJECT_WINDOWS = [(subject, window) for subject in VIEWS for window in WINDOWS if window != DATES]


def hold_csv(workspace: Workspace, subject: str, window: str) -> int:
    shown = load(subject, Choice(window))
    assert shown
    header, *lines = list(csv.reader(io.StringIO(csv_bytes(shown.rows).decode())))
    mart = "fct_grid_daily" if shown.is_daily else subjects.SUBJECTS[subject].mart
    key = "settlement_date" if shown.is_daily else "period_start_utc"
    wanted = [name for name in header if name != "period_start_uk_local"]
    bounds = (
        (shown.span.first_day, shown.span.last_day)
        if shown.is_daily
        else (shown.span.start_utc, shown.span.end_utc - HALF_HOUR)
    )
    columns = ", ".join(name.removesuffix("_uk_local") for name in wanted)
    expected = rows_of(
        workspace,
        f"select {columns} from marts.{mart} where {key} between %s and %s order by {key}",
        bounds,
        role="reader",
    )
    assert expected
    assert len(lines) == len(expected)
    for line, row in zip(lines, expected, strict=True):
        cells = dict(zip(header, line, strict=True))
        for name, value in zip(wanted, row, strict=True):
            match value:
                case None:
                    assert cells[name] == ""
                case Decimal():
                    assert Decimal(cells[name]).as_tuple() == value.as_tuple(), name
                case float():
                    assert float(cells[name]) == value
                case datetime():
                    assert datetime.fromisoformat(cells[name]) == value
                    if name == key:
                        local = datetime.fromisoformat(cells["period_start_uk_local"])
                        assert local == value
                        assert local.utcoffset() == value.astimezone(local_time.LONDON).utcoffset()
                case _:
                    assert cells[name] == str(value)
    return len(lines)


def test_csv_is_the_mart_to_the_last_digit(
    simulated_workspace: Workspace, recorded_workspace: Workspace, reading: Callable
) -> None:
    for workspace in (simulated_workspace, recorded_workspace):
        reading(workspace)
        assert sum(hold_csv(workspace, subject, window) for subject, window in SUBJECT_WINDOWS) > 500


# ---------------------------------------------------------------- the UK's clock


@pytest.mark.parametrize("day", CHANGES, ids=str)
def test_an_axis_over_a_change_of_the_clocks_names_both_zones(day: date) -> None:
    start, end = local_midnight_utc(day), local_midnight_utc(day + DAY)
    labels = [label for _, label in local_time.ticks(start, end)]
    zoned = [" ".join(label) for label in labels if isinstance(label, list) and label[1] in ("GMT", "BST")]
    if periods_in(day) == 50:
        assert zoned == ["01:00 BST", "01:00 GMT"]
        assert local_time.axis_title(start, end) == "UK local time (BST, then GMT)"
    else:
        assert zoned == ["00:00 GMT", "02:00 BST"]
        assert local_time.axis_title(start, end) == "UK local time (GMT, then BST)"
        assert ["01:00", "BST"] not in labels


@pytest.mark.parametrize("window", ["day", "week", "month"])
def test_a_window_by_half_hours_is_as_long_at_every_time_around_a_change_of_the_clocks(window: str) -> None:
    for day in CHANGES:
        for near in (day - DAY, day, day + DAY):
            for period in range(1, periods_in(near) + 1, DAYS_OF[window]):
                newest = period_start_utc(near, period)
                slots = half_hour_slots(span_by_half_hours(window, newest), [])
                assert len(slots) == 48 * DAYS_OF[window], (newest, window)
                assert slots[-1].start_utc == newest
                assert newest + HALF_HOUR - slots[0].start_utc == DAYS_OF[window] * DAY


@given(
    start=st_.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)),
    span=st_.sampled_from([timedelta(hours=n) for n in (24, 25, 72, 168, 720, 8760, 87600)]),
)
def test_ticks_are_instants_at_which_the_uk_clock_shows_the_label(start: datetime, span: timedelta) -> None:
    ticks = local_time.ticks(start, start + span)
    assert len(ticks) >= min(3, span // DAY)
    assert [instant for instant, _ in ticks] == sorted({instant for instant, _ in ticks})
    for instant, label in ticks:
        assert start <= instant <= start + span
        local = instant.astimezone(local_time.LONDON)
        assert local.minute == local.second == 0
        words = label if isinstance(label, list) else [label]
        if ":" in words[0]:
            assert words[0] == f"{local:%H:%M}"
            assert words[1:] in ([], [f"{local:%Z}"])
        else:
            assert local.hour == 0
            shown = {"%a": f"{local:%a}", "%d": str(local.day), "%b": f"{local:%b}", "%Y": f"{local:%Y}"}
            assert set(" ".join(words).split()) <= set(shown.values())


def test_charts_are_on_a_utc_scale_with_looked_up_labels(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    checked = 0
    for view in VIEWS:
        app = shown_page(view, "week")
        specs = specs_of(app)
        assert specs_of(app.run()) == specs  # what is kept between runs is not changed by showing it
        spec = specs[0]
        assert len(spec["description"]) > 60
        for layer in spec["layer"]:
            x = layer["encoding"].get("x")
            if x:
                assert x["scale"]["type"] == "utc"
                assert "Sun 25 Oct" in x["axis"]["labelExpr"]
                assert x["axis"]["title"] == "UK local time (BST, then GMT)"
                checked += 1
    assert checked >= 10


def test_a_gap_is_a_gap(recorded_workspace: Workspace, reading: Callable) -> None:
    """Of 12 June 2026 two half-hours were received: the other 46 are neither zero nor filled."""
    reading(recorded_workspace)
    shown = load("mix", Choice("day"))
    assert shown
    assert [slot.number("transmission_supply_mw") is not None for slot in shown.slots] == [False] * 46 + [True] * 2
    mix = parts.parts(common.fuels(), subjects.MIX)
    spec = mix_charts.stacked(shown.slots, shown.span, mix, "mw", "GW", "")
    drawn = {name: pa.ipc.open_stream(sent).read_all().to_pylist() for name, sent in spec["datasets"].items()}
    night, evening = local_midnight_utc(date(2026, 6, 12)), datetime(2026, 6, 12, 22, tzinfo=UTC)
    assert [(run["what"], run["start"], run["end"]) for run in drawn["greys"]][:1] == [("no data", night, evening)]
    assert [point["start"] for point in drawn["areas"]] == [evening, evening + HALF_HOUR, evening + 2 * HALF_HOUR]
    assert len({point["segment"] for point in drawn["areas"]}) == 1


# ---------------------------------------------------------------- source text stays text


def test_source_text_is_shown_as_text(odd_workspace: Workspace, reading: Callable) -> None:
    reading(odd_workspace, SIMULATED_NOW)
    app = shown_page("now")
    outage = app.dataframe[0].value.iloc[0]
    assert outage["Plant"] == EVIL
    assert outage["Cause"] == EVIL
    assert outage["Out of use"] == f"4,321{text.NBSP}MW"
    (tile,) = [caption.value for caption in app.caption if "script" in caption.value]
    assert text.plain(EVIL) in tile
    assert EVIL_CABLE in "".join(caption.value.replace("\\", "").replace(text.JOINER, "") for caption in app.caption)
    assert not any(element.allow_html for kind in (app.markdown, app.caption) for element in kind)
    (spec,) = specs_of(shown_page("mix", "day"))
    assert "Unknown" in json.dumps(spec["layer"][1]["encoding"]["color"]["scale"]["domain"])


def test_what_unknown_fuels_make_is_in_the_mix_of_a_day(odd_workspace: Workspace, reading: Callable) -> None:
    reading(odd_workspace, SIMULATED_NOW)
    (spec,) = specs_of(shown_page("mix", "month"))
    assert "Unknown" in json.dumps(spec["layer"][1]["encoding"]["color"]["scale"]["domain"])
    by_half_hour, by_day = load("mix", Choice("day")), load("mix", Choice("month"))
    assert by_half_hour
    assert by_day
    numbers = [row["unknown_mw"] for row in by_half_hour.rows if row["unknown_mw"] is not None]
    assert by_day.rows[-1]["unknown_mwh"] == float(sum(numbers) / 2) > 0
    assert by_day.rows[-1]["unknown_periods"] == len(numbers)


def test_an_outage_is_shown_from_the_minute_it_begins_to_the_one_it_ends(
    odd_workspace: Workspace, reading: Callable
) -> None:
    for now, is_shown in (
        (ODD_OUTAGE_START - timedelta(minutes=1), False),
        (ODD_OUTAGE_START, True),
        (ODD_OUTAGE_END - timedelta(minutes=1), True),
        (ODD_OUTAGE_END, False),
    ):
        reading(odd_workspace, now + timedelta(seconds=20))
        assert bool(shown_page("now").dataframe) == is_shown, now


def test_what_is_asked_of_outages_is_answered_from_indexes(
    simulated_workspace: Workspace, reading: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(simulated_workspace)

    def plan(statement: str, **parameters: object) -> list[dict[str, str]]:
        with engine().connect() as connection:
            connection.execute(sql_text("set enable_seqscan = off"))  # the mart is small here
            lines = connection.execute(sql_text(f"explain {statement}"), parameters).scalars().all()
        return [{"newest": "\n".join(lines)}]

    monkeypatch.setattr(as_known, "rows", plan)
    assert "Index Cond: (event_end_utc > " in marts.outages(SIMULATED_NOW)[0]["newest"]
    assert "Index Only Scan Backward" in str(marts.newest_outage_message())


@given(st_.text())
def test_plain_leaves_nothing_that_markdown_reads(source_text: str) -> None:
    escaped = text.plain(source_text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>$:|~#]", escaped)
    assert re.sub(r"\\(.)", r"\1", escaped).replace(text.JOINER, "") == " ".join(source_text.split()).replace(
        text.JOINER, ""
    )


# ---------------------------------------------------------------- numbers in words


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.percent(0.385), "39 %"),
        (text.percent(0.0), "0 %"),
        (text.percent(None), "–"),
        (text.gigawatts(Decimal("29650")), "29.7 GW"),
        (text.megawatts(Decimal("-497")), "−497 MW"),
        (text.megawatts(Decimal("-0.4")), "0 MW"),
        (text.megawatts(Decimal("12421")), "12,421 MW"),
        (text.price(Decimal("-3")), "−£3.00/MWh"),
        (text.price(Decimal("1234.565")), "£1,234.57/MWh"),
        (text.price(Decimal("-0.001")), "£0.00/MWh"),
        (text.carbon(Decimal("72.5")), "73 gCO₂/kWh"),
        (text.age(timedelta(seconds=20)), "just now"),
        (text.age(timedelta(minutes=59)), "59 min ago"),
        (text.age(timedelta(hours=47)), "47 h ago"),
        (text.age(timedelta(days=1692)), "1,692 days ago"),
        (text.state("missing"), "missing at the source"),
        (text.state("<b>"), "\\<b\\>"),
        (local_time.moment_text(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)), "Sun 25 Oct 2026, 01:30 BST"),
        (local_time.moment_text(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)), "Sun 25 Oct 2026, 01:30 GMT"),
        (local_time.local_iso(datetime(2026, 7, 1, 11, 30, tzinfo=UTC)), "2026-07-01T12:30:00+01:00"),
    ],
)
def test_numbers_and_times_in_words(shown: str, expected: str) -> None:
    assert shown.replace(text.NBSP, " ") == expected
