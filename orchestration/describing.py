"""What Dagster's pages say of assets beside their runs: columns with where they come from, owners, source files."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.metadata.metadata_set import TableMetadataSet  # as dagster-dbt writes and reads it

from orchestration.column_lineage import Columns, roots

MOST_NAMED = 6


def with_column_lineage(assets: dg.AssetsDefinition, lineage: Mapping[str, Columns]) -> dg.AssetsDefinition:
    """The assets, those whose lineage is known with all of their columns, and what each of these is made of.

    Dagster's open-source pages do not draw the lineage of columns, but show what a column's description says.
    """
    origins = Origins(lineage, frozenset(key.to_user_string() for key in (*assets.keys, *assets.dependency_keys)))

    def described(spec: dg.AssetSpec) -> dg.AssetSpec:
        relation = spec.key.to_user_string()
        return spec.merge_attributes(metadata=_metadata(spec, relation, origins)) if relation in lineage else spec

    return assets.map_asset_specs(described)


def _metadata(spec: dg.AssetSpec, relation: str, origins: "Origins") -> dict[str, Any]:
    schema, lineage = TableMetadataSet.extract(spec.metadata).column_schema, origins.lineage[relation]
    said = {column.name: column for column in (schema.columns if schema else ())}
    columns = []
    for name in dict.fromkeys([*said, *lineage]):
        column, origin = said.get(name) or dg.TableColumn(name, "?"), origins.told(relation, name)
        text = "\n\n".join(filter(None, [(column.description or "").strip(), origin]))
        columns.append(dg.TableColumn(name, column.type, text, column.constraints, column.tags))
    deps = {
        name: [dg.TableColumnDep(dg.AssetKey(of.split("/")), column) for of, column in read]
        for name, read in lineage.items()
    }
    return dict(
        TableMetadataSet(
            column_schema=dg.TableSchema(columns=columns),
            column_lineage=dg.TableColumnLineage(deps),  # for whoever asks Dagster's GraphQL
        )
    )


class Origins:
    """What columns are made of, in Markdown; `pages` are the assets that have one to link to."""

    def __init__(self, lineage: Mapping[str, Columns], pages: frozenset[str]) -> None:
        self.lineage, self.pages, self._roots = lineage, pages, roots(lineage)

    def told(self, relation: str, column: str) -> str:
        """A sentence or two, nothing for a column that is made of none: what it reads, and where that comes from."""
        read = sorted(self.lineage[relation].get(column, ()))
        told: dict[str, list[str]] = {}
        for of, name in read[:MOST_NAMED]:
            told.setdefault(of, []).append(f"`{name}`")
        direct = _some([f"{self._link(of)} {', '.join(names)}" for of, names in told.items()], len(read) - MOST_NAMED)
        first = sorted({of for of, _ in self._roots(relation, column) if of.startswith("raw/")} - told.keys())
        origin = _some(list(map(self._link, first[:MOST_NAMED])), len(first) - MOST_NAMED)
        return " ".join([f"*From* {direct}." if direct else "", f"*Origin:* {origin}." if origin else ""]).strip()

    def _link(self, relation: str) -> str:
        return f"[{relation}](/assets/{relation})" if relation in self.pages else relation


def _some(names: Sequence[str], more: int) -> str:
    return "; ".join(names) + (f"; and {more} more" if more > 0 else "")


def with_owner_and_code(owner: str, assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The assets, all of one owner, each with the place of its function."""
    owned = [one.map_asset_specs(lambda spec: spec.replace_attributes(owners=[owner])) for one in assets]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        return [one for one in dg.with_source_code_references(owned) if isinstance(one, dg.AssetsDefinition)]


def code_metadata(file: Path) -> dict[str, Any]:
    """For a spec that no function is of: the file to look into."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        place = dg.LocalFileCodeReference(file_path=str(file))
        return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[place])}
