"""The dashboard's pages as assets at the end of the lineage, from dbt's exposures: shown, and made by nobody here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.describing import code_metadata

VIEWS = Path(__file__).resolve().parents[1] / "dashboard" / "views"


def exposure_specs(manifest: Mapping[str, Any]) -> list[dg.AssetSpec]:
    """An asset per page of the dashboard in the manifest: `dashboard_price` is `dashboard/price`."""
    return [_spec(manifest, one) for one in manifest["exposures"].values() if one["type"] == "dashboard"]


def exposure_of(manifest: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """One exposure by its name."""
    found: Mapping[str, Any] = next(one for one in manifest["exposures"].values() if one["name"] == name)
    return found


def marts_of(manifest: Mapping[str, Any], exposure: Mapping[str, Any]) -> list[dg.AssetKey]:
    """What it reads."""
    read = [manifest["nodes"][unique_id] for unique_id in exposure["depends_on"]["nodes"]]
    return [dg.AssetKey([node["schema"], node["name"]]) for node in read]


def _spec(manifest: Mapping[str, Any], exposure: Mapping[str, Any]) -> dg.AssetSpec:
    kind = exposure["type"]
    page = exposure["name"].removeprefix(f"{kind}_")
    return dg.AssetSpec(
        dg.AssetKey([kind, page]),
        deps=marts_of(manifest, exposure),
        description=exposure["description"].strip(),
        group_name=kind,
        kinds={"streamlit"},
        owners=exposure["meta"]["dagster"]["owners"],
        metadata={
            "url": dg.MetadataValue.url(exposure["url"]),
            "maturity": exposure["maturity"],
            **code_metadata(VIEWS / f"{page}.py"),
        },
    )
