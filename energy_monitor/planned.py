"""The cheapest plan, the greenest, and charging at once, side by side. Pure: prices and carbon come as `Ahead`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from energy_monitor.ahead import Ahead, Spans, lacking
from ingestion.settlement import half_hour_start
from planner.choose import at_once, plan
from planner.model import Load, Piece, Plan, Wishes

Kind = Literal["cheapest", "greenest", "balanced", "at_once"]
Objective = Literal["cheapest", "greenest", "both"]
CARBON_ALONE_P_PER_KG = 1e6  # so much that no price stands against a gram; among equally green plans the cheapest
SAME_KWH = 1e-6


@dataclass(frozen=True)
class Run:
    """Power without a pause; of one level, or of several one after the other."""

    pieces: tuple[Piece, ...]

    @property
    def start_utc(self) -> datetime:
        return self.pieces[0].start_utc

    @property
    def end_utc(self) -> datetime:
        return self.pieces[-1].end_utc

    @property
    def energy_kwh(self) -> float:
        """At the meter."""
        return sum(piece.energy_kwh for piece in self.pieces)

    @property
    def mean_power_kw(self) -> float:
        return self.energy_kwh / ((self.end_utc - self.start_utc) / timedelta(hours=1))


def runs_of(plan: Plan) -> tuple[Run, ...]:
    """A plan's runs: pieces that touch are one."""
    runs: list[list[Piece]] = []
    for piece in plan.pieces:
        if runs and runs[-1][-1].end_utc == piece.start_utc:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return tuple(Run(tuple(pieces)) for pieces in runs)


@dataclass(frozen=True)
class Offer:
    """One of the plans to choose from. has_price: whether its cost is one, or nobody's price was known."""

    kind: Kind
    plan: Plan
    has_price: bool

    @property
    def runs(self) -> tuple[Run, ...]:
        return runs_of(self.plan)

    @property
    def cost_gbp(self) -> float | None:
        return self.plan.cost_p / 100 if self.has_price and self.plan.pieces else None

    @property
    def carbon_kg(self) -> float | None:
        return self.plan.carbon_g / 1000 if self.plan.carbon_g is not None and self.plan.pieces else None

    @property
    def carbon_gco2_per_kwh(self) -> float | None:
        """The mean over the energy at the meter."""
        grams = self.plan.carbon_g
        return grams / self.plan.energy_at_meter_kwh if grams is not None and self.plan.pieces else None


@dataclass(frozen=True)
class Planned:
    """What is planned, from what, and the plans: the best first, charging at once last."""

    name: str
    load: Load
    wishes: Wishes
    ahead: Ahead
    offers: tuple[Offer, ...]

    @property
    def best(self) -> Offer:
        return self.offers[0]

    @property
    def at_once(self) -> Offer:
        return self.offers[-1]

    def saving_gbp(self, offer: Offer) -> float | None:
        """Against charging at once; None where a cost is not known or the two do not bring the same energy."""
        return self._saving(offer, lambda one: one.cost_gbp)

    def saving_kg(self, offer: Offer) -> float | None:
        """As saving_gbp, of CO2."""
        return self._saving(offer, lambda one: one.carbon_kg)

    def _saving(self, offer: Offer, number: Callable[[Offer], float | None]) -> float | None:
        mine, other = number(offer), number(self.at_once)
        is_same_energy = abs(offer.plan.shortfall_kwh - self.at_once.plan.shortfall_kwh) <= SAME_KWH
        if mine is None or other is None or not is_same_energy or offer.plan.left_for_later_kwh > SAME_KWH:
            return None
        return other - mine

    @property
    def lacking(self) -> Spans:
        """Half-hours that cannot be planned in, between earliest and the end of what is known: a price of each lacks.

        Where no price is known at all, carbon.
        """
        series = self.ahead.prices if self.ahead.prices.values else self.ahead.carbon
        if series.known_until_utc is None:
            return ()
        return lacking(series.values, half_hour_start(self.wishes.earliest_utc), series.known_until_utc)

    @property
    def known_until_utc(self) -> datetime | None:
        """The end of what can be planned with: of the prices, or of carbon where none is known."""
        return (self.ahead.prices if self.ahead.prices.values else self.ahead.carbon).known_until_utc


def planned(name: str, load: Load, wishes: Wishes, ahead: Ahead, objective: Objective = "both") -> Planned:
    """Plans by cost, by carbon, or by both, and beside them charging at once.

    Without a price there is no cheapest, and without carbon no greenest. Raises PlanError as `planner.choose` does.
    """
    has_price = bool(ahead.slots)
    slots = ahead.slots or ahead.carbon_slots
    kinds: list[Kind] = []
    if has_price and objective != "greenest":
        kinds.append("cheapest")
    if ahead.carbon.values and (objective != "cheapest" or not has_price):
        kinds.append("greenest")
    if has_price and not kinds:
        kinds.append("cheapest")
    if not has_price:
        wishes = replace(wishes, price_cap_p_per_kwh=None)
    by_carbon = replace(wishes, carbon_weight_p_per_kg=CARBON_ALONE_P_PER_KG)
    wanted = {"cheapest": wishes, "greenest": by_carbon}
    offers = [Offer(kind, plan(load, wanted[kind], slots), has_price) for kind in kinds]
    offers.append(Offer("at_once", at_once(load, wishes, slots), has_price))
    return Planned(name, load, wishes, ahead, tuple(offers))
