"""The lineage of columns: what a person reads from the SQL, kept for its version, and shown on Dagster's pages."""

import json
import os
from pathlib import Path

import dagster as dg
import pytest

from dashboard import origin
from dashboard.measures import MEASURES
from dashboard.origin import LINEAGE
from energy_monitor.workspace import Workspace
from orchestration import tracing
from orchestration.column_lineage import Columns, column_lineage, roots
from orchestration.definitions import build_defs
from orchestration.describing import with_column_lineage
from orchestration.lineage_file import keep_lineage, known_lineage, lineage_file, versions
from orchestration.warehouse import parsed_project
from tests.conftest import WorkspaceMaker
from tests.marts import untraced

WRITE = "ENERGY_MONITOR_WRITE_SNAPSHOT" in os.environ  # read here, as the fixture `home` takes such variables away


@pytest.fixture(scope="module")
def lineage(make_workspace: WorkspaceMaker) -> dict[str, Columns]:
    """Of every model; a workspace where nothing was ever built is enough."""
    with untraced():
        found, failed = tracing.lineage_of_all(make_workspace())
    assert failed == {}
    return found


# What the SQL says ----------------------------------------------------------------------------------------------------


def test_a_value_is_traced_through_ctes_stars_unions_and_subqueries() -> None:
    sql = """
        with versions as (select * from "db"."raw"."prices" where "kind" = 'x'),
        both as (
            select "sellPrice" as price, "at" as at_utc from versions
            union all
            select price, moment from "db"."staging"."history"
        )
        select
            at_utc,
            price * factor.value as price,
            (select max(held.moment) from "db"."staging"."history" as held where held.price = both.price) as newest,
            count(*) as rows_seen,
            'GBP' as unit
        from both
        inner join "db"."reference"."factors" as factor on both.at_utc >= factor.valid_from
        group by 1, 2, 3
    """
    upstream = {
        "raw/prices": ["sellPrice", "at", "kind"],
        "staging/history": ["price", "moment"],
        "reference/factors": ["value", "valid_from"],
    }
    assert column_lineage(sql, upstream) == {
        "at_utc": [("raw/prices", "at"), ("staging/history", "moment")],
        "price": [("raw/prices", "sellPrice"), ("reference/factors", "value"), ("staging/history", "price")],
        "newest": [("staging/history", "moment")],
        "rows_seen": [],
        "unit": [],
    }


PRICE = "system_price_gbp_per_mwh"


def test_the_imbalance_price_leads_back_to_the_sources_own_column(lineage: dict[str, Columns]) -> None:
    assert lineage["marts/fct_prices_half_hourly"][PRICE] == [("intermediate/int_system_prices", PRICE)]
    within = lineage["intermediate/int_system_prices"][PRICE]
    assert ("staging/stg_elexon__system_prices", "system_sell_price_gbp_per_mwh") in within
    assert lineage["staging/stg_elexon__system_prices"]["system_sell_price_gbp_per_mwh"] == [
        ("raw/system_prices", "systemSellPrice")
    ]


@pytest.mark.parametrize(
    ("model", "column", "origin"),
    [
        ("fct_prices_half_hourly", PRICE, ("raw/system_prices", "systemSellPrice")),
        ("fct_prices_half_hourly", "market_index_price_gbp_per_mwh", ("raw/market_index", "price")),
        ("fct_grid_daily", f"mean_{PRICE}", ("raw/system_prices", "systemSellPrice")),
        ("fct_generation_half_hourly", "generation_mw", ("raw/fuelhh", "generation")),
        ("fct_carbon_half_hourly", "carbon_actual_gco2_per_kwh", ("raw/carbon_national_actual", "actual")),
        ("fct_demand_half_hourly", "indo_mw", ("raw/demand_outturn", "initialDemandOutturn")),
        ("dim_fuels", "colour", ("reference/fuels", "colour")),
    ],
)
def test_what_the_pages_show_begins_where_a_person_would_say(
    lineage: dict[str, Columns], model: str, column: str, origin: tuple[str, str]
) -> None:
    found = roots(lineage)(f"marts/{model}", column)
    assert origin in found
    assert {relation.split("/")[0] for relation, _ in found} <= {"raw", "reference"}


# What is read from nowhere: constants, numbers of rows, and the calendar, which the database makes by itself.
MADE_HERE = {
    "dim_datasets": {"dataset"},
    "dim_fuels": {"is_known"},
    "dim_regions": {"is_known"},
    "dim_settlement_periods": {
        "settlement_date", "settlement_period", "period_start_utc", "period_end_utc", "period_start_local_label",
        "minutes_since_local_midnight", "periods_in_day", "is_clock_change_day",
    },
    "fct_captured_prices_monthly": {"price_kind", "periods"},
    "fct_carbon_national_versions": {"source_dataset"},
    "fct_carbon_regional_half_hourly": {"settlement_date", "settlement_period", "period_start_utc"},
    "fct_demand_forecast_versions": {"source_dataset"},
    "fct_charge_advice_monthly": {"evenings"},
    "fct_embedded_generation_versions": {"source_dataset"},
    "fct_forecast_accuracy": {"series", "forecasts_expected"},
    "fct_forecast_issues": {"settlement_date", "settlement_period", "issue_start_utc"},
    "fct_grid_half_hourly": {"fuels_expected"},
    "fct_price_duration": {"price_kind", "percentile"},
    "fct_reconciliation_daily": {"check_name", "periods_expected"},
    "fct_revisions": {"dataset", "value_name"},
    "fct_source_gaps_daily": {"settlement_date", "periods_in_day", "periods_expected"},
    "fct_source_reliability_daily": {"rows_new"},
}  # fmt: skip


def test_all_columns_of_marts_but_a_few_lead_back_to_a_source_or_a_seed(lineage: dict[str, Columns]) -> None:
    begins = roots(lineage)
    marts = {model.removeprefix("marts/"): columns for model, columns in lineage.items() if model.startswith("marts/")}
    made_here = {
        mart: {name for name in columns if not begins(f"marts/{mart}", name)} for mart, columns in marts.items()
    }
    assert {mart: names for mart, names in made_here.items() if names} == MADE_HERE
    assert sum(map(len, made_here.values())) <= 0.05 * sum(map(len, marts.values()))


def test_the_columns_are_those_that_the_contracts_name(lineage: dict[str, Columns]) -> None:
    nodes = json.loads(parsed_project().manifest_path.read_text())["nodes"].values()
    marts = {f"marts/{node['name']}": set(node["columns"]) for node in nodes if node["path"].startswith("marts/")}
    assert {mart: set(lineage[mart]) for mart in marts} == marts


# What is kept ---------------------------------------------------------------------------------------------------------


def test_lineage_is_known_for_the_version_that_it_was_read_from(tmp_path: Path) -> None:
    file, lineage = tmp_path / "new" / "lineage.json", {"marts/a": {"x": [("raw/b", "y")]}, "marts/c": {"z": []}}
    assert known_lineage(file, {"marts/a": "1"}) == {}
    keep_lineage(file, lineage, {"marts/a": "1", "marts/c": "1"})
    assert known_lineage(file, {"marts/a": "1", "marts/c": "1"}) == lineage
    assert known_lineage(file, {"marts/a": "2", "marts/c": "1"}) == {"marts/c": {"z": []}}
    file.write_text(file.read_text()[:-9])
    assert known_lineage(file, {"marts/a": "1"}) == {}


def test_a_version_is_another_one_when_the_sql_or_a_macro_changes() -> None:
    def manifest(checksum: str, macro: str, *, of: str = "energy_monitor") -> dict:
        node = {"resource_type": "model", "schema": "marts", "name": "a", "checksum": {"checksum": checksum}}
        return {"nodes": {"model.a": node}, "macros": {"macro.m": {"package_name": of, "macro_sql": macro}}}

    first = versions(manifest("1", "m"))
    assert first == versions(manifest("1", "m")) != versions(manifest("2", "m"))
    assert first != versions(manifest("1", "n"))
    assert versions(manifest("1", "m", of="dbt")) == versions(manifest("1", "n", of="dbt"))


def test_the_job_is_asked_for_once_per_version_when_the_first_marts_are_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, Columns] = {"marts/a": {"x": [("raw/b", "y")]}}
    monkeypatch.setattr(tracing, "lineage_of_all", lambda _: (found, {"marts/b": "it is odd"}))
    job, sensor = tracing.tracing("untraced", {"marts/a": "1", "marts/b": "1"})
    with dg.DagsterInstance.ephemeral() as instance:
        tick = dg.build_sensor_context(instance)
        assert isinstance(sensor(tick), dg.SkipReason)
        instance.report_runless_asset_event(dg.AssetMaterialization(tracing.BUILT))
        request = sensor(tick)
        assert job.execute_in_process(instance=instance).success
        again = sensor(tick)  # one model is not understood, and stays so: Dagster runs no key twice
        assert isinstance(request, dg.RunRequest)
        assert isinstance(again, dg.RunRequest)
        assert request.run_key == again.run_key
    file = lineage_file(Workspace("untraced"))
    assert known_lineage(file, {"marts/a": "1", "marts/b": "1"}) == found
    _, complete = tracing.tracing("untraced", {"marts/a": "1"})
    assert isinstance(complete(tick), dg.SkipReason)


# What is shown --------------------------------------------------------------------------------------------------------


def test_the_definitions_show_what_the_file_knows(
    home: Path, monkeypatch: pytest.MonkeyPatch, lineage: dict[str, Columns]
) -> None:
    monkeypatch.setenv("ENERGY_MONITOR_WORKSPACE", "shown")
    wanted = versions(json.loads(parsed_project().manifest_path.read_text()))
    keep_lineage(lineage_file(Workspace("shown")), lineage, wanted)
    graph = build_defs().resolve_asset_graph()
    metadata = graph.get(dg.AssetKey(["marts", "fct_prices_half_hourly"])).metadata
    said = {column.name: column.description for column in metadata["dagster/column_schema"].columns}[PRICE]
    assert "imbalance" in said.lower(), "the description of the contract"
    assert f"*From* [intermediate/int_system_prices](/assets/intermediate/int_system_prices) `{PRICE}`" in said
    assert "[raw/system_prices](/assets/raw/system_prices)" in said.partition("*Origin:*")[2]
    deps = metadata["dagster/column_lineage"].deps_by_column[PRICE]
    assert deps == [dg.TableColumnDep(dg.AssetKey(["intermediate", "int_system_prices"]), PRICE)]


def test_long_lists_are_cut_and_what_has_no_page_is_no_link() -> None:
    @dg.multi_asset(specs=[dg.AssetSpec(["marts", "a"], deps=[dg.AssetKey(["raw", "b"])])])
    def build() -> None: ...

    read = [("raw/b", f"y{number}") for number in range(8)]
    described = with_column_lineage(build, {"marts/a": {"x": read, "one": [], "other": [("raw/loads", "z")]}})
    (spec,) = described.specs
    schema = spec.metadata["dagster/column_schema"]
    assert {column.name: column.description for column in schema.columns} == {
        "x": "*From* [raw/b](/assets/raw/b) `y0`, `y1`, `y2`, `y3`, `y4`, `y5`; and 2 more.",
        "one": "",
        "other": "*From* raw/loads `z`.",
    }


# What the dashboard shows of it ---------------------------------------------------------------------------------------


def test_the_dashboard_shows_the_lineage_that_the_sql_has(lineage: dict[str, Columns]) -> None:
    """With ENERGY_MONITOR_WRITE_SNAPSHOT it is written."""
    wanted = [f"marts.{measure.mart}.{measure.column}" for measure in MEASURES.values()]
    found: dict[str, list[str]] = {}
    while wanted:
        schema, model, column = (name := wanted.pop()).split(".", 2)
        read = lineage.get(f"{schema}/{model}", {}).get(column, [])
        if read and name not in found:
            found[name] = [f"{relation.replace('/', '.')}.{source}" for relation, source in read]
            wanted += found[name]
    if WRITE:
        LINEAGE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert origin.lineage() == found, "write it again: see above"
    for measure in MEASURES.values():
        behind = [name for _, name in origin.behind(f"marts.{measure.mart}.{measure.column}")]
        assert any(name.startswith("raw.") for name in behind), measure.key
