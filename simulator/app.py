"""The simulator as a web application: routes, JSON text, the mark on every response. All else is pure and elsewhere."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingestion.settlement import half_hour_start
from simulator import carbon_intensity, carbon_regional, elexon, neso, octopus
from simulator.clock import Clock
from simulator.fault_injection import InjectFaults
from simulator.faults import Faults
from simulator.faults import routes as fault_routes
from simulator.half_hours import utc_text
from simulator.octopus_requests import Request as OctopusRequest

MARK = "X-Energy-Monitor-Simulated"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGI = Callable[[Scope, Receive, Send], Awaitable[None]]


class MarkSimulated:
    """Puts the mark on every response, errors too: a live workspace refuses what carries it.

    Its value is the simulator's time, which is when a simulated answer was given.
    """

    def __init__(self, app: ASGI, clock: Clock) -> None:
        self.app, self.clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                mark = (MARK.lower().encode(), self.clock.now_utc().isoformat().encode())
                extra = (mark, (b"cache-control", b"no-store"))
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        await self.app(scope, receive, marked)


def build_app(seed: int, clock: Clock, faults: Faults) -> Starlette:
    """The application for a seed and a clock. Endpoints are plain functions, so that they run in threads."""
    routes = [
        *(_elexon_route(path, endpoint, seed, clock) for path, endpoint in elexon.ENDPOINTS.items()),
        *(_carbon_route(path, endpoint, seed, clock) for path, endpoint in carbon_intensity.ENDPOINTS.items()),
        *(_regional_route(path, endpoint, seed, clock) for path, endpoint in carbon_regional.ENDPOINTS.items()),
        *(_octopus_route(path, endpoint, seed, clock) for path, endpoint in octopus.ENDPOINTS.items()),
        Route(neso.PATH, lambda request: _json(*neso.answer(seed, _query(request), clock.now_utc()))),
        Route("/simulator/clock", lambda request: _clock(seed, clock), methods=["GET"]),
        Route("/simulator/clock", _clock_setter(seed, clock), methods=["PUT"]),
        *fault_routes(faults),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(MarkSimulated, clock=clock), Middleware(InjectFaults, faults=faults)],
        exception_handlers={HTTPException: _not_served},
    )


def _query(request: Request) -> dict[str, list[str]]:
    return {name: request.query_params.getlist(name) for name in request.query_params}


def _json(status: int, body: Any) -> Response:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(text, status, media_type="application/json; charset=utf-8")


def _indented(status: int, body: Any) -> Response:
    text = json.dumps(body, indent=2, ensure_ascii=False).replace("\n", "\r\n")
    return Response(text, status, media_type="application/json")


def _elexon_route(path: str, endpoint: elexon.Endpoint, seed: int, clock: Clock) -> Route:
    def respond(request: Request) -> Response:
        now_utc, asked = clock.now_utc(), str(request.url.path) + "?" + str(request.url.query)
        return _json(*elexon.answer(endpoint, seed, dict(request.path_params), _query(request), now_utc, asked))

    return Route(elexon.PREFIX + path, respond)


def _carbon_route(path: str, endpoint: carbon_intensity.Endpoint, seed: int, clock: Clock) -> Route:
    def respond(request: Request) -> Response:
        # The real one indents its JSON, with the line ends of another system.
        return _indented(*carbon_intensity.answer(endpoint, seed, dict(request.path_params), clock.now_utc()))

    return Route(path, respond)


def _regional_route(path: str, endpoint: carbon_intensity.Endpoint, seed: int, clock: Clock) -> Route:
    @lru_cache(maxsize=4)  # these are large, and the same for half an hour
    def answered(parts: tuple[tuple[str, str], ...], now_utc: datetime) -> Response:
        return _indented(*carbon_intensity.answer(endpoint, seed, dict(parts), now_utc))

    def respond(request: Request) -> Response:
        found = answered(tuple(request.path_params.items()), half_hour_start(clock.now_utc()))
        return Response(found.body, found.status_code, media_type=found.media_type)

    return Route(path, respond)


def _octopus_route(path: str, endpoint: octopus.Endpoint, seed: int, clock: Clock) -> Route:
    def respond(request: Request) -> Response:
        url = str(request.url.replace(query=""))
        asked = OctopusRequest(seed, dict(request.path_params), _query(request), clock.now_utc(), url)
        return _json(*octopus.answer(endpoint, asked))

    return Route(octopus.PREFIX + path, respond)


def _clock(seed: int, clock: Clock) -> Response:
    return JSONResponse({"now_utc": utc_text(clock.now_utc()), "speed": clock.speed, "seed": seed})


def _clock_setter(seed: int, clock: Clock) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            given = json.loads(await request.body())
            now_utc = datetime.fromisoformat(given["now_utc"]) if given.get("now_utc") else None
            clock.set(now_utc, float(given.get("speed", 1.0)))
        except (ValueError, TypeError, AttributeError) as error:
            form = '{"now_utc": "2024-06-01T12:00:00Z", "speed": 60}'
            return JSONResponse({"error": f"{error}; expected a body as {form}"}, 400)
        return _clock(seed, clock)

    return respond


def _not_served(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if request.url.path.startswith(elexon.PREFIX):
        return _json(status, elexon.NOT_FOUND | {"statusCode": status})
    if request.url.path.startswith(("/intensity", "/generation", "/regional")):
        return _indented(status, carbon_intensity.NOT_FOUND)
    if request.url.path.startswith(octopus.PREFIX + "/"):
        return _json(status, octopus.NOT_FOUND)
    return JSONResponse({"success": False, "error": {"message": f"Not found: {request.url.path}"}}, status)
