"""Rows on the terminal: as a table for people, as CSV or JSON for programs. Times are UTC, numbers exact."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from energy_monitor.errors import UserError

Rows = Iterable[Sequence[Any]]
WIDE = 10_000  # columns; a file or a pipe has no edge to wrap at


def print_table(names: Sequence[str], rows: Rows) -> None:
    """A table; None is shown as nothing."""
    table = Table()
    # Text, as brackets in a source's words are no markup
    for name in names:
        table.add_column(Text(name))
    for row in rows:
        table.add_row(*(Text("" if cell is None else _text(cell)) for cell in row))
    (Console() if sys.stdout.isatty() else Console(width=WIDE)).print(table)


def print_csv(names: Sequence[str], rows: Rows) -> None:
    """CSV with a header; null is an empty cell."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([None if cell is None else _text(cell) for cell in row] for row in rows)


def print_json(names: Sequence[str], rows: Rows) -> None:
    """A list of objects."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise UserError(f"two columns are named {twice!r}: rename one with `as`, since a field of JSON holds one value")
    click.echo(as_json_text([dict(zip(names, row, strict=True)) for row in rows]))


PRINTERS: dict[str, Callable[[Sequence[str], Rows], None]] = {
    "table": print_table,
    "csv": print_csv,
    "json": print_json,
}


def as_json_text(value: Any) -> str:
    """JSON in which numbers keep every digit, which json.dumps has no way to write."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_json_text(str(k))}: {as_json_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_json_text, value)) + "]"
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, float) and not isfinite(value):
        value = str(value)
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _text(cell: Any) -> str:
    if isinstance(cell, dict | list):
        return as_json_text(cell)
    return format(cell, "f") if isinstance(cell, Decimal) else str(_plain(cell))


def _plain(value: Any) -> Any:
    """What JSON lacks, as text: times as ISO 8601 in UTC, bytes as PostgreSQL writes them."""
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, memoryview):
        return f"\\x{value.hex()}"
    return value if isinstance(value, str) else str(value)
