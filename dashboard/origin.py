"""Where a number comes from: its column, the columns behind it, and all that its source has said of it."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from dashboard.as_known import ask
from dashboard.connection import Row, rows
from dashboard.kept import kept
from dashboard.local_time import utc_iso
from dashboard.measures import MEASURES, Measure
from ingestion.settlement import settlement_date_of as local_date

# {"marts.fct_x.column": ["intermediate.y.column", …]}: read from the models' SQL; a test holds it to that
LINEAGE = Path(__file__).with_name("lineage.json")


def link(measure: Measure, at_utc: datetime, known_utc: datetime | None = None, of: str | None = None) -> str:
    """The address of the page on a number, from any other page."""
    asked = {"number": measure.key, "at": utc_iso(at_utc)}
    if of is not None:
        asked["of"] = of
    if known_utc is not None:
        asked["as_known"] = utc_iso(known_utc)
    return f"origin?{urlencode(asked)}"


@kept
def number_at(key: str, at_utc: datetime, of: str | None = None, known_utc: datetime | None = None) -> Row | None:
    """A number's `value`, and its `state`, `fetched_at_utc` and `lake_key` where its mart has them; None: no row."""
    measure = MEASURES[key]
    condition = f" and cast({measure.of} as text) = :of" if measure.of else ""
    found = ask(
        f"select * from {{{measure.mart}}} as found where {measure.start} = :at_utc{condition}",
        known_utc,
        at_utc=at_utc,
        **({"of": of} if measure.of else {}),
    )
    if not found:
        return None
    row = found[0]
    return {
        "value": row[measure.column],
        "state": row[measure.state] if measure.state else None,
        "fetched_at_utc": row.get("fetched_at_utc"),
        "lake_key": row.get("lake_key"),
    }


@kept
def versions_of(key: str, at_utc: datetime, of: str | None = None) -> list[Row]:
    """All that was ever said of a number: what of it, value, since when and until when, the response in the lake."""
    measure = MEASURES[key]
    if measure.versions is None:
        return []
    where = measure.versions
    # settlement_date is what some of the raw tables are found by
    return rows(
        f"""
        select
            {where.of} as part,
            {where.value} as value,
            known_from_utc,
            known_to_utc,
            lake_key
        from marts.{where.mart}
        where
            {where.start} = :at_utc
            and settlement_date = :day
            and {where.condition}
        order by part, known_from_utc
        """,
        at_utc=at_utc,
        day=local_date(at_utc),
        **({"of": of} if ":of" in where.condition else {}),
    )


def query_of(measure: Measure, at_utc: datetime, of: str | None = None) -> str:
    """The query that gives the number, for whoever reads the marts."""
    condition = f"\n    and {measure.of} = '{of}'" if measure.of and of else ""
    return (
        f"select {measure.column}\nfrom marts.{measure.mart}\n"
        f"where\n    {measure.start} = timestamp with time zone '{utc_iso(at_utc)}'{condition}"
    )


@lru_cache(maxsize=1)
def lineage() -> dict[str, list[str]]:
    """The columns behind each column."""
    found: dict[str, list[str]] = json.loads(LINEAGE.read_text())
    return found


def behind(column: str) -> Iterator[tuple[int, str]]:
    """A column and all behind it, with how many steps away, each once; written as schema.table.column."""
    seen: set[str] = set()

    def walk(name: str, depth: int) -> Iterator[tuple[int, str]]:
        yield depth, name
        for source in lineage().get(name, ()):
            if source not in seen:
                seen.add(source)
                yield from walk(source, depth + 1)

    yield from walk(column, 0)
