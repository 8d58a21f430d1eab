"""From which columns of what it reads each column of a model is made: read from the model's compiled SQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlglot import MappingSchema, exp
from sqlglot.lineage import Node, lineage

DIALECT = "postgres"

# Of each column, the relations and columns that its value is made of: {"price": [("raw/prices", "sellPrice")]}.
# Relations are named as Dagster names assets: schema/name.
Columns = Mapping[str, Sequence[tuple[str, str]]]


def column_lineage(sql: str, upstream: Mapping[str, Sequence[str]]) -> Columns:
    """The columns of a query, in their order; `upstream` names the columns of each relation that it reads.

    What decides which rows there are (joins, conditions, grouping) is no part of a column's value. A constant and a
    count of rows are made of no column. Raises whatever sqlglot does of SQL that it does not understand.
    """
    tables: dict[str, Any] = {}
    for relation, columns in upstream.items():
        schema, name = relation.split("/")
        tables.setdefault(schema, {})[name] = dict.fromkeys(columns, "text")
    known = MappingSchema(tables, dialect=DIALECT, normalize=False)  # names are as the database holds them
    nodes = lineage(None, sql, known, dialect=DIALECT, trim_selects=False)
    return {column: sorted(set(_read_by(node))) for column, node in nodes.items()}


def _read_by(node: Node) -> Iterator[tuple[str, str]]:
    for leaf in node.walk():
        table = leaf.expression
        if not leaf.downstream and isinstance(table, exp.Table) and table.db:  # a function has no schema
            yield f"{table.db}/{table.name}", exp.to_column(leaf.name, dialect=DIALECT).name


def roots(known: Mapping[str, Columns]) -> Callable[[str, str], frozenset[tuple[str, str]]]:
    """Tells of a column where its lineage begins: columns of relations that are made of none that is known."""

    @cache
    def of(relation: str, column: str) -> frozenset[tuple[str, str]]:
        if relation not in known:
            return frozenset({(relation, column)})
        return frozenset[tuple[str, str]]().union(*(of(*read) for read in known[relation].get(column, ())))

    return of
