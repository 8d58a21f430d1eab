"""Redshift: what it lacks is refused, and the emulated warehouse (tests/redshift) has the marts of PostgreSQL."""

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from energy_monitor.redshift_raw import copy_statements, tables
from energy_monitor.workspace import Workspace
from tests.conftest import WorkspaceMaker
from tests.marts import Mart, Number, different_marts, rows_of, rows_of_mart
from tests.redshift.translation import NotRedshift, to_postgres
from tests.redshift.warehouse import Warehouse, warehouse

LACKING = {
    "select string_agg(fuel_code, ',') from generation": "the function string_agg",
    "select array_agg(fuel_code) from generation": "the function array_agg",
    "select date_bin('30 minutes', period_start_utc, now()) from generation": "date_bin",
    "select jsonb_path_query_first(mix, '$[0]') from generation": "jsonb_path_query_first",
    "select now() as moment from generation": "the function now",
    "select mix ->> 'perc' from generation": "jsonpath",
    "select cast(mix as jsonb) from generation": "the type jsonb",
    "select * from generate_series(1, 3) as series": "generate_series",
    "select day from days cross join lateral (select 1 as one) as ones": "lateral",
    "select distinct on (fuel_code) fuel_code from generation": "distinct on",
    "select count(*) filter (where generation_mw > 0) from generation": "filter",
    "select extract(epoch from period_start_utc) from generation": "the date part epoch",
    "select extract(isoyear from settlement_date) from generation": "the date part isoyear",
    "select period_start_utc + interval '30 minutes' from generation": "interval",
    "select make_date(2024, 1, 1) from generation": "make_date",
    "select cast(generation_mw as numeric) from generation": "numeric without digits",
    "select avg(generation_mw) from generation": "avg() of what is no real number",
    "select sum(a) over (order by b) from c": "an aggregate over an order without a frame",
    "select lag(a) over back from c window back as (order by b)": "a named window",
    """
    select percentile_cont(0.5) within group (order by a), percentile_cont(0.5) within group (order by b) from c
    """: "percentiles over different orders",
    "select percentile_cont(0.5) within group (order by a), count(distinct b) from c": "a percentile beside a count",
}


@pytest.mark.parametrize(("statement", "reason"), LACKING.items(), ids=LACKING.values())
def test_what_redshift_lacks_is_refused(statement: str, reason: str) -> None:
    with pytest.raises(NotRedshift, match=r"Redshift has not: .*") as refusal:
        to_postgres(statement)
    assert reason in str(refusal.value)


def test_text_ends_where_it_does_in_redshift() -> None:
    assert "VARCHAR(256)" in to_postgres("select cast(region_id as text) from regions")


def test_rows_are_copied_to_where_they_can_be_told_from_those_that_are_there() -> None:
    statements = copy_statements("s3://bucket/rows/set/", "arn:aws:iam::123456789012:role/reads-rows")
    assert (statements[0], statements[-1]) == ("begin", "commit")
    copies = [statement for statement in statements if statement.startswith("copy ")]
    assert len(copies) == len(tables())
    assert copies[-1] == (
        "copy new_loads from 's3://bucket/rows/set/loads/' iam_role 'arn:aws:iam::123456789012:role/reads-rows' "
        "format json 'auto ignorecase' gzip timeformat 'auto' roundec"
    )


# The emulated warehouse -----------------------------------------------------------------------------------------------

# Each exact number is kept to nine digits there, and so is each addend of these sums.
ROUNDED, SUM_OF_ROUNDED = Decimal("5e-10"), Decimal("2e-8")
SUMS_OF_ROUNDED = {"fct_carbon_estimated_half_hourly", "fct_grid_half_hourly"}
REAL = 1e-10  # relative
# Small differences of large sums: what rounding leaves is large beside them.
DIFFERENCES = {"fct_reconciliation_daily"}
NUMBERS_AS_TEXT = {"fct_revisions": {"value_before", "value_after"}}


def test_every_compiled_model_is_redshifts(make_workspace: WorkspaceMaker, tmp_path: Path) -> None:
    with warehouse(make_workspace(), tmp_path) as empty:
        empty.copy_rows()  # none, but each raw table's columns must be the workspace's
        done = empty.dbt("compile", "--select", "resource_type:model")
        assert done.success, done.exception
    compiled = {path.stem: path.read_text() for path in (tmp_path / "target" / "compiled").rglob("*.sql")}
    assert len(compiled) > 120
    assert all(to_postgres(statement) for statement in compiled.values())
    # the same check, of a model in which one function is another one's
    changed = compiled["dim_regions"].replace("max(", "bit_xor(")
    with pytest.raises(NotRedshift, match="the function bit_xor"):
        to_postgres(changed)


@pytest.fixture(scope="module", params=["recorded_workspace", "simulated_workspace"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Built from a part of the loads, then by days from all of them, the second time with all tests of data."""
    workspace: Workspace = request.getfixturevalue(request.param)
    with warehouse(workspace, tmp_path_factory.mktemp("redshift")) as made:
        ((half,),) = rows_of(workspace, "select max(load_id) / 2 from raw.loads")
        made.copy_rows(up_to_load=half)
        assert made.build("--exclude-resource-type", "unit_test", "test") == []
        made.copy_rows()
        assert made.build("--exclude-resource-type", "unit_test") == []
        yield made


@pytest.mark.full
@pytest.mark.timeout(3400)
def test_the_marts_are_those_of_postgresql(built: Warehouse) -> None:
    def there(name: str) -> Mart:
        return rows_of_mart(built.connect(), name)

    assert different_marts(built.workspace, there, _are_near, NUMBERS_AS_TEXT) == {}


@pytest.mark.full
def test_the_second_build_was_by_days(built: Warehouse) -> None:
    deletes = [one for one in built.emulation.statements if "delete from" in one and "between cast(" in one]
    assert any('"marts"."fct_grid_half_hourly"' in one for one in deletes)


@pytest.mark.full
def test_a_model_with_what_redshift_lacks_fails(built: Warehouse) -> None:
    model = "select string_agg(fuel_code, ',') as codes from {{ ref('dim_fuels') }}"
    done = built.dbt("show", "--inline", model)
    assert not done.success
    said = str(done.exception or done.result.results[0].message)
    assert re.search(r"Redshift has not: .*the function string_agg", said)


def _are_near(mart: str, one: Number, other: Number) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        absolute = float(SUM_OF_ROUNDED) if mart in DIFFERENCES else 0.0
        return math.isclose(one, other, rel_tol=REAL, abs_tol=absolute)
    return abs(one - other) <= (SUM_OF_ROUNDED if mart in SUMS_OF_ROUNDED else ROUNDED)
