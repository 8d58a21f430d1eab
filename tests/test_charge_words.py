"""What Charge says and draws of a plan: its words, the place of its labels, and cost against carbon."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard import (
    charge_answer,
    charge_charts,
    charge_choice,
    charge_sentences,
    charge_trade,
    charge_words,
)
from dashboard.charge_choice import Choice
from dashboard.windows import Span
from energy_monitor.ahead import Ahead, Series
from ingestion.settlement import HALF_HOUR
from planner.choose import plan
from planner.model import Load, Plan, Slot, Wishes
from tests.pages import drawn, read

# Words ----------------------------------------------------------------------------------------------------------------


def answer_over(
    prices: list[float], asked: dict[str, object], now: datetime, carbon: list[float] | None = None
) -> charge_answer.Answer:
    """An answer over half-hours from now on that begin with these prices."""
    choice: Choice = charge_choice.read({"region": "London", **asked}, now, ["London"])
    span = charge_answer.span_of(choice)
    starts = [span.start_utc + HALF_HOUR * n for n in range(len(prices))]
    values = dict(zip(starts, prices, strict=True))
    grams = dict(zip(starts, carbon or [], strict=False))
    slots = tuple(Slot(start, start + HALF_HOUR, price, grams.get(start)) for start, price in values.items())
    until = starts[-1] + HALF_HOUR
    of_price = Series("agile", "E-1R-AGILE-24-10-01-C", values, until, (), now)
    of_carbon = Series("regional" if grams else "none", "London", grams, until if grams else None, (), now)
    ahead = Ahead("C", "London", span.start_utc, span.end_utc, None, of_price, of_carbon, slots)
    found = charge_answer.answer(choice, ahead)
    assert found
    return found


MIDNIGHT = datetime(2026, 11, 3, tzinfo=UTC)
SMALL: dict[str, object] = {"what": "Own figures", "energy": 2, "power": 2, "efficiency": 100, "by": "2026-11-03T03:00"}


def test_words_of_a_plan() -> None:
    found = answer_over([10, 10, 30, 5, 5, 30], SMALL, MIDNIGHT, [200] * 6)
    assert read(charge_sentences.headline(found)) == (
        "Charge from 01:30 to 02:30 GMT today: £0.10. That saves £0.10 compared with charging at once."
    )
    found = answer_over([1, 1, 30, 5, 5, 30], SMALL, MIDNIGHT)
    assert read(charge_sentences.headline(found)) == "Charge now, from 00:00 to 01:00 GMT today: £0.02."
    assert "No later time is cheaper." in list(charge_sentences.remarks(found))
    found = answer_over([-10, 10, 30, -5, -5, -10], SMALL | {"pauses": True}, MIDNIGHT, [100, 1, 1, 1, 1, 300])
    assert read(charge_sentences.headline(found)) == (
        "Charge from 00:00 to 00:30 and 02:30 to 03:00 GMT today: "
        "−£0.20. That saves £0.20 but emits 0.30 kg CO₂ more compared with charging at once."
    )
    found = answer_over([20, 20, 20, 20, 20, 20], SMALL | {"cap": 10}, MIDNIGHT)
    assert read(charge_sentences.headline(found)).startswith("No half-hour before Tue 3 Nov 2026, 03:00 GMT costs")


def test_words_over_a_change_of_the_clocks() -> None:
    """The hour from 01:00 comes twice on 25 October 2026."""
    plan_over = Plan(
        plan(Load(2, 1), Wishes(UTC_MIDNIGHT, UTC_MIDNIGHT + 2 * timedelta(hours=1)), flat(UTC_MIDNIGHT, 4)).pieces,
        1,
        0,
        None,
        2,
        0,
    )
    assert charge_words.when(plan_over, UTC_MIDNIGHT) == "from 01:00 BST to 02:00 GMT today"
    choice = charge_choice.read({"by": "2026-10-25T01:30"}, UTC_MIDNIGHT - timedelta(hours=3), [])
    assert choice.wishes.deadline_utc == UTC_MIDNIGHT + HALF_HOUR
    assert "comes twice" in choice.notes[0]
    skipped = charge_choice.read({"by": "2026-03-29T01:30"}, datetime(2026, 3, 28, 12, tzinfo=UTC), [])
    assert "the clocks go forward" in skipped.problems["by"]


def test_a_run_past_midnight_names_both_days() -> None:
    start = MIDNIGHT - timedelta(hours=2)
    said = charge_words.dated((start, start + timedelta(hours=3)), start)
    assert said == "from 22:00 today to 01:00 GMT tomorrow"
    assert charge_words.dated((start, MIDNIGHT), start) == "from 22:00 to 00:00 GMT today"
    late = answer_over([30, 30, 5, 5, 5, 5, 30, 30], SMALL | {"energy": 4}, MIDNIGHT - timedelta(hours=2))
    assert read(charge_sentences.headline(late)).startswith("Charge from 23:00 today to 01:00 GMT tomorrow: £0.20")
    paused = answer_over([5, 30, 30, 5, 5, 30], SMALL | {"pauses": True, "energy": 3}, MIDNIGHT - timedelta(hours=2))
    assert charge_words.when(paused.best, paused.choice.now_utc) == (
        "from 22:00 to 22:30 GMT today and from 23:30 today to 00:30 GMT tomorrow"
    )


def test_a_run_past_midnight_into_the_change_of_the_clocks_names_both_zones() -> None:
    start = UTC_MIDNIGHT - timedelta(hours=2)
    assert charge_words.dated((start, start + timedelta(hours=4)), start) == (
        "from 23:00 BST today to 02:00 GMT tomorrow"
    )


def test_a_run_that_begins_seconds_before_midnight_is_of_the_day_that_its_clock_shows() -> None:
    start = MIDNIGHT - timedelta(seconds=20)
    said = charge_words.dated((start, MIDNIGHT + timedelta(hours=1)), MIDNIGHT - timedelta(hours=1))
    assert said == "from 00:00 to 01:00 GMT tomorrow"


def test_when_the_next_prices_come_is_said_by_the_clock() -> None:
    """A day of prices begins at 23:00, and is out at 16:00 the day before."""
    for at, until, said in (
        (datetime(2026, 11, 2, 15, 30, tzinfo=UTC), 15, "usually come soon after 16:00 today: look again then"),
        (datetime(2026, 11, 2, 17, tzinfo=UTC), 12, "have been due since 16:00 today: look again soon"),
        (datetime(2026, 11, 2, 17, tzinfo=UTC), 60, "usually come soon after 16:00 tomorrow: look again then"),
    ):
        found = answer_over([9.0] * until, SMALL | {"by": "2026-11-04T09:00"}, at)
        assert found.best.is_data_short
        assert f"Those of the time after {said}" in " ".join(charge_sentences.remarks(found)), (at, until)


def test_cards_say_what_is_saved_and_what_is_the_same() -> None:
    found = answer_over([10, 10, 30, 5, 5, 30], SMALL, MIDNIGHT, [300, 300, 300, 100, 100, 300])
    last = {offer.kind: charge_sentences.card_lines(offer, found)[-1] for offer in found.offers}
    assert read(last["cheapest"]) == "Saves £0.10 and 0.40 kg CO₂"
    assert last["greenest"] == "The same as the cheapest"
    found = answer_over([10, 10, 30, 12, 12, 30], SMALL, MIDNIGHT, [300, 300, 300, 100, 100, 300])
    last = {offer.kind: charge_sentences.card_lines(offer, found)[-1] for offer in found.offers}
    assert last["cheapest"] == "The same as charging at once"
    assert read(last["greenest"]) == "Saves 0.40 kg CO₂ but costs £0.04 more"
    found = answer_over([9, 10, 9, 10, 5, 30], SMALL | {"from": "2026-11-03T00:30"}, MIDNIGHT, [100] * 4 + [150] * 2)
    assert charge_sentences.title(found.offers[-1], found) == "Charging at 00:30"


UTC_MIDNIGHT = datetime(2026, 10, 25, tzinfo=UTC)


def flat(start: datetime, count: int) -> list[Slot]:
    return [Slot(start + HALF_HOUR * n, start + HALF_HOUR * (n + 1), 1) for n in range(count)]


@pytest.mark.parametrize(
    ("pence", "said"), [(312.4, "£3.12"), (-40, "−£0.40"), (0, "£0.00"), (0.5, "£0.01"), (123456, "£1,234.56")]
)
def test_money(pence: float, said: str) -> None:
    assert charge_words.money(pence) == said


# The picture ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "lasts", "now", "mark"),
    [(10, 20, "", "charge now"), (10, 300, "now", "charge"), (200, 60, "now", "charge"), (30, 200, "", "charge")],
)
def test_the_word_now_stands_where_no_mark_goes_through_it(begins: int, lasts: int, now: str, mark: str) -> None:
    at = MIDNIGHT + timedelta(minutes=10)
    run = (MIDNIGHT + timedelta(minutes=begins), MIDNIGHT + timedelta(minutes=begins + lasts))
    span = Span(MIDNIGHT, MIDNIGHT + timedelta(hours=10))
    spec = charge_charts.half_hours(
        charge_charts.PRICE, {MIDNIGHT: 9.0}, span, [run], [], lambda _: ("", "", ""), "", verb="charge", now_utc=at
    )
    assert [point["text"] for point in drawn(spec, "now")] == [now]
    assert [point["text"] for point in drawn(spec, "marks")] == [mark]


# Cost against carbon --------------------------------------------------------------------------------------------------


def test_the_trade_is_shown_where_there_is_one() -> None:
    found = answer_over([10, 10, 20, 20, 30, 30], SMALL, MIDNIGHT, [300, 300, 200, 200, 100, 100])
    plans = charge_trade.of(found)
    assert plans[0].pieces == found.cheapest.pieces  # type: ignore[union-attr]
    assert plans[-1].pieces == found.greenest.pieces  # type: ignore[union-attr]
    costs, carbons = [plan.cost_p for plan in plans], [plan.carbon_g for plan in plans]
    assert costs == sorted(costs)
    assert carbons == sorted(carbons, reverse=True)  # type: ignore[type-var]
    said = read(charge_trade.words(plans))
    assert "The greenest costs £0.40 more than the cheapest and emits 0.40 kg CO₂ less: £1.00 for each kilogram" in said
    assert [row["cost_p"] for row in charge_trade.rows(found, plans)] == costs
    close = answer_over([10, 10, 20, 20, 30, 30], SMALL, MIDNIGHT, [300, 300, 200, 200, 198, 198])
    assert charge_trade.of(close)[-1].pieces == close.greenest.pieces  # type: ignore[union-attr]
    alike = answer_over([10, 10, 20, 20, 30, 30], SMALL, MIDNIGHT, [100, 100, 200, 200, 300, 300])
    assert charge_trade.of(alike) == []


@pytest.mark.parametrize(
    ("prices", "carbons", "labels"),
    [
        ([10, 10, 20, 20, 30, 30], [300, 300, 200, 200, 100, 100], {"cheapest and at once", "greenest"}),
        ([30, 30, 20, 20, 10, 10], [100, 100, 200, 200, 300, 300], {"cheapest", "greenest and at once"}),
        ([30, 30, 20, 20, 10, 10], [300, 300, 100, 100, 200, 200], {"cheapest", "greenest", "at once"}),
    ],
)
def test_charging_at_once_is_a_point_of_its_own_only_where_no_plan_does(
    prices: list[float], carbons: list[float], labels: set[str]
) -> None:
    found = answer_over(prices, SMALL, MIDNIGHT, carbons)
    named = [point.label for point in charge_trade.points(found, charge_trade.of(found)) if point.label]
    assert sorted(named) == sorted(labels)
