"""What every public model promises, by dbt's manifest: a contract, a grain, docs with units, and who reads it."""

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

from energy_monitor.dbt import PROJECT
from orchestration.warehouse import parsed_project
from tests.conftest import REPOSITORY

MODELS = REPOSITORY / "dbt_project" / "models"
SCREEN = 80  # lines
# How a name ends, and the words that say its unit in the description.
UNITS = {
    "_mw": ("MW",),
    "_mwh": ("MWh",),
    "_gbp_per_mwh": ("GBP per MWh",),
    "_gco2_per_kwh": ("gCO2 per kWh",),
    "_p_per_kwh": ("pence per kWh",),
    "_hz": ("Hz",),
    "_share": ("0 to 1",),
    "_utc": ("UTC",),
    "_periods": ("half-hours", "How many"),
    "_percent": ("percent", "per cent", "0 to 100"),
    "_minutes": ("minutes", "Minutes"),
    "_hours": ("hours", "Hours"),
}
Node = dict[str, Any]


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parsed_project().manifest_path.read_text())
    return found


def models(manifest: dict[str, Any]) -> Iterable[Node]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "model")


def public(manifest: dict[str, Any]) -> list[Node]:
    return [node for node in models(manifest) if node["config"]["access"] == "public"]


def said(text: str) -> str:
    return " ".join(text.split())


def test_marts_are_public_and_nothing_else_is(manifest: dict[str, Any]) -> None:
    marts_of_files = {path.stem for path in (MODELS / "marts").rglob("*.sql")}
    assert {node["name"] for node in public(manifest)} == marts_of_files
    assert all(node["config"]["schema"] == "marts" for node in public(manifest))


def test_every_public_model_has_a_contract_and_a_group_with_an_owner(manifest: dict[str, Any]) -> None:
    groups = {group["name"]: group for group in manifest["groups"].values()}
    assert all(group["owner"].get("name") and group["description"] for group in groups.values())
    for node in public(manifest):
        assert node["config"]["contract"]["enforced"], node["name"]
        assert node["config"].get("group") in groups, f"{node['name']}: give it a group (dbt_project.yml)"
    assert {node["config"]["group"] for node in public(manifest)} == set(groups), "a group without a model"


def test_every_public_model_has_a_test_of_its_grain(manifest: dict[str, Any]) -> None:
    of_grain = {
        test["attached_node"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and (test.get("test_metadata") or {}).get("name") == "unique_grain"
        and not test["config"].get("where")
    }
    assert [node["name"] for node in public(manifest) if node["unique_id"] not in of_grain] == []


def test_every_description_begins_with_the_grain(manifest: dict[str, Any]) -> None:
    others = [node["name"] for node in models(manifest) if not said(node["description"]).startswith("One row per ")]
    assert others == []


def test_every_column_is_described_with_its_unit(manifest: dict[str, Any]) -> None:
    wrong = []
    for node in public(manifest):
        for name, column in node["columns"].items():
            description = said(column["description"])
            ends = max((end for end in UNITS if name.endswith(end)), key=len, default=None)
            is_number = column["data_type"] not in ("text", "boolean")
            if not description or (ends and is_number and not any(word in description for word in UNITS[ends])):
                wrong.append(f"{node['name']}.{name}: {description or 'no description'}")
    assert wrong == []


def test_every_model_fits_on_a_screen() -> None:
    lines = {path.stem: len(path.read_text().splitlines()) for path in MODELS.rglob("*.sql")}
    long = {name: count for name, count in lines.items() if count > SCREEN}
    assert long == {}, "split it by meaning: an intermediate model, a macro"


# What a machine says of itself: its clock, its dice.
OF_THE_MACHINE = re.compile(
    r"\b(current_(date|time|timestamp)|localtime|localtimestamp|run_started_at|modules\.datetime"
    r"|(now|timeofday|random|gen_random_uuid|(clock|statement|transaction)_timestamp)\s*\()",
    re.IGNORECASE,
)


def test_no_row_depends_on_when_it_is_built() -> None:
    """The same raw rows give the same marts at any time; the record of planned builds alone has a time of its own."""
    files = [path for path in PROJECT.rglob("*.sql") if "target" not in path.parts and path.name != "builds.sql"]
    assert len(files) > 100
    assert [path.name for path in files if OF_THE_MACHINE.search(path.read_text())] == []
    builds = (PROJECT / "macros" / "builds.sql").read_text()
    assert OF_THE_MACHINE.findall(builds)
    assert not [line for line in builds.splitlines() if OF_THE_MACHINE.search(line) and "planned_at" not in line]


# Exposures ------------------------------------------------------------------------------------------------------------


def shown_by(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Page -> the marts that its exposure says it reads."""
    return {
        exposure["name"].removeprefix("dashboard_"): {
            unique_id.split(".")[-1] for unique_id in exposure["depends_on"]["nodes"]
        }
        for exposure in manifest["exposures"].values()
    }


def test_every_page_is_an_exposure(manifest: dict[str, Any]) -> None:
    app = (REPOSITORY / "dashboard" / "app.py").read_text()
    pages = re.findall(r'st\.Page\("views/(\w+)\.py", title="(\w+)", url_path="(\w+)"(, default=True)?\)', app)
    assert len(pages) == app.count("st.Page(")
    assert {path.stem for path in (REPOSITORY / "dashboard" / "views").glob("[!_]*.py")} == {page[0] for page in pages}
    exposures = {one["name"]: one for one in manifest["exposures"].values() if one["type"] == "dashboard"}
    assert set(exposures) == {f"dashboard_{view}" for view, *_ in pages}, (
        "dbt_project/models/exposures.yml lacks a page"
    )
    for view, title, path, is_default in pages:
        exposure = exposures[f"dashboard_{view}"]
        assert (exposure["type"], exposure["label"]) == ("dashboard", title)
        assert exposure["url"] == f"http://127.0.0.1:8501/{'' if is_default else path}"  # Streamlit's default is at /
        assert exposure["owner"]["name"]
        assert exposure["description"]
        assert exposure["maturity"]


def test_exposures_name_the_marts_that_the_dashboard_names(manifest: dict[str, Any]) -> None:
    """Page by page they are compared where the pages are opened, in tests/test_dashboard.py."""
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    sources = "\n".join(path.read_text() for path in (REPOSITORY / "dashboard").rglob("*.py"))
    named = set(re.findall(r"\b((?:fct|dim)_\w+)", sources)) & models
    assert set().union(*shown_by(manifest).values()) == named
