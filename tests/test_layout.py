"""What must not creep in: heavy imports below ingestion, engine-specific SQL in models, facts written twice."""

import itertools
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ingestion.catalogue import DATASETS, KEPT
from tests.conftest import REPOSITORY

HEAVY = ("pandas", "numpy", "dagster", "dbt", "streamlit", "sqlalchemy", "boto3")
IMPORT_ALL = """
import importlib, pkgutil, sys, ingestion
names = [module.name for module in pkgutil.walk_packages(ingestion.__path__, "ingestion.")]
for name in names:
    importlib.import_module(name)
print(len(names), *(name for name in sys.argv[1:] if name in sys.modules))
"""
MODELS = sorted((REPOSITORY / "dbt_project" / "models").rglob("*.sql"))


def test_ingestion_stays_light() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *HEAVY], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    number, *heavy = done.stdout.split()
    assert int(number) > 10
    assert not heavy


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_models_hold_no_sql_of_one_engine_alone(model: Path) -> None:
    text = re.sub(r"--.*|\{#.*?#\}", "", model.read_text(), flags=re.DOTALL if "{#" in model.read_text() else 0)
    for words in ("distinct on", "filter (", "generate_series", "::", "at time zone", "interval '"):
        assert words not in text.lower(), f"{words!r} belongs into macros/dialect"


def test_every_dataset_is_a_source_of_dbt_and_has_a_staging_model() -> None:
    sources = (REPOSITORY / "dbt_project" / "models" / "staging" / "_raw__sources.yml").read_text()
    staging = " ".join(path.read_text() for path in MODELS if path.name.startswith("stg_"))
    for dataset in DATASETS.values():
        assert re.search(rf"name: {dataset.id}\b", sources)
        read = re.search(rf"source\('raw', '{dataset.id}'\), key=\[(.*?)\]", staging, re.DOTALL)
        assert read, f"no staging model reads raw.{dataset.id}"
        keys = re.findall(r"""'"?(\w+)"?'""", read.group(1))
        assert set(keys) == {column.name for column in dataset.keys}, f"{dataset.id} has another key in dbt"


def test_each_value_of_a_measurement_is_looked_at_for_revisions() -> None:
    macro = (REPOSITORY / "dbt_project" / "macros" / "revisions.sql").read_text()
    declared = re.findall(r"'id': '(\w+)'.*?'values': \{(.*?)\}", macro, re.DOTALL)
    found = {dataset: len(re.findall(r"'\w+': (?:number|'\w+')", values)) for dataset, values in declared}
    measurements = [d for d in DATASETS.values() if d.kind == "measurement" and d.source != "history"]
    assert found == {dataset.id: len(dataset.values) for dataset in measurements}


def test_first_fetches_are_told_by_the_keys_of_the_catalogue() -> None:
    model = next(path for path in MODELS if path.stem == "stg_ingestion__first_fetches").read_text()
    named = {name: re.findall(r'"?(\w+)"?', keys) for name, keys in re.findall(r"set (\w+) = \[(.*?)\]", model)}
    found = {
        dataset: set(named.get(keys) or re.findall(r"\w+", keys))
        for dataset, keys in re.findall(r"'(\w+)': \[(?:\[(.*?)\]|(?=\w))", model)
    } | {dataset: set(named[name]) for dataset, name in re.findall(r"'(\w+)': \[(of_\w+)", model)}
    asked = [dataset for dataset in DATASETS.values() if dataset.source != "history"]
    assert found == {dataset.id: {column.name for column in dataset.keys} for dataset in asked}


def test_state_rules_know_every_measurement_and_leave_no_age_out() -> None:
    import csv

    with (REPOSITORY / "dbt_project" / "seeds" / "state_rules.csv").open() as file:
        rules = list(csv.DictReader(file))
    for dataset in DATASETS.values():
        if dataset.kind == "forecast":
            continue
        spans = [(rule["from_age_hours"], rule["to_age_hours"]) for rule in rules if rule["dataset"] == dataset.id]
        assert spans, f"no state for {dataset.id}"
        assert spans[0][0] == ""
        assert spans[-1][1] == ""
        assert all(earlier[1] == later[0] for earlier, later in itertools.pairwise(spans))
    assert {rule["dataset"] for rule in rules} <= set(KEPT)


def test_the_mart_of_forecast_issues_knows_each_forecast_that_its_source_does_not_keep() -> None:
    (model,) = (path.read_text() for path in MODELS if path.name == "fct_forecast_issues.sql")
    declared = {name: int(minutes) for name, minutes in re.findall(r"'(\w+)': (\d+)", model)}
    assert declared == {
        dataset.id: dataset.cadence // timedelta(minutes=1)
        for dataset in DATASETS.values()
        if dataset.newest and dataset.kind == "forecast"
    }
