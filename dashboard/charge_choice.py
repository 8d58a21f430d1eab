"""What the page Charge is asked, read from its address or its fields before they are drawn.

Whatever cannot be is a sentence at its place, under the field's key: then nothing is planned.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from dashboard.local_time import moment_text
from energy_monitor.errors import UserError
from energy_monitor.plan_times import read_time, tomorrow_morning
from ingestion.settlement import DAY
from planner.model import BeyondData, Load, Wishes
from planner.presets import PRESETS, Preset

OWN = Preset(
    "own",
    "Own figures",
    Load(energy_kwh=10, power_kw=7.4, efficiency=0.9),
    "as they are typed",
    "",
)
LOADS = {**PRESETS, OWN.id: OWN}
NAMES = {preset.name: preset for preset in LOADS.values()}
USUAL = next(iter(PRESETS.values())).name
MOST_DAYS = 7
LATER: dict[str, BeyondData] = {
    "plan with what is published": "known_only",
    "leave for later what fits later": "expect_later",
    "do not plan": "refuse",
}
KNOWN_ONLY = next(iter(LATER))
MINUTE = timedelta(minutes=1)
# Keys of the fields, which are those of the address
MORE = ("by", "from", "energy", "power", "efficiency", "pauses", "pieces", "run", "cap", "carbon", "later")
KEYS = ("what", "region", *MORE)


@dataclass(frozen=True)
class Choice:
    """What is asked. wishes and load are sound where there are no problems.

    region: a name that exists, or None. problems: sentences by the key of their field. notes: how a time was read.
    """

    now_utc: datetime
    preset: Preset
    region: str | None
    load: Load
    wishes: Wishes
    problems: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def verb(self) -> str:
        return "run" if self.load.profile else "charge"

    @property
    def is_from_now(self) -> bool:
        return self.wishes.earliest_utc == self.now_utc

    @property
    def can_pause(self) -> bool:
        return not self.load.profile


def read(given: Mapping[str, object], now_utc: datetime, regions: Iterable[str]) -> Choice:
    """The choice. given: by key, what the address says as text, or what is in the field; None or empty is the usual."""
    now = now_utc.astimezone(UTC).replace(second=0, microsecond=0)
    problems: dict[str, str] = {}
    notes: list[str] = []
    preset = _preset(given.get("what"), problems)
    region = _region(given.get("region"), list(regions), problems)
    number = _numbers(given, problems)
    load = preset.load
    if not load.profile:
        load = replace(
            load,
            energy_kwh=_or(number.get("energy"), load.energy_kwh),
            power_kw=_or(number.get("power"), load.power_kw),
            efficiency=_or(number.get("efficiency"), load.efficiency * 100) / 100,
        )
    earliest, deadline = _times(given, now, problems, notes)
    goes_on = bool(load.profile) or not _is_on(given.get("pauses"))
    pieces, shortest = number.get("pieces"), number.get("run")
    wishes = Wishes(
        earliest,
        deadline,
        in_one_go=goes_on and not load.profile,
        price_cap_p_per_kwh=number.get("cap"),
        min_run=timedelta(0) if goes_on or shortest is None else MINUTE * shortest,
        max_pieces=None if goes_on or pieces is None else int(pieces),
        carbon_weight_p_per_kg=_or(number.get("carbon"), 0.0),
        beyond_data=_later(given.get("later"), problems),
    )
    return Choice(now, preset, region, load, wishes, problems, tuple(notes))


def _preset(given: object, problems: dict[str, str]) -> Preset:
    found = NAMES.get(str(given)) if given else NAMES[USUAL]
    if found is None:
        problems["what"] = f"Nothing to plan is called {given!s:.40}: choose one of {_listed(NAMES)}."
    return found or NAMES[USUAL]


def _region(given: object, regions: list[str], problems: dict[str, str]) -> str | None:
    if not given or given in regions:
        return str(given) if given else None
    problems["region"] = f"No region is called {given!s:.40}: choose one of {_listed(regions)}."
    return None


def _later(given: object, problems: dict[str, str]) -> BeyondData:
    if given and given not in LATER:
        problems["later"] = f"{given!s:.40} is none of {_listed(LATER)}."
    return LATER.get(str(given), "known_only")


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"


def _is_on(given: object) -> bool:
    return given is True or str(given).lower() == "true"


def _or(number: float | None, usual: float) -> float:
    return usual if number is None else number


@dataclass(frozen=True)
class _Limits:
    """Between what a number may be, and the sentence that says so."""

    name: str
    unit: str
    least: float
    most: float
    should: str
    least_itself: bool = False

    def problem(self, number: float) -> str:
        is_above = self.least <= number if self.least_itself else self.least < number
        if is_above and number <= self.most:  # not so of nan
            return ""
        return f"{self.name} is {number:g}{self.unit}: {self.should}."


LIMITS = {
    "energy": _Limits("The energy", " kWh", 0, 1000, "say more than 0 and at most 1,000 kWh"),
    "power": _Limits("The charger’s power", " kW", 0, 350, "say more than 0 and at most 350 kW, such as 7.4"),
    "efficiency": _Limits(
        "The efficiency", " %", 0, 100, "say the part that arrives in the battery, above 0 and at most 100 %"
    ),
    "pieces": _Limits("The number of runs", "", 1, 48, "say a whole number from 1 to 48", least_itself=True),
    "run": _Limits("The shortest run", " minutes", 0, 1440, "say from 0 to 1,440 minutes", least_itself=True),
    "cap": _Limits("The highest price", " p/kWh", -1000, 1000, "say a price between −1,000 and 1,000 p/kWh"),
    "carbon": _Limits(
        "What a kilogram of CO₂ counts for", " p", 0, 10_000, "say from 0 to 10,000 pence", least_itself=True
    ),
}


def _numbers(given: Mapping[str, object], problems: dict[str, str]) -> dict[str, float]:
    found = {}
    for key, limits in LIMITS.items():
        value = given.get(key)
        if value is None or value == "":
            continue
        try:
            number = float(str(value))
        except ValueError:
            problems[key] = f"{limits.name} is {value!s:.40}, which is no number: {limits.should}."
            continue
        problem = limits.problem(number)
        if not problem and key == "pieces" and number != int(number):
            problem = f"{limits.name} is {number:g}: {limits.should}."
        if problem:
            problems[key] = problem
        else:
            found[key] = number
    return found


def _times(
    given: Mapping[str, object], now: datetime, problems: dict[str, str], notes: list[str]
) -> tuple[datetime, datetime]:
    earliest = _moment("from", "Not before", given.get("from"), now, problems, notes) or now
    deadline = _moment("by", "Ready by", given.get("by"), now, problems, notes) or tomorrow_morning(now)
    earliest = max(earliest, now)
    if "by" in problems or "from" in problems:
        return now, tomorrow_morning(now)
    if deadline <= now:
        problems["by"] = (
            f"Ready by {moment_text(deadline)} has gone by: it is {moment_text(now)}. Choose a later moment."
        )
    elif deadline > now + MOST_DAYS * DAY:
        problems["by"] = (
            f"Ready by {moment_text(deadline)} is too far off: choose a moment within {MOST_DAYS} days. Prices are "
            "published for a day ahead."
        )
    elif deadline <= earliest:
        problems["by"] = (
            f"Ready by {moment_text(deadline)} is not after {moment_text(earliest)}, before which nothing may run: "
            "choose a later moment, or an earlier beginning."
        )
    return earliest, deadline


def _moment(
    key: str, name: str, value: object, now: datetime, problems: dict[str, str], notes: list[str]
) -> datetime | None:
    if value is None or value == "":
        return None
    written = value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value)
    try:
        found = read_time(name, written[:40], now)
    except UserError as error:
        problems[key] = f"{error}."
        return None
    if found.note:
        notes.append(found.note)
    return found.utc
