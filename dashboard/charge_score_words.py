"""What is said of our advice: how it was given, when it said to charge, and how it did. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from dashboard import text
from dashboard.connection import Row
from dashboard.local_time import clock_text, day_text, zone_word
from ingestion.settlement import settlement_date_of as local_date

HALF_A_MINUTE = timedelta(seconds=30)
LOADS = {
    "van_overnight": "Campervan, 30 kWh",
    "car_in_one_go": "Car in one go, 20 kWh",
    "dishwasher": "Dishwasher, 1.1 kWh",
}
LENGTHS = {
    "van_overnight": "Campervan, 30 kWh into the battery, may pause",
    "car_in_one_go": "Car, 20 kWh into the battery in one go",
    "dishwasher": "Dishwasher, an hour and a half in one go",
}
OBJECTIVES = {"cheapest": "Cheapest", "greenest": "Greenest"}
GIVEN = {
    "live": "given live",
    "reconstructed": "reconstructed: written down later, from what was known then",
    "assumed": "assumed: made later from files, as if prices had come at 16:00 the day before, as a rule",
}
BADGES = {"live": ":green-badge[live]", "reconstructed": ":orange-badge[reconstructed]",
          "assumed": ":orange-badge[assumed]"}  # fmt: skip
STATES = {
    "pending": "not judged yet: the night's numbers are still to come",
    "lost": "not judged: half-hours that it needs were never sent",
    "not_given": "not given: too little was known at 18:00",
}
SHARES = {"cheapest": "saving_cost_share", "greenest": "saving_carbon_share"}
NUMBERS = {"cheapest": "cost_p", "greenest": "carbon_g"}


def money(pence: float | None) -> str:
    """As £1.23 or −£0.04."""
    if pence is None:
        return "not known"
    pounds = text.rounded(abs(pence) / 100, 2)
    return f"−£{pounds}" if pence < 0 and float(pounds) else f"£{pounds}"


def carbon(grams: float | None) -> str:
    """As 1.25 kg CO₂."""
    return "not known" if grams is None else f"{text.rounded(grams / 1000, 2)} kg CO₂"


def amount(objective: str, number: float | None) -> str:
    """By what the objective counts."""
    return money(number) if objective == "cheapest" else carbon(number)


def when(pieces: Iterable[Row]) -> str:
    """The runs of advice in words: pieces that touch are one."""
    runs: list[list[Row]] = []
    for piece in pieces:
        if runs and runs[-1][-1]["end_utc"] == piece["start_utc"]:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    told = [_span(run[0]["start_utc"], run[-1]["end_utc"]) for run in runs]
    return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0] if told else "Not at all"


def _span(start: datetime, end: datetime) -> str:
    """As 02:00–05:30 GMT, to the nearest minute; with both zones where the clocks change between."""
    start, end = start + HALF_A_MINUTE, end + HALF_A_MINUTE
    clock, zone = clock_text(start).split()
    return f"{clock}–{clock_text(end)}" if zone == zone_word(end) else f"{clock} {zone}–{clock_text(end)}"


def how_it_did(advice: Row) -> str:
    """What it came to beside charging at once and the best there was, or why it is not judged."""
    if advice["state"] != "scored":
        return text.sentence(STATES[advice["state"]]) + "."
    objective, number = advice["objective"], NUMBERS[advice["objective"]]
    advised, at_once = advice[f"advised_{number}"], advice[f"at_once_{number}"]
    saving, regret = advice[f"saving_{number}"], advice[f"regret_{number}"]
    best = "nothing was better" if is_nothing(objective, regret) else f"{amount(objective, regret)} above the best"
    share = f" ({text.percent(saving / at_once)})" if at_once > 0 else ""
    lost = advice["price_lost_half_hours" if objective == "cheapest" else "carbon_lost_half_hours"]
    lacking = (
        f" {lost} of the night's {advice['half_hours']} half-hours were never sent, and are left out." if lost else ""
    )
    return (
        f"{amount(objective, advised)}; at once {amount(objective, at_once)}: "
        f"saved {amount(objective, saving)}{share}, {best}.{lacking}"
    )


def in_all(total: Row) -> str:
    """What the advice of one kind saved over all evenings, and what it missed."""
    objective, count, scored = total["objective"], total["evenings"], total["scored_evenings"]
    name = f"{OBJECTIVES[objective]}: {LOADS[total['load_id']]}"
    if not scored:
        return f"{name}: none of {count:,} evenings is judged yet."
    saved, share = total[f"total_saving_{NUMBERS[objective]}"], total[SHARES[objective]]
    regret = total[f"mean_regret_{NUMBERS[objective]}"]
    missed = (
        "nothing was better" if is_nothing(objective, regret) else f"{amount(objective, regret)} a night above the best"
    )
    part = f", {text.percent(share)} of charging at once" if share is not None else ""
    judged = f"{count:,} evenings" if scored == count else f"{scored:,} of {count:,} evenings"
    return f"{name}: saved {amount(objective, saved)} over {judged}{part}; {missed}."


def in_order(rows: list[Row]) -> list[Row]:
    """The newest evening first, where rows have one; the cheapest before the greenest, loads as they are listed."""
    loads, objectives = list(LOADS), list(OBJECTIVES)
    placed = sorted(rows, key=lambda row: (objectives.index(row["objective"]), loads.index(row["load_id"])))
    return sorted(placed, key=lambda row: row.get("settlement_date") or date.min, reverse=True)


def is_nothing(objective: str, regret: float) -> bool:
    """Whether it rounds to nothing as it is written."""
    return abs(regret) < (0.5 if objective == "cheapest" else 5)


def remarks(evenings: list[Row]) -> list[str]:
    """What has to be said of the last evenings beside their numbers."""
    told = []
    for state, words in STATES.items():
        days = sorted({row["settlement_date"] for row in evenings if row["state"] == state}, reverse=True)
        if days:
            more = f" and {len(days) - 1} more" if len(days) > 1 else ""
            told.append(f"{day_text(days[0])}{more}: {words}.")
    if lost := sorted({row["settlement_date"] for row in evenings if row["price_lost_half_hours"]}, reverse=True):
        told.append(f"Prices of half-hours lack in {len(lost)} of these nights: nothing is planned or judged in them.")
    told += [
        f"In the night after {day_text(day)} the clocks changed: it had {halves} half-hours from 18:00 to 07:00."
        for day, halves in sorted({(r["settlement_date"], r["half_hours"]) for r in evenings if r["half_hours"] != 26})
    ]
    return told


def since(totals: list[Row]) -> str:
    first = min(row["first_month_start_date"] for row in totals)
    return f"{first:%B %Y}"


def night(advice: Row) -> str:
    """As Tue 27 Oct 2026, 18:00 GMT to Wed 28 Oct, 07:00 GMT."""
    end = advice["deadline_utc"]
    return (
        f"{day_text(advice['settlement_date'])}, {clock_text(advice['earliest_utc'])} to "
        f"{day_text(local_date(end), with_year=False)}, {clock_text(end)}"
    )
