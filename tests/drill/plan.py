"""Which faults the sources of the ill side have: all kinds, on every request that a kind can befall."""

from collections.abc import Mapping
from typing import Any

from simulator.fault_plan import KINDS

# Some bodies alone have what it takes; a client that waits takes the drill's time.
ONLY_FOR = {"new_fuel_code": "FUELHH|FUELINST", "clock_hour_off": "/bmrs/|/intensity|/regional|/generation|/v1/"}
FACTORS = {"new_fuel_code": 3, "old_body": 2, "middle_gap": 2, "late_half_hour": 2, "time_out": 0.25}


def plan_of(share: float, ticks_unmet: Mapping[str, int]) -> list[dict[str, Any]]:
    """A plan as the simulator takes it: a kind that was not met for some ticks becomes likelier, until it is.

    A client is told to come back at once, as the drill has no time to lose.
    """
    return [
        {
            "match": ONLY_FOR.get(kind, "."),
            "kind": kind,
            "share": min(1.0, share * FACTORS.get(kind, 1) * 2 ** ticks_unmet.get(kind, 0)),
            "retry_after_s": 0.1,
        }
        for kind in sorted(KINDS)
    ]
