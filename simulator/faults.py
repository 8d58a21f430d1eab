"""Faults on demand: the simulator plays an ill source, by a plan that is put at `/simulator/faults`.

Whether a request meets a fault is a function of (seed, request, how often it was asked before), so that a drill can be
repeated. While there is a plan, what was served and what was injected is kept, for whoever checks afterwards.
"""

import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from random import Random
from threading import Lock
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.clock import Clock
from simulator.fault_plan import Rule, plan_of
from simulator.faulty_bodies import changed

MOST_CUT_BYTES = 4096  # of a body that breaks off, kept in the log
MOST_KEPT = 200_000  # entries of each log; the oldest go first
EARLIER_KEPT, EARLIER_REQUESTS = 3, 2000


@dataclass
class Faults:
    """The plan and the logs. Without a plan nothing is kept, and nothing is changed.

    injected: each fault: when, what was asked, the kind, what it changed.
    served: each answer as it was sent, by the hash of its bytes; a body that broke off, with its bytes.
    requests: how many were made while there was a plan.
    """

    seed: int
    clock: Clock
    plan: tuple[Rule, ...] | None = None
    requests: int = 0
    injected: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    served: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    _asked: Counter[str] = field(default_factory=Counter)
    _earlier: dict[str, list[tuple[datetime, bytes]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def put(self, plan: Sequence[Mapping[str, Any]] | None) -> None:
        """A new plan; [] injects nothing and goes on keeping what is served, None stops that too."""
        self.plan = None if plan is None else plan_of(plan)

    def drawn(self, request: str) -> list[tuple[Rule, Random]]:
        """The rules that a request meets now, each with its chance; counts the request."""
        with self._lock:
            before = self._asked[request]
            self._asked[request] += 1
            self.requests += 1
        now_utc = self.clock.now_utc()
        found = [(rule, rule.chance(self.seed, request, before)) for rule in self.plan or () if rule.share]
        return [(r, chance) for r, chance in found if r.holds(request, now_utc) and chance.random() < r.share]

    def applied(self, rule: Rule, request: str, body: bytes, chance: Random) -> tuple[bytes, dict[str, Any]] | None:
        """What is sent in the place of a body, and what that changes; None where the fault does not apply to it."""
        if rule.kind == "empty_object":
            return b"{}", {"bytes": len(body)}
        if rule.kind == "reset_in_mid_body":
            cut = min(len(body) // 2, MOST_CUT_BYTES)
            return (body[:cut], {"bytes": cut, "of": len(body)}) if cut else None
        if rule.kind == "old_body":
            return self._old(request, body)
        return changed(rule.kind, body, chance)

    def _old(self, request: str, body: bytes) -> tuple[bytes, dict[str, Any]] | None:
        for given_at, earlier in self._earlier.get(request, ()):
            if earlier != body:
                return earlier, {"given_at_utc": given_at.isoformat(), "sha256": sha256(earlier).hexdigest()}
        return None

    def remember(self, request: str, body: bytes) -> None:
        """Keeps a true answer, for `old_body` to give it again."""
        if not any(r.kind == "old_body" and r.share and r.match.search(request) for r in self.plan or ()):
            return
        with self._lock:
            kept = self._earlier.setdefault(request, [])
            if not kept or kept[-1][1] != body:
                kept.append((self.clock.now_utc(), body))
            del kept[:-EARLIER_KEPT]
            while len(self._earlier) > EARLIER_REQUESTS:
                del self._earlier[next(iter(self._earlier))]

    def note(self, request: str, status: int | None, body: bytes | None, kind: str | None, change: Any = None) -> None:
        """Keeps what was sent, before it is sent."""
        now = self.clock.now_utc().isoformat()
        entry: dict[str, Any] = {"at_utc": now, "request": request, "status": status, "kind": kind}
        if body is not None:
            entry |= {"bytes": len(body), "sha256": sha256(body).hexdigest()}
        self.served.append(entry | ({"sent": body.decode("latin-1")} if kind == "reset_in_mid_body" and body else {}))
        if kind:
            self.injected.append(entry | {"changed": change})


def routes(faults: Faults) -> list[Route]:
    """`/simulator/faults`, its log, and what was served."""

    async def put(request: Request) -> Response:
        try:
            faults.put(json.loads(await request.body()))
        except ValueError as error:
            form = '[{"match": "/datasets/FUELHH", "kind": "http_503", "share": 0.1}]'
            return JSONResponse({"error": f"{error}; expected a list as {form}, or null"}, 400)
        return told(request)

    def told(request: Request) -> Response:
        return JSONResponse(None if faults.plan is None else [rule.as_json() for rule in faults.plan])

    return [
        Route("/simulator/faults", told, methods=["GET"]),
        Route("/simulator/faults", put, methods=["PUT"]),
        Route("/simulator/faults/log", lambda request: JSONResponse(list(faults.injected))),
        Route("/simulator/faults/served", lambda request: JSONResponse(list(faults.served))),
    ]
