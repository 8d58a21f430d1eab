"""Nothing invented: each value that a mart shows was carried by some body, for that very row."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from energy_monitor.workspace import Workspace
from tests.drill.lake import Key, LakeReader, Landed, decoded, instant, objects, start_of_period
from tests.marts import names_of_marts, rows_of

Object = dict[str, Any]


def at(*names: str) -> Callable[[Object], Key | None]:
    """The key of an object: an instant first, other fields as they are."""

    def key(found: Object) -> Key | None:
        start = instant(found.get(names[0]))
        rest = tuple(found.get(name) for name in names[1:])
        return None if start is None or None in rest else (start, *rest)

    return key


def in_period(day: str = "settlementDate", period: str = "settlementPeriod") -> Callable[[Object], Key | None]:
    """The key of an object that names a UK day and a period."""

    def key(found: Object) -> Key | None:
        start = start_of_period(found.get(day), found.get(period))
        return None if start is None else (start,)

    return key


@dataclass(frozen=True)
class Fields:
    """Where a dataset's bodies carry values: the key of an object, and the fields that count."""

    key: Callable[[Object], Key | None]
    names: tuple[str, ...]


NESO_PERIOD = in_period("SETTLEMENT_DATE", "SETTLEMENT_PERIOD")
CARRIED: Mapping[str, Fields] = {
    "fuelhh": Fields(at("startTime", "fuelType"), ("generation",)),
    "fuelinst": Fields(at("startTime", "fuelType"), ("generation",)),
    "demand_outturn": Fields(in_period(), ("initialDemandOutturn", "initialTransmissionSystemDemandOutturn")),
    "system_prices": Fields(in_period(), ("systemSellPrice", "netImbalanceVolume")),
    "market_index": Fields(at("startTime", "dataProvider"), ("price", "volume")),
    "remit": Fields(at("publishTime", "mrid", "revisionNumber"), ("unavailableCapacity", "availableCapacity")),
    "carbon_regional_forecast": Fields(at("from", "regionid"), ("forecast", "index")),
    "octopus_unit_rates": Fields(at("valid_from", "tariff_code"), ("value_inc_vat", "value_exc_vat")),
    "ndf": Fields(at("startTime"), ("demand",)),
    "tsdf": Fields(at("startTime"), ("demand",)),
    "carbon_national_actual": Fields(at("from"), ("actual", "forecast", "index")),
    "carbon_national_forecast": Fields(at("from"), ("forecast", "index")),
    "neso_historic_demand": Fields(NESO_PERIOD, ("ND", "TSD", "EMBEDDED_WIND_GENERATION", "EMBEDDED_SOLAR_GENERATION")),
    "neso_embedded_forecast": Fields(NESO_PERIOD, ("EMBEDDED_WIND_FORECAST", "EMBEDDED_SOLAR_FORECAST")),
}
Place = tuple[str, str]  # dataset, field


@dataclass(frozen=True)
class Shown:
    """A column of a mart and the places that its values come from. `where`: rows of the mart that it is held for."""

    mart: str
    column: str
    key: tuple[str, ...]
    places: tuple[Place, ...]
    where: str = "true"


def _columns(mart: str, key: tuple[str, ...], columns: Mapping[str, tuple[Place, ...]]) -> list[Shown]:
    return [Shown(mart, column, key, places) for column, places in columns.items()]


SOLAR = (("neso_historic_demand", "EMBEDDED_SOLAR_GENERATION"), ("neso_embedded_forecast", "EMBEDDED_SOLAR_FORECAST"))
WIND = (("neso_historic_demand", "EMBEDDED_WIND_GENERATION"), ("neso_embedded_forecast", "EMBEDDED_WIND_FORECAST"))
START = ("period_start_utc",)
SHOWN: tuple[Shown, ...] = (
    Shown(
        "fct_generation_half_hourly",
        "generation_mw",
        (*START, "fuel_code"),
        (("fuelhh", "generation"),),
        "source_dataset = 'fuelhh'",  # the others are means
    ),
    Shown("fct_generation_half_hourly", "generation_mw", START, SOLAR, "fuel_code = 'EMBEDDED_SOLAR'"),
    Shown("fct_generation_half_hourly", "generation_mw", START, WIND, "fuel_code = 'EMBEDDED_WIND'"),
    Shown(
        "fct_generation_five_minutely",
        "generation_mw",
        ("interval_start_utc", "fuel_code"),
        (("fuelinst", "generation"),),
    ),
    *_columns(
        "fct_demand_half_hourly",
        START,
        {
            "indo_mw": (("demand_outturn", "initialDemandOutturn"),),
            "itsdo_mw": (("demand_outturn", "initialTransmissionSystemDemandOutturn"),),
            "embedded_solar_mw": SOLAR,
            "embedded_wind_mw": WIND,
            "nd_mw": (("neso_historic_demand", "ND"),),
            "tsd_mw": (("neso_historic_demand", "TSD"),),
            "national_demand_forecast_mw": (("ndf", "demand"),),
            "transmission_demand_forecast_mw": (("tsdf", "demand"),),
        },
    ),
    *_columns(
        "fct_prices_half_hourly",
        START,
        {
            "system_price_gbp_per_mwh": (("system_prices", "systemSellPrice"),),
            "net_imbalance_volume_mwh": (("system_prices", "netImbalanceVolume"),),
        },
    ),
    *(
        Shown("fct_prices_half_hourly", column, (*START, "'APXMIDP'"), (("market_index", name),))
        for column, name in (("market_index_price_gbp_per_mwh", "price"), ("market_index_volume_mwh", "volume"))
    ),
    *_columns(
        "fct_carbon_half_hourly",
        START,
        {
            "carbon_actual_gco2_per_kwh": (("carbon_national_actual", "actual"),),
            "carbon_forecast_gco2_per_kwh": (
                ("carbon_national_actual", "forecast"),
                ("carbon_national_forecast", "forecast"),
            ),
            "carbon_index": (("carbon_national_actual", "index"), ("carbon_national_forecast", "index")),
        },
    ),
    *_columns(
        "fct_carbon_regional_half_hourly",
        (*START, "region_id"),
        {
            "carbon_forecast_gco2_per_kwh": (("carbon_regional_forecast", "forecast"),),
            "carbon_index": (("carbon_regional_forecast", "index"),),
        },
    ),
    *_columns(
        "fct_retail_prices_half_hourly",
        (*START, "tariff_code"),
        {
            "price_inc_vat_p_per_kwh": (("octopus_unit_rates", "value_inc_vat"),),
            "price_exc_vat_p_per_kwh": (("octopus_unit_rates", "value_exc_vat"),),
        },
    ),
    *_columns(
        "fct_outages",
        ("published_at_utc", "mrid", "revision_number"),
        {"unavailable_mw": (("remit", "unavailableCapacity"),), "available_mw": (("remit", "availableCapacity"),)},
    ),
)


@dataclass
class Holder:
    """All that the bodies of a lake carried, and whether a mart shows anything else."""

    lake: LakeReader
    carried: dict[Place, dict[Key, set[Any]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    read_before: set[str] = field(default_factory=set)  # attempts
    values_held: int = 0
    invented: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Takes in the bodies that have come since."""
        self.lake.read()
        for attempt in self.lake.attempts.values():
            if attempt.key in self.read_before or attempt.body_key not in self.lake.bodies:
                continue
            self.read_before.add(attempt.key)
            fields = CARRIED.get(attempt.dataset)
            for found in objects(decoded(self.lake.bodies[attempt.body_key]), _asked(attempt)) if fields else ():
                if fields and (row := fields.key(found)) is not None:
                    for name in fields.names:
                        if found.get(name) is not None:
                            self.carried[attempt.dataset, name][row].add(_exact(found[name]))
        self.lake.forget({a.body_key for a in self.lake.attempts.values() if a.key in self.read_before})

    def hold(self, workspace: Workspace, when: str) -> None:
        """Holds every value of the measurement marts against the bodies."""
        self.read()
        there = set(names_of_marts(workspace))
        for shown in (shown for shown in SHOWN if shown.mart in there):
            columns = ", ".join((*shown.key, shown.column))
            statement = f"select {columns} from marts.{shown.mart} where {shown.column} is not null and ({shown.where})"
            for *key, value in rows_of(workspace, statement):
                self.values_held += 1
                if not any(_exact(value) in self.carried[place].get(tuple(key), ()) for place in shown.places):
                    self.invented.append(f"{when}: {shown.mart}.{shown.column} {key} is {value}, which no body carried")


def _asked(attempt: Landed) -> Object:
    """What a request alone says of each row."""
    parts = attempt.request.split("/")
    return {"tariff_code": parts[4]} if "electricity-tariffs" in parts else {}


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def marts_not_held(workspace: Workspace) -> set[str]:
    """Marts of which no column is held against bodies: worked out from others, or about loads, or forgotten here."""
    return set(names_of_marts(workspace)) - {shown.mart for shown in SHOWN}
