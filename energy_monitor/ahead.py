"""Prices and carbon of the half-hours ahead, from the marts, as slots to plan with.

What is not published is not there: a half-hour without a price makes no slot, and one without carbon says so. With a
moment in the past, the same as it was known then. All statements read schema marts alone, with bound parameters.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Literal

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from energy_monitor import ahead_sql
from energy_monitor.errors import UserError
from ingestion.settlement import DAY, HALF_HOUR, half_hour_start
from ingestion.settlement import settlement_date_of as local_date
from planner.model import Slot

Row = Mapping[str, Any]
Ask = Callable[..., Sequence[Row]]  # ask(statement with :names, **parameters), as dashboard.connection.rows
Spans = tuple[tuple[datetime, datetime], ...]
Basis = Literal["agile", "market_index", "regional", "national", "none"]


@dataclass(frozen=True)
class Series:
    """Half-hourly numbers of one kind within a span.

    basis: what they are; `none` where there is not one. name: the tariff's code or the region's name. values: by the
    start of the half-hour, p/kWh or gCO2/kWh. known_until_utc: the end of the last, within the span. missing: what
    lacks before that. fetched_at_utc: when the newest of them was fetched.
    """

    basis: Basis
    name: str
    values: Mapping[datetime, float]
    known_until_utc: datetime | None
    missing: Spans
    fetched_at_utc: datetime | None


@dataclass(frozen=True)
class Ahead:
    """Prices and carbon of the half-hours that overlap from_utc to to_utc, as known now or at known_utc.

    slots: each half-hour that has a price, with its carbon where that is known.
    """

    region_code: str | None
    region_name: str
    from_utc: datetime
    to_utc: datetime
    known_utc: datetime | None
    prices: Series
    carbon: Series
    slots: tuple[Slot, ...]

    @property
    def price_basis(self) -> Basis:
        return self.prices.basis

    @property
    def carbon_basis(self) -> Basis:
        return self.carbon.basis

    @property
    def tariff_code(self) -> str | None:
        return self.prices.name if self.prices.basis == "agile" else None

    @property
    def carbon_slots(self) -> tuple[Slot, ...]:
        """Each half-hour whose carbon is known, at a price of nothing: for a green plan where none is known."""
        return tuple(Slot(start, start + HALF_HOUR, 0.0, carbon) for start, carbon in self.carbon.values.items())


def ahead(
    connection: Connection,
    region_code: str | None,
    from_utc: datetime,
    to_utc: datetime,
    known_utc: datetime | None = None,
) -> Ahead:
    """As `ahead_by`, over a connection as the role reader."""
    return ahead_by(asker(connection), region_code, from_utc, to_utc, known_utc)


def ahead_by(
    ask: Ask, region_code: str | None, from_utc: datetime, to_utc: datetime, known_utc: datetime | None = None
) -> Ahead:
    """Agile's import rates in a region, else the market index where it has gone by; the region's carbon, else GB's.

    region_code: the letter of a grid supply point group, in either case; None for Great Britain. Raises UserError for a
    region that does not exist, and ValueError where the span is empty.
    """
    if to_utc <= from_utc:
        raise ValueError(f"nothing lies between {from_utc.isoformat()} and {to_utc.isoformat()}")
    region = find_region(ask, region_code) if region_code is not None else None
    first = half_hour_start(from_utc)
    span: dict[str, Any] = {"first_utc": first, "end_utc": to_utc}
    if known_utc is not None:
        # the marts of versions are cut by these, and the market index is looked for past the end
        span |= {"known_utc": known_utc, "known_first_utc": first, "known_end_utc": to_utc + DAY}
        span |= {"known_first_day": local_date(first), "known_last_day": local_date(to_utc + DAY)}
    prices = (_agile(ask, region, span) if region else None) or _market_index(ask, span)
    carbon = (_regional(ask, region, span) if region else None) or _national(ask, span)
    slots = tuple(
        Slot(start, start + HALF_HOUR, price, carbon.values.get(start)) for start, price in prices.values.items()
    )
    code, name = (region["gsp_group_code"], region["region_name"]) if region else (None, "Great Britain")
    return Ahead(code, name, from_utc, to_utc, known_utc, prices, carbon, slots)


def asker(connection: Connection) -> Ask:
    """The rows of a statement over psycopg2."""

    def ask(statement: str, **parameters: object) -> Sequence[Row]:
        with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(ahead_sql.for_psycopg2(statement), parameters)
            return cursor.fetchall()

    return ask


def regions(ask: Ask) -> list[Row]:
    """The network regions with their letters: gsp_group_code, region_id, region_name."""
    return list(ask(ahead_sql.REGIONS))


def find_region(ask: Ask, region_code: str) -> Row:
    """The region of a letter. Raises UserError where there is none."""
    known = regions(ask)
    if found := next((row for row in known if row["gsp_group_code"] == region_code.strip().upper()), None):
        return found
    letters = ", ".join(f"{row['gsp_group_code']} {row['region_name']}" for row in known) or "none in this workspace"
    raise UserError(f"no region has the letter {region_code!r}: there are {letters}")


def _agile(ask: Ask, region: Row, span: Mapping[str, Any]) -> Series | None:
    statement = ahead_sql.AGILE_AS_KNOWN if "known_utc" in span else ahead_sql.AGILE
    rows = ask(statement, **span, region_code=region["gsp_group_code"])
    # a product's code ends in the day from which it was offered
    newest = max((row["tariff_code"] for row in rows), key=lambda code: (code[-10:-2], code), default=None)
    if newest is None:
        return None
    found = [row for row in rows if row["tariff_code"] == newest]
    halves = sorted((half for row in found for half in _half_hours(row, span)), key=lambda half: half[:2])
    # what holds for a half-hour stands before what holds for longer, and of that the later begun
    values = {start: row for start, _, row in halves}
    return _series("agile", newest, span, values.values(), values.keys())


def _half_hours(row: Row, span: Mapping[str, Any]) -> Iterable[tuple[datetime, tuple[bool, datetime], Row]]:
    """The half-hours of the span in the whole of which a rate holds, with its rank."""
    begins, ends = row["valid_from_utc"], row["valid_to_utc"]
    start = half_hour_start(max(begins, span["first_utc"]))
    while start < span["end_utc"] and start + HALF_HOUR <= ends:
        if start >= begins:
            yield start, (ends - begins == HALF_HOUR, begins), row
        start += HALF_HOUR


def _market_index(ask: Ask, span: Mapping[str, Any]) -> Series:
    """The wholesale price, of a span that has gone by; else nothing, as nobody publishes it ahead."""
    rows = ask(_as_of(ahead_sql.MARKET_INDEX, span), **span)
    if not any(row["period_start_utc"] + HALF_HOUR >= span["end_utc"] for row in rows):
        rows = []
    within = [row for row in rows if row["period_start_utc"] < span["end_utc"]]
    return _series("market_index", "market index", span, within)


def _regional(ask: Ask, region: Row, span: Mapping[str, Any]) -> Series | None:
    rows = list(ask(_as_of(ahead_sql.REGIONAL, span), **span, region_id=region["region_id"]))
    if rows and "known_utc" not in span and all(row["period_start_utc"] != span["first_utc"] for row in rows):
        # of the half-hour that runs, the mart leaves out what was fetched since it began
        rows += ask(ahead_sql.REGIONAL_RUNNING, **span, region_id=region["region_id"])
    return _series("regional", region["region_name"], span, rows) if rows else None


def _national(ask: Ask, span: Mapping[str, Any]) -> Series:
    return _series("national", "Great Britain", span, ask(_as_of(ahead_sql.NATIONAL, span), **span))


def _as_of(statement: str, span: Mapping[str, Any]) -> str:
    return ahead_sql.as_known(statement) if "known_utc" in span else ahead_sql.as_now(statement)


def _series(
    basis: Basis,
    name: str,
    span: Mapping[str, Any],
    rows: Iterable[Row],
    starts: Iterable[datetime] | None = None,
) -> Series:
    rows = list(rows)
    keys = list(starts) if starts is not None else [row["period_start_utc"] for row in rows]
    pairs = sorted(zip(keys, (float(row["value"]) for row in rows), strict=True))
    values = {start: value for start, value in pairs if isfinite(value)}
    if not values:
        return Series("none", "", {}, None, (), None)
    until = max(values) + HALF_HOUR
    fetched = max(row["fetched_at_utc"] for row in rows)
    return Series(basis, name, values, until, lacking(values, span["first_utc"], until), fetched)


def lacking(values: Mapping[datetime, float], first_utc: datetime, end_utc: datetime) -> Spans:
    """The spans between two instants of whose half-hours there is none, neighbours in one."""
    spans: list[tuple[datetime, datetime]] = []
    start = first_utc
    while start < end_utc:
        if start not in values:
            begun = spans.pop()[0] if spans and spans[-1][1] == start else start
            spans.append((begun, start + HALF_HOUR))
        start += HALF_HOUR
    return tuple(spans)
