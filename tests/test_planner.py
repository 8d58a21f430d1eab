"""The planner: what others' documents and tests say a planner should find, what is asked for wrongly, and policies."""

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from planner.choose import at_once, plan, replan
from planner.front import front
from planner.model import Load, Plan, PlanError, Slot, Step, Wishes
from tests.conftest import REPOSITORY

T0 = datetime(2026, 1, 1, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
HEAVY = ("pandas", "streamlit", "dagster", "dbt", "psycopg2", "scipy")


def after(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def row(prices: list[float], minutes: int = 60, start: datetime = T0, carbon: float | None = 100.0) -> list[Slot]:
    """Slots of one length, one after another."""
    length = timedelta(minutes=minutes)
    return [Slot(start + i * length, start + (i + 1) * length, price, carbon) for i, price in enumerate(prices)]


def clock(found: Plan) -> str:
    assert found.start_utc is not None
    return found.start_utc.strftime("%H:%M")


# --- what others say a planner should find --------------------------------------------------------------------------

EVCC = row([20, 60, 10, 80, 40, 90])


@pytest.mark.parametrize(
    ("hours", "earliest", "cost", "start"),
    [(1, 0, 10, "02:00"), (2, 0, 30, "00:00"), (1.5, 0, 20, "00:30"), (2, 0.5, 40, "00:30")],
    ids=["1 h", "2 h", "90 min", "2 h from 00:30"],
)
def test_evcc_plan(hours: float, earliest: float, cost: float, start: str) -> None:
    found = plan(Load(hours, 1), Wishes(after(earliest), after(6), tie="latest"), EVCC)
    assert found.cost_p == pytest.approx(cost)
    assert clock(found) == start


def test_evcc_flat_tie_gives_the_latest_window() -> None:
    for in_one_go in (True, False):
        found = plan(Load(1.25, 1), Wishes(T0, after(6), in_one_go=in_one_go, tie="latest"), row([7] * 6))
        assert (found.start_utc, found.end_utc, found.starts) == (after(4.75), after(6), 1)


def test_evcc_gapped_rates_still_cover_the_duration() -> None:
    slots = [*row([10, 10]), *row([50, 5], start=after(3))]
    found = plan(Load(3, 1), Wishes(T0, after(5)), slots)
    assert found.is_whole
    assert found.cost_p == pytest.approx(25)
    assert found.missing == ((after(2), after(3)),)
    alone = plan(Load(3, 1), Wishes(T0, after(5), in_one_go=True), slots)
    assert (alone.shortfall_kwh, alone.cost_p) == (1, 20)


def test_evcc_precondition_is_the_last_minutes_before_the_deadline() -> None:
    # What must run last is a load of its own, whose earliest is so long before the deadline.
    found = plan(Load(0.5, 1), Wishes(after(5.5), after(6), in_one_go=True), EVCC)
    assert (found.start_utc, found.end_utc) == (after(5.5), after(6))
    assert found.cost_p == pytest.approx(45)


@pytest.mark.parametrize(
    ("prices", "mean", "minute"),
    [([10, 20, 30, 40, 5], 15, 0), ([5, 55, 10, 10, 10], 10, 10), ([12, 11, 10, 12, 13], 10.5, 5)],
    ids=["first", "tie", "middle"],
)
def test_carbon_aware_sdk_five_minute_points(prices: list[float], mean: float, minute: int) -> None:
    found = plan(Load(1 / 6, 1), Wishes(T0, after(25 / 60), in_one_go=True), row(prices, 5))
    assert found.cost_p * 6 == pytest.approx(mean)
    assert found.start_utc == T0 + timedelta(minutes=minute)


HOME_ASSISTANT = [
    Slot(T0 + timedelta(hours=24 * day + a), T0 + timedelta(hours=24 * day + b), price)
    for day in (0, 1)
    for a, b, price in ((0.5, 5, 12), (5, 5.5, 7), (5.5, 18, 20), (18, 23.5, 34), (23.5, 24.5, 5))
] + [Slot(T0, after(0.5), 6)]


@pytest.mark.parametrize(
    ("earliest", "deadline", "start"),
    [(0, 24, "00:00"), (1, 24, "04:30"), (20, 30, "23:30")],
    ids=["from 00:00", "from 01:00", "20:00 to 06:00"],
)
def test_home_assistant_target_timeframes(earliest: float, deadline: float, start: str) -> None:
    found = plan(Load(1, 1), Wishes(after(earliest), after(deadline), in_one_go=True), HOME_ASSISTANT)
    assert clock(found) == start


NOON = after(12)
PREDBAT = row([10, 20] * 24, 30, NOON)


@pytest.mark.parametrize(
    ("energy", "power", "efficiency", "cap", "hours", "drawn", "cost"),
    [
        (10, 10, 1.0, 99, 12, 10, 100),
        (8, 10, 1.0, 99, 12, 8, 80),
        (8, 10, 0.5, 99, 12, 16, 160),
        (100, 1, 1.0, 99, 12, 12, 180),
        (100, 1, 1.0, 99, 14, 14, 210),
        (100, 1, 1.0, 10, 14, 7, 70),
    ],
    ids=["smart1", "smart3", "smart4", "smart5", "smart6", "smart7 and smart8"],
)
def test_predbat_smart(
    energy: float, power: float, efficiency: float, cap: float, hours: float, drawn: float, cost: float
) -> None:
    wishes = Wishes(NOON, NOON + timedelta(hours=hours), price_cap_p_per_kwh=cap)
    found = plan(Load(energy, power, efficiency), wishes, PREDBAT)
    assert found.energy_at_meter_kwh == pytest.approx(drawn)
    assert found.cost_p == pytest.approx(cost)
    assert found.shortfall_kwh == pytest.approx(energy - drawn * efficiency)


def test_predbat_smart2_is_charging_at_once() -> None:
    found = at_once(Load(10, 10), Wishes(NOON, NOON + timedelta(hours=12), price_cap_p_per_kwh=10), PREDBAT)
    assert found.cost_p == pytest.approx(150)
    assert found.start_utc == NOON


@pytest.mark.parametrize(("minutes", "load", "cost"), [(60, 90, 3.5), (15, 20, 2.67 / 4)], ids=["SDK", "evcc"])
def test_five_one_nine_is_exact_where_others_are_not(minutes: int, load: int, cost: float) -> None:
    slots = row([5, 1, 9], minutes)
    found = plan(Load(load / 60, 1), Wishes(T0, slots[-1].end_utc, in_one_go=True), slots)
    assert found.cost_p == pytest.approx(cost, abs=1e-3)


def test_a_gap_is_never_bridged() -> None:
    ten = after(10)
    slots = [*row([9, 1], 30, ten), *row([1, 20, 20], 30, ten + timedelta(hours=2))]
    found = plan(Load(1, 1), Wishes(ten, ten + timedelta(hours=3.5), in_one_go=True), slots)
    assert (found.start_utc, found.cost_p) == (ten, 5)
    assert found.missing == ((ten + timedelta(hours=1), ten + timedelta(hours=2)),)
    assert not found.is_data_short


@pytest.mark.parametrize(("day", "number"), [(datetime(2026, 3, 29), 46), (datetime(2026, 10, 25), 50)])
def test_days_of_46_and_50_half_hours(day: datetime, number: int) -> None:
    start, end = (moment.replace(tzinfo=LONDON) for moment in (day, day + timedelta(days=1)))
    slots = row([float(i % 7) for i in range(number)], 30, start.astimezone(UTC))
    assert slots[-1].end_utc == end.astimezone(UTC)
    # Local times are fine: they are instants, and the hours that a clock skips or repeats count as they pass.
    found = plan(Load(number / 2, 1), Wishes(start, end, in_one_go=True), slots)
    assert found.is_whole
    assert not found.missing
    assert found.cost_p == pytest.approx(sum(slot.price_p_per_kwh for slot in slots) / 2)
    assert plan(Load(number / 2 + 1, 1), Wishes(start, end), slots).shortfall_kwh == pytest.approx(1)


def test_all_negative_prices_still_give_what_was_asked_and_no_more() -> None:
    slots = row([-1, -5, -2, -9])
    for in_one_go, cost in ((True, -12.5), (False, -14 - 0.0)):
        found = plan(Load(2 if not in_one_go else 1.75, 1), Wishes(T0, after(4), in_one_go=in_one_go), slots)
        assert found.cost_p == pytest.approx(cost if not in_one_go else -9 - 1.5)
        assert found.is_whole


def test_the_deadline_and_now_may_lie_inside_a_slot() -> None:
    found = plan(Load(1, 1), Wishes(after(0.25), after(1.5), in_one_go=True), row([30, 10, 1]))
    assert (found.start_utc, found.end_utc) == (after(0.5), after(1.5))
    assert found.cost_p == pytest.approx(20)


def test_energy_beyond_the_horizon_is_said_at_the_battery() -> None:
    found = plan(Load(20, 2, 0.5), Wishes(T0, after(5)), row([3, 1, 2]))
    assert found.energy_at_meter_kwh == 6
    assert found.shortfall_kwh == pytest.approx(17)
    assert found.is_data_short


# --- policies -------------------------------------------------------------------------------------------------------

SHORT = row([3, 1, 2])


def test_data_that_ends_early_is_refused_where_that_is_asked_for() -> None:
    with pytest.raises(PlanError, match=r"There are prices until 2026-01-01 03:00Z only, and the deadline is"):
        plan(Load(1, 1), Wishes(T0, after(5), beyond_data="refuse"), SHORT)
    with pytest.raises(PlanError, match="There are no prices, and the deadline is"):
        plan(Load(1, 1), Wishes(T0, after(5), beyond_data="refuse"), [])
    assert plan(Load(1, 1), Wishes(T0, after(3), beyond_data="refuse"), SHORT).cost_p == 1


def test_within_known_data_a_plan_says_that_data_is_short() -> None:
    found = plan(Load(1, 1), Wishes(T0, after(5)), SHORT)
    assert found.is_data_short
    assert found.missing == ((after(3), after(5)),)
    assert found.cost_p == 1


@pytest.mark.parametrize(
    ("energy", "in_one_go", "now", "later", "short"),
    [
        (2, False, 0, 2, 0),
        (3, False, 1, 2, 0),
        (2, True, 0, 2, 0),
        (2.5, True, 2.5, 0, 0),
        (4, True, 2, 2, 0),
        (9, True, 3, 2, 4),
        (9, False, 3, 2, 4),
    ],
)
def test_later_is_expected_to_take_what_fits_there(
    energy: float, in_one_go: bool, now: float, later: float, short: float
) -> None:
    wishes = Wishes(T0, after(5), in_one_go=in_one_go, beyond_data="expect_later")
    found = plan(Load(energy, 1), wishes, SHORT)
    assert found.energy_at_meter_kwh == pytest.approx(now)
    assert found.left_for_later_kwh == pytest.approx(later)
    assert found.shortfall_kwh == pytest.approx(short)
    assert found.is_data_short
    if in_one_go and now and later:
        assert found.end_utc == after(3), "goes on where the data ends"


def test_what_is_too_little_for_a_least_run_is_not_left_in_the_middle() -> None:
    wishes = Wishes(T0, after(5), max_pieces=1, beyond_data="expect_later")
    found = plan(Load(2.5, 1, min_power_kw=1), wishes, SHORT)
    assert (found.energy_at_meter_kwh, found.left_for_later_kwh, found.shortfall_kwh) == (0, 2, 0.5)
    found = plan(Load(3, 1, min_power_kw=1), wishes, SHORT)
    assert (found.energy_at_meter_kwh, found.left_for_later_kwh, found.shortfall_kwh) == (1, 2, 0)


def test_a_slot_whose_carbon_is_not_known_cannot_be_weighed() -> None:
    slots = [*row([1], carbon=None), *row([5], start=after(1))]
    wishes = Wishes(T0, after(2))
    assert plan(Load(1, 1), wishes, slots).cost_p == 1
    assert plan(Load(1, 1), wishes, slots).carbon_g is None
    weighed = plan(Load(1, 1), replace(wishes, carbon_weight_p_per_kg=1), slots)
    assert (weighed.cost_p, weighed.carbon_g) == (5, 100)
    assert weighed.missing == ((T0, after(1)),)


def test_equal_starts_are_listed() -> None:
    slots = row([5, 1, 5, 1, 1, 5])
    found = plan(Load(1, 1), Wishes(T0, after(6), in_one_go=True), slots)
    assert (found.start_utc, found.ties) == (after(1), (after(3), after(4)))
    found = plan(Load(1, 1), Wishes(T0, after(6), in_one_go=True, tie="latest"), slots)
    assert (found.start_utc, found.ties) == (after(4), (after(1), after(3)))


def test_a_part_used_slot_touches_its_neighbour() -> None:
    assert [(p.start_utc, p.end_utc) for p in plan(Load(1.5, 1), Wishes(T0, after(3)), row([2, 1, 3])).pieces] == [
        (after(0.5), after(2))
    ]
    assert plan(Load(1.5, 1), Wishes(T0, after(3)), row([1, 2, 3])).end_utc == after(1.5)


def test_a_limit_of_a_slot_slows_a_run_down() -> None:
    slots = [Slot(T0, after(1), 1, limit_kw=1), Slot(after(1), after(2), 9), Slot(after(2), after(3), 9)]
    found = plan(Load(3, 2), Wishes(T0, after(3), in_one_go=True), slots)
    assert [(piece.start_utc, piece.power_kw) for piece in found.pieces] == [(T0, 1), (after(1), 2)]
    assert found.starts == 1
    assert found.cost_p == pytest.approx(19)


def test_a_profile_runs_as_it_is_or_not_at_all() -> None:
    wash = Load(profile=(Step(timedelta(minutes=30), 2), Step(timedelta(hours=1), 0), Step(timedelta(minutes=15), 1)))
    slots = [*row([9, 2, 1, 4]), Slot(after(4), after(5), 0, limit_kw=1.5)]
    found = plan(wash, Wishes(T0, after(5)), slots)
    assert found.start_utc == after(2.5)
    assert found.cost_p == pytest.approx(1)
    assert (found.starts, found.is_whole) == (1, True)
    late = plan(wash, Wishes(after(3.75), after(5)), slots)
    assert (late.pieces, late.shortfall_kwh, late.starts) == ((), 1.25, 0)


def test_a_charger_that_is_on_or_off_keeps_to_its_limits() -> None:
    slots = row([9, 1, 9, 9, 2, 9, 3, 9], 30)
    wishes = Wishes(T0, after(4), min_run=timedelta(hours=1))
    found = plan(Load(3, 2), wishes, slots)
    assert found.cost_p == pytest.approx(2 + 9 + 3)
    assert all(piece.end_utc - piece.start_utc >= timedelta(hours=1) for piece in found.pieces)
    # Less than the shortest run takes: one run, as long as it has to be.
    brief = plan(Load(0.5, 2), wishes, slots)
    assert (brief.cost_p, brief.starts, brief.start_utc) == (0.5, 1, after(0.5))


def test_a_pause_has_to_save_what_a_start_costs() -> None:
    slots = row([1, 4, 1])
    saves = 3.0
    for cost, starts in ((saves - 0.1, 2), (saves + 0.1, 1)):
        found = plan(Load(2, 1), Wishes(T0, after(3), start_cost_p=cost), slots)
        assert found.starts == starts
        assert found.cost_p == pytest.approx(2 + 2 * cost if starts == 2 else 5 + cost)


def test_at_once_begins_where_all_of_it_fits() -> None:
    slots = [*row([1], 30), *row([50, 60, 70], start=after(2))]
    found = at_once(Load(2, 1), Wishes(T0, after(5), price_cap_p_per_kwh=9, max_pieces=3), slots)
    assert (found.start_utc, found.cost_p, found.ties) == (after(2), 110, ())
    assert at_once(Load(0.5, 1), Wishes(T0, after(5)), slots).start_utc == T0
    short = at_once(Load(9, 1), Wishes(T0, after(5)), slots)
    assert (short.start_utc, short.shortfall_kwh) == (after(2), 6)


def test_the_front_of_two_slots_is_both() -> None:
    slots = [Slot(T0, after(1), 1, 300), Slot(after(1), after(2), 3, 200), Slot(after(2), after(3), 9, 199)]
    found = front(Load(1, 1), Wishes(T0, after(3)), slots)
    assert [(each.cost_p, each.carbon_g) for each in found] == [(1, 300), (3, 200), (9, 199)]
    assert (
        len(front(Load(1, 1), Wishes(T0, after(3)), [replace(slot, carbon_gco2_per_kwh=None) for slot in slots])) == 1
    )


# --- going on with a plan -------------------------------------------------------------------------------------------


def test_a_running_plan_is_kept_unless_a_new_one_saves_more() -> None:
    wishes = Wishes(T0, after(4), in_one_go=True)
    current = plan(Load(2, 1), wishes, row([1, 1, 9, 9]))
    slots = row([1, 5, 3, 9])  # what was 1 p is 5 p now
    rest = Load(1.5, 1)
    for threshold, start in ((10, 0.5), (0, 0.5)):
        kept = replan(current, rest, wishes, slots, after(0.5), threshold)
        assert kept.start_utc == after(start)
        assert kept.energy_at_meter_kwh == pytest.approx(1.5)
    dearer = row([1, 50, 3, 3])
    assert replan(current, rest, wishes, dearer, after(0.5), 100).start_utc == after(0.5)
    changed = replan(current, rest, wishes, dearer, after(0.5), 10)
    assert changed.start_utc == after(2)


def test_a_plan_that_no_longer_does_is_replaced() -> None:
    wishes = Wishes(T0, after(4))
    current = plan(Load(2, 1), wishes, row([9, 1, 1, 9]))
    gone = [*row([9, 1]), *row([9], start=after(3))]
    assert replan(current, Load(2, 1), wishes, gone, T0, 1000).cost_p == 10
    assert replan(current, Load(2, 1), wishes, row([9, 1, 1, 9]), T0, 0).pieces == current.pieces
    more = replan(current, Load(3, 1), wishes, row([9, 1, 1, 9]), T0, 1000)
    assert more.energy_at_meter_kwh == 3
    with pytest.raises(PlanError, match=r"the deadline was 2026-01-01 04:00Z"):
        replan(current, Load(2, 1), wishes, gone, after(4), 0)


def test_a_start_that_was_paid_is_not_paid_again() -> None:
    wishes = Wishes(T0, after(3), start_cost_p=10)
    current = plan(Load(2, 1), wishes, row([5, 5, 1]))
    assert current.start_utc == after(1)
    kept = replan(current, Load(1.5, 1), wishes, row([5, 5, 1]), after(1.5), 0)
    assert kept.cost_p == pytest.approx(0.5 * 5 + 1)


def test_a_profile_that_runs_is_not_broken_off() -> None:
    wash = Load(profile=(Step(timedelta(hours=2), 1),))
    current = plan(wash, Wishes(T0, after(6)), row([1, 1, 5, 5, 5, 5]))
    cheap = row([1, 1, 0, 0, 0, 0])
    assert replan(current, wash, Wishes(T0, after(6)), cheap, after(1), 0) is current
    assert replan(current, wash, Wishes(T0, after(6)), cheap, T0, 0).start_utc == after(2)


# --- what is asked for wrongly --------------------------------------------------------------------------------------

GOOD = Wishes(T0, after(3))
WRONG: dict[str, tuple[Callable[[], Plan], str]] = {
    "no power": (lambda: plan(Load(1, 0), GOOD, SHORT), "The power is 0 kW"),
    "less than no power": (lambda: plan(Load(1, -2), GOOD, SHORT), "The power is -2 kW"),
    "less than no energy": (lambda: plan(Load(-1, 1), GOOD, SHORT), "The energy is -1 kWh"),
    "too efficient": (lambda: plan(Load(1, 1, 1.1), GOOD, SHORT), "The efficiency is 1.1"),
    "not efficient": (lambda: plan(Load(1, 1, 0), GOOD, SHORT), "The efficiency is 0"),
    "least power": (lambda: plan(Load(1, 1, min_power_kw=2), GOOD, SHORT), "is above the power, 1 kW"),
    "no number": (lambda: plan(Load(math.nan, 1), GOOD, SHORT), "The energy is nan kWh"),
    "infinite": (lambda: plan(Load(1, math.inf), GOOD, SHORT), "The power is inf kW"),
    "deadline": (lambda: plan(Load(1, 1), Wishes(T0, T0), SHORT), "is not after the earliest time"),
    "naive": (lambda: plan(Load(1, 1), Wishes(datetime(2026, 1, 1), T0), SHORT), "has no time zone"),
    "no runs": (lambda: plan(Load(1, 1), replace(GOOD, max_pieces=0), SHORT), "at least one is needed"),
    "gap": (lambda: plan(Load(1, 1), replace(GOOD, min_gap=timedelta(-1)), SHORT), "The shortest gap is -1440 minutes"),
    "start": (lambda: plan(Load(1, 1), replace(GOOD, start_cost_p=-1), SHORT), "The cost of a start is -1 p"),
    "weight": (lambda: plan(Load(1, 1), replace(GOOD, carbon_weight_p_per_kg=-1), SHORT), "What carbon counts for"),
    "one go": (
        lambda: plan(Load(1, 1), replace(GOOD, in_one_go=True, min_run=timedelta(1)), SHORT),
        "leave out the shortest run",
    ),
    "tie": (lambda: plan(Load(1, 1), replace(GOOD, tie="first"), SHORT), "say one of earliest, latest"),  # type: ignore
    "profile and energy": (lambda: plan(Load(1, 1, profile=(Step(timedelta(1), 1),)), GOOD, SHORT), "leave out energy"),
    "profile of nothing": (lambda: plan(Load(profile=(Step(timedelta(1), 0),)), GOOD, SHORT), "uses no power"),
    "step of no time": (lambda: plan(Load(profile=(Step(timedelta(0), 1),)), GOOD, SHORT), "has to last some time"),
    "overlap": (lambda: plan(Load(1, 1), GOOD, [*SHORT, SHORT[1]]), "slots must not overlap"),
    "empty slot": (lambda: plan(Load(1, 1), GOOD, [Slot(T0, T0, 1)]), "not after it starts"),
    "price": (lambda: plan(Load(1, 1), GOOD, row([math.nan])), "The price of the slot from 2026-01-01 00:00Z is nan"),
    "limit": (lambda: plan(Load(1, 1), GOOD, [Slot(T0, after(1), 1, limit_kw=-1)]), "is -1 kW, which is below 0"),
    "naive slot": (lambda: plan(Load(1, 1), GOOD, row([1], start=datetime(2026, 1, 1))), "has no time zone"),
    "threshold": (lambda: replan(plan(Load(1, 1), GOOD, SHORT), Load(1, 1), GOOD, SHORT, T0, -1), "say 0 or more"),
    "naive now": (lambda: replan(plan(Load(1, 1), GOOD, SHORT), Load(1, 1), GOOD, SHORT, datetime(2026, 1, 1)), "zone"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_cannot_be_planned_is_said_in_a_sentence(wrong: tuple[Callable[[], Plan], str]) -> None:
    asked, words = wrong
    with pytest.raises(PlanError) as refused:
        asked()
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")


def test_slots_in_any_order_are_sorted() -> None:
    slots = row([3, 1, 2])
    found = [plan(Load(1.5, 1), GOOD, given) for given in (slots, slots[::-1])]
    assert found[0] == found[1]
    assert all(a.end_utc <= b.start_utc for a, b in pairwise(found[0].pieces))


def test_nothing_to_charge_is_an_empty_plan() -> None:
    found = plan(Load(0, 1), GOOD, SHORT)
    assert (found.pieces, found.cost_p, found.is_whole, found.starts) == ((), 0, True, 0)


def test_the_planner_stays_light() -> None:
    code = (
        "import sys, planner.choose, planner.front, planner.keep\nprint(*(n for n in sys.argv[1:] if n in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *HEAVY], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert not done.stdout.split()
