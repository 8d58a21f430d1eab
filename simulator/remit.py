"""REMIT messages: units' outages announced, revised and closed, as a pure function of (seed, publish window)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any

from simulator.half_hours import PER_DAY, first_index_from, index_of, start_of, utc_text
from simulator.noise import key, uniform
from simulator.outages import LONGEST_LEAD, Outage, outages_between

CAUSES = {
    True: ("Planned Outage", "Planned Shutdown", "Turbine Generator", "Statutory Inspection"),
    False: ("Forced Outage", "Boiler / Fuel Supply", "Turbine Generator", "Plant Available"),
}
# The real texts in the source differ by who wrote them; so do these.
HEADINGS = ("REMIT Information", "REMIT INFORMATION", "Actual Availability of Generation Unit")
SHORTEST_PLAN = 20 * PER_DAY  # a planned outage is announced this many half-hours before, or more

Message = dict[str, Any]


def messages_between(seed: int, first_utc: datetime, last_utc: datetime) -> list[Message]:
    """The messages published from one instant to another, both included, oldest first."""
    start, end = index_of(first_utc) - 2 * PER_DAY, first_index_from(last_utc) + 1
    around = chain(
        outages_between(seed, start, end + LONGEST_LEAD, planned=True), outages_between(seed, start, end, planned=False)
    )
    first, last = utc_text(first_utc), utc_text(last_utc)
    found = [m for outage in around for m in _messages_of(seed, outage) if first <= m["publishTime"] <= last]
    return sorted(found, key=lambda m: (m["publishTime"], m["mrid"], m["revisionNumber"]))


@lru_cache(maxsize=1 << 14)
def _messages_of(seed: int, outage: Outage) -> tuple[Message, ...]:
    return tuple(_planned(seed, outage) if outage.kind.planned else _forced(seed, outage))


def _planned(seed: int, outage: Outage) -> Iterator[Message]:
    """First far ahead, with dates that move by days; then withdrawn, or under way and completed."""
    chance = key(seed, f"remit {outage.kind.name} {outage.unit.name}")
    place = 32 * outage.block
    start, end = start_of(outage.first_index), start_of(outage.last_index)
    lead = SHORTEST_PLAN + int(uniform(chance, place) * (LONGEST_LEAD - SHORTEST_PLAN))
    announced = start - lead * timedelta(minutes=30) - timedelta(seconds=int(1800 * uniform(chance, place + 1)))
    shift = timedelta(hours=round(96 * (uniform(chance, place + 2) - 0.5)))
    yield _message(seed, outage, 1, announced, "Active", (start + shift, end + shift), "Initial revision")
    revised = announced + (start - announced) * (0.55 + 0.4 * uniform(chance, place + 3))
    if outage.never_happened:
        yield _message(seed, outage, 2, revised, "Dismissed", (start + shift, end + shift), "Event withdrawn.")
        return
    yield _message(seed, outage, 2, revised, "Active", (start, end), None)
    begun = start + timedelta(minutes=3 + 40 * uniform(chance, place + 4))
    yield _message(seed, outage, 3, begun, "Active", (start, end), "Status changed to Current")
    done = end + timedelta(minutes=2 + 25 * uniform(chance, place + 5))
    yield _message(seed, outage, 4, done, "Inactive", (start, end), "Status changed to Completed")


def _forced(seed: int, outage: Outage) -> Iterator[Message]:
    """Within the hour, with a guess at the end that is corrected once or twice; closed when the unit is back."""
    chance = key(seed, f"remit {outage.kind.name} {outage.unit.name}")
    place = 32 * outage.block
    start, end = start_of(outage.first_index), start_of(outage.last_index)
    known = start + timedelta(minutes=4 + 50 * uniform(chance, place))
    guesses = 1 + int(2.4 * uniform(chance, place + 1))
    for number in range(guesses):
        is_last = number == guesses - 1
        guess = end if is_last else start + (end - start) * (0.4 + uniform(chance, place + 2 + number))
        published = known + (end - known) * 0.7 * number / guesses
        yield _message(seed, outage, number + 1, published, "Active", (start, _whole_minute(guess)), None)
    done = end + timedelta(minutes=2 + 25 * uniform(chance, place + 9))
    yield _message(seed, outage, guesses + 1, done, "Inactive", (start, end), "Status changed to Completed")


def _whole_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _message(
    seed: int,
    outage: Outage,
    revision: int,
    published: datetime,
    status: str,
    event: tuple[datetime, datetime],
    information: str | None,
) -> Message:
    unit, kind = outage.unit, outage.kind
    taste = key(seed, f"remit style {unit.plant}")
    causes = CAUSES[kind.planned]
    left = unit.capacity_mw - outage.unavailable_mw
    message: Message = {
        "dataset": "REMIT",
        "mrid": f"48XSIMULATED{unit.number:03}S-NGET-RMT-{'RTPF'.index(kind.name) + 1}{outage.block:07}",
        "revisionNumber": revision,
        "publishTime": utc_text(published),
        "createdTime": utc_text(_whole_minute(published) - timedelta(minutes=4)),
        "messageType": "UnavailabilitiesOfElectricityFacilities",
        "messageHeading": HEADINGS[int(3 * uniform(taste, 0))],
        "eventType": "Production unavailability",
        "unavailabilityType": "Planned" if kind.planned else "Unplanned",
        "participantId": f"SIM{unit.plant[:5]}",
        "registrationCode": f"48XSIMULATED{unit.number:03}S",
        "assetId": f"T_{unit.name}",
        "affectedUnit": unit.name,
        "affectedUnitEIC": f"48W{unit.name:->12}S",
        "biddingZone": "10YGB----------A",
        "fuelType": unit.remit_fuel,
        "normalCapacity": unit.capacity_mw,
        "availableCapacity": left,
        "unavailableCapacity": outage.unavailable_mw * 1.0,
        "eventStatus": status,
        "eventStartTime": utc_text(event[0]),
        "eventEndTime": utc_text(event[1]),
        "cause": causes[int(len(causes) * uniform(taste, 7 + outage.block))],
    }
    # Fields that are not given are left out, as in the source, not null.
    if uniform(taste, 1) < 0.8:
        message["assetType"] = "Production"
    if uniform(taste, 2) < 0.55:
        message["affectedArea"] = "N"
    if information is not None:
        message["relatedInformation"] = information
    if uniform(taste, 3) < 0.35:
        message["outageProfile"] = [
            {"startTime": utc_text(event[0]), "endTime": utc_text(event[0]), "capacity": left},
            {"startTime": utc_text(event[0]), "endTime": utc_text(event[1]), "capacity": left},
        ]
    return message
