"""What is known of the lineage of columns, in a file of the workspace: nothing is worked out when Dagster loads.

Of each model: the version of the SQL that it was read from, and what its columns are made of.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from energy_monitor.workspace import Workspace
from orchestration.column_lineage import Columns

OWN = "energy_monitor"  # the package of dbt


def lineage_file(workspace: Workspace) -> Path:
    """Where it is."""
    return workspace.folder / "dbt" / "column_lineage.json"


def versions(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Of each model, a hash of its SQL and of every macro of the project: any of them may be a part of it."""
    own = [macro for macro in manifest["macros"].values() if macro["package_name"] == OWN]
    macros = "".join(sorted(macro["macro_sql"] for macro in own))
    return {
        f"{node['schema']}/{node['name']}": _hash(node["checksum"]["checksum"] + macros)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def known_lineage(file: Path, wanted: Mapping[str, str]) -> dict[str, Columns]:
    """The lineage of the models that the file knows in the wanted version."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):  # it was never made, or a full disk cut it short: it is made again
        return {}
    return {
        model: {column: [(relation, name) for relation, name in read] for column, read in one["columns"].items()}
        for model, one in found.items()
        if one["version"] == wanted.get(model)
    }


def keep_lineage(file: Path, lineage: Mapping[str, Columns], of_versions: Mapping[str, str]) -> None:
    """Writes the file anew, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {model: {"version": of_versions[model], "columns": columns} for model, columns in lineage.items()}
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(content))
    beside.replace(file)
