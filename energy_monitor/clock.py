"""What time it is for a workspace: the machine's time, or that of the simulator whose answers it holds."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from energy_monitor.errors import UserError

VARIABLE = "ENERGY_MONITOR_CLOCK"


def clock_text(simulated_utc: datetime, machine_utc: datetime, speed: float) -> str:
    """The value of ENERGY_MONITOR_CLOCK for a clock that showed one instant when the machine's showed another."""
    return f"{simulated_utc.isoformat()},{machine_utc.isoformat()},{speed:g}"


def tie(environ: Mapping[str, str] = os.environ) -> tuple[datetime, datetime, float] | None:
    """A simulated instant, the machine's time at it, and the speed; None where the clock is the machine's.

    Raises UserError where ENERGY_MONITOR_CLOCK is not of the form of `clock_text`.
    """
    text = environ.get(VARIABLE)
    if not text:
        return None
    try:
        simulated, machine, speed = text.split(",")
        return _instant(simulated), _instant(machine), float(speed)
    except ValueError as error:
        raise UserError(
            f"{VARIABLE} is {text!r} ({error}): write two times with their zone and a speed, as "
            "2025-06-01T12:00Z,2026-11-22T09:30Z,60, or unset it"
        ) from error


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return instant.astimezone(UTC)


def machine_seconds(seconds: float, environ: Mapping[str, str] = os.environ) -> int:
    """So many seconds of the workspace's clock, in seconds of the machine's; at least one."""
    found = tie(environ)
    return max(1, round(seconds / max(found[2], 1))) if found else round(seconds)


def now_utc(environ: Mapping[str, str] = os.environ, machine_utc: datetime | None = None) -> datetime:
    """The workspace's time. Raises UserError as `tie` does."""
    machine_now = machine_utc or datetime.now(UTC)
    found = tie(environ)
    if found is None:
        return machine_now
    simulated, machine, speed = found
    return simulated + (machine_now - machine) * speed
