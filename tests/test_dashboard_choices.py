"""What a reader chooses: dates, an earlier week or year, a point of a chart, and where its number comes from."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import picked, text
from dashboard.charts import Look, Series, lines
from dashboard.export import csv_bytes, parquet_bytes
from dashboard.glossary import TERMS
from dashboard.measures import MEASURES
from dashboard.origin import link, number_at, query_of, versions_of
from dashboard.points import suspect
from dashboard.shown import Shown, load, window_text
from dashboard.subjects import SUBJECTS
from dashboard.windows import AGAINST, DATES, Choice, beside, day_slots, half_hour_slots, span_of_dates
from energy_monitor.workspace import Workspace
from ingestion.settlement import DAY, HALF_HOUR, LONDON, local_midnight_utc, periods_in
from tests.conftest import SIMULATED_NOW
from tests.marts import rows_of
from tests.pages import APP, drawn, shown_page, words_of
from tests.test_dashboard import CHANGES

# Dates and comparisons ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", CHANGES, ids=str)
@pytest.mark.parametrize("days", [7, 364])
def test_a_half_hour_is_compared_with_the_same_time_on_the_clock(day: date, days: int) -> None:
    """Each half-hour's number says which it is, so that what stands beside it can be read."""
    first, last = day - DAY, day + DAY
    span = span_of_dates(first, last)
    before = span_of_dates(first - DAY * days, last - DAY * days)
    starts = [before.start_utc + HALF_HOUR * n for n in range((before.end_utc - before.start_utc) // HALF_HOUR)]
    rows = [{"period_start_utc": start, "x": start} for start in starts]
    slots = beside(half_hour_slots(span, []), rows, days, ("x",), ("x",))
    assert len(slots) == sum(periods_in(first + DAY * n) for n in range(3))
    for slot in slots:
        assert slot.row is not None
        then = slot.row["before_x"]
        local = slot.start_utc.astimezone(LONDON).replace(tzinfo=None)
        if then is None:  # the clock skipped that time, so many days before
            skipped = (local - DAY * days).replace(tzinfo=LONDON)
            assert skipped.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != local - DAY * days
        else:
            assert then.astimezone(LONDON).replace(tzinfo=None) == local - DAY * days


def test_days_are_compared_with_days(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    shown = load("demand", Choice("year", against="week before"))
    assert shown is not None
    assert shown.is_daily
    energies = {row["settlement_date"]: row["indo_mwh"] for row in shown.rows}
    compared = [row for row in shown.rows if row["before_indo_mwh"] is not None]
    assert compared
    for row in compared:
        assert row["before_indo_mwh"] == energies[row["settlement_date"] - 7 * DAY]


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("against", AGAINST)
def test_every_page_can_be_set_against_an_earlier_time(
    simulated_workspace: Workspace, reading: Callable, subject: str, against: str
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = shown_page(subject, "day", against=against)
    said = words_of(app)
    assert f"the {against}" in said
    assert ("Nothing is known of" in said) == (against == "year before")


def test_dates_of_the_address_are_what_is_shown(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    choice = Choice(DATES, (date(2026, 10, 24), date(2026, 10, 26)))
    shown = load("price", choice)
    assert shown is not None
    assert len(shown.slots) == 48 + 50 + 48
    assert shown.rows[0]["period_start_utc"] == local_midnight_utc(date(2026, 10, 24))
    assert shown.file_stem == "energy-monitor_price_dates_2026-10-24_to_2026-10-26"
    long = load("price", Choice(DATES, (date(2016, 1, 1), date(2026, 10, 26))))
    assert long is not None
    assert long.is_daily
    assert len(long.slots) == 3952


def test_one_day_of_the_address_is_that_day(simulated_workspace: Workspace, reading: Callable) -> None:
    """The address holds a date once where the first and the last are the same."""
    reading(simulated_workspace, SIMULATED_NOW)
    said = words_of(shown_page("price", "dates", dates="2026-10-25"))
    assert "Sun 25 Oct 2026, 00:00 BST to Mon 26 Oct 2026, 00:00 GMT, by half-hour." in said
    assert "50 half-hours" in said


def test_what_cannot_be_right_is_marked_and_counted() -> None:
    day = date(2023, 1, 31)
    span = span_of_dates(day, day)
    states = ["provisional", "suspect", "suspect", "provisional"]
    rows = [
        {
            "period_start_utc": span.start_utc + HALF_HOUR * n,
            "carbon_actual_gco2_per_kwh": 0 if state == "suspect" else 90,
            "state": state,
        }
        for n, state in enumerate(states)
    ]
    shown = Shown("carbon", Choice("day"), span, half_hour_slots(span, rows), rows, is_daily=False)
    assert window_text(shown, "carbon_actual_gco2_per_kwh").endswith(
        "Made of 4 of 48 half-hours. 2 half-hours are suspect, as sent by the source: shown, and left out of means."
    )
    marked = suspect(shown.slots)
    assert marked.runs == [(span.start_utc + HALF_HOUR, span.start_utc + 3 * HALF_HOUR)]
    look = Look("gCO₂ per kWh")
    chart = lines(shown.slots, span, [Series("carbon_actual_gco2_per_kwh", "Actual", "#000000")], look, text.carbon, "")
    assert {"start", "end", "what"} == drawn(chart, "greys")[0].keys()
    assert [point["what"] for point in drawn(chart, "greys")].count("suspect") == 1

    totals = [
        {"settlement_date": day, "periods_in_day": 48, "carbon_suspect_periods": 1, "mean": 3, "mean_periods": 47}
    ]
    by_day = Shown("carbon", Choice("year"), span, day_slots(span, totals), totals, is_daily=True)
    assert window_text(by_day, "mean", "mean_periods").endswith(
        "1 half-hour is suspect, as sent by the source: left out."
    )


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "period_start_utc": st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
                "price": st.none() | st.decimals(-9999, 9999, places=2),
                "share": st.none() | st.floats(0, 1),
                "state": st.none() | st.sampled_from(["provisional", "<b>"]),
            }
        ),
        max_size=20,
    )
)
def test_parquet_and_csv_hold_the_same_numbers(rows: list[dict]) -> None:
    table = pq.read_table(io.BytesIO(parquet_bytes(rows))).to_pylist()
    lines = list(csv.DictReader(io.StringIO(csv_bytes(rows).decode())))
    assert table == rows
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        assert (Decimal(line["price"]) if line["price"] else None) == row["price"]
        assert (float(line["share"]) if line["share"] else None) == row["share"]
        assert datetime.fromisoformat(line["period_start_utc"]) == row["period_start_utc"]


# Where a number comes from --------------------------------------------------------------------------------------------

AT = datetime(2026, 10, 28, 9, tzinfo=UTC)


def of_measure(key: str) -> str | None:
    return {"regional-carbon": "13", "flow": "INTFR", "agile-price": "E-1R-AGILE-24-10-01-C"}.get(key)


def opened(address: str) -> AppTest:
    """The page on a number, by its address."""
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in parse_qsl(urlsplit(address).query):
        app.query_params[name] = value
    app.run()
    app.switch_page("views/origin.py").run()
    assert not app.exception, [e.message for e in app.exception]
    return app


@pytest.mark.parametrize("key", MEASURES)
def test_the_page_on_a_number_shows_it_its_query_and_its_versions(
    simulated_workspace: Workspace, reading: Callable, key: str
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    measure, of = MEASURES[key], of_measure(key)
    at = AT + timedelta(hours=6) if key == "regional-carbon" else AT  # of 09:00 none was fetched before it began
    app = opened(link(measure, at, of=of))
    (held,) = rows_of(simulated_workspace, query_of(measure, at, of), role="reader")
    assert app.metric[0].value == measure.words(held[0])
    assert app.code[0].value == query_of(measure, at, of)
    assert f"marts.{measure.mart}.{measure.column}" in words_of(app)
    if measure.versions is None:
        assert len([line for line in words_of(app).splitlines() if "](origin?number=" in line]) == len(measure.made_of)
        return
    found = versions_of(key, at, of)
    if key == "unknown":  # the simulated grid has no fuel that nobody knows
        assert (found, held) == ([], (None,))
        return
    assert [row for row in found if row["known_to_utc"] is None], "what holds is a version"
    assert all(row["lake_key"].startswith("landing/") for row in found)
    if len({row["part"] for row in found}) == 1:
        assert held[0] in {row["value"] for row in found}


def test_every_version_is_there_since_when_it_was_known(simulated_workspace: Workspace, reading: Callable) -> None:
    """The forecast was fetched twice, twelve hours apart."""
    reading(simulated_workspace, SIMULATED_NOW)
    at = SIMULATED_NOW.replace(minute=0) + timedelta(hours=6)
    found = [row for row in versions_of("carbon-forecast", at) if row["part"] == "carbon_national_forecast"]
    assert len(found) == 2
    assert found[0]["known_to_utc"] == found[1]["known_from_utc"]
    early = number_at("carbon-forecast", at, None, SIMULATED_NOW - timedelta(hours=1))
    assert early is not None
    assert early["value"] == found[0]["value"]


@pytest.mark.parametrize(
    "address",
    ["origin", "origin?number=price", "origin?number=nothing&at=2026-10-28T09:00Z", "origin?number=price&at=yesterday",
     "origin?number=price&at=2026-10-28T09:00", "origin?number=flow&at=2026-10-28T09:00Z",
     "origin?number=price&at=2026-10-28T09:00Z&as_known=soon"],
)  # fmt: skip
def test_an_address_that_names_no_number_is_said_to(
    simulated_workspace: Workspace, reading: Callable, address: str
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    said = words_of(opened(address))
    assert ("This address names no number" in said) == ("?" in address)
    assert "where from?" in said


def test_a_number_that_nobody_has_is_no_data(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = opened(link(MEASURES["price"], datetime(2001, 1, 1, tzinfo=UTC)))
    assert app.metric[0].value == "no data"
    assert "it was never received" in words_of(app)


def test_every_tile_leads_to_its_number(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = shown_page("now")
    links = [caption.value for caption in app.caption if "[where from?]" in caption.value]
    assert len(links) == len(app.metric) == 8
    for metric, caption in zip(app.metric, links, strict=True):
        address = caption.partition("[where from?](")[2].partition(")")[0]
        there = opened(address).metric[0].value
        if there.endswith("MW"):
            there = text.gigawatts(Decimal(there.removesuffix("MW").strip().replace(",", "")))
        assert there == metric.value, address


def test_a_point_of_a_chart_leads_to_its_numbers(
    simulated_workspace: Workspace, reading: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    said: list[str] = []
    monkeypatch.setattr(picked.st, "markdown", said.append)
    for subject in SUBJECTS:
        for window in ("day", "year"):
            shown = load(subject, Choice(window))
            assert shown is not None
            said.clear()
            slot = next(slot for slot in reversed(shown.slots) if slot.row and slot.row[shown.compared] is not None)
            picked.show(shown, slot.start_utc)
            assert said[0].count("where does it come from?") >= (2 if window == "day" else 1), (subject, window)


def test_terms_are_explained_in_a_sentence() -> None:
    assert all(words.endswith(".") for words in TERMS.values())


def test_what_is_drawn_beside_is_the_earlier_number(simulated_workspace: Workspace, reading: Callable) -> None:
    reading(simulated_workspace, SIMULATED_NOW)
    app = shown_page("price", "day", against="week before")
    chart = next(e for e in app.main if e.type.endswith("vega_lite_chart"))
    points = (
        pa.ipc.open_stream(next(one.data.data for one in chart.proto.datasets if one.name == "lines"))
        .read_all()
        .to_pylist()
    )
    drawn = {p["start"]: p["value"] for p in points if p["series"] == "Headline price, week before" and p["value"]}
    held = dict(
        rows_of(
            simulated_workspace,
            "select period_start_utc + interval '7 days', market_index_price_gbp_per_mwh "
            "from marts.fct_prices_half_hourly",
            role="reader",
        )
    )
    common = (drawn.keys() & held.keys()) - {max(drawn)}  # where the last step ends, and none begins
    assert len(common) > 20
    hour = timedelta(hours=1)  # the clocks went back on the 25th, so the same time was an hour earlier
    assert all(drawn[start] == pytest.approx(float(held[start - hour])) for start in common if start - hour in held)
