"""Advice as it was given, and its scores: SQL works out what the planner does, and nothing given ever changes."""

import random
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extras import RealDictCursor
from streamlit.testing.v1 import AppTest

from dashboard import charge_score_words
from energy_monitor import advising
from energy_monitor.advice import STANDARDS, Known, asked_at, deadline_of, evenings, newest_evening, published_until
from energy_monitor.clock import clock_text
from energy_monitor.errors import UserError
from energy_monitor.workspace import Workspace
from ingestion.catalogue import DATASETS
from ingestion.dataset import NOTHING
from ingestion.landing import claim
from ingestion.settlement import DAY, HALF_HOUR, HOUR, local_midnight_utc, periods_in
from orchestration.advice import advice_asset, advice_check, advise_sensor
from planner.choose import at_once, plan
from planner.model import Slot, Slots, Wishes
from tests.conftest import Done, WorkspaceMaker, run_command, take_in
from tests.marts import build_marts, rows_of, run_dbt_here

FILE = "agile_half_hourly_2022-11_2023-06.csv"
FIRST, LAST = date(2023, 3, 20), date(2023, 3, 31)  # of the part of the file; the clocks go forward on the 26th
# Lost in the file: two hours of one night in which it is cheap, and single half-hours.
LOST = ("29/03/2023 02:00", "29/03/2023 02:30", "29/03/2023 03:00", "29/03/2023 03:30", "22/03/2023 18:00",
        "24/03/2023 03:30")  # fmt: skip
TARIFFS = ("E-1R-AGILE-24-10-01-A", "E-1R-AGILE-24-10-01-C")
SHORT, LONG = date(2026, 3, 29), date(2026, 10, 25)
DAYS = [*evenings(date(2026, 3, 27), date(2026, 3, 30)), *evenings(date(2026, 10, 23), date(2026, 10, 28))]
LIVE = [date(2026, 3, 27), date(2026, 3, 28), *evenings(date(2026, 10, 23), date(2026, 10, 27))]
NEVER_CAME = {LONG: {5, 6, 11}}  # half-hours of the long day: three, in the night
LATE = date(2026, 10, 26)  # prices for its night came after 18:00
PENDING = date(2026, 10, 27)  # what carbon its morning had is not known yet
FROM = (
    "+fct_retail_prices_half_hourly", "+fct_retail_price_history_half_hourly", "+fct_carbon_half_hourly",
    "+dim_regions", "+fct_retail_price_versions", "+fct_market_index_versions", "+fct_system_price_versions",
    "+fct_carbon_national_versions", "+fct_carbon_regional_versions",
)  # fmt: skip
SCORED = "stg_own__advice+"
AFTERWARDS = datetime(2026, 11, 20, tzinfo=UTC)
Command = Callable[..., Done]


# What there is --------------------------------------------------------------------------------------------------------


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def half_hours(day: date) -> list[datetime]:
    return [local_midnight_utc(day) + HALF_HOUR * n for n in range(periods_in(day))]


def take_prices(workspace: Workspace, tariff: str, day: date, dice: random.Random) -> None:
    """A day's prices, some below zero, as they come in the afternoon before; once, late in the evening."""
    price = {start: round(dice.gauss(15, 12), 2) for start in half_hours(day)}
    lacking = NEVER_CAME.get(day, set())
    results = [
        {
            "value_exc_vat": value, "value_inc_vat": value, "payment_method": None,
            "valid_from": instant(start), "valid_to": instant(start + HALF_HOUR),
        }
        for number, (start, value) in enumerate(price.items(), 1) if number not in lacking
    ]  # fmt: skip
    fetched_at = local_midnight_utc(day) - (4 * HOUR if day - DAY == LATE else 8 * HOUR)
    body = {"count": len(results), "next": None, "previous": None, "results": results}
    window = local_midnight_utc(day), local_midnight_utc(day + DAY)
    asked = DATASETS["octopus_unit_rates"].forms[0].write(*window, product=tariff[5:-2], tariff=tariff)
    for age in (NOTHING, 40 * HOUR) if lacking else (NOTHING,):  # asked again, the source still lacks them
        assert take_in(workspace, "octopus_unit_rates", asked, body, fetched_at + age).status == "loaded"


def take_carbon(workspace: Workspace, day: date, dice: random.Random) -> None:
    """What is forecast at 16:59Z for the next two days, and what it was in the end."""
    fetched_at = datetime(day.year, day.month, day.day, 16, 59, tzinfo=UTC)
    first = fetched_at.replace(minute=30)
    forecast = [carbon_row(first + HALF_HOUR * n, "forecast", dice) for n in range(96)]
    request = f"/intensity/{instant(first + timedelta(minutes=1))}/fw48h"
    assert take_in(workspace, "carbon_national_forecast", request, {"data": forecast}, fetched_at).status == "loaded"
    if day > PENDING:
        return
    actual = [carbon_row(start, "actual", dice) for start in half_hours(day)]
    request = f"/intensity/{actual[0]['to']}/{actual[-1]['to']}"
    come = local_midnight_utc(day) + 40 * HOUR
    assert take_in(workspace, "carbon_national_actual", request, {"data": actual}, come).status == "loaded"


def carbon_row(start: datetime, kind: str, dice: random.Random) -> dict[str, Any]:
    return {"from": instant(start), "to": instant(start + HALF_HOUR), "intensity": {kind: dice.randint(20, 300)}}


def part_of_agile(recorded: Path, target: Path) -> None:
    header, *lines = (recorded / "history" / FILE).read_text().splitlines(keepends=True)
    days = {f"{day:%d/%m/%Y}" for day in evenings(FIRST, LAST)}
    target.write_text(header + "".join(line for line in lines if line[:10] in days and not line.startswith(LOST)))


@pytest.fixture(scope="module")
def workspace(make_workspace: WorkspaceMaker, recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A part of the recorded file, and a made grid over both changes of the clocks; advised and scored."""
    workspace, folder, dice = make_workspace(), tmp_path_factory.mktemp("agile"), random.Random(9)
    part_of_agile(recorded, folder / "agile.csv")
    run_command("--workspace", workspace.name, "history", str(folder))
    for day in DAYS:
        take_carbon(workspace, day, dice)
        for tariff in TARIFFS:
            take_prices(workspace, tariff, day, dice)
    build_marts(workspace, "--select", *FROM)
    list(advising.give(workspace, evenings(FIRST - DAY, LAST), AFTERWARDS))
    for evening in LIVE:
        list(advising.give(workspace, [evening], asked_at(evening) + timedelta(minutes=5)))
    build_marts(workspace, "--select", SCORED)
    return workspace


def advice_of(workspace: Workspace, where: str = "true") -> list[dict[str, Any]]:
    with closing(workspace.connect("auditor")) as connection, connection.cursor(cursor_factory=RealDictCursor) as found:
        found.execute(f"select * from marts.fct_charge_advice where {where} order by 1, 2, 3, 4")
        return [dict(row) for row in found.fetchall()]


# Scores ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Came:
    """What came in the end, by the start of each half-hour. prices: by tariff; of "", those of the file."""

    carbon: Mapping[datetime, float]
    prices: Mapping[str, Mapping[datetime, float]]

    def slots(self, row: Mapping[str, Any]) -> Slots:
        """Of a night: slots of its prices with carbon, or of its carbon, which then stands for the price."""
        if row["objective"] == "greenest":
            return tuple(Slot(start, start + HALF_HOUR, value, value) for start, value in _within(row, self.carbon))
        tariff = row["tariff_code"] if row["price_basis"] == "agile" else ""
        of_night = _within(row, self.prices.get(tariff, {}))
        return tuple(Slot(start, start + HALF_HOUR, price, self.carbon.get(start)) for start, price in of_night)


def _within(row: Mapping[str, Any], values: Mapping[datetime, float]) -> list[tuple[datetime, float]]:
    return sorted(
        (start, value) for start, value in values.items() if row["earliest_utc"] <= start < row["deadline_utc"]
    )


def what_came(workspace: Workspace) -> Came:
    """All of it, asked for once: the file's view is worked out anew for each question."""
    statement = "select period_start_utc, carbon_actual_gco2_per_kwh from marts.fct_carbon_half_hourly"
    carbon = rows_of(workspace, f"{statement} where state in ('settled', 'provisional')")
    prices: dict[str, dict[datetime, float]] = {}
    for statement in (
        "select tariff_code, period_start_utc, price_inc_vat_p_per_kwh from marts.fct_retail_prices_half_hourly",
        "select '', period_start_utc, import_price_p_per_kwh from staging.stg_history__agile_prices where is_newest",
    ):
        for tariff, start, value in rows_of(workspace, statement):
            if value is not None:
                prices.setdefault(tariff, {})[start] = float(value)
    return Came({start: float(value) for start, value in carbon if value is not None}, prices)


def compare(workspace: Workspace, where: str = "true") -> int:
    """Holds hindsight's best and charging at once against the planner's, over the same slots; says how many."""
    compared, came = 0, what_came(workspace)
    loads = {standard.id: standard.load for standard in STANDARDS}
    for row in advice_of(workspace, where):
        slots, number = came.slots(row), "cost_p" if row["objective"] == "cheapest" else "carbon_g"
        load = loads[row["load_id"]]
        assert row["energy_at_meter_kwh"] == pytest.approx(load.energy_at_meter_kwh)
        wishes = Wishes(row["earliest_utc"], row["deadline_utc"], in_one_go=row["is_in_one_go"])
        if row["state"] == "not_given" and row["price_basis"] == "none":
            continue
        for run, make in (("hindsight", plan), ("at_once", at_once)):
            best = make(load, wishes, slots)
            if not best.is_whole:
                assert row[f"{run}_{number}"] is None, row
                continue
            assert row[f"{run}_{number}"] == pytest.approx(best.cost_p, abs=1e-6), (run, row)
            if row["objective"] == "cheapest":
                assert (row[f"{run}_carbon_g"] is None) == (best.carbon_g is None), (run, row)
            compared += 1
    return compared


def test_hindsight_and_charging_at_once_are_the_planner_s(workspace: Workspace) -> None:
    assert compare(workspace) > 150


def test_nights_on_which_clocks_change_have_24_and_28_half_hours(workspace: Workspace) -> None:
    found = {row["settlement_date"]: row["half_hours"] for row in advice_of(workspace, "is_clock_change_night")}
    assert found == {date(2023, 3, 25): 24, SHORT - DAY: 24, LONG - DAY: 28}
    assert all(row["half_hours"] == 26 for row in advice_of(workspace, "not is_clock_change_night"))


def test_lost_half_hours_are_counted_and_used_by_nothing(workspace: Workspace) -> None:
    rows = advice_of(workspace, "objective = 'cheapest' and price_lost_half_hours > 0")
    lost = {row["settlement_date"]: row["price_lost_half_hours"] for row in rows}
    at_its_ends = {FIRST - DAY: 12, LAST: 14}  # the file begins and ends at midnight
    single = {date(2023, 3, 22): 1, date(2023, 3, 23): 1}
    assert lost == {date(2023, 3, 28): 4, LONG - DAY: 3} | single | at_its_ends
    pieces = rows_of(
        workspace,
        "select start_utc, end_utc from marts.fct_charge_advice_pieces where settlement_date = '2023-03-28'",
    )
    begin, end = datetime(2023, 3, 29, 1, tzinfo=UTC), datetime(2023, 3, 29, 3, tzinfo=UTC)
    assert len(pieces) >= len(STANDARDS)
    assert all(piece_end <= begin or piece_start >= end for piece_start, piece_end in pieces)


def test_with_the_night_s_prices_out_only_carbon_leaves_something_to_regret(workspace: Workspace) -> None:
    cheap = advice_of(workspace, f"objective = 'cheapest' and state = 'scored' and settlement_date <> '{LATE}'")
    assert len(cheap) > 50
    assert all(abs(row["regret_cost_p"]) < 1e-6 and row["saving_cost_p"] > -1e-6 for row in cheap)
    assert all(row["advised_cost_p"] == pytest.approx(row["expected_cost_p"], abs=1e-6) for row in cheap)
    green = advice_of(workspace, "objective = 'greenest' and state = 'scored'")
    assert len(green) == (len(LIVE) - 1) * len(STANDARDS)
    assert all(row["regret_carbon_g"] > -1e-6 for row in green)
    assert sum(row["regret_carbon_g"] for row in green) > 1000
    assert {row["given"] for row in green} == {"live"}


def test_a_night_whose_carbon_is_to_come_is_pending_for_green_advice_alone(workspace: Workspace) -> None:
    states = {
        (row["objective"], row["state"], row["carbon_pending_half_hours"], row["carbon_lost_half_hours"])
        for row in advice_of(workspace, f"settlement_date = '{PENDING}'")
    }
    assert states == {("greenest", "pending", 14, 0), ("cheapest", "scored", 14, 0)}
    where = f"settlement_date = '{PENDING}' and objective = 'greenest'"
    assert not advice_of(workspace, f"{where} and saving_carbon_g is not null")


def test_advice_that_could_not_be_given_in_time_stays_ungiven(workspace: Workspace) -> None:
    """At 18:00 prices of the night up to midnight were known: too few for the van, and the rest is not made up."""
    where = f"settlement_date = '{LATE}' and objective = 'cheapest'"
    assert {row["given"] for row in advice_of(workspace, where)} == {"live"}
    found = {(row["load_id"], row["state"], row["prices_known_until_utc"]) for row in advice_of(workspace, where)}
    midnight = local_midnight_utc(LATE + DAY)
    assert found == {(standard.id, "scored", midnight) for standard in STANDARDS}
    regrets = [row["regret_cost_p"] for row in advice_of(workspace, where)]
    assert min(regrets) > -1e-6
    assert max(regrets) > 10  # what it costs to choose before the prices are out


def test_months_add_up(workspace: Workspace) -> None:
    (found,) = rows_of(
        workspace,
        """
        select sum(evenings), sum(scored_evenings + pending_evenings + lost_evenings + not_given_evenings),
            sum(total_saving_cost_p), sum(mean_regret_carbon_g * scored_evenings)
        from marts.fct_charge_advice_monthly
        """,
    )
    rows = advice_of(workspace)
    assert found[:2] == (len(rows), len(rows))
    assert found[2] == pytest.approx(sum(row["saving_cost_p"] or 0 for row in rows))
    assert found[3] == pytest.approx(sum(row["regret_carbon_g"] or 0 for row in rows))


TABLES = ("int_charge_slots", "int_charge_runs", "int_charge_best_splits")


def tables_of(workspace: Workspace) -> dict[str, list[str]]:
    return {
        name: sorted(row for (row,) in rows_of(workspace, f"select one::text from intermediate.{name} as one"))
        for name in TABLES
    }


# Given once -----------------------------------------------------------------------------------------------------------


def given_rows(workspace: Workspace, evening: date) -> list[tuple]:
    return rows_of(workspace, "select * from staging.stg_own__advice where evening = %s order by advice_id", [evening])


looks = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2**32)), min_size=2, max_size=4)
_later = iter(evenings(date(2024, 1, 1), date(2026, 1, 1)))


@settings(max_examples=8)
@given(looks)
def test_giving_again_later_with_other_data_changes_nothing(workspace: Workspace, looks: list[tuple[int, int]]) -> None:
    """Whatever is known at a later look, and in whatever way it gets into the lake."""
    evening, first = next(_later), None
    for hours, seed in sorted(looks):
        now, dice = asked_at(evening) + hours * HOUR, random.Random(seed)
        slots = tuple(
            Slot(asked_at(evening) + HALF_HOUR * n, asked_at(evening) + HALF_HOUR * (n + 1), dice.gauss(15, 9))
            for n in range(dice.randint(12, 26))
        )
        found = [Known("cheapest", slots, "agile", "none", region, TARIFFS[0]) for region in "AB"[: dice.randint(1, 2)]]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(advising, "_as_known", lambda *_, found=found: found)
            patch.setattr(advising, "_assumed", lambda *_: ())
            if dice.random() < 0.3:  # as one that does not look at what there is, such as a lake that is replayed
                patch.setattr(advising, "_held", lambda *_: set())
            list(advising.give(workspace, [evening], now))
        given_now = {row[:4]: row for row in given_rows(workspace, evening)}
        first = first or given_now
        assert {key: given_now[key] for key in first} == first
        first = given_now


def test_the_lake_alone_gives_the_same_advice(workspace: Workspace, make_workspace: WorkspaceMaker) -> None:
    other = make_workspace()
    run_command("--workspace", other.name, "replay", str(workspace.folder / "lake"))
    columns = "evening, load, objective, region_code, pieces, given, given_at_utc, expected_cost_p"
    statement = f"select {columns} from raw.advice order by 1, 2, 3, 4, 7"
    assert rows_of(other, statement) == rows_of(workspace, statement) != []


# The command ----------------------------------------------------------------------------------------------------------


def test_evenings_are_due_from_six_in_the_evening_on() -> None:
    assert asked_at(date(2026, 10, 24)) == datetime(2026, 10, 24, 17, tzinfo=UTC)
    assert asked_at(LONG) == datetime(2026, 10, 25, 18, tzinfo=UTC)
    assert deadline_of(LONG - DAY) == datetime(2026, 10, 25, 7, tzinfo=UTC)
    assert newest_evening(datetime(2026, 10, 24, 16, 59, tzinfo=UTC)) == date(2026, 10, 23)
    assert newest_evening(datetime(2026, 10, 24, 17, tzinfo=UTC)) == date(2026, 10, 24)


def test_agile_of_a_day_is_taken_to_be_out_at_four_the_day_before() -> None:
    assert published_until(datetime(2023, 3, 24, 15, 59, tzinfo=UTC)) == datetime(2023, 3, 24, 23, tzinfo=UTC)
    assert published_until(datetime(2023, 3, 24, 16, tzinfo=UTC)) == datetime(2023, 3, 25, 23, tzinfo=UTC)
    assert published_until(datetime(2023, 3, 25, 16, tzinfo=UTC)) == datetime(2023, 3, 26, 22, tzinfo=UTC)


def test_the_command_says_what_it_gave_and_refuses_what_cannot_be(workspace: Workspace, command: Command) -> None:
    def advise(*words: str, expect: int = 0) -> Done:
        now = asked_at(date(2026, 10, 28)) + 3 * HOUR
        clock = {"ENERGY_MONITOR_CLOCK": clock_text(now, now, 0)}
        return command("--workspace", workspace.name, "advise", *words, expect=expect, **clock)

    assert "12 evenings: nothing new; 36 given before" in advise("--from", "2023-03-20", "--to", "2023-03-31").out
    assert "1 evening: 9 reconstructed; 0 given before" in advise().out  # green, and two regions
    assert "0 evenings: nothing new" in advise().out
    assert "1 evening without advice" in advise("--evening", "2022-01-01").out
    for words, told in (
        (("--evening", "2026-10-29"), "the evening of 2026-10-29 has not come"),
        (("--from", "2026-10-20", "--to", "2026-10-19"), "--from 2026-10-20 lies after --to 2026-10-19"),
        (("--to", "2026-10-19"), "--to needs --from"),
        (("--evening", "2026-10-19", "--from", "2026-10-18"), "either --evening, or --from and --to"),
        (("--evening", "yesterday"), "yesterday"),
    ):
        assert told in advise(*words, expect=2).err


def test_dagster_gives_an_evening_once_and_sees_that_one_is_missed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, check, sensor = (make(workspace.name) for make in (advice_asset, advice_check, advise_sensor))
    evening, instance = date(2026, 10, 29), dg.DagsterInstance.ephemeral()

    def at(moment: datetime) -> Any:
        monkeypatch.setenv("ENERGY_MONITOR_CLOCK", clock_text(moment, moment, 0))
        return sensor(dg.build_sensor_context(instance=instance))

    def is_given() -> bool:
        job = dg.Definitions(asset_checks=[check]).resolve_implicit_global_asset_job_def()
        (found,) = job.execute_in_process(instance=instance).get_asset_check_evaluations()
        return found.passed

    list(advising.give(workspace, [evening - DAY], asked_at(evening - DAY)))
    assert isinstance(at(asked_at(evening) - timedelta(minutes=1)), dg.SkipReason)
    assert is_given()
    request = at(asked_at(evening) + timedelta(minutes=2))
    assert isinstance(request, dg.RunRequest)
    assert dg.materialize([asset], instance=instance, tags=dict(request.tags)).success
    assert {row[:3] for row in rows_of(workspace, "select load, objective, given from raw.advice where evening = %s "
                                       "and objective = 'greenest'", [evening])} == {
        (standard.id, "greenest", "live") for standard in STANDARDS
    }  # fmt: skip
    assert isinstance(at(asked_at(evening) + timedelta(minutes=3)), dg.SkipReason)
    assert isinstance(at(asked_at(evening + DAY)), dg.RunRequest)
    assert is_given(), "the evening has its hour"
    at(asked_at(evening + DAY) + 2 * HOUR)
    assert not is_given()


def test_nothing_is_advised_before_anything_has_landed(make_workspace: WorkspaceMaker) -> None:
    """Else advice would say what the lake is for: real, before the first answer of a simulated grid came."""
    workspace, evening = make_workspace(), date(2026, 10, 29)
    rows_of(workspace, "create table marts.fct_charge_advice ()", role="transformer")
    with closing(workspace.connect("auditor")) as connection:
        assert not advising.can_advise(connection)
        with pytest.raises(UserError, match="nothing has landed"):
            list(advising.give(workspace, [evening], asked_at(evening)))
        take_prices(workspace, TARIFFS[0], evening, random.Random(1))
        assert advising.can_advise(connection)
    fresh = make_workspace()
    claim(fresh.lake(), "simulated")
    assert advising._kind(fresh.lake()) == "simulated"
    assert advising._kind(Workspace("simulated", fresh.environ).lake()) == "simulated", "though nothing has landed"


def _score() -> None:
    from dashboard import charge_score

    charge_score.show("C")


def test_the_page_shows_what_was_advised_and_how_it_did(workspace: Workspace, reading: Callable[..., None]) -> None:
    reading(workspace, asked_at(PENDING) + 3 * HOUR)
    page = AppTest.from_function(_score, default_timeout=30).run()
    assert not page.exception
    shown = " ".join(element.value for element in (*page.markdown, *page.caption))
    for words in (
        "Campervan, 30 kWh",
        "live",
        "Not judged yet",
        "saved",
        "nothing was better",
        "a night above the best",
    ):
        assert words in shown, words
    for label in page.selectbox[0].options:
        assert not page.selectbox[0].select(label).run().exception
    assert set(charge_score_words.LOADS) == {standard.id for standard in STANDARDS}


def test_built_by_nights_is_built_whole(workspace: Workspace) -> None:
    """Last, as it changes what there is: a night's prices come late, then carbon; each build looks at those nights."""
    take_carbon(workspace, PENDING - 2 * DAY, random.Random(1))
    build_marts(workspace, "--select", "+fct_carbon_half_hourly", SCORED)
    by_nights = tables_of(workspace)
    assert run_dbt_here(workspace, "--full-refresh", "--select", *TABLES)
    assert by_nights == tables_of(workspace)
    assert len(by_nights["int_charge_runs"]) > 200


# All of it ------------------------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.timeout(1800)  # beside other programs
def test_over_all_recorded_agile_days(make_workspace: WorkspaceMaker, recorded: Path, command: Command) -> None:
    """Every evening from 1 November 2022 to 30 June 2023, by the commands of docs/scorecard.md."""
    workspace = make_workspace()
    words = ("--workspace", workspace.name)
    for name in (FILE, "carbon_national_2023_h1.csv"):
        run_command(*words, "history", str(recorded / "history" / name))
    build_marts(workspace, "--select", *FROM)
    assert "242 evenings: 726 assumed" in command(*words, "advise", "--from", "2022-11-01", "--to", "2023-06-30").out
    build_marts(workspace, "--select", SCORED)
    assert compare(workspace) == 2 * 726
    rows = advice_of(workspace)
    assert {row["state"] for row in rows} == {"scored"}
    assert all(-1e-6 < row["regret_cost_p"] < 1e-6 for row in rows)
    assert sum(row["is_clock_change_night"] for row in rows) == len(STANDARDS)
    assert {row["settlement_date"] for row in rows if row["price_lost_half_hours"]} == {date(2023, 6, 30)}
    for load, at_once_gbp, saved_gbp, saved_kg, carbon_share, least_p, most_p, clock_change_p in FIGURES:
        own = [row for row in rows if row["load_id"] == load]
        savings = [row["saving_cost_p"] for row in own]
        assert [min(savings), max(savings)] == pytest.approx([least_p, most_p], abs=0.5)
        (changed,) = (row for row in own if row["is_clock_change_night"])
        assert changed["half_hours"] == 24
        assert changed["saving_cost_p"] == pytest.approx(clock_change_p, abs=0.5)
        judged = sum(row["at_once_carbon_g"] for row in own if row["saving_carbon_g"] is not None)
        assert sum(row["saving_carbon_g"] or 0 for row in own) / judged == pytest.approx(carbon_share, abs=0.005)
        assert sum(row["at_once_cost_p"] for row in own) / 100 == pytest.approx(at_once_gbp, abs=0.005)
        assert sum(row["saving_cost_p"] for row in own) / 100 == pytest.approx(saved_gbp, abs=0.005)
        assert sum(row["saving_carbon_g"] or 0 for row in own) / 1000 == pytest.approx(saved_kg, abs=0.5)
        assert sum(row["saving_carbon_g"] is not None for row in own) == 181
    for (load, regrets), (mean_p, most_nights_p, share) in zip(
        before_prices_are_out(workspace, rows).items(), AT_THREE, strict=True
    ):
        saved = sum(row["saving_cost_p"] for row in rows if row["load_id"] == load)
        assert mean(regrets) == pytest.approx(mean_p, abs=0.5), load
        assert quantiles(regrets, n=20)[-1] == pytest.approx(most_nights_p, abs=0.5), load
        assert 1 - sum(regrets) / saved == pytest.approx(share, abs=0.005), load


# As docs/scorecard.md has them: at once and saved, in GBP; kilograms of CO2 less, and as a share; the least and most
# saved in a night, and in that of the change of the clocks, in pence.
FIGURES = (
    ("van_overnight", 2633.83, 952.73, 177, 0.17, 63, 1133, 352),
    ("car_in_one_go", 1859.74, 746.80, 134, 0.19, 69, 931, 329),
    ("dishwasher", 100.58, 48.37, 6.5, 0.18, 6, 52, 21),
)
# Had it been given at 15:00: pence a night above the best, in the mean and in 95 of 100; the part of the saving.
AT_THREE = ((330, 819, 0.16), (173, 494, 0.44), (6, 18, 0.71))


def before_prices_are_out(workspace: Workspace, rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    """By load each night's regret in pence, had the advice been given at 15:00."""
    came = what_came(workspace)
    regrets: dict[str, list[float]] = {standard.id: [] for standard in STANDARDS}
    loads = {standard.id: standard.load for standard in STANDARDS}
    for row in rows:
        until = published_until(asked_at(row["settlement_date"]) - 3 * HOUR)
        wishes = Wishes(row["earliest_utc"], row["deadline_utc"], in_one_go=row["is_in_one_go"])
        known = [slot for slot in came.slots(row) if slot.start_utc < until]
        done = plan(loads[row["load_id"]], wishes, known)
        assert done.is_whole
        regrets[row["load_id"]].append(done.cost_p - row["hindsight_cost_p"])
    return regrets
