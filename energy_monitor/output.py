"""Rows on the terminal: as a table for people, as CSV or JSON for programs. Times are UTC, numbers exact."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

Rows = Iterable[Sequence[Any]]
WIDE = 10_000  # columns; a file or a pipe has no edge to wrap at


def print_table(names: Sequence[str], rows: Rows) -> None:
    """A table; None is shown as nothing."""
    table = Table(*names)
    for row in rows:
        # Text, as brackets in a source's words are no markup
        table.add_row(*(Text("" if cell is None else _text(cell)) for cell in row))
    (Console() if sys.stdout.isatty() else Console(width=WIDE)).print(table)


def print_csv(names: Sequence[str], rows: Rows) -> None:
    """CSV with a header; null is an empty cell."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([None if cell is None else _text(cell) for cell in row] for row in rows)


def print_json(names: Sequence[str], rows: Rows) -> None:
    """A list of objects."""
    click.echo(as_json_text([dict(zip(names, row, strict=True)) for row in rows]))


PRINTERS: dict[str, Callable[[Sequence[str], Rows], None]] = {
    "table": print_table,
    "csv": print_csv,
    "json": print_json,
}


def as_json_text(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _text(cell: Any) -> str:
    if isinstance(cell, dict | list):
        return as_json_text(cell)
    return str(cell) if isinstance(cell, Decimal) else str(_plain(cell))


def _plain(value: Any) -> Any:
    """What JSON lacks: times as ISO 8601 in UTC, exact numbers as numbers."""
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, str) else str(value)
