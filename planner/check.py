"""What cannot be planned is refused with a sentence that says what, which value and what to do."""

import math
from datetime import UTC, datetime, timedelta

from planner.model import NO_TIME, Load, PlanError, Slot, Slots, Wishes


def load_is_sound(load: Load) -> None:
    """Raise PlanError unless the load is either a profile or energy with a power that can bring it."""
    if load.profile:
        _profile_is_sound(load)
        return
    _finite("The energy", load.energy_kwh, "kWh")
    _finite("The power", load.power_kw, "kW")
    _finite("The least power", load.min_power_kw, "kW")
    _finite("The efficiency", load.efficiency, "")
    if load.energy_kwh < 0:
        raise PlanError(f"The energy is {load.energy_kwh:g} kWh, which is below 0: say how much has to go in.")
    if load.power_kw <= 0:
        raise PlanError(f"The power is {load.power_kw:g} kW: nothing charges without power. Say a number above 0.")
    if not 0 < load.efficiency <= 1:
        raise PlanError(
            f"The efficiency is {load.efficiency:g}: say the part of the energy that arrives, above 0 and at most 1."
        )
    if load.min_power_kw < 0:
        raise PlanError(f"The least power is {load.min_power_kw:g} kW, which is below 0: say 0 where there is none.")
    if load.min_power_kw > load.power_kw:
        raise PlanError(
            f"The least power, {load.min_power_kw:g} kW, is above the power, {load.power_kw:g} kW: lower the one or "
            "raise the other."
        )


def _profile_is_sound(load: Load) -> None:
    if load.energy_kwh or load.power_kw or load.min_power_kw or load.efficiency != 1:
        raise PlanError("A profile says its energy and power itself: leave out energy, power and efficiency beside it.")
    for number, step in enumerate(load.profile, 1):
        _finite(f"The power of step {number} of the profile", step.power_kw, "kW")
        if step.power_kw < 0:
            raise PlanError(f"The power of step {number} of the profile is {step.power_kw:g} kW, which is below 0.")
        if step.length <= NO_TIME:
            raise PlanError(f"Step {number} of the profile lasts {step.length}: each step has to last some time.")
    if not load.energy_at_meter_kwh:
        raise PlanError("The profile uses no power in any of its steps: there is nothing to plan.")


def wishes_are_sound(load: Load, wishes: Wishes) -> None:
    """Raise PlanError where wishes cannot be met by any data, or contradict each other or the load."""
    _aware("The earliest time", wishes.earliest_utc)
    _aware("The deadline", wishes.deadline_utc)
    earliest, deadline = wishes.earliest_utc.astimezone(UTC), wishes.deadline_utc.astimezone(UTC)
    if deadline <= earliest:
        raise PlanError(
            f"The deadline, {instant(deadline)}, is not after the earliest time, {instant(earliest)}: "
            "choose a later one."
        )
    if wishes.price_cap_p_per_kwh is not None:
        _finite("The highest price", wishes.price_cap_p_per_kwh, "p/kWh")
    for name, span in (("The shortest run", wishes.min_run), ("The shortest gap", wishes.min_gap)):
        if span < NO_TIME:
            raise PlanError(f"{name} is {span / timedelta(minutes=1):g} minutes, which is below 0.")
    if wishes.max_pieces is not None and wishes.max_pieces < 1:
        raise PlanError(f"At most {wishes.max_pieces} runs are asked for: at least one is needed.")
    for name, number, unit in (
        ("The cost of a start", wishes.start_cost_p, "p"),
        ("What carbon counts for", wishes.carbon_weight_p_per_kg, "p/kg"),
    ):
        _finite(name, number, unit)
        if number < 0:
            raise PlanError(f"{name} is {number:g} {unit}, which is below 0.")
    if wishes.min_run and (wishes.in_one_go or load.profile):
        raise PlanError("What runs in one go has one run, of the length that it needs: leave out the shortest run.")
    for name, value, known in (
        ("tie", wishes.tie, ("earliest", "latest")),
        ("beyond_data", wishes.beyond_data, ("refuse", "known_only", "expect_later")),
    ):
        if value not in known:
            raise PlanError(f"{name} is {value!r}: say one of {', '.join(known)}.")


def in_order(slots: Slots) -> list[tuple[datetime, datetime, Slot]]:
    """Slots by time, with their edges in UTC. Raise PlanError where one has no length or number, or two overlap."""
    for slot in slots:
        _aware("The start of a slot", slot.start_utc)
        _aware("The end of a slot", slot.end_utc)
    found = sorted(
        ((slot.start_utc.astimezone(UTC), slot.end_utc.astimezone(UTC), slot) for slot in slots), key=lambda s: s[:2]
    )
    before: datetime | None = None
    for start, end, slot in found:
        if end <= start:
            raise PlanError(f"The slot from {instant(start)} ends at {instant(end)}, not after it starts.")
        if before is not None and start < before:
            raise PlanError(
                f"The slot from {instant(start)} begins before the one in front of it ends, at {instant(before)}: "
                "slots must not overlap."
            )
        before = end
        of = f"of the slot from {instant(start)}"
        _finite(f"The price {of}", slot.price_p_per_kwh, "p/kWh")
        if slot.carbon_gco2_per_kwh is not None:
            _finite(f"The carbon intensity {of}", slot.carbon_gco2_per_kwh, "g/kWh")
        if slot.limit_kw is not None:
            _finite(f"The limit {of}", slot.limit_kw, "kW")
            if slot.limit_kw < 0:
                raise PlanError(f"The limit {of} is {slot.limit_kw:g} kW, which is below 0.")
    return found


def instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def _aware(name: str, value: datetime) -> None:
    if value.utcoffset() is None:
        raise PlanError(f"{name}, {value.isoformat(sep=' ')}, has no time zone: give one, such as UTC.")


def _finite(name: str, value: float, unit: str) -> None:
    if not math.isfinite(value):
        raise PlanError(f"{name} is {value:g}{' ' if unit else ''}{unit}: a finite number is needed.")
