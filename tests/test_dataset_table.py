"""The catalogue, its page in the docs, the raw tables, the dbt sources and Dagster's assets name the same datasets."""

import re

import dagster as dg
import pytest

from energy_monitor.dataset_table import PLACE, page
from ingestion.catalogue import DATASETS, HISTORIES, KEPT, OWN
from orchestration.definitions import build_defs
from orchestration.warehouse import RECORDS_OF_LOADS, parsed_project
from tests.conftest import REPOSITORY, WorkspaceMaker
from tests.marts import rows_of


def test_the_page_is_the_one_that_the_catalogue_makes() -> None:
    assert PLACE.read_text() == page(), "run `make docs`"
    assert set(re.findall(r"^\| `(\w+)` \|", page(), re.MULTILINE)) == set(KEPT)


def test_every_dataset_says_what_it_is_and_none_claims_a_body_that_was_not_recorded() -> None:
    assert all(dataset.meaning.endswith(".") and dataset.revisions.endswith(".") for dataset in DATASETS.values())
    unseen = {dataset.id for dataset in DATASETS.values() if dataset.seen == "no"}
    assert unseen >= {"market_index", "ndf", "tsdf", "agpt", "frequency", "neso_embedded_forecast"}
    assert unseen >= {"carbon_generation_mix", "octopus_products", "octopus_standing_charges"}


def test_raw_tables_are_those_of_the_catalogue(make_workspace: WorkspaceMaker) -> None:
    tables = rows_of(make_workspace(), "select tablename from pg_tables where schemaname = 'raw'")
    assert {name for (name,) in tables} == {*KEPT, *RECORDS_OF_LOADS, "migrations", "prepared"}


def test_dbt_sources_are_those_of_the_catalogue_and_each_has_a_staging_model() -> None:
    import json

    manifest = json.loads(parsed_project().manifest_path.read_text())
    sources = {node["name"]: unique_id for unique_id, node in manifest["sources"].items()}
    assert set(sources) == {*KEPT, *RECORDS_OF_LOADS}
    for dataset in KEPT:
        children = manifest["child_map"][sources[dataset]]
        assert any(child.startswith("model.energy_monitor.stg_") for child in children), dataset


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_dbt_source_of_a_dataset_that_is_asked_for_has_a_freshness(dataset: str) -> None:
    text = (REPOSITORY / "dbt_project" / "models" / "staging" / "_raw__sources.yml").read_text()
    (part,) = re.findall(rf"- name: {dataset}\n(.*?)(?=\n      - name: |\Z)", text, re.DOTALL)
    assert "freshness" in part or "freshness" in text.partition("tables:")[0]


def test_dagster_s_assets_are_those_of_the_catalogue() -> None:
    graph = build_defs().resolve_asset_graph()
    raw = {key.path[-1] for key in graph.materializable_asset_keys if key.path[0] == "raw"}
    assert raw == {*DATASETS, *OWN}, "what files brought in is never asked for"
    assert {key.asset_key for key in graph.asset_check_keys if key.name == "dataset_state"} == {
        dg.AssetKey(["raw", name]) for name in DATASETS
    }
    assert not raw & set(HISTORIES)
