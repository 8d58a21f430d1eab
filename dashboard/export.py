"""Rows as CSV and as a table on the page: every number to its last digit, as the mart holds it."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dashboard.connection import Row
from dashboard.local_time import local_iso, utc_iso

TIME = "period_start_utc"
LOCAL_TIME = "period_start_uk_local"
DAY, LOCAL_DAY = "settlement_date", "settlement_date_uk_local"


def cells(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Header and cells as text. A UTC time gets its UK time beside it, with the offset; a day says whose it is."""
    names = list(rows[0]) if rows else []
    shown = {TIME: (TIME, LOCAL_TIME), DAY: (LOCAL_DAY,)}
    header = [name for given in names for name in shown.get(given, (given,))]
    body = []
    for row in rows:
        line = []
        for name in names:
            line.append(as_text(row[name]))
            if name == TIME:
                line.append(local_iso(row[name]))
        body.append(line)
    return header, body


def csv_bytes(rows: Sequence[Row]) -> bytes:
    """CSV in UTF-8 with a header; what is null in the mart is an empty cell."""
    header, body = cells(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(body)
    return out.getvalue().encode()


def as_text(value: Any) -> str:
    """Exact: decimals with all their digits, doubles so that they read back equal, times in UTC."""
    match value:
        case None:
            return ""
        case Decimal():
            return format(value, "f")
        case float():
            return repr(value)
        case datetime():
            return utc_iso(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def parquet_bytes(rows: Sequence[Row]) -> bytes:
    """Parquet with the mart's own types: decimals are exact, times are instants in UTC, days are dates."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), sink)
    return bytes(sink.getvalue().to_pybytes())
