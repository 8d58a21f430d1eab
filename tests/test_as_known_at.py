"""What was known when: versions and their spans, and the fast way to ask for one moment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import cursor as Cursor

from energy_monitor.workspace import Workspace, connect
from ingestion.settlement import HALF_HOUR, settlement_date_of
from tests.conftest import REPOSITORY, SIMULATED_NOW
from tests.marts import build_marts, rows_of

MARTS = REPOSITORY / "dbt_project" / "models" / "marts" / "versions"
MACRO = REPOSITORY / "dbt_project" / "macros" / "versions.sql"
PAGE = REPOSITORY / "docs" / "as_known_at.md"
# For tests that take one of the two by a parameter: else they would run, and build both, in the other process.
both_workspaces = pytest.mark.usefixtures("recorded_workspace", "simulated_workspace")


# Versions of the regional forecast, against the same rule in Python ---------------------------------------------------

STEP = timedelta(minutes=20)  # so that the last answers, and those before them, both take part
BEGIN = datetime(2026, 5, 6, tzinfo=UTC)
LAST_STEP = 16


@dataclass(frozen=True)
class Said:
    """What an answer said of a key: a value, or None where it lacked it."""

    half_hour: int
    region: int
    step: int
    body: str
    value: int | None


@dataclass(frozen=True)
class Answer:
    """The record of an answer: when it came, and what it covers."""

    step: int
    is_complete: bool
    half_hours: tuple[int, int]
    region: int | None


def at(step: float) -> datetime:
    return BEGIN + STEP * step


said = st.builds(
    Said,
    half_hour=st.integers(0, 1),
    region=st.integers(1, 2),
    step=st.integers(0, LAST_STEP),
    body=st.sampled_from("ab"),
    value=st.one_of(st.none(), st.integers(0, 1)),
)
answers = st.builds(
    Answer,
    step=st.integers(0, LAST_STEP),
    is_complete=st.booleans(),
    half_hours=st.tuples(st.integers(0, 1), st.integers(1, 2)),
    region=st.one_of(st.none(), st.integers(1, 2)),
)


def known(rows: list[Said], records: list[Answer], moment: datetime) -> set[tuple]:
    """(half-hour, region, value, fetched at, body) of each version that holds at a moment."""
    found = set()
    for (half_hour, region), of_key in groupby(
        sorted(rows, key=lambda row: (row.half_hour, row.region, row.step, row.body)),
        key=lambda row: (row.half_hour, row.region),
    ):
        changes: list[Said] = []
        for row in of_key:
            if not changes or changes[-1].value != row.value:
                changes.append(row)
        ends: list[datetime | None] = []
        for number in range(len(changes)):
            later = [at(change.step) for change in changes[number + 1 :] if change.value is not None][:1]
            if number + 1 < len(changes) and changes[number + 1].value is None:
                later += [
                    at(record.step)
                    for record in records
                    if record.is_complete
                    and record.step > changes[number + 1].step
                    and record.half_hours[0] <= half_hour < record.half_hours[1]
                    and record.region in (None, region)
                ]
            ends.append(min(later, default=None))
        for row, end in zip(changes, ends, strict=True):
            if row.value is not None and at(row.step) <= moment and (end is None or end > moment):
                found.add((half_hour, region, row.value, at(row.step), row.body))
    return found


@pytest.fixture
def cursor(simulated_workspace: Workspace) -> Iterator[Cursor]:
    """As the administrator, who may write raw and read the marts at once; nothing of it stays."""
    server = simulated_workspace.server()
    connection = connect(server, simulated_workspace.database, server.user, server.password)
    try:
        with connection.cursor() as opened:
            yield opened
    finally:
        connection.rollback()
        connection.close()


def fill(cursor: Cursor, rows: list[Said], records: list[Answer]) -> None:
    cursor.connection.rollback()
    for row in rows:
        cursor.execute(
            """
            insert into raw.carbon_regional_forecast
                ("from", regionid, forecast, is_absent, content_hash, fetched_at, lake_key, load_id)
            values (%s, %s, %s, %s, %s, %s, %s, 1)
            """,
            [
                BEGIN + HALF_HOUR * row.half_hour,
                row.region,
                row.value,
                row.value is None,
                "" if row.value is None else str(row.value),
                at(row.step),
                row.body,
            ],
        )
    for number, record in enumerate(records, start=10**9):
        first, last = record.half_hours
        cursor.execute(
            """
            insert into raw.loads (load_id, dataset, status, request, fetched_at, attempt_key)
            values (%(load)s, 'carbon_regional_forecast', 'loaded', '', %(at)s, %(load)s);
            insert into raw.load_days (load_id, dataset, settlement_date, fetched_at, is_complete, is_whole_day,
                covered_from_utc, covered_to_utc, rows_seen, rows_new, scope)
            values (%(load)s, 'carbon_regional_forecast', %(day)s, %(at)s, %(complete)s, false,
                %(first)s, %(last)s, 0, 0, %(scope)s)
            """,
            {
                "load": number,
                "at": at(record.step),
                "day": settlement_date_of(BEGIN),
                "complete": record.is_complete,
                "first": BEGIN + HALF_HOUR * first,
                "last": BEGIN + HALF_HOUR * last,
                "scope": None if record.region is None else str(record.region),
            },
        )


COLUMNS = """settlement_date, settlement_period, period_start_utc, region_id, carbon_forecast_gco2_per_kwh,
    carbon_index, known_from_utc, fetched_at_utc, lake_key"""
FILTER = f"""
    select {COLUMNS} from marts.fct_carbon_regional_versions
    where period_start_utc >= %(start)s and period_start_utc < %(end)s
        and known_from_utc <= %(moment)s and (known_to_utc > %(moment)s or known_to_utc is null)
"""
FUNCTION = f"select {COLUMNS} from marts.carbon_regional_as_known_at(%(moment)s, %(start)s, %(end)s)"


@settings(max_examples=150)
@given(
    rows=st.lists(said, max_size=24, unique_by=lambda row: (row.half_hour, row.region, row.step, row.body)),
    records=st.lists(answers, max_size=6),
    step=st.integers(0, 2 * LAST_STEP).map(lambda number: number / 2),
    span=st.sampled_from([(0, 2), (0, 1), (1, 2), (0.5, 2)]),
)
# equal neighbours, a tie of two bodies, an absence that one answer confirms and another does not cover
@example(
    rows=[
        Said(0, 1, 1, "a", 1),
        Said(0, 1, 2, "a", 1),
        Said(0, 1, 3, "a", None),
        Said(1, 1, 3, "b", 0),
        Said(1, 1, 3, "a", 1),
    ],
    records=[Answer(3, True, (0, 2), None), Answer(4, True, (1, 2), None), Answer(5, True, (0, 2), 2)],
    step=6,
    span=(0, 2),
)
def test_a_moment_is_answered_alike_by_the_rule_the_filter_and_the_function(
    cursor: Cursor, rows: list[Said], records: list[Answer], step: float, span: tuple[float, float]
) -> None:
    fill(cursor, rows, records)
    moment = at(step)
    asked = {"moment": moment, "start": BEGIN + HALF_HOUR * span[0], "end": BEGIN + HALF_HOUR * span[1]}
    by_filter, by_function = (sorted(answer(cursor, statement, asked)) for statement in (FILTER, FUNCTION))
    assert by_function == by_filter
    expected = {row for row in known(rows, records, moment) if span[0] <= row[0] < span[1]}
    found = {
        ((start - BEGIN) // HALF_HOUR, region, value, fetched_at, body)
        for _, _, start, region, value, _, _, fetched_at, body in by_filter
    }
    assert found == expected
    assert len(found) == len(by_filter)


def answer(cursor: Cursor, statement: str, asked: dict[str, datetime]) -> list[tuple]:
    cursor.execute(statement, asked)
    return cursor.fetchall()


def test_readers_ask_by_the_function_and_read_no_raw(simulated_workspace: Workspace) -> None:
    start = SIMULATED_NOW.replace(minute=0)
    asked = {"moment": SIMULATED_NOW, "start": start, "end": start + 96 * HALF_HOUR}
    for role in ("reader", "analyst", "auditor"):
        assert len(rows_of(simulated_workspace, FUNCTION, asked, role=role)) == 96 * 18
    with pytest.raises(InsufficientPrivilege):
        rows_of(simulated_workspace, "select 1 from raw.carbon_regional_forecast", role="reader")
    with pytest.raises(InsufficientPrivilege):
        rows_of(simulated_workspace, FUNCTION, asked, role="ingester")


def test_a_build_of_what_is_before_it_leaves_the_versions_where_they_are(simulated_workspace: Workspace) -> None:
    build_marts(simulated_workspace, "--select", "stg_carbon_intensity__regional_forecast")
    ((versions,),) = rows_of(simulated_workspace, "select count(*) from marts.fct_carbon_regional_versions")
    assert versions > 0


# Versions of all subjects over two filled workspaces ------------------------------------------------------------------

# what holds among the versions, and the same numbers in the marts by half-hour
HELD = "known_to_utc is null"
SAME_NUMBERS = {
    "generation by half-hour": (
        "select period_start_utc, fuel_code, generation_mw, lake_key from marts.fct_generation_half_hourly_versions"
        f" where {HELD} and generation_mw is not null",
        "select period_start_utc, fuel_code, generation_mw, lake_key from marts.fct_generation_half_hourly"
        " where source_dataset = 'fuelhh' and generation_mw is not null",
    ),
    "demand": (
        f"select period_start_utc, indo_mw, itsdo_mw from marts.fct_demand_half_hourly_versions where {HELD}"
        " and coalesce(indo_mw, itsdo_mw) is not null",
        "select period_start_utc, indo_mw, itsdo_mw from marts.fct_demand_half_hourly"
        " where coalesce(indo_mw, itsdo_mw) is not null",
    ),
    "headline prices": (
        "select period_start_utc, price_gbp_per_mwh, volume_mwh, lake_key from marts.fct_market_index_versions"
        f" where {HELD} and data_provider = 'APXMIDP' and volume_mwh > 0",
        "select period_start_utc, market_index_price_gbp_per_mwh, market_index_volume_mwh, lake_key"
        " from marts.fct_prices_half_hourly where market_index_price_gbp_per_mwh is not null",
    ),
    "system prices": (
        "select period_start_utc, system_price_gbp_per_mwh, net_imbalance_volume_mwh, lake_key"
        f" from marts.fct_system_price_versions where {HELD} and system_price_gbp_per_mwh is not null",
        "select period_start_utc, system_price_gbp_per_mwh, net_imbalance_volume_mwh, system_price_lake_key"
        " from marts.fct_prices_half_hourly where system_price_source_dataset = 'system_prices'",
    ),
    "carbon, actual": (
        "select period_start_utc, carbon_actual_gco2_per_kwh from marts.fct_carbon_national_versions"
        f" where {HELD} and carbon_actual_gco2_per_kwh is not null",
        "select period_start_utc, carbon_actual_gco2_per_kwh from marts.fct_carbon_half_hourly"
        " where carbon_actual_source_dataset = 'carbon_national_actual' and carbon_actual_gco2_per_kwh is not null",
    ),
    "regional carbon as known when each half-hour began": (
        "select period_start_utc, region_id, carbon_forecast_gco2_per_kwh, carbon_index, wind_share, lake_key"
        " from marts.fct_carbon_regional_versions as versions"
        " where known_from_utc <= period_start_utc"
        " and (known_to_utc > period_start_utc or known_to_utc is null) and exists ("
        " select 1 from marts.fct_carbon_regional_half_hourly as shown where shown.region_id = versions.region_id"
        " and shown.period_start_utc = versions.period_start_utc and shown.state = 'forecast')",
        "select period_start_utc, region_id, carbon_forecast_gco2_per_kwh, carbon_index, wind_share, lake_key"
        " from marts.fct_carbon_regional_half_hourly where state = 'forecast'",
    ),
    "expected demand as known when each half-hour began": (
        "select period_start_utc, national_demand_forecast_mw from marts.fct_demand_forecast_versions"
        " where source_dataset = 'ndf' and known_from_utc <= period_start_utc"
        " and (known_to_utc > period_start_utc or known_to_utc is null)",
        "select period_start_utc, national_demand_forecast_mw from marts.fct_demand_half_hourly"
        " where national_demand_forecast_mw is not null",
    ),
    "retail prices": (
        "select valid_from_utc, tariff_code, price_inc_vat_p_per_kwh, lake_key from marts.fct_retail_price_versions"
        f" where {HELD} and payment_method = '' and valid_to_utc = valid_from_utc + interval '30 minutes'"
        " and price_inc_vat_p_per_kwh is not null",
        "select period_start_utc, tariff_code, price_inc_vat_p_per_kwh, lake_key"
        " from marts.fct_retail_prices_half_hourly where price_inc_vat_p_per_kwh is not null",
    ),
    "embedded generation": (
        "select period_start_utc, embedded_solar_mw, embedded_wind_mw from marts.fct_embedded_generation_versions"
        f" where {HELD} and source_dataset = 'neso_historic_demand' and embedded_solar_mw is not null",
        "select period_start_utc, max(case when fuel_code = 'EMBEDDED_SOLAR' then generation_mw end),"
        " max(case when fuel_code = 'EMBEDDED_WIND' then generation_mw end)"
        " from marts.fct_generation_half_hourly where source_dataset = 'neso_historic_demand' group by 1",
    ),
}


@both_workspaces
@pytest.mark.parametrize("subject", SAME_NUMBERS)
@pytest.mark.parametrize("kind", ["recorded", "simulated"])
def test_what_holds_is_what_the_marts_show(request: pytest.FixtureRequest, kind: str, subject: str) -> None:
    built = request.getfixturevalue(f"{kind}_workspace")
    versions, shown = (sorted(rows_of(built, statement)) for statement in SAME_NUMBERS[subject])
    assert versions == shown


def marts_of_versions() -> list[str]:
    return sorted(path.stem for path in MARTS.glob("*.sql"))


@pytest.mark.parametrize("mart", marts_of_versions())
def test_spans_of_a_key_follow_one_another(simulated_workspace: Workspace, mart: str) -> None:
    key = {
        "fct_retail_price_versions": "tariff_code, payment_method, valid_from_utc",
        "fct_generation_five_minutely_versions": "interval_start_utc, fuel_code",
        "fct_generation_half_hourly_versions": "period_start_utc, fuel_code",
        "fct_carbon_regional_versions": "period_start_utc, region_id",
        "fct_market_index_versions": "period_start_utc, data_provider",
        "fct_wind_forecast_versions": "hour_start_utc",
    }.get(mart, "period_start_utc" + (", source_dataset" if "source_dataset" in columns_of(mart) else ""))
    spans = rows_of(
        simulated_workspace,
        f"""
        select count(*), count(*) filter (where known_to_utc < known_from_utc),
            count(*) filter (where next_known_from_utc < known_to_utc),
            count(*) filter (where is_newest and next_known_from_utc is not null)
        from (
            select *, lead(known_from_utc) over (partition by {key} order by known_from_utc, known_to_utc)
                as next_known_from_utc
            from marts.{mart} where known_to_utc is null or known_to_utc > known_from_utc
        ) as versions
        """,
    )
    ((versions, *wrong),) = spans
    assert versions > 0
    assert wrong == [0, 0, 0]


def columns_of(mart: str) -> str:
    return (MARTS / f"{mart}.sql").read_text()


# The page -------------------------------------------------------------------------------------------------------------


def blocks() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)


@both_workspaces
@pytest.mark.parametrize("statement", blocks(), ids=lambda text: re.findall(r"marts\.(\w+)", text)[0])
def test_the_page_s_sql_runs_and_answers(request: pytest.FixtureRequest, statement: str) -> None:
    """Over recorded data; of demand's forecasts nothing was recorded twice, so over simulated data."""
    kind = "simulated" if "forecast_versions" in statement else "recorded"
    assert rows_of(request.getfixturevalue(f"{kind}_workspace"), statement, role="reader")


def test_the_page_names_every_mart_of_versions() -> None:
    assert sorted(re.findall(r"^\| `(fct_\w+)`", PAGE.read_text(), re.MULTILINE)) == marts_of_versions()


def test_the_macro_is_the_page_s_filter(recorded_workspace: Workspace) -> None:
    macros = Environment(autoescape=False).from_string(MACRO.read_text()).module
    moment = "timestamp with time zone '2024-08-14 12:00Z'"
    relation = macros.as_known_at("marts.fct_system_price_versions", moment)
    columns = "settlement_period, system_price_gbp_per_mwh, net_imbalance_volume_mwh"
    of_day = f"select {columns} from {relation} as prices where settlement_date = '2024-08-13' order by 1"
    assert rows_of(recorded_workspace, of_day) == rows_of(recorded_workspace, blocks()[0])
