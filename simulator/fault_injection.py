"""Injects faults: ASGI middleware that stands between the application and the mark on its responses."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from simulator.fault_plan import OF_AN_ANSWER, STATUSES, Rule
from simulator.faults import Faults

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGI = Callable[[Message, Receive, Send], Awaitable[None]]

HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"
JSON_TYPE, HTML_TYPE = b"application/json; charset=utf-8", b"text/html; charset=utf-8"
SILENCE_S = 600.0  # longer than any client's patience
OWN_PATHS = "/simulator/"


class InjectFaults:
    """Stands between the application and the mark on its responses."""

    def __init__(self, app: ASGI, faults: Faults) -> None:
        self.app, self.faults = app, faults

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.faults.plan is None or scope["path"].startswith(OWN_PATHS):
            await self.app(scope, receive, send)
            return
        request = _request(scope)
        rules = self.faults.drawn(request)
        for rule, _ in rules:
            if rule.kind not in OF_AN_ANSWER:
                await self._instead(rule, request, receive, send)
                return
        start, body = await _answer(self.app, scope, receive)
        if start["status"] == 200:
            for rule, chance in rules:
                if (found := self.faults.applied(rule, request, body, chance)) is not None:
                    await self._changed(rule.kind, request, start, body, found, receive, send)
                    return
            self.faults.remember(request, body)
        self.faults.note(request, start["status"], body, None)
        await _send(send, start, body)

    async def _instead(self, rule: Rule, request: str, receive: Receive, send: Send) -> None:
        """A fault that takes the place of an answer."""
        if rule.kind == "time_out":
            self.faults.note(request, None, None, rule.kind, {})
            with suppress(TimeoutError):
                await asyncio.wait_for(_gone(receive), SILENCE_S)
            await _break_off(receive, send)
            return
        status = STATUSES.get(rule.kind, 200)
        body = HTML if status == 200 else json.dumps({"statusCode": status, "message": "Unavailable"}).encode()
        headers = [(b"content-type", HTML_TYPE if status == 200 else JSON_TYPE)]
        if status == 429:
            headers.append((b"retry-after", f"{rule.retry_after_s:g}".encode()))
        self.faults.note(request, status, body, rule.kind, {})
        await _send(send, {"type": "http.response.start", "status": status, "headers": headers}, body)

    async def _changed(
        self,
        kind: str,
        request: str,
        start: Message,
        body: bytes,
        found: tuple[bytes, dict[str, Any]],
        receive: Receive,
        send: Send,
    ) -> None:
        """A fault in an answer that was well."""
        sent, change = found
        self.faults.note(request, start["status"], sent, kind, change)
        if kind != "reset_in_mid_body":
            await _send(send, start, sent)
            return
        await send(_start(start, len(body)))
        await send({"type": "http.response.body", "body": sent, "more_body": True})
        await asyncio.sleep(0.02)  # so that what was sent arrives before the reset
        await _break_off(receive, send)


def _request(scope: Message) -> str:
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


async def _answer(app: ASGI, scope: Message, receive: Receive) -> tuple[Message, bytes]:
    """The application's whole answer, not yet sent."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    start = next(message for message in messages if message["type"] == "http.response.start")
    return start, b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")


def _start(start: Message, length: int) -> Message:
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    return {**start, "headers": [*headers, (b"content-length", str(length).encode())]}


async def _send(send: Send, start: Message, body: bytes) -> None:
    await send(_start(start, len(body)))
    await send({"type": "http.response.body", "body": body})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _break_off(receive: Receive, send: Send) -> None:
    """Resets the connection: of all that ASGI lets through, only uvicorn's own `receive` knows the transport."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("a fault of the plan: the connection breaks off")
    if not transport.is_closing() and (connection := transport.get_extra_info("socket")) is not None:
        with suppress(OSError, ValueError):  # the client was quicker
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _gone(receive)
