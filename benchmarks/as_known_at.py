"""As known at a random moment: 96 half-hours of 18 regions among 30 million versions of the regional carbon forecast.

    python -m benchmarks.as_known_at [--versions 30000000] [--moments 200] [--json]

Makes a server and a database of its own in a temporary folder (30 million versions take 32 GB), fills
raw.carbon_regional_forecast as half-hourly answers would, one after another, asks as the dashboard's role, and deletes
all of it. Both ways of asking get the same moments, in an order of their own.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from psycopg2.extensions import connection as Connection

from benchmarks.figures import Figure, at_most, beside
from energy_monitor.database import prepare
from energy_monitor.dbt import run_dbt
from energy_monitor.workspace import Workspace
from ingestion.settlement import HALF_HOUR

BUDGET, LIMIT_MS = "as known at a random moment", 100.0
WHOLE = 30_000_000  # versions, the budget's
LAG = timedelta(minutes=11)  # an issue is fetched so long after its first half-hour began
FIRST_ISSUE = datetime(2025, 1, 1, tzinfo=UTC) + LAG
AHEAD, REGIONS = 96, 18
ROWS_OF_ISSUE = AHEAD * REGIONS
SPAN = AHEAD * HALF_HOUR
MIX = [
    {"fuel": fuel, "perc": perc}
    for fuel, perc in zip(
        ("biomass", "coal", "imports", "gas", "nuclear", "other", "hydro", "solar", "wind"),
        (5.3, 0, 12.9, 31.2, 14.8, 0, 0.6, 4.1, 31.1),
        strict=True,
    )
]
FILL = """
    insert into raw.carbon_regional_forecast (
        "from", regionid, forecast, index, generationmix, "to", shortname, dnoregion, is_absent, content_hash,
        fetched_at, lake_key, load_id
    )
    select
        starts.half_hour, region, mod(hashint8(issue * 1728 + ahead * 18 + region), 200) + 200, 'moderate', %(mix)s,
        starts.half_hour + interval '30 minutes', 'Region ' || region, 'Network of region ' || region, false,
        md5(issue || ' ' || ahead || ' ' || region), issues.fetched_at, issues.lake_key, issue
    from generate_series(%(first)s, %(last)s) as issue
    cross join lateral (
        select
            %(start)s + issue * interval '30 minutes' as fetched_at,
            'landing/carbon_intensity/carbon_regional_forecast/date='
            || to_char(%(start)s + issue * interval '30 minutes', 'YYYY-MM-DD/YYYYMMDD"T"HH24MISS.US"Z-"')
            || left(md5(cast(issue as text)), 12) || '.json.gz' as lake_key
        offset 0
    ) as issues
    cross join generate_series(0, 95) as ahead
    cross join lateral (
        select date_bin('30 minutes', issues.fetched_at, '2000-01-01Z') + ahead * interval '30 minutes' as half_hour
    ) as starts
    cross join generate_series(1, 18) as region
    order by issue, ahead, region
"""
COLUMNS = """settlement_date, settlement_period, period_start_utc, region_id, carbon_forecast_gco2_per_kwh,
        carbon_index, known_from_utc, fetched_at_utc, lake_key"""
FORMS = {
    "function carbon_regional_as_known_at": f"""
        select {COLUMNS} from marts.carbon_regional_as_known_at(%(moment)s, %(start)s, %(end)s)
    """,
    "filter over fct_carbon_regional_versions": f"""
        select {COLUMNS} from marts.fct_carbon_regional_versions
        where period_start_utc >= %(start)s and period_start_utc < %(end)s
            and known_from_utc <= %(moment)s and (known_to_utc > %(moment)s or known_to_utc is null)
    """,
}


def issues_of(versions: int) -> int:
    """How many half-hourly issues bring at least so many versions."""
    return -(-versions // ROWS_OF_ISSUE)


def fill(workspace: Workspace, versions: int, progress: Callable[[str], None] = lambda _: None) -> None:
    """Fills the raw table issue after issue, as answers come, so that it lies on the disk as a year of loads would."""
    issues = issues_of(versions)
    steps = [*range(0, issues, 48), issues]
    connection = workspace.connect("owner")
    try:
        with connection.cursor() as cursor:
            # what is read is the same, and the log of 30 GB is spared
            cursor.execute("alter table raw.carbon_regional_forecast set unlogged")
            for first, after in pairwise(steps):
                cursor.execute(FILL, {"first": first, "last": after - 1, "start": FIRST_ISSUE, "mix": json.dumps(MIX)})
                connection.commit()
                progress(f"{after * ROWS_OF_ISSUE:,} versions")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("vacuum (analyze) raw.carbon_regional_forecast")
    finally:
        connection.close()


def build(workspace: Workspace) -> None:
    """Makes what is measured: the view of versions and the function beside it."""
    if not run_dbt(
        workspace,
        [
            "--quiet",
            "build",
            "--exclude-resource-type",
            "test",
            "unit_test",
            "--select",
            "+fct_carbon_regional_versions",
        ],
    ):
        raise SystemExit("dbt failed: what it printed says why")


def moments_of(versions: int, number: int, seed: int = 1) -> list[datetime]:
    """Random moments between the first issue and the last."""
    span = (issues_of(versions) - 1) * HALF_HOUR
    chance = random.Random(seed)
    return [FIRST_ISSUE + span * chance.random() for _ in range(number)]


def ask(connection: Connection, statement: str, moment: datetime) -> tuple[list[tuple[Any, ...]], float]:
    """The 96 half-hours of the newest issue by a moment, as known then, and how many milliseconds that took."""
    start = moment - (moment - FIRST_ISSUE) % HALF_HOUR - LAG
    began = time.perf_counter()
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, {"moment": moment, "start": start, "end": start + SPAN})
        rows = cursor.fetchall()
    return rows, (time.perf_counter() - began) * 1000


def measure(workspace: Workspace, versions: int, number: int, seed: int = 2) -> dict[str, dict[str, float]]:
    """Milliseconds of each form over the same moments, each in an order of its own. The forms agree, row for row."""
    moments = moments_of(versions, number)
    connection = workspace.connect("reader")
    answers: dict[datetime, list[tuple[Any, ...]]] = {}
    measured = {}
    try:
        for form, statement in FORMS.items():
            shuffled = random.Random(seed).sample(moments, number)
            times = []
            for moment in shuffled:
                rows, milliseconds = ask(connection, statement, moment)
                times.append(milliseconds)
                if answers.setdefault(moment, sorted(rows)) != sorted(rows) or len(rows) != ROWS_OF_ISSUE:
                    raise SystemExit(f"the forms do not agree on {moment}")
            measured[form] = _statistics(times)
            seed += 1
    finally:
        connection.close()
    return measured


def _statistics(times: Sequence[float]) -> dict[str, float]:
    p95 = quantiles(times, n=20, method="inclusive")[-1]
    return {name: round(value, 1) for name, value in (("p50", median(times)), ("p95", p95), ("max", max(times)))}


def size_bytes(workspace: Workspace) -> int:
    """The raw table with its index."""
    connection = workspace.connect("auditor")
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_total_relation_size('raw.carbon_regional_forecast')")
            (found,) = cursor.fetchone() or (0,)
            return int(found)
    finally:
        connection.close()


def run(home: Path, versions: int, moments: int, progress: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Everything, in a database of its own under `home`, whose server is stopped at the end."""
    workspace = Workspace("benchmark", {"ENERGY_MONITOR_HOME": str(home)})
    try:
        prepare(workspace)
        fill(workspace, versions, progress)
        build(workspace)
        progress(f"asking {moments} moments")
        return {
            "versions": issues_of(versions) * ROWS_OF_ISSUE,
            "size_gb": round(size_bytes(workspace) / 1e9, 1),
            "moments": moments,
            "milliseconds": measure(workspace, versions, moments),
        }
    finally:
        workspace.postgres.stop()


def figures(found: dict[str, Any]) -> list[Figure]:
    """The function's p95, the filter's beside it. Of fewer versions nothing is said of the budget."""
    by_function, by_filter = (times["p95"] for times in found["milliseconds"].values())
    what = f"p95 over {found['versions']:,} versions"
    if found["versions"] < WHOLE:
        return [beside(BUDGET, f"{what} (of 30 million: --large)", by_function, "ms", by_filter, "a filter by hand")]
    return [at_most(BUDGET, what, by_function, "ms", LIMIT_MS, other=by_filter, other_name="a filter by hand")]


def table(found: dict[str, Any]) -> Iterable[str]:
    """What was found, for people."""
    yield f"{found['versions']:,} versions, {found['size_gb']} GB with the index, {found['moments']} random moments"
    yield f"{'milliseconds':<44}{'p50':>10}{'p95':>10}{'max':>10}"
    for form, times in found["milliseconds"].items():
        yield f"{form:<44}" + "".join(f"{times[name]:>10}" for name in ("p50", "p95", "max"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", type=int, default=WHOLE)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    arguments = parser.parse_args()
    progress: Callable[[str], None] = (lambda _: None) if arguments.json else (lambda said: print(said, flush=True))
    with tempfile.TemporaryDirectory(prefix="energy-monitor-benchmark-") as home:
        found = run(Path(home), arguments.versions, arguments.moments, progress)
    if not arguments.json:
        print(*table(found), sep="\n")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
