"""What the page Regions says: which half-hours it offers, what a region's next days are in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import cleanest as three_hours
from dashboard import text
from dashboard.connection import Row
from dashboard.local_time import clock_text, moment_text
from dashboard.marts import regions as marts
from dashboard.measures import MEASURES
from dashboard.origin import link
from dashboard.postcodes import Found
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY, HALF_HOUR, half_hour_start

NOW = "now"
AHEAD = 96  # half-hours
BACK = 14 * DAY  # how old a half-hour in an address may be
MEASURE = MEASURES["regional-carbon"]
NAMES = {"GB": "Great Britain"}  # as people say what the source calls otherwise


@dataclass(frozen=True)
class Shown:
    """The half-hour that the map shows, with the rows of it; `note` says where it is not the one that was asked for."""

    start_utc: datetime
    rows: Sequence[Row]
    note: str = ""
    is_past: bool = False  # nothing is known of now


def name_of(region: Row) -> str:
    """A region's name; of one that came without, its number."""
    name = region["region_name"] or f"region {region['region_id']}"
    return NAMES.get(name, str(name))


def label_of(start_utc: datetime) -> str:
    """A half-hour as the page and its address name it."""
    return moment_text(start_utc)


def choices(now_utc: datetime, given: str | None) -> dict[str, datetime | None]:
    """What the map can show by its label: now, each half-hour up to two days ahead, and an earlier one if asked for."""
    first = half_hour_start(now_utc)
    found = {label_of(first + n * HALF_HOUR): first + n * HALF_HOUR for n in range(1, AHEAD + 1)}
    earlier = {}
    if given and given != NOW and given not in found:
        past = (first - n * HALF_HOUR for n in range(int(BACK / HALF_HOUR)))
        earlier = {label: start for start in past if (label := label_of(start)) == given}
    return {**earlier, NOW: None, **found}


def shown_at(start_utc: datetime | None, now_utc: datetime, known_utc: datetime | None) -> Shown | None:
    """The map's half-hour. `start_utc` None: that of now, else the next one, else the first of the newest answer.

    None where there is no forecast at all.
    """
    if start_utc is not None:
        found = marts.all_at(start_utc, known_utc)
        return Shown(start_utc, found, "" if found else "Nothing is known of this half-hour.")
    now = half_hour_start(now_utc)
    if rows := marts.all_at(now, known_utc):
        return Shown(now, rows)
    if rows := marts.all_at(now + HALF_HOUR, known_utc):
        note = "The half-hour that is under way has no forecast, as none was fetched shortly before: the next is shown."
        return Shown(now + HALF_HOUR, rows, note)
    newest = marts.newest_answer(now, known_utc)
    if newest is None:
        return None
    start = half_hour_start(newest + HALF_HOUR - timedelta(microseconds=1))  # what has begun is not forecast
    return Shown(start, marts.all_at(start, known_utc), "Nothing newer is here: it is past.", is_past=True)


def fetched_words(rows: Sequence[Row], now_utc: datetime) -> str:
    """How fresh the newest of some forecasts is, and whether a newer one should be there."""
    fetched = max((row["fetched_at_utc"] for row in rows), default=None)
    if fetched is None:
        return ""
    is_late = now_utc - fetched > DATASETS["carbon_regional_forecast"].allowed_lateness
    return f"{text.fetched(fetched, now_utc).capitalize()}{': stale' if is_late else ''}."


def cleanest(ahead: Sequence[Row], name: str) -> str:
    """The three hours with the least carbon in a region's half-hours, in words, against the first three."""
    by_start = {row["period_start_utc"]: float(row[marts.CARBON]) for row in ahead if row[marts.CARBON] is not None}
    found = three_hours.best(by_start)
    if found is None:
        return f"The cleanest three hours in {name} cannot be said: no three hours on end have a forecast."
    said = (
        f"Cleanest three hours in {name}: {moment_text(found.start_utc)} to {clock_text(found.end_utc)}, "
        f"with {text.carbon(found.mean)} on average"
    )
    if found.start_utc == found.soonest_utc:
        said += ": the soonest there are"
    elif found.soonest_mean > 0:
        said += f", {text.percent(found.saved)} less than in the three hours from {clock_text(found.soonest_utc)}"
    return f"{said}. {text.coverage(len(by_start), AHEAD).capitalize()} ahead."


def postcode_words(found: Found, names: Mapping[int, str]) -> str:
    """What a postcode says, in plain words."""
    if not found.regions:
        return found.words
    likely, *others = (names.get(region, f"region {region}") for region in found.regions)
    if not others:
        return f"{found.district} is in {likely}."
    return f"{found.district} is most likely in {likely}, and may also be in {' or '.join(others)}."


def figures(rows: Iterable[Row], regions: Sequence[Row], start_utc: datetime, known_utc: datetime | None) -> list[str]:
    """Each region's number with its index and the way to where it comes from, as Markdown, in the order of regions."""
    by_region = {row["region_id"]: row for row in rows}
    lines = []
    for region in regions:
        row = by_region.get(region["region_id"])
        name = text.plain(name_of(region))
        if row is None:
            lines.append(f"**{name}** no data")
            continue
        index = f", {text.plain(row['carbon_index'])}" if row["carbon_index"] else ""
        where = link(MEASURE, start_utc, known_utc, str(region["region_id"]))
        lines.append(f"**{name}** {text.carbon(row[marts.CARBON])}{index} · [where from?]({where})")
    return lines


def beside(ahead: Sequence[Row], whole: Sequence[Row]) -> list[Row]:
    """A region's half-hours with Great Britain's number in each, as `gb_…`."""
    by_start = {row["period_start_utc"]: row[marts.CARBON] for row in whole}
    return [{**row, f"gb_{marts.CARBON}": by_start.get(row["period_start_utc"])} for row in ahead]
