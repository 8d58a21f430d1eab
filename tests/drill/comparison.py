"""The marts of the two sides, row for row and column for column; and which differences a lost forecast explains."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from simulator.faulty_bodies import NEW_CODES
from tests.drill.lake import LakeReader
from tests.marts import rows_of

# or about history: what was asked and answered, and when it was known
ABOUT_LOADS = ("dim_datasets", "fct_forecast_issues", "fct_source_gaps_daily")
HISTORY = ("fct_revisions", "fct_source_reliability", "fct_forecast_accuracy")
VERSIONS = "_versions"  # what was known when
PROVENANCE = ("fetched_at_utc", "lake_key", "load_id", "newest_answer_utc", "known_from_utc", "confirmed_at_utc",
              "carbon_forecast_source_dataset")  # fmt: skip  # of two that say the same, the one that was asked last
IDS = (
    "period_start_utc", "interval_start_utc", "settlement_date", "settlement_period", "month", "fuel_code", "mrid",
    "revision_number", "published_at_utc", "region_id", "tariff_code", "region_code", "product_code", "valid_from_utc",
    "measured_at_utc", "network_region_name", "week_start_date", "month_start_date", "year_start_date", "check_name",
    "record_id", "price_kind", "span", "percentile",
)  # fmt: skip
# The forecast without a past that a mart shows, and until how long after its start an issue covers a half-hour.
FORECASTS_IN = {
    "fct_carbon_half_hourly": ("carbon_national_forecast", timedelta(minutes=30)),
    "fct_carbon_regional_half_hourly": ("carbon_regional_forecast", timedelta(0)),  # as it was when that began
    "fct_demand_half_hourly": ("neso_embedded_forecast", timedelta(minutes=30)),
    "fct_generation_half_hourly": ("neso_embedded_forecast", timedelta(minutes=30)),
}
# The first day of what a row sums up, and how long that is.
SPANS = {
    "settlement_date": relativedelta(days=1),
    "week_start_date": relativedelta(weeks=1),
    "month_start_date": relativedelta(months=1),
    "year_start_date": relativedelta(years=1),
}
Row = dict[str, Any]


@dataclass
class Comparison:
    """What was compared, and where the ill side differs."""

    rows: int = 0
    columns: int = 0
    marts: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    forecasts_missed: list[str] = field(default_factory=list)  # differences that a lost issue of a forecast explains
    withdrawn: list[str] = field(default_factory=list)  # rows that only a fault said, and no later answer


def compare(well: Workspace, ill: Workspace, lost_forecasts: "LostForecasts", faulted: set[str]) -> Comparison:
    """Compares all marts. `faulted`: the keys of bodies in the lake that a fault was in."""
    found = Comparison()
    ours, theirs = _marts(well), _marts(ill)
    # what is worked out from others comes last: it names no body, and differs where those do
    for name in sorted(ours.keys() | theirs.keys(), key=lambda name: ("lake_key" not in ours.get(name, ()), name)):
        if name in ABOUT_LOADS or name.startswith(HISTORY) or name.endswith(VERSIONS):
            found.left_out.append(name)
        elif name not in ours or name not in theirs:
            found.differences.append(f"{name} is a mart of one side only")
        else:
            _compare_mart(found, name, _rows(well, name), _rows(ill, name), lost_forecasts, faulted)
    return found


def _compare_mart(
    found: Comparison, name: str, well: list[Row], ill: list[Row], lost: "LostForecasts", faulted: set[str]
) -> None:
    found.marts.append(name)
    found.rows += len(well)
    columns = list((well or ill or [{}])[0])
    ids = [column for column in columns if column in IDS]
    values = [column for column in columns if column not in ids and not column.endswith(PROVENANCE)]
    found.columns += len(values) + len(ids)
    ours, theirs = _by_id(well, ids or values), _by_id(ill, ids or values)
    if len(ours) != len(well) or len(theirs) != len(ill):
        found.differences.append(f"{name}: {ids} do not tell rows apart")
    for key in sorted(ours.keys() | theirs.keys(), key=str):
        mine, other = ours.get(key), theirs.get(key)
        differing = [c for c in values if mine is None or other is None or mine[c] != other[c]]
        if mine is not None and other is not None and not differing:
            continue
        told = _told(name, key, mine, other, differing)
        if mine is None and other is not None and _was_withdrawn(other, values, faulted):
            found.withdrawn.append(told)
        elif lost.explain(name, mine, other):
            found.forecasts_missed.append(told)
        else:
            found.differences.append(told)


def _told(name: str, key: object, mine: Row | None, other: Row | None, differing: list[str]) -> str:
    if mine is None or other is None:
        return f"{name} {key}: a row of the {'ill' if mine is None else 'well'} side only: {other or mine}"
    return f"{name} {key}: " + ", ".join(f"{c} is {other[c]} for {mine[c]}" for c in differing[:6])


def _was_withdrawn(row: Row, values: Iterable[str], faulted: set[str]) -> bool:
    """A row that a body with a fault brought, and that later answers lack: it shows no value. Or its new fuel."""
    if row.get("fuel_code") in NEW_CODES and row.get("is_known") is False:
        return True
    says_so = row.get("state") == "withdrawn" and row.get("lake_key") in faulted
    numbers = [row[c] for c in values if isinstance(row[c], int | float) or "_mw" in c or "_per_" in c]
    return says_so and not any(number is not None for number in numbers)


@dataclass(frozen=True)
class LostForecasts:
    """Issues of forecasts that no later answer has: what the well side has of them, and what the ill side has instead.

    missed: keys of bodies of the well side whose issue the ill side never loaded as it was. issues: for each dataset,
        when the well side fetched an issue, and whether the ill side lost it.
    tampered: keys of bodies of the ill side that brought an issue with a fault in it.
    half_hours, dates: of rows that those explain already; marts without provenance are worked out from them.
    """

    missed: frozenset[str]
    tampered: frozenset[str]
    issues: Mapping[str, Mapping[datetime, bool]]
    half_hours: set[Any] = field(default_factory=set)
    dates: set[Any] = field(default_factory=set)

    @classmethod
    def between(cls, well: LakeReader, ill: LakeReader, faulted: set[str]) -> "LostForecasts":
        """What the ill side lost of what the well side has; `faulted`: keys of bodies that a fault was in."""
        as_they_were = {digest for key, digest in ill.hashes.items() if key not in faulted}
        fetched = {a.body_key: a.fetched_at for a in well.attempts.values() if a.body_key and without_past(a.dataset)}
        missed = {key for key in fetched if well.hashes.get(key) not in as_they_were}
        issues: dict[str, dict[datetime, bool]] = defaultdict(dict)
        for key, at in fetched.items():
            issues[key.split("/")[2]][at] = key in missed
        tampered = {key for key in faulted if without_past(key.split("/")[2])}
        return cls(frozenset(missed), frozenset(tampered), issues)

    def explain(self, name: str, well: Row | None, ill: Row | None) -> bool:
        """Whether a difference is that of such an issue; remembers the half-hour."""
        rows = [row for row in (well, ill) if row is not None]
        keys = {(row is ill, row[c]) for row in rows for c in row if c.endswith("lake_key")}
        named = any(key in (self.tampered if is_ill else self.missed) for is_ill, key in keys)
        lost_last = any(self._lost_the_last_before(name, row.get("period_start_utc")) for row in rows)
        if (named or lost_last) and _is_of_forecasts(name, well or {}, ill or {}):
            self.half_hours.update(row["period_start_utc"] for row in rows if "period_start_utc" in row)
            self.dates.update(row["settlement_date"] for row in rows if "settlement_date" in row)
            return True
        if keys:
            return False
        if any("period_start_utc" in row for row in rows):
            return any(row["period_start_utc"] in self.half_hours for row in rows)
        return any(self._lost_in_the_span_of(row) for row in rows)

    def _lost_in_the_span_of(self, row: Row) -> bool:
        """Whether a row of a day, week, month or year is made of a half-hour that such an issue explains."""
        return any(
            first <= day < first + span
            for name, span in SPANS.items()
            if (first := row.get(name)) is not None
            for day in self.dates
        )

    def _lost_the_last_before(self, mart: str, start: datetime | None) -> bool:
        """Whether the issue that a mart's half-hour is shown by, the last one before it, is a lost one."""
        if start is None or mart not in FORECASTS_IN:
            return False
        dataset, covers_back = FORECASTS_IN[mart]
        issues = self.issues.get(dataset, {})
        times = [at for at in issues if at <= start + covers_back]
        return bool(times) and issues[max(times)]


def _is_of_forecasts(name: str, well: Row, ill: Row) -> bool:
    """Whether two rows differ only in what a forecast says; one that is not there, in all that the other says."""
    if name not in FORECASTS_IN:
        return True
    differing = [c for c in {*well, *ill} if c not in IDS and not c.endswith(PROVENANCE) and well.get(c) != ill.get(c)]
    of_fuel = (well or ill).get("fuel_code", "EMBEDDED")
    # names of regions come beside their forecasts
    return of_fuel.startswith("EMBEDDED") and all(
        c == "state"
        or c == "region_name"
        or re.search("embedded|forecast|index|_share", c)
        or name.startswith("fct_gen")
        for c in differing
    )


def without_past(dataset: str) -> bool:
    """Whether the source keeps no issue but the newest."""
    return dataset in DATASETS and DATASETS[dataset].newest is not None


def _marts(workspace: Workspace) -> Mapping[str, list[str]]:
    """The names of the marts, each with its columns."""
    columns = rows_of(
        workspace,
        "select table_name, array_agg(column_name::text order by ordinal_position) "
        "from information_schema.columns where table_schema = 'marts' group by table_name",
    )
    return dict(columns)


def _rows(workspace: Workspace, name: str) -> list[Row]:
    columns = [
        column
        for (column,) in rows_of(
            workspace,
            "select column_name from information_schema.columns where table_schema = 'marts' and table_name = %s "
            "order by ordinal_position",
            [name],
        )
    ]
    return [dict(zip(columns, row, strict=True)) for row in rows_of(workspace, f'select * from marts."{name}"')]


def _by_id(rows: list[Row], ids: list[str]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[c] for c in ids): row for row in rows}
