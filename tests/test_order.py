"""The order of loads does not matter: any order, repeats and two loaders at once give the same versions and marts."""

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.ingest import ingest
from ingestion.lake import Lake
from ingestion.landing import Answer
from ingestion.settlement import DAY, local_midnight_utc
from tests.conftest import WorkspaceMaker, day_request
from tests.marts import build_marts, marts_of, rows_of

# Each example has a settlement date of its own, so that all of them can share two databases.
_days = (date(2016, 1, 1) + DAY * number for number in itertools.count())


@dataclass(frozen=True)
class Observation:
    """One answer about one row: its content, or None where the answer lacks it."""

    hours: int  # of the fetch, after the day's end
    content: str | None
    by_publish_time: bool  # asked in a way in which a row that is lacking says nothing


@dataclass(frozen=True)
class Scenario:
    dataset: str
    observations: list[Observation]
    order: list[int]  # in which they are loaded, with repeats
    at_once: bool  # by two connections


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    dataset = draw(st.sampled_from(["system_prices", "fuelhh", "carbon_national_actual"]))
    observations = draw(
        st.lists(
            st.builds(
                Observation,
                hours=st.integers(1, 6),
                content=st.sampled_from(["A", "B", None]),
                by_publish_time=st.just(False) if dataset != "fuelhh" else st.booleans(),
            ),
            min_size=1,
            max_size=6,
        )
    )
    everything = range(len(observations))
    order = [*draw(st.permutations(everything)), *draw(st.lists(st.sampled_from(everything), max_size=3))]
    return Scenario(dataset, observations, draw(st.permutations(order)), draw(st.booleans()))


def answer_of(dataset: str, day: date, seen: Observation) -> Answer:
    """An answer for a day with a row that never changes and, unless it is lacking, the row at hand."""
    midnight = local_midnight_utc(day)
    rows = [row_of(dataset, day, midnight, 1, "steady")]
    if seen.content is not None:
        rows.append(row_of(dataset, day, midnight, 2, seen.content))
    request = day_request(dataset, day)
    if seen.by_publish_time:
        form = next(form for form in DATASETS[dataset].forms if form.column == "publishTime")
        request = form.write(midnight, midnight + DAY)
    fetched_at = midnight + 2 * DAY + timedelta(hours=seen.hours)
    return Answer(request, fetched_at, 200, json.dumps({"data": rows}).encode())


def row_of(dataset: str, day: date, midnight: datetime, period: int, content: str) -> dict:
    start = midnight + timedelta(minutes=30) * (period - 1)
    number = {"steady": 1, "A": 85.5, "B": -3}[content]
    if dataset == "carbon_national_actual":
        end = start + timedelta(minutes=30)
        intensity = {"forecast": 50, "actual": abs(number), "index": "low"}
        return {"from": f"{start:%Y-%m-%dT%H:%MZ}", "to": f"{end:%Y-%m-%dT%H:%MZ}", "intensity": intensity}
    if dataset == "fuelhh":
        publish = start + timedelta(minutes=30)
        return {"startTime": iso(start), "fuelType": "CCGT", "generation": number, "publishTime": iso(publish)}
    row = {"settlementDate": f"{day}", "settlementPeriod": period, "systemSellPrice": number}
    return row | {"createdDateTime": iso(start + timedelta(minutes=50))}


def iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def load_all(workspace: Workspace, lake: Lake, dataset: str, answers: list[Answer], at_once: bool) -> None:
    def work(mine: list[Answer]) -> None:
        connection = workspace.connect("ingester")
        try:
            for answer in mine:
                loaded = ingest(DATASETS[dataset], answer.request, lambda _, it=answer: [it], lake, connection)
                assert loaded.error is None
                outcomes.append(loaded.status)
        finally:
            connection.close()

    outcomes: list[str] = []
    shares = [answers[::2], answers[1::2]] if at_once else [answers]
    threads = [Thread(target=work, args=[share]) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(answers), "a loader died"
    assert outcomes.count("loaded") == len({(a.request, a.fetched_at, a.body) for a in answers}), "loaded twice"


VERSIONS = {
    "system_prices": """
        select fetched_at_utc, system_sell_price_gbp_per_mwh, absent_from_utc, lake_key, known_from_utc, known_to_utc
        from staging.stg_elexon__system_prices where settlement_date = %s and settlement_period = 2
    """,
    "fuelhh": """
        select fetched_at_utc, generation_mw, absent_from_utc, lake_key, known_from_utc, known_to_utc
        from staging.stg_elexon__generation_half_hourly where settlement_date = %s and settlement_period = 2
    """,
    "carbon_national_actual": """
        select fetched_at_utc, carbon_actual_gco2_per_kwh, absent_from_utc, lake_key, known_from_utc, known_to_utc
        from staging.stg_carbon_intensity__national_actual where settlement_date = %s and settlement_period = 2
    """,
}
DAYS_COVERED = """
    select distinct fetched_at, is_complete, covered_from_utc, covered_to_utc, rows_seen
    from raw.load_days where dataset = %s and settlement_date = %s order by 1, 2, 3, 4, 5
"""


def expected_versions(observations: list[tuple[datetime, str, Observation]], dataset: str) -> list[tuple]:
    """By plain reasoning: one version per change of content, an absence noted on the version that it follows."""
    values = {"A": 85.5, "B": 3 if dataset == "carbon_national_actual" else -3}
    versions: list[list] = []
    state = None
    for fetched_at, _, seen in sorted(observations, key=lambda one: one[:2]):
        if seen.content is None:
            if not seen.by_publish_time and state is not None:
                if state != "absent":
                    versions[-1][2] = fetched_at
                state = "absent"
        elif seen.content != state:
            versions.append([fetched_at, values[seen.content], None])
            state = seen.content
    return [tuple(version) for version in versions]


@pytest.fixture(scope="module")
def pair(make_workspace: WorkspaceMaker) -> tuple[Workspace, Workspace]:
    """Two workspaces with the same answers: one loads them in order, the other as it comes."""
    workspaces = make_workspace(), make_workspace()
    for workspace in workspaces:
        build_marts(workspace, "--select", "path:models/staging")
    return workspaces


def hold_against_each_other(pair: tuple[Workspace, Workspace], scenario: Scenario) -> None:
    in_order, as_it_comes = pair
    day = next(_days)
    answers = [answer_of(scenario.dataset, day, seen) for seen in scenario.observations]
    by_time = sorted(answers, key=lambda answer: answer.fetched_at)
    load_all(in_order, in_order.lake(), scenario.dataset, by_time, at_once=False)
    shuffled = [answers[place] for place in scenario.order]
    load_all(as_it_comes, as_it_comes.lake(), scenario.dataset, shuffled, scenario.at_once)

    first, second = (rows_of(w, VERSIONS[scenario.dataset] + " order by 1, 4", [day]) for w in pair)
    assert first == second
    observations = [
        (answer.fetched_at, lake_key_of(scenario.dataset, answer), seen)
        for answer, seen in zip(answers, scenario.observations, strict=True)
    ]
    found = [(fetched_at, float(value), absent_from) for fetched_at, value, absent_from, *_ in first]
    assert found == expected_versions(observations, scenario.dataset)
    covered = [rows_of(w, DAYS_COVERED, [scenario.dataset, day]) for w in pair]
    assert covered[0] == covered[1]


def lake_key_of(dataset: str, answer: Answer) -> str:
    """Two answers of one moment are ordered by their keys."""
    stamp = answer.fetched_at.strftime("%Y%m%dT%H%M%S.%fZ")
    digest = sha256(answer.body or b"").hexdigest()[:12]
    source = DATASETS[dataset].source
    return f"landing/{source}/{dataset}/date={answer.fetched_at:%Y-%m-%d}/{stamp}-{digest}.json.gz"


@settings(max_examples=40)
@given(scenario=scenarios())
def test_any_order_gives_the_same_versions(pair: tuple[Workspace, Workspace], scenario: Scenario) -> None:
    hold_against_each_other(pair, scenario)


@pytest.mark.full
@settings(max_examples=600)
@given(scenario=scenarios())
def test_any_order_gives_the_same_versions_in_many_scenarios(
    pair: tuple[Workspace, Workspace], scenario: Scenario
) -> None:
    hold_against_each_other(pair, scenario)


def test_fetched_a_b_a_and_loaded_first_third_second(pair: tuple[Workspace, Workspace]) -> None:
    for dataset in VERSIONS:
        seen = [Observation(1, "A", False), Observation(2, "B", False), Observation(3, "A", False)]
        hold_against_each_other(pair, Scenario(dataset, seen, [0, 2, 1], at_once=False))


def test_the_marts_of_all_these_orders_are_the_same(pair: tuple[Workspace, Workspace]) -> None:
    """Runs after the tests above, on all that they loaded, and on a row that two complete answers lack."""
    gone = [Observation(1, "A", False), Observation(2, None, False), Observation(3, None, False)]
    for dataset in VERSIONS:
        hold_against_each_other(pair, Scenario(dataset, gone, [2, 0, 1], at_once=False))
        hold_against_each_other(pair, Scenario(dataset, gone[:2], [1, 0], at_once=False))
    for workspace in pair:
        build_marts(workspace, "--select", "+fct_grid_daily", "+fct_revisions")
    first, second = map(marts_of, pair)
    assert first == second
    for mart, value, fuel in (
        ("fct_prices_half_hourly", "system_price_gbp_per_mwh", ""),
        ("fct_generation_half_hourly", "generation_mw", "and fuel_code = 'CCGT'"),
        ("fct_carbon_half_hourly", "carbon_actual_gco2_per_kwh", ""),
    ):
        newest_two = f"""
            select state, {value} is null from marts.{mart}
            where settlement_period = 2 {fuel} order by settlement_date desc limit 6
        """
        found = rows_of(pair[0], newest_two)
        assert ("withdrawn", True) in found, f"{mart}: a row that two complete answers lack is withdrawn"
        assert ("settled", False) in found or ("provisional", False) in found, "one that one answer lacks is not"
