"""Marts: built for a test, read by it, and those of two engines held beside each other, row for row."""

import math
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import islice

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from psycopg2.extensions import connection as Connection

from energy_monitor.dbt import environment, in_environment, places, run_dbt
from energy_monitor.workspace import Workspace


def rows_of(workspace: Workspace, statement: str, parameters: object = None, role: str = "auditor") -> list[tuple]:
    """The rows of a query, as a role."""
    connection = workspace.connect(role)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def marts_of(workspace: Workspace) -> dict[str, list[str]]:
    """Every mart's rows as sorted text: equal for two workspaces exactly where their marts are."""
    return {
        name: sorted(row for (row,) in rows_of(workspace, f'select mart::text from marts."{name}" as mart'))
        for name in names_of_marts(workspace)
    }


def names_of_marts(workspace: Workspace) -> list[str]:
    """Every mart, by the alphabet."""
    names = rows_of(workspace, "select table_name from information_schema.tables where table_schema = 'marts'")
    return sorted(name for (name,) in names)


def build_marts(workspace: Workspace, *arguments: str) -> None:
    """Builds the marts, without the data tests: those are the business of the build test.

    All of them take some seconds, whatever they hold: a test that looks at a few says which, by `--select`.
    """
    assert run_dbt_here(workspace, *arguments)


def run_dbt_here(workspace: Workspace, *arguments: str) -> bool:
    """As build_marts, for builds that may fail: whether all went well."""
    unread = ("--log-level-file", "none", "--no-write-json")  # a sixth of a build's time
    command = ["--quiet", *unread, "build", "--exclude-resource-type", "test", "unit_test", *arguments]
    with untraced():
        return run_dbt(workspace, command, _manifest_for(workspace))


@contextmanager
def untraced() -> Iterator[None]:
    """Coverage looks at each call that dbt makes, finds that it is none of our code, and so doubles its time."""
    here, elsewhere = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        threading.settrace(elsewhere)  # type: ignore[arg-type]
        sys.settrace(here)


_parsed: list[tuple[str, Manifest]] = []  # of the first database that was built; parsing takes seconds


def _manifest_for(workspace: Workspace) -> Manifest:
    """The project as parsed for one database, with another one's name in its place."""
    if not _parsed:
        output = workspace.folder / "dbt" / "target"
        with in_environment(environment(workspace, "transformer")):
            result = dbtRunner().invoke(["--quiet", "parse", *places(output)])
        assert result.success
        _parsed.append((workspace.database, result.result))
    database, parsed = _parsed[0]
    manifest = parsed.deepcopy()
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        node.database = workspace.database
        if getattr(node, "relation_name", None):
            node.relation_name = node.relation_name.replace(f'"{database}"', f'"{workspace.database}"')
    return manifest


Number = float | Decimal
Mart = tuple[list[str], list[tuple]]  # its columns and its rows
Near = Callable[[str, Number, Number], bool]  # whether two numbers of a mart may stand for each other


def different_marts(
    workspace: Workspace, there: Callable[[str], Mart], are_near: Near, as_text: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """What differs between the marts of a workspace and those of another engine, by mart: the first five of each."""
    names = names_of_marts(workspace)
    assert len(names) > 40
    different = {}
    for name in names:
        here = rows_of_mart(workspace.connect("auditor"), name)
        found = differences(here, there(name), partial(are_near, name), as_text.get(name, ()))
        different[name] = list(islice(found, 5))
    return {name: found for name, found in different.items() if found}


def rows_of_mart(connection: Connection, mart: str) -> Mart:
    """The columns of a mart, and its rows; closes the connection."""
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(f'select * from marts."{mart}"')
            return [column.name for column in cursor.description], cursor.fetchall()
    finally:
        connection.close()


def differences(
    here: Mart, there: Mart, are_near: Callable[[Number, Number], bool], as_text: Collection[str] = ()
) -> Iterator[str]:
    """Where two marts differ, in words. Numbers may be near; of columns that hold numbers as text so may these."""
    columns, rows = here
    if columns != there[0]:
        yield f"columns {there[0]}, expected {columns}"
    elif len(rows) != len(there[1]):
        yield f"{len(there[1])} rows, expected {len(rows)}"
    else:
        expected, found = (sorted(_comparable(columns, row, as_text) for row in of) for of in (rows, there[1]))
        for (words, numbers), (words_there, numbers_there) in zip(expected, found, strict=True):
            near = all(are_near(one, other) for one, other in zip(numbers, numbers_there, strict=False))
            if words != words_there or not near:
                yield f"{words_there} {numbers_there}, expected {words} {numbers}"


def _comparable(columns: list[str], row: tuple, as_text: Collection[str]) -> tuple[tuple[str, ...], tuple[Number, ...]]:
    """What must be equal, as text, and the numbers, which may differ a little."""
    words, numbers = [], []
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, float | Decimal) or (column in as_text and _is_number(value)):
            words.append("number")
            numbers.append(value if isinstance(value, float) else Decimal(value))
        elif isinstance(value, datetime):
            words.append(value.astimezone(UTC).isoformat())
        else:
            words.append("" if value is None else repr(value))
    return tuple(words), tuple(numbers)


def _is_number(value: object) -> bool:
    try:
        return math.isfinite(float(str(value)))
    except ValueError:
        return False
