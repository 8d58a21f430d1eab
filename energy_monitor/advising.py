"""Giving advice: what was known of an evening is read from the marts, planned with, landed and loaded, once.

Reads as the role reader; lands and loads like every answer (`ingestion/datasets/own.py`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from psycopg2 import errors
from psycopg2.extensions import connection as Connection

from energy_monitor import advice
from energy_monitor.advice import Given, Known, Row, asked_at, deadline_of, how_given
from energy_monitor.ahead import Ahead, Ask, ahead_by, asker
from energy_monitor.database import prepare
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from ingestion.datasets.own import ADVICE
from ingestion.ingest import finish_landed, ingest
from ingestion.lake import Lake, LakeError
from ingestion.landing import KIND_KEY, SIMULATED_HEADER, Answer
from ingestion.settlement import DAY, HALF_HOUR
from planner.model import Slot

MOST_MISSED = 7 * DAY  # so far back missed evenings are made good without being asked for

# Regions are advised on that had Agile prices lately: where the night's did not come in time, that is said.
REGIONS = """
    select distinct region_code from marts.fct_retail_prices_half_hourly
    where product_code like 'AGILE%' and direction = 'import' and price_inc_vat_p_per_kwh is not null
        and period_start_utc >= :first_utc and period_start_utc < :end_utc
    order by region_code
"""
HISTORY = """
    select period_start_utc, import_price_p_per_kwh as value from marts.fct_retail_price_history_half_hourly
    where period_start_utc >= :first_utc and period_start_utc < :end_utc and import_price_p_per_kwh is not null
    order by period_start_utc
"""
HELD = "select load, objective, region_code from raw.advice where evening = %s"
# A look at an evening is a load, also where nothing could be said.
LOOKED_AT = """
    select distinct cast(window_first as date) from raw.loads
    where dataset = 'advice' and status = 'loaded' and window_first between %s and %s
"""


@dataclass(frozen=True)
class Done:
    """An evening: how many rows of advice were given now, by the way of giving, and how many had been before."""

    evening: date
    given: Mapping[str, int]
    before: int


def give(workspace: Workspace, evenings: Iterable[date], now_utc: datetime) -> Iterator[Done]:
    """Gives what is due of these evenings, and yields each; what was given before stays as it is.

    Raises UserError where the lake is empty, where there are no marts to advise from, and where what was given
    cannot be loaded.
    """
    prepare(workspace)
    lake = workspace.lake()
    _kind(lake)
    with closing(workspace.connect("reader")) as reader, closing(workspace.connect("ingester")) as ingester:
        _alone(ingester)
        for _ in finish_landed(ADVICE, lake, ingester):
            pass
        for evening in evenings:
            with _telling_of_marts(workspace):
                rows = list(_rows(asker(reader), evening, now_utc))
            held = _held(ingester, evening)
            new = [row for row in rows if (row["load"], row["objective"], row["region_code"]) not in held]
            if new or evening not in looked_at(ingester, evening, evening):
                _keep(lake, ingester, evening, new, now_utc)
            yield Done(evening, Counter(row["given"] for row in new), len(held))


def due(connection: Connection, now_utc: datetime) -> list[date]:
    """The newest evening, and those missed in the week before since advice was first given. As the auditor."""
    newest = advice.newest_evening(now_utc)
    known = looked_at(connection, newest - MOST_MISSED, newest)
    return [day for day in advice.evenings(min(known, default=newest), newest) if day not in known]


def can_advise(connection: Connection) -> bool:
    """Whether there is anything to advise from, and to score with. As the auditor."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select to_regclass('marts.fct_charge_advice') is not null "
            "and exists (select from raw.loads where status = 'loaded' and dataset <> %s)",
            [ADVICE.id],
        )
        return cursor.fetchone() == (True,)


def looked_at(connection: Connection, first: date, last: date) -> set[date]:
    """The evenings that were looked at."""
    with connection, connection.cursor() as cursor:
        cursor.execute(LOOKED_AT, [first.isoformat(), last.isoformat()])
        return {day for (day,) in cursor.fetchall()}


def _rows(ask: Ask, evening: date, now_utc: datetime) -> Iterator[Row]:
    given = how_given(evening, now_utc)
    yield from advice.rows(evening, _as_known(ask, evening, given), given, now_utc)
    yield from advice.rows(evening, _assumed(ask, evening), "assumed", now_utc)


def _as_known(ask: Ask, evening: date, given: Given) -> Iterator[Known]:
    """By the versions. Of an evening gone by there is nothing to say where nothing was known."""
    begin, end = asked_at(evening), deadline_of(evening)
    national = ahead_by(ask, None, begin, end, known_utc=begin)
    if national.carbon.values or (given == "live" and _had_carbon(ask, begin)):
        yield Known(
            "greenest",
            national.carbon_slots,
            price_basis="none",
            carbon_basis=national.carbon.basis,
            carbon_known_until_utc=national.carbon.known_until_utc,
        )
    for row in ask(REGIONS, first_utc=begin - MOST_MISSED, end_utc=end):
        found = ahead_by(ask, row["region_code"], begin, end, known_utc=begin)
        if found.prices.basis == "agile" or given == "live":
            yield _cheapest(found, national)


def _had_carbon(ask: Ask, moment_utc: datetime) -> bool:
    return bool(ahead_by(ask, None, moment_utc - DAY, moment_utc, known_utc=moment_utc).carbon.values)


def _cheapest(found: Ahead, national: Ahead) -> Known:
    """Prices of the region; carbon of Great Britain, as that alone is known afterwards."""
    carbon, is_agile = national.carbon.values, found.prices.basis == "agile"
    slots = tuple(
        Slot(slot.start_utc, slot.end_utc, slot.price_p_per_kwh, carbon.get(slot.start_utc)) for slot in found.slots
    )
    return Known(
        "cheapest",
        slots if is_agile else (),
        price_basis="agile" if is_agile else "none",
        carbon_basis=national.carbon.basis,
        region_code=found.region_code or "",
        tariff_code=found.tariff_code or "",
        prices_known_until_utc=found.prices.known_until_utc if is_agile else None,
        carbon_known_until_utc=national.carbon.known_until_utc,
    )


def _assumed(ask: Ask, evening: date) -> Iterator[Known]:
    """Of files, which do not tell when a price came: as far as Agile's prices are out by then, as a rule."""
    begin = asked_at(evening)
    end = min(deadline_of(evening), advice.published_until(begin))
    prices = {row["period_start_utc"]: float(row["value"]) for row in ask(HISTORY, first_utc=begin, end_utc=end)}
    if prices:
        yield Known(
            "cheapest",
            tuple(Slot(start, start + HALF_HOUR, price) for start, price in prices.items()),
            price_basis="agile_history",
            carbon_basis="none",
            prices_known_until_utc=max(prices) + HALF_HOUR,
        )


def _keep(lake: Lake, connection: Connection, evening: date, rows: Sequence[Row], now_utc: datetime) -> None:
    request = ADVICE.forms[0].write(evening, evening)
    # advice from a simulated grid is simulated
    headers = {SIMULATED_HEADER: now_utc.isoformat()} if _kind(lake) == "simulated" else {}
    answer = Answer(request, now_utc, 200, json.dumps({"data": rows}, indent=1).encode(), headers=headers)
    loaded = ingest(ADVICE, request, lambda _: [answer], lake, connection)
    if loaded.status == "failed":
        raise UserError(f"the advice of {evening} is in the lake and could not be loaded: {loaded.error}")


def _kind(lake: Lake) -> str:
    """Of the answers in the lake. Raises UserError for an empty lake: what comes first says what it is for, not we."""
    if lake.kind is not None:  # as the workspace's name says
        return lake.kind
    try:
        return lake.get(KIND_KEY).decode()
    except LakeError as error:
        raise UserError(
            f"nothing has landed in {lake.uri} yet, so there is nothing to advise from: `energy-monitor ingest` or "
            "`energy-monitor backfill --from YYYY-MM-DD` brings something in"
        ) from error


def _alone(connection: Connection) -> None:
    """Two that give at once would give twice; freed with the connection."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtext('energy_monitor.advise'))")


def _held(connection: Connection, evening: date) -> set[tuple[str, str, str]]:
    with connection, connection.cursor() as cursor:
        cursor.execute(HELD, [evening])
        return set(cursor.fetchall())


@contextmanager
def _telling_of_marts(workspace: Workspace) -> Iterator[None]:
    try:
        yield
    except (errors.UndefinedTable, errors.UndefinedFunction, errors.InvalidSchemaName) as error:
        raise UserError(
            f"the workspace {workspace.name} lacks a mart to advise from: run "
            f"`energy-monitor --workspace {workspace.name} build` first"
        ) from error
