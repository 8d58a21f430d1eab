"""How much of an invocation's time is left: a Lambda is killed at its deadline, whatever it is doing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MARGIN_S = 60.0  # one attempt at a request, 35 s at worst, and the loading of what it brought
FOREVER = float("inf")


@dataclass(frozen=True)
class TimeLeft:
    """`seconds`: how many are left now. `margin_s`: with less than this, nothing new is begun."""

    seconds: Callable[[], float]
    margin_s: float = MARGIN_S

    @classmethod
    def of(cls, context: Any) -> "TimeLeft":
        """By what Lambda tells; without it, time has no end. Of a short life at most a third is kept back."""
        ask = getattr(context, "get_remaining_time_in_millis", None)
        if ask is None:
            return cls(lambda: FOREVER)
        whole_s = ask() / 1000
        deadline = time.monotonic() + whole_s
        return cls(lambda: deadline - time.monotonic(), min(MARGIN_S, whole_s / 3))

    def is_enough(self, wait_s: float = 0) -> bool:
        """Whether something may be begun, after a wait."""
        return self.spare_s() > wait_s

    def spare_s(self) -> float:
        """What is left beyond the margin, at least 0."""
        return max(0.0, self.seconds() - self.margin_s)
