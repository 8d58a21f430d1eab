"""Each declaration of the catalogue holds together: requests, windows, raw tables."""

import dataclasses
import itertools
import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_monitor.database import prepare
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS, KEPT, dataset_of
from ingestion.coverage import days_covered
from ingestion.dataset import Column, Dataset, Form, Window
from ingestion.datasets.neso import HISTORIC_DEMAND_FILES, FilterForm, YearlyFileForm
from ingestion.schema import BOOKKEEPING, SQL_TYPES, create_raw
from ingestion.settlement import DAY, HALF_HOUR, local_midnight_utc
from tests.conftest import WorkspaceMaker, day_request, take_in
from tests.marts import rows_of

FORMS = [(dataset, form) for dataset in DATASETS.values() for form in dataset.forms]
each_form = pytest.mark.parametrize(
    ("dataset", "form"), FORMS, ids=[f"{dataset.id} {form.template}" for dataset, form in FORMS]
)
each_dataset = pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)

SCOPE = {"regionid": "13", "product": "AGILE-24-10-01", "tariff": "E-1R-AGILE-24-10-01-C"}  # what any form may need

dates = st.dates(date(2000, 1, 1), date(2037, 12, 31))
zones = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
seconds = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31), timezones=zones).map(
    lambda instant: instant.replace(microsecond=0)
)


@st.composite
def windows(draw: st.DrawFn, form: Form) -> tuple[date, date]:
    """The first and the last of a window that a form can ask for."""
    first = draw(seconds if form.type == "instant" else dates)
    if form.span is not None:
        return first, first + form.span
    if isinstance(form, YearlyFileForm):
        first = first.replace(year=draw(st.sampled_from(sorted(HISTORIC_DEMAND_FILES))), day=min(first.day, 28))
        length = draw(st.timedeltas(timedelta(0), form.largest - DAY))
        return first, min(first + length, date(first.year, 12, 31))
    if "{last}" not in form.template and not isinstance(form, FilterForm):
        return first, first
    length = timedelta(seconds=draw(st.integers(int(form.half_open), int(form.largest.total_seconds()))))
    return first, first + length


# Requests ------------------------------------------------------------------------------------------------------------


@each_form
def test_a_form_reads_the_window_that_it_wrote(dataset: Dataset, form: Form) -> None:
    @settings(max_examples=30)
    @given(windows(form))
    def check(window: tuple[date, date]) -> None:
        request = form.write(*window, **SCOPE)
        assert form.read(request) == Window(form, *window)
        assert dataset.window_of(request) == Window(form, *window)
        assert [one.id for one in DATASETS.values() if one.source == dataset.source and one.answers(request)] == [
            dataset.id
        ]

    check()


@each_form
def test_other_parameters_of_a_request_leave_its_window_as_it_is(dataset: Dataset, form: Form) -> None:
    first = datetime(2024, 1, 1, tzinfo=UTC) if form.type == "instant" else date(2024, 1, 1)
    request = form.write(first, first + (form.span or timedelta(0)), **SCOPE)
    path, _, query = request.partition("?")
    for more in (f"{path}?{query}&format=json", f"{path}?format=json&{query}"):
        assert dataset.window_of(more) == dataset.window_of(request) is not None


@each_form
def test_a_window_that_a_form_cannot_ask_for_is_refused(dataset: Dataset, form: Form) -> None:
    if form.type == "instant":
        instant = datetime(2024, 1, 1, tzinfo=UTC)
        microsecond, naive = instant + timedelta(microseconds=1), datetime(2024, 1, 1)
        refused = [(start, start + (form.span or DAY)) for start in (microsecond, naive)]
        refused += [(instant, instant + form.span + HALF_HOUR)] if form.span else []
    else:
        first = date(2024, 1, 1)
        refused = [(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))]
        if isinstance(form, YearlyFileForm):
            refused += [(first, date(2025, 1, 1)), (first, first - DAY), (date(2008, 1, 1), date(2008, 1, 1))]
        elif isinstance(form, FilterForm):
            refused += [(first, first - DAY)]
        elif "{last}" not in form.template:
            refused += [(first, first + DAY)]
    for window in refused:
        with pytest.raises(
            ValueError, match=r"cannot ask for 2024-01-01|no yearly file .* 2024-01-01|2008 is not known"
        ):
            form.write(*window, **SCOPE)


@given(seconds, seconds)
def test_an_instant_is_written_in_utc(first: datetime, last: datetime) -> None:
    form = DATASETS["market_index"].forms[0]
    assert "+" not in form.write(first, last)
    assert form.write(first, last) == form.write(first.astimezone(UTC), last.astimezone(UTC))


@pytest.mark.parametrize(
    "request_",
    [
        "/datasets/FUELHH",
        "/datasets/FUELHH?settlementDateFrom=2024-01-01",
        "/datasets/FUELHH?settlementDateFrom=2024-13-01&settlementDateTo=2024-13-02",
        "/datasets/FUELHH?settlementDateFrom=&settlementDateTo=",
        "/datasets/FUELHH?publishDateTimeFrom=2024-01-01T00:00&publishDateTimeTo=2024-01-02T00:00",
    ],
)
def test_a_request_without_a_whole_window_is_known_and_has_none(request_: str) -> None:
    dataset = dataset_of("elexon", request_)
    assert dataset is not None
    assert (dataset.id, dataset.window_of(request_)) == ("fuelhh", None)


RECORDED = {  # (source, name in the manifest) -> dataset
    ("elexon", "FUELHH"): "fuelhh",
    ("elexon", "FUELINST"): "fuelinst",
    ("elexon", "demand-outturn"): "demand_outturn",
    ("elexon", "system-prices"): "system_prices",
    ("elexon", "REMIT"): "remit",
    ("carbon_intensity", "intensity-date"): "carbon_national_actual",
    ("neso", "historic-demand"): "neso_historic_demand",
    ("neso", "demand-forecast"): "neso_demand_forecast",
    ("elexon", "WINDFOR"): "windfor",
    ("carbon_intensity", "regional-intensity"): "carbon_regional_forecast",
    ("carbon_intensity", "regional-intensity-by-id"): "carbon_regional_forecast",
    ("carbon_intensity", "factors"): "carbon_factors",
    ("octopus", "standard-unit-rates"): "octopus_unit_rates",
}


def test_each_recorded_request_is_recognised_by_its_own_dataset_and_by_no_other(recorded: Path) -> None:
    entries = json.loads((recorded / "bodies" / "MANIFEST.json").read_text())
    recognised: dict[tuple[str, str], set[str | None]] = {}
    for entry in entries:
        found = [one.id for one in DATASETS.values() if one.source == entry["source"] and one.answers(entry["request"])]
        assert len(found) <= 1, entry["request"]
        dataset = dataset_of(entry["source"], entry["request"])
        assert ([dataset.id] if dataset else []) == found
        recognised.setdefault((entry["source"], entry["dataset"]), set()).update(found or [None])
    assert {name: recognised.get(name) for name in RECORDED} == {name: {one} for name, one in RECORDED.items()}
    others = [ids for name, ids in recognised.items() if name not in RECORDED]
    assert all(len(ids) == 1 for ids in others), "all bodies of one name belong together"
    assert not {one for ids in others for one in ids} & set(RECORDED.values())


@pytest.mark.parametrize(
    ("source", "request_"),
    [
        ("carbon_intensity", "/datasets/FUELHH?settlementDateFrom=2024-01-01&settlementDateTo=2024-01-01"),
        ("elexon", "/intensity/date/2024-01-01"),
        ("elexon", "/datasets/FUELHHX"),
        ("elexon", "/v1/datasets/FUELHH"),
        ("elexon", "/datasets/FUELHH/stream/more"),
        ("carbon_intensity", "/intensity/stats/2024-01-01T00:00Z/2024-01-02T00:00Z"),
        ("octopus", "/products/AGILE-24-10-01/"),
        ("octopus", "/products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C/day-unit-rates/"),
        ("carbon_intensity", "/intensity/2024-01-01T00:00Z/pt24h"),
        ("carbon_intensity", "/intensity"),
        ("neso", "datastore_search (day-ahead wind forecast)"),
        ("neso", "/datastore_search?resource_id=00000000-0000-0000-0000-000000000000"),
        ("nobody", "/datasets/FUELHH"),
    ],
)
def test_a_request_of_another_source_or_endpoint_belongs_to_no_dataset(source: str, request_: str) -> None:
    assert dataset_of(source, request_) is None


OF_DAYS = [(dataset, form) for dataset, form in FORMS if form.span is None]  # the others ask for what is ahead of now


@pytest.mark.parametrize(("dataset", "form"), OF_DAYS, ids=[f"{d.id} {form.template}" for d, form in OF_DAYS])
def test_requests_for_days_cover_each_of_them_once_and_none_is_too_large(dataset: Dataset, form: Form) -> None:
    is_day = form.type == "day"

    def span(window: Window) -> tuple[datetime, datetime]:
        """From the start of the first row that a window asks for to the end of the last."""
        return window.start_utc, window.end_utc if is_day else window.last - form.behind + dataset.period * (
            not form.half_open
        )

    @settings(max_examples=30)
    @given(st.dates(date(2009, 1, 1), date(2026, 10, 31)), st.integers(0, 60))
    def check(first: date, more: int) -> None:
        last = first + more * DAY
        asked = [form.read(request) for request in form.windows(first, last, dataset.period, **SCOPE)]
        spans = [span(window) for window in asked if window]
        assert len(spans) == len(asked) > 0
        assert [spans[0][0], spans[-1][1]] == [local_midnight_utc(first), local_midnight_utc(last + DAY)]
        assert all(before[1] == after[0] for before, after in itertools.pairwise(spans))
        assert all(window.last - window.first + is_day * DAY <= form.largest for window in asked if window)

    check()


# Windows and what is due ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2022, 3, 27), datetime(2022, 3, 27, 0, tzinfo=UTC), datetime(2022, 3, 27, 23, tzinfo=UTC)),
        (date(2025, 10, 26), datetime(2025, 10, 25, 23, tzinfo=UTC), datetime(2025, 10, 27, 0, tzinfo=UTC)),
        (date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)),
        (date(2024, 7, 1), datetime(2024, 6, 30, 23, tzinfo=UTC), datetime(2024, 7, 1, 23, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("dataset", ["fuelhh", "carbon_national_actual", "neso_historic_demand"])
def test_the_window_of_a_day_is_the_local_day_in_utc(dataset: str, day: date, start: datetime, end: datetime) -> None:
    form = next(form for form in DATASETS[dataset].forms if form.type == "day")
    window = Window(form, day, day)
    assert (window.start_utc, window.end_utc) == (start, end)
    inside = (start, end - timedelta(microseconds=1), day)
    outside = (start - timedelta(microseconds=1), end, day - DAY, day + DAY)
    assert [window.holds(value) for value in inside + outside] == [True] * 3 + [False] * 4


def test_a_window_of_period_ends_reaches_back_to_the_starts_of_those_periods() -> None:
    request = "/intensity/2023-03-26T00:00Z/2023-03-26T01:00Z"  # is answered with the half-hours that end in it
    window = DATASETS["carbon_national_actual"].window_of(request)
    assert window is not None
    assert window.start_utc == datetime(2023, 3, 25, 23, 30, tzinfo=UTC)
    starts = [datetime(2023, 3, 25, 23, tzinfo=UTC) + HALF_HOUR * number for number in range(5)]
    held = [start for start in starts if window.holds(start + HALF_HOUR)]
    assert held == [start for start in starts if window.start_utc <= start < window.end_utc] == starts[1:4]


@each_form
def test_what_is_due_of_a_window_grows_with_time_until_it_is_the_whole_window(dataset: Dataset, form: Form) -> None:
    @settings(max_examples=40)
    @given(windows(form), st.timedeltas(timedelta(0), timedelta(days=20)), st.timedeltas(timedelta(0), DAY))
    def check(ends: tuple[date, date], after: timedelta, later: timedelta) -> None:
        window = Window(form, *ends)
        fetched_at = window.start_utc + after
        due, due_later = (days_covered(dataset, window, at) for at in (fetched_at, fetched_at + later))
        whole = days_covered(dataset, window, window.end_utc + dataset.period + dataset.publication_lag)
        assert due.keys() == due_later.keys() == whole.keys()
        spans = [span for span in whole.values() if span != (None, None)]
        assert (spans[0][0], spans[-1][1]) == (window.start_utc, window.end_utc)
        assert all(before[1] == after[0] for before, after in itertools.pairwise(spans))
        for day, (start, end) in due.items():
            if start is None:
                continue
            assert whole[day][0] == start >= local_midnight_utc(day)
            assert start < end <= due_later[day][1] <= whole[day][1] <= local_midnight_utc(day + DAY)
            if dataset.kind == "measurement":
                assert end + dataset.period + dataset.publication_lag <= fetched_at

    check()


def test_nothing_is_covered_by_a_request_without_a_window() -> None:
    assert days_covered(DATASETS["fuelhh"], None, datetime(2024, 1, 1, tzinfo=UTC)) == {}


# Raw tables ----------------------------------------------------------------------------------------------------------


@each_dataset
def test_a_declaration_holds_together(dataset: Dataset) -> None:
    names = [column.name for column in dataset.columns]
    assert len(set(names)) == len(names)
    assert not {name for name, _ in BOOKKEEPING} & set(names)
    assert (dataset.time_column is None) == (dataset.kind == "reference")
    if dataset.time_column is not None:
        assert dataset.by_name[dataset.time_column].role == "key"
        assert dataset.values, "without values no change would ever be seen"
    else:
        assert dataset.newest
        assert not dataset.forms
    assert dataset.awaited is None or dataset.by_name[dataset.awaited].role == "value"
    assert all(dataset.by_name[name].role == "key" for name in re.compile(dataset.requests).groupindex)
    assert list(dataset.again_at) == sorted(dataset.again_at)
    assert all(age <= dataset.revised_for + 12 * HALF_HOUR for age in dataset.again_at)
    assert all(column.unit for column in dataset.values if column.type == "number")
    assert dataset.stamp is None or dataset.by_name[dataset.stamp].type == "instant"
    for form in dataset.forms:
        column = dataset.by_name[form.column]
        assert column.type in ("instant", form.type)  # a day window may be held against instants
        if form.complete:  # then the column must not move for the same row: these two follow from the key
            assert column.role == "key" or form.column in ("to", "settlementDate")


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker) -> Workspace:
    return make_workspace()


WRITTEN_IN_FULL = {"timestamptz": "timestamp with time zone"}
COLUMNS = """
    select
        attname, format_type(atttypid, atttypmod), attnotnull, collname = 'C' as sorts_by_character,
        coalesce(col_description(attrelid, attnum), '')
    from pg_attribute left join pg_collation on pg_collation.oid = attcollation
    where attrelid = %s::regclass and attnum > 0 and not attisdropped
"""
PRIMARY_KEY = """
    select array_agg(attname::text order by position)
    from pg_index
    cross join unnest(indkey) with ordinality as keys (attnum, position)
    inner join pg_attribute on attrelid = indrelid and pg_attribute.attnum = keys.attnum
    where indrelid = %s::regclass and indisprimary
"""


@each_dataset
def test_a_raw_table_has_the_columns_types_and_key_of_its_declaration(workspace: Workspace, dataset: Dataset) -> None:
    found = {name: rest for name, *rest in rows_of(workspace, COLUMNS, [f"raw.{dataset.id}"])}
    for column in dataset.columns:
        type_, not_null, sorts_by_character, comment = found.pop(column.name)
        assert type_ == WRITTEN_IN_FULL.get(SQL_TYPES[column.type], SQL_TYPES[column.type])
        assert not_null == (column.role == "key")
        assert comment == ", ".join(filter(None, (column.role, column.unit)))
        assert column.type != "text" or bool(sorts_by_character) == (column.role == "key")
    assert found.keys() == {name for name, _ in BOOKKEEPING}
    ((primary,),) = rows_of(workspace, PRIMARY_KEY, [f"raw.{dataset.id}"])
    assert dataset.time_column in (None, primary[0])
    assert sorted(primary) == sorted([*(column.name for column in dataset.keys), "fetched_at", "lake_key"])


def test_each_dataset_has_one_raw_table_and_nothing_else_has_one(workspace: Workspace) -> None:
    tables = rows_of(workspace, "select tablename from pg_tables where schemaname = 'raw'")
    records = {"loads", "load_days", "migrations", "prepared"}
    assert sorted(name for (name,) in tables) == sorted({*KEPT} | records)


EVERYTHING = """
    select 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnum::text,
        coalesce(col_description(attrelid, attnum), '')
    from pg_attribute inner join pg_class on pg_class.oid = attrelid
    where relnamespace = 'raw'::regnamespace and attnum > 0
    union all
    select 'index', tablename, indexname, indexdef, '', '' from pg_indexes where schemaname = 'raw'
    union all
    select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
    from pg_constraint where connamespace = 'raw'::regnamespace
    union all
    select 'relation', relname, relkind::text, coalesce(relacl::text, ''), oid::text, relfilenode::text
    from pg_class where relnamespace = 'raw'::regnamespace
    order by 1, 2, 3
"""


def make_raw(workspace: Workspace) -> None:
    connection = workspace.connect("owner")
    try:
        with connection:
            create_raw(connection)
    finally:
        connection.close()


def test_making_the_raw_schema_again_changes_nothing(workspace: Workspace) -> None:
    before = rows_of(workspace, EVERYTHING)
    assert len(before) > 100
    make_raw(workspace)
    assert rows_of(workspace, EVERYTHING) == before


def test_a_column_that_is_declared_later_is_added_and_what_was_loaded_stays(
    make_workspace: WorkspaceMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace()
    dataset = DATASETS["fuelhh"]
    day, fetched_at = date(2024, 1, 1), datetime(2024, 1, 2, tzinfo=UTC)
    request = day_request("fuelhh", day)
    row = {"startTime": "2024-01-01T00:00:00Z", "fuelType": "WIND", "generation": 1, "capacity": 7}
    assert take_in(workspace, "fuelhh", request, [row], fetched_at).rows_new == 1
    before = rows_of(workspace, "select * from raw.fuelhh")

    column = Column("capacity", "number", "value", "MW")
    wider = dataclasses.replace(dataset, columns=(*dataset.columns, column))
    monkeypatch.setitem(DATASETS, "fuelhh", wider)
    for _ in range(2):
        prepare(workspace)  # what every command runs first
        assert rows_of(workspace, "select * from raw.fuelhh") == [(*one, None) for one in before]
    named = {name: rest for name, *rest in rows_of(workspace, COLUMNS, ["raw.fuelhh"])}
    assert named["capacity"] == ["numeric", False, None, "value, MW"]

    assert take_in(workspace, "fuelhh", request, [row], fetched_at + DAY).rows_new == 1
    found = rows_of(workspace, "select capacity, extra from raw.fuelhh order by fetched_at")
    assert found == [(None, {"capacity": 7}), (7, None)]
